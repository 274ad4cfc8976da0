//! Guests, answers and free times, as text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answering;
mod guests;
mod knowing;
mod slots;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::nextcloud::Account;

use super::*;
use crate::ical::Document;
use crate::recurrence::Series;
use crate::zone::Zones;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period::new(at(from), at(to)).unwrap()
}

fn bob() -> Account {
    Account {
        id: "bob".to_owned(),
        display_name: "Bob Example".to_owned(),
        email: Some("bob@example.org".to_owned()),
        time_zone: None,
        language: "en".to_owned(),
        groups: Vec::new(),
    }
}

fn own() -> Own {
    Own::new(
        &bob(),
        vec!["/remote.php/dav/principals/users/bob/".to_owned()],
    )
}

fn series(document: &Document) -> Series<'_> {
    Series::read(document, Zones::of(document, berlin())).unwrap()
}
