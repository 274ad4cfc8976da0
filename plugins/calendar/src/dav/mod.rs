//! `CalDAV` (RFC 4791) as Nextcloud speaks it: where things are, what to ask, what the answers and statuses mean.
//!
//! Names from the model are data here: percent-encoded in paths, escaped in XML. iCalendar is text to this module.

mod calendars;
mod collections;
mod color;
mod home;
mod imports;
mod kind;
mod listing;
mod many;
mod moving;
mod objects;
mod properties;
mod query;
mod scan;
mod scheduling;
#[cfg(test)]
mod tests;
mod trash;
mod xml;
mod xml_text;

pub(crate) use calendars::{Calendar, choose};
pub(crate) use collections::{Made, Member, change, make, members, read_calendar, remove};
pub(crate) use color::Color;
pub(crate) use home::Home;
pub(crate) use imports::{NewObject, Stored, create_all};
pub(crate) use kind::Kind;
pub(crate) use listing::{Listing, Trash, list, listing};
pub(crate) use many::{Write, Written, read_all, write_all};
pub(crate) use moving::{Moved, may_move, move_to};
pub(crate) use objects::{
    Object, all, create, create_in, delete, find, in_range, put, read, same_etag,
};
pub(crate) use properties::Properties;
pub(crate) use scan::{Unread, scan, scan_open};
pub(crate) use scheduling::{Recipient, ask, own_addresses, received};
pub(crate) use trash::{Deleted, restore, restore_calendar, texts, trashed};
pub(crate) use xml_text::XmlText;
