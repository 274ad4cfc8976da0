//! New tasks, changes of stored ones, and what is shown of them, as text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod completing;
mod composing;
mod editing;
mod showing;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;
use serde_json::{Value, json};

use super::*;
use crate::dav::Object;
use crate::ical::Document;
use crate::recurrence::Budget;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// A Saturday.
fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn details(arguments: Value) -> Details {
    serde_json::from_value(arguments).unwrap()
}

fn made(arguments: Value) -> Result<String, Failure> {
    compose(&New {
        uid: "u1",
        summary: "Buy milk",
        details: &details(arguments),
        user: &berlin(),
        address: Some("alice@example.org"),
        now: now(),
    })
}

/// A task with these lines between UID and END.
fn task(lines: &[&str]) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nBEGIN:VTODO\r\nUID:u1\r\nDTSTAMP:20260101T000000Z\r\n{}\r\n\
         END:VTODO\r\nEND:VCALENDAR\r\n",
        lines.join("\r\n")
    )
}

fn shown_at(text: &str, now: &str) -> Value {
    let document = Document::parse(text).unwrap();
    let stored = Stored::read(&document, &berlin()).unwrap();
    let now = now.parse().unwrap();
    let to = stored.to_do(now, &mut Budget::new(400_000)).unwrap();
    let object = Object {
        calendar: "tasks".to_owned(),
        name: "t.ics".to_owned(),
        etag: "e1".to_owned(),
        text: text.to_owned(),
    };
    json!(present(&object, &stored, &to, now))
}

#[track_caller]
fn has(text: &str, line: &str) {
    assert!(
        text.split("\r\n").any(|own| own == line),
        "{line} is not in:\n{text}"
    );
}

#[track_caller]
fn has_none(text: &str, name: &str) {
    assert!(
        !text.split("\r\n").any(|own| own.starts_with(name)),
        "{name} is in:\n{text}"
    );
}
