//! Events: how they are shown, how new ones are written, how stored ones are changed.
//!
//! Text in, text out: nothing here sends a request.

mod compose;
mod details;
mod edit;
mod link;
mod reach;
mod reminder;
pub(crate) mod repeat;
mod repetition;
mod series;
#[cfg(test)]
mod tests;
mod times;
mod uid;
mod view;
mod zones;

pub(crate) use compose::{New, compose};
pub(crate) use details::{Details, Property, Status};
pub(crate) use edit::{Change, is_organizer};
pub(crate) use link::{day_link, link};
pub(crate) use reach::{Reach, Scope, occurrence_of_argument};
pub(crate) use reminder::{NewReminder, ReminderArgument, ReminderChange};
pub(crate) use repetition::{Repetition, Wish};
pub(crate) use series::{
    Removal, Split, apply_to, apply_to_each, detach, refuse_onwards, remove_each, remove_from,
};
pub(crate) use times::{Storage, Times, Wanted, Zones};
pub(crate) use uid::new_uid;
pub(crate) use view::{Event, Person, categories, day_or_time, present, text, uid_of};
pub(crate) use zones::Needed;
