//! Answers of a real Nextcloud are understood; names from a model stay names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recording};
use proptest::prelude::*;

use super::kind::Kind;
use super::query::{Filter, calendars, objects};
use super::xml::{CALDAV, Element, multistatus, parse};
use super::xml_text::comes_through;
use super::{Calendar, Home, choose, find, list};

fn listed(user: &str, name: &str) -> Option<Vec<Calendar>> {
    let recording = recording(name)?;
    let nextcloud = Nextcloud::start();
    let mut account = nextcloud_mcp_plugin::nextcloud::whoami().unwrap();
    account.id = user.to_owned();
    nextcloud
        .account(account)
        .on("PROPFIND", &recording.path, recording.answer);
    Some(list(&Home::of_caller().unwrap()).unwrap())
}

#[test]
fn the_recorded_calendars_are_read() {
    let Some(calendars) = listed("alice", "caldav/007-propfind-home-depth1-mcp-props.json") else {
        return;
    };
    let names: Vec<&str> = calendars
        .iter()
        .map(|calendar| calendar.name.as_str())
        .collect();
    assert_eq!(names, ["personal", "contact_birthdays"]);
    let personal = &calendars[0];
    assert_eq!(
        (personal.display_name.as_str(), personal.color.as_deref()),
        ("Personal", Some("#00679e"))
    );
    assert!(personal.writable && personal.holds(Kind::Event) && personal.shared_by.is_none());
    assert!(!calendars[1].writable);
}

#[test]
fn a_calendar_shared_for_reading_is_not_writable() {
    let Some(calendars) = listed("bob", "caldav/104-bob-home-with-shared.json") else {
        return;
    };
    let shared = choose(&calendars, "work 2 (ALICE example)").unwrap();
    assert_eq!(
        (shared.name.as_str(), shared.shared_by.as_deref()),
        ("mcp-work_shared_by_alice", Some("alice"))
    );
    let failure = shared.for_writing(Kind::Event).unwrap_err();
    assert!(failure.message.contains("read-only"), "{}", failure.message);
}

#[test]
fn deleted_calendars_are_none() {
    let Some(calendars) = listed("alice", "caldav/127-home-after-calendar-delete.json") else {
        return;
    };
    assert!(calendars.iter().all(|calendar| calendar.name != "mcp-both"));
    assert!(calendars.iter().any(|calendar| calendar.name == "mcp-work"));
}

#[test]
fn an_unknown_calendar_is_refused_with_those_that_there_are() {
    let Some(calendars) = listed("alice", "caldav/127-home-after-calendar-delete.json") else {
        return;
    };
    let failure = choose(&calendars, "holidays").unwrap_err();
    assert!(
        failure.message.contains("personal (\"Personal\")"),
        "{}",
        failure.message
    );
}

#[test]
fn events_come_with_their_etag_and_text() {
    let Some(recording) = recording("caldav/065-query-time-range.json") else {
        return;
    };
    let entries = multistatus(recording.body.as_bytes()).unwrap();
    assert_eq!(entries[0].name().as_deref(), Some("rec1.ics"));
    let data = &entries[0].property(CALDAV, "calendar-data").unwrap().text;
    assert!(data.contains("BEGIN:VEVENT") && data.contains("SUMMARY:Weekly moved"));
}

#[test]
fn references_in_calendar_data_are_resolved() {
    let Some(recording) = recording("caldav/067-query-time-range-expand.json") else {
        return;
    };
    let entries = multistatus(recording.body.as_bytes()).unwrap();
    let data = &entries[0].property(CALDAV, "calendar-data").unwrap().text;
    assert!(data.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
}

#[test]
fn the_list_asks_for_rights_and_for_the_colour_where_nextcloud_keeps_it() {
    let body = String::from_utf8(calendars()).unwrap();
    let root = parse(&body).unwrap();
    let asked = root.child("DAV:", "prop").unwrap();
    assert!(asked.has("http://apple.com/ns/ical/", "calendar-color"));
    assert!(asked.has("DAV:", "current-user-privilege-set"));
}

/// The text that a query looks for, as a server reads it.
fn matched(body: &[u8]) -> Option<(String, usize)> {
    fn text_match(element: &Element) -> Option<(String, usize)> {
        if let Some(found) = element.child(CALDAV, "text-match") {
            return Some((found.text.clone(), found.children().count()));
        }
        element.children().find_map(text_match)
    }
    text_match(&parse(std::str::from_utf8(body).ok()?).ok()?)
}

fn work() -> Calendar {
    let nextcloud = Nextcloud::start();
    let body = "<multistatus xmlns=\"DAV:\"><response><href>/x/work/</href><propstat><prop><resourcetype>\
         <calendar xmlns=\"urn:ietf:params:xml:ns:caldav\"/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat>\
         </response></multistatus>";
    let home = "/remote.php/dav/calendars/alice/";
    nextcloud.on("PROPFIND", home, Answer::new(207, "application/xml", body));
    list(&Home::of_caller().unwrap()).unwrap().remove(0)
}

proptest! {
    /// Any text at all is looked for as it is, or nothing is asked.
    #[test]
    fn whatever_a_uid_contains_stays_text(uid in any::<String>()) {
        if comes_through(&uid) {
            prop_assert_eq!(matched(&objects(Kind::Event, Filter::Uid(&uid))), Some((uid, 0)));
        } else {
            let calendar = work();
            let nextcloud = Nextcloud::start();
            let found = find(&Home::of_caller().unwrap(), &[&calendar], Kind::Event, &uid);
            prop_assert!(matches!(found.as_slice(), [(_, Ok(objects))] if objects.is_empty()));
            prop_assert!(nextcloud.sent().is_empty());
        }
    }

    #[test]
    fn markup_in_a_uid_stays_text(uid in "[<>&\"'\\[\\]!/ a-z-]{1,40}") {
        prop_assert_eq!(matched(&objects(Kind::Event, Filter::Uid(&uid))), Some((uid, 0)));
    }
}
