//! Events: how they are shown, how new ones are written, how stored ones are changed.
//!
//! Text in, text out: nothing here sends a request.

mod compose;
mod details;
mod edit;
mod link;
mod reach;
mod reminder;
mod repeat;
#[cfg(test)]
mod tests;
mod times;
mod view;
mod zones;

pub(crate) use compose::{New, compose};
pub(crate) use details::{Details, Status};
pub(crate) use edit::{Change, apply, is_organizer};
pub(crate) use link::link;
pub(crate) use reach::{Reach, Scope};
pub(crate) use reminder::{NewReminder, ReminderChange};
pub(crate) use times::Wanted;
pub(crate) use view::{Event, Person, categories, day_or_time, present, text, uid_of};
mod stand_in;
pub(crate) use stand_in::{Removal, apply_to, remove_from};
