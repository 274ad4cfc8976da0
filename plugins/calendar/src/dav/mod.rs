//! `CalDAV` (RFC 4791) as Nextcloud speaks it: where things are, what to ask, what the answers and statuses mean.
//!
//! Names from the model are data here: percent-encoded in paths, escaped in XML. iCalendar is text to this module.

mod calendars;
mod home;
mod kind;
mod objects;
mod query;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use calendars::{Calendar, choose, list};
pub(crate) use home::Home;
pub(crate) use kind::Kind;
pub(crate) use objects::{Object, all, create, delete, find, in_range, open, put, read, same_etag};
