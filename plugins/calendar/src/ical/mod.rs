//! iCalendar text (RFC 5545): lines, components, values, and edits that leave every other byte alone.
//!
//! Two readers look at every text that is about to be stored ([`verify`]): this module, which knows where each byte is, and
//! calcard, which knows nothing of the edit. This module knows no zone rules and no recurrence.

mod compose;
mod document;
mod draft;
mod edit;
mod line;
mod second;
mod text;
mod value;
pub(crate) mod verify;

pub(crate) use compose::NewItem;
pub(crate) use document::{Component, Document, Placed};
pub(crate) use draft::{Draft, Edited, Stamp};
pub(crate) use edit::Edit;
pub(crate) use line::ContentLine;
pub(crate) use text::{escape, split_unescaped, unescape};
pub(crate) use value::{BadValue, Duration, When, format_datetime};
