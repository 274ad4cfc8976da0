//! Calendars deleted.

use super::*;

/// A first call to delete `personal`, and the second one with its handle, after `then`.
fn delete_twice(then: &[(&str, &str, &str)]) -> (Failure, Result<(String, Value), Failure>) {
    let items = [
        ("a.ics", "1", "vevent"),
        ("b.ics", "1", "vtodo"),
        ("c.ics", "1", "vevent"),
    ];
    let arguments = json!({"action": "delete", "calendar_name": "personal"});
    let nextcloud = start();
    nextcloud.on("PROPFIND", PERSONAL, members(PERSONAL, &items));
    let first = run("manage_calendar", arguments.clone()).unwrap_err();
    assert!(nextcloud.sent().iter().all(|sent| sent.method != "DELETE"));
    drop(nextcloud);

    let shown: Value = serde_json::from_str(first.structured.as_deref().unwrap()).unwrap();
    let mut confirmed = arguments;
    confirmed["confirm"] = shown["confirm"].clone();
    let nextcloud = start();
    nextcloud.on("PROPFIND", PERSONAL, members(PERSONAL, then));
    if then == items {
        nextcloud.on("DELETE", PERSONAL, gone());
    }
    (first, run("manage_calendar", confirmed))
}

#[test]
fn a_calendar_is_deleted_only_after_its_contents_were_shown() {
    let same = [
        ("c.ics", "1", "vevent"),
        ("b.ics", "1", "vtodo"),
        ("a.ics", "1", "vevent"),
    ];
    let mut sorted = same;
    sorted.reverse();
    let (first, second) = delete_twice(&sorted);
    assert_eq!(first.kind, FailureKind::NeedsConfirmation);
    assert!(
        first.message.contains("2 events and 1 task"),
        "{}",
        first.message
    );
    let (text, _) = second.unwrap();
    assert!(text.starts_with("Deleted \"Personal\"."), "{text}");
}

#[test]
fn what_changed_since_it_was_shown_is_not_deleted() {
    for then in [
        &[
            ("a.ics", "1", "vevent"),
            ("b.ics", "2", "vtodo"),
            ("c.ics", "1", "vevent"),
        ][..],
        &[("a.ics", "1", "vevent"), ("b.ics", "1", "vtodo")],
        &[],
    ] {
        let (_, second) = delete_twice(then);
        assert_eq!(second.unwrap_err().kind, FailureKind::Conflict, "{then:?}");
    }
}

#[test]
fn a_share_is_left_and_nothing_in_it_is_counted_as_deleted() {
    let nextcloud = start();
    let arguments = json!({"action": "delete", "calendar_name": "Team"});
    let failure = run("manage_calendar", arguments.clone()).unwrap_err();
    assert!(
        failure.message.contains("ends the share of bob's calendar"),
        "{}",
        failure.message
    );
    assert_eq!(nextcloud.sent().len(), 1);
    drop(nextcloud);
    let shown: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    let mut confirmed = arguments;
    confirmed["confirm"] = shown["confirm"].clone();
    // Gone before (recording caldav/115).
    if let Some(recording) = recording("caldav/115-bob-delete-shared-calendar-after-unshare.json") {
        let nextcloud = start();
        nextcloud.on("DELETE", TEAM, recording.answer);
        let failure = run("manage_calendar", confirmed.clone()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
    }
    let nextcloud = start();
    nextcloud.on("DELETE", TEAM, gone());
    let (text, _) = run("manage_calendar", confirmed).unwrap();
    assert!(text.starts_with("Left \"Team\"."), "{text}");
}

#[test]
fn birthdays_and_what_does_not_go_to_the_trash_bin_are_said_so() {
    let subscription = calendar("holidays", "Holidays", "<d:read/>")
        .replace("<c:calendar/>", "<s:subscribed xmlns:s=\"http://calendarserver.org/ns/\"/>")
        .replace(
            "<d:displayname>",
            "<s:source xmlns:s=\"http://calendarserver.org/ns/\"><d:href>https://example.org/h.ics</d:href></s:source><d:displayname>",
        );
    let home = calendar("contact_birthdays", "Birthdays", "<d:write-properties/>") + &subscription;
    for (name, word) in [
        ("contact_birthdays", "contacts"),
        ("holidays", "https://example.org/h.ics"),
    ] {
        let nextcloud = Nextcloud::start();
        nextcloud.on("PROPFIND", HOME, multistatus(&home));
        let failure = run(
            "manage_calendar",
            json!({"action": "delete", "calendar_name": name}),
        )
        .unwrap_err();
        assert!(failure.message.contains(word), "{}", failure.message);
        assert_eq!(nextcloud.sent().len(), 1);
    }
}
