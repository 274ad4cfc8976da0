//! New tasks.

use calcard::icalendar::ICalendar;
use nextcloud_mcp_plugin::FailureKind;
use proptest::prelude::*;

use super::*;

#[test]
fn a_task_repeats_as_plain_words_say() {
    let text = made(json!({
        "due": "2026-12-08",
        "repeat": {"every": "week", "interval": 2, "on": ["TU"], "count": 10}
    }))
    .unwrap();
    has(&text, "RRULE:FREQ=WEEKLY;COUNT=10;INTERVAL=2;BYDAY=TU");
    let twice = made(json!({
        "due": "2026-12-08",
        "repeat": {"every": "week"},
        "recurrence_rule": "FREQ=WEEKLY"
    }));
    assert!(twice.unwrap_err().message.contains("two ways"));
}

#[test]
fn a_naive_due_time_is_the_users_and_not_utc() {
    let text = made(json!({"due": "2026-12-03T09:00"})).unwrap();
    has(&text, "DUE;TZID=Europe/Berlin:20261203T090000");
    has(&text, "TZID:Europe/Berlin");
    has(&text, "STATUS:NEEDS-ACTION");
    has_none(&text, "DTSTART;");
    let elsewhere = made(
        json!({"dtstart": "2026-12-03T09:00", "due": "2026-12-03T12:00-05:00", "timezone": "America/New_York"}),
    )
    .unwrap();
    has(&elsewhere, "DTSTART;TZID=America/New_York:20261203T090000");
    has(&elsewhere, "DUE;TZID=America/New_York:20261203T120000");
    assert_eq!(elsewhere.matches("BEGIN:VTIMEZONE").count(), 1);
    has(
        &made(json!({"due": "2026-12-03T09:00Z", "timezone": "UTC"})).unwrap(),
        "DUE:20261203T090000Z",
    );
}

#[test]
fn days_stay_days() {
    let text = made(json!({"dtstart": "2026-12-03", "due": "2026-12-03"})).unwrap();
    has(&text, "DTSTART;VALUE=DATE:20261203");
    has(&text, "DUE;VALUE=DATE:20261203");
    assert!(!text.contains("VTIMEZONE"));
}

#[test]
fn everything_that_a_task_has_is_written() {
    let text = made(json!({
        "description": "two\nlines; and, more", "location": "Shop", "url": "https://example.org/a,b", "categories": "Home, Food",
        "priority": 1, "percent_complete": 30, "parent_uid": "p,1", "due": "2026-12-03",
        "reminders": [{"minutes_before": 60}, {"trigger_at": "2026-12-02T18:00", "action": "EMAIL"}, {"trigger": "-p1d"}]
    }))
    .unwrap();
    for line in [
        "DESCRIPTION:two\\nlines\\; and\\, more",
        "LOCATION:Shop",
        "URL:https://example.org/a,b",
        "CATEGORIES:Home,Food",
        "PRIORITY:1",
        "PERCENT-COMPLETE:30",
        "STATUS:IN-PROCESS",
        "RELATED-TO;RELTYPE=PARENT:p\\,1",
        "TRIGGER;RELATED=END:-PT60M",
        "TRIGGER;VALUE=DATE-TIME:20261202T170000Z",
        "ATTENDEE:mailto:alice@example.org",
        "TRIGGER;RELATED=END:-P1D",
    ] {
        has(&text, line);
    }
}

#[test]
fn a_rule_gets_the_start_that_the_standard_asks_for() {
    let text =
        made(json!({"due": "2026-12-07", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO"})).unwrap();
    has(&text, "DTSTART;VALUE=DATE:20261207");
    has(&text, "DUE;VALUE=DATE:20261207");
    has(&text, "RRULE:FREQ=WEEKLY;BYDAY=MO");
    let bounded = made(
        json!({"due": "2026-12-07T09:00", "recurrence_rule": "FREQ=WEEKLY", "recurrence_end_date": "2026-12-31"}),
    );
    has(
        &bounded.unwrap(),
        "RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z",
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (arguments, part) in [
        (
            json!({"dtstart": "2026-12-03", "due": "2026-12-03T09:00"}),
            "both days or both times",
        ),
        (
            json!({"dtstart": "2026-12-03T10:00", "due": "2026-12-03T09:00"}),
            "before dtstart",
        ),
        (
            json!({"due": "2026-12-03", "timezone": "Europe/Paris"}),
            "a day has no zone",
        ),
        (json!({"timezone": "Europe/Paris"}), "timezone"),
        (
            json!({"due": "2026-12-03T09:00", "timezone": "Mars/Olympus"}),
            "Mars/Olympus",
        ),
        (json!({"due": "soon"}), "due: `soon`"),
        (json!({"due": "2026-03-29T02:30"}), "does not exist"),
        (
            json!({"recurrence_rule": "FREQ=DAILY"}),
            "needs due or dtstart",
        ),
        (
            json!({"recurrence_end_date": "2026-12-03"}),
            "needs a recurrence_rule",
        ),
        (
            json!({"due": "2026-12-08", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO"}),
            "2026-12-14",
        ),
        (
            json!({"status": "COMPLETED", "percent_complete": 50}),
            "contradict",
        ),
        (
            json!({"status": "IN-PROCESS", "percent_complete": 100}),
            "contradict",
        ),
        (
            json!({"reminders": [{"minutes_before": 5}]}),
            "counts from dtstart",
        ),
        (
            json!({"due": "2026-12-03", "reminders": [{"minutes_before": 5, "related": "START"}]}),
            "counts from dtstart",
        ),
        (
            json!({"due": "2026-12-03", "reminders": [{}]}),
            "one of minutes_before",
        ),
        (
            json!({"due": "2026-12-03", "reminders": [{"minutes_before": 5, "trigger": "-P1D"}]}),
            "one of minutes_before",
        ),
        (
            json!({"due": "2026-12-03", "reminders": [{"trigger": "soon"}]}),
            "duration",
        ),
        (json!({"url": "no address"}), "web address"),
    ] {
        let failure = made(arguments.clone()).unwrap_err();
        assert!(
            failure.kind == FailureKind::Invalid && failure.message.contains(part),
            "{arguments}: {}",
            failure.message
        );
    }
}

#[test]
fn a_finished_task_can_be_written_down() {
    let text = made(json!({"status": "COMPLETED"})).unwrap();
    for line in [
        "STATUS:COMPLETED",
        "PERCENT-COMPLETE:100",
        "COMPLETED:20261121T120000Z",
    ] {
        has(&text, line);
    }
}

proptest! {
    /// calcard is another project's reader: what it reads is what other programs will.
    #[test]
    fn another_reader_finds_the_texts_that_were_written(summary in "[^\\p{C}]{1,200}", note in "([^\\p{C}]|\n){0,300}") {
        prop_assume!(!summary.trim().is_empty() && !note.trim().is_empty());
        let details = Details { description: Some(note.clone()), parent_uid: Some(summary.trim().to_owned()), ..Details::default() };
        let text = compose(&New { uid: "u1", summary: &summary, details: &details, user: &berlin(), address: None, now: now() }).unwrap();
        let calendar = ICalendar::parse(&text).unwrap();
        let task = calendar.components.iter().find(|part| part.component_type.as_str() == "VTODO").unwrap();
        let read = |name: &str| {
            let entry = task.entries.iter().find(|entry| entry.name.as_str() == name).unwrap();
            entry.values[0].as_text().unwrap().to_owned()
        };
        prop_assert_eq!(read("SUMMARY"), summary.clone());
        prop_assert_eq!(read("RELATED-TO"), summary.trim());
        prop_assert_eq!(read("DESCRIPTION"), note);
    }
}
