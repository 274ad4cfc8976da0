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
#[cfg(test)]
mod tests;
mod times;
mod view;
mod zones;

pub(crate) use compose::{New, PRODID, compose};
pub(crate) use details::{Details, Property, Status};
pub(crate) use edit::{Change, apply, is_organizer};
pub(crate) use link::link;
pub(crate) use reach::{Reach, Scope};
pub(crate) use reminder::{NewReminder, ReminderChange};
pub(crate) use times::{Storage, Times, Wanted, Zones};
pub(crate) use view::{Event, categories, day_or_time, present, text, uid_of};
pub(crate) use zones::Needed;
