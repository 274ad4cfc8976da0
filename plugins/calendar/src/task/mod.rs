//! Tasks (VTODO): how they are shown, how new ones are written, how stored ones are changed and completed.
//!
//! Text in, text out: nothing here sends a request. A repeating task is shown as the occurrence that is to do now, since
//! the stored one may be years old; completing it moves the stored one on, as the Tasks app does.

mod complete;
mod compose;
mod details;
mod edit;
mod link;
mod pending;
mod progress;
mod relation;
mod reminder;
mod stored;
#[cfg(test)]
mod tests;
mod times;
mod view;

pub(crate) use complete::{Completing, Completion, complete};
pub(crate) use compose::{New, compose};
pub(crate) use details::Details;
pub(crate) use edit::{Change, apply};
pub(crate) use link::{link, list_link};
pub(crate) use progress::{Progress, Status, completion as completion_time};
pub(crate) use relation::{Node, below, parent_of};
pub(crate) use stored::{Stored, To};
pub(crate) use view::{Task, present};
