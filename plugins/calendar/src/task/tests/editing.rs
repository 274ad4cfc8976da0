//! Changes of stored tasks.

use calcard::icalendar::ICalendar;
use nextcloud_mcp_plugin::FailureKind;
use proptest::prelude::*;

use super::*;

/// As the Tasks app and others left it.
const LINES: [&str; 11] = [
    "SUMMARY;LANGUAGE=de:Alt",
    "DTSTART;TZID=Europe/Berlin:20261202T090000",
    "DUE;TZID=Europe/Berlin:20261202T170000",
    "RELATED-TO;RELTYPE=SIBLING:s1",
    "RELATED-TO:p1",
    "X-APPLE-SORT-ORDER:612345678",
    "X-OC-HIDESUBTASKS:1",
    "DESCRIPTION:one\\, two\r\n  three",
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nX-MOZ:1\r\nTRIGGER:-PT30M\r\nDESCRIPTION:Alt\r\nEND:VALARM",
    "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER;RELATED=END:-PT5M\r\nEND:VALARM",
    "X-LAST:\"a;b\"",
];

fn change(text: &str, arguments: Value) -> Result<Option<String>, Failure> {
    let summary = arguments["summary"].as_str().map(str::to_owned);
    let completed = arguments["completed"].as_str().map(str::to_owned);
    let document = Document::parse(text).unwrap();
    let stored = Stored::read(&document, &berlin()).unwrap();
    let change = Change {
        summary: summary.as_deref(),
        details: &details(arguments),
        completed: completed.as_deref(),
        user: &berlin(),
        address: Some("alice@example.org"),
        now: now(),
    };
    apply(&stored, &change).map(|edited| edited.map(|edited| edited.text))
}

fn changed(text: &str, arguments: Value) -> String {
    change(text, arguments).unwrap().unwrap()
}

/// `text` with these replacements, and the stamps of an edit.
fn expected(text: &str, replacements: &[(&str, &str)]) -> String {
    let stamps = [("DTSTAMP:20260101T000000Z", "DTSTAMP:20261121T120000Z")];
    replacements
        .iter()
        .chain(&stamps)
        .fold(text.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        })
}

fn without_stamps(text: &str) -> String {
    text.replace("LAST-MODIFIED:20261121T120000Z\r\n", "")
        .replace("SEQUENCE:1\r\n", "")
}

#[test]
fn a_change_leaves_every_other_byte() {
    let text = task(&LINES);
    let new = changed(&text, json!({"summary": "Neu", "due": "2026-12-03T18:00"}));
    let expected = expected(
        &text,
        &[
            ("SUMMARY;LANGUAGE=de:Alt", "SUMMARY;LANGUAGE=de:Neu"),
            (
                "DUE;TZID=Europe/Berlin:20261202T170000",
                "DUE;TZID=Europe/Berlin:20261203T180000",
            ),
        ],
    );
    let begin = new.find("BEGIN:VTODO").unwrap();
    assert!(new[..begin].contains("BEGIN:VTIMEZONE"));
    assert_eq!(
        without_stamps(&new[begin..]),
        expected[expected.find("BEGIN:VTODO").unwrap()..]
    );
    has(&new, "SEQUENCE:1");
}

#[test]
fn what_is_so_already_is_no_change() {
    let text = task(&LINES);
    for arguments in [
        json!({}),
        json!({"due": "2026-12-02T17:00"}),
        json!({"parent_uid": "p1", "summary": "Alt"}),
    ] {
        assert_eq!(change(&text, arguments).unwrap(), None);
    }
}

#[test]
fn an_empty_text_clears() {
    let text = task(&LINES);
    let new = changed(
        &text,
        json!({"due": "", "description": "", "reminders": [], "parent_uid": ""}),
    );
    for gone in ["DUE", "DESCRIPTION", "BEGIN:VALARM", "RELATED-TO:p1"] {
        has_none(&new, gone);
    }
    has(&new, "RELATED-TO;RELTYPE=SIBLING:s1");
    has(&new, "DTSTART;TZID=Europe/Berlin:20261202T090000");
    has(&new, "X-LAST:\"a;b\"");
}

#[test]
fn another_parent_leaves_other_relations() {
    let new = changed(&task(&LINES), json!({"parent_uid": "p2"}));
    has(&new, "RELATED-TO;RELTYPE=SIBLING:s1");
    has(&new, "RELATED-TO;RELTYPE=PARENT:p2");
    has_none(&new, "RELATED-TO:p1");
    has(
        &changed(&task(&["SUMMARY:x"]), json!({"parent_uid": "p"})),
        "RELATED-TO;RELTYPE=PARENT:p",
    );
}

#[test]
fn new_times_keep_the_tasks_own_zone() {
    let text = task(&["DUE;TZID=America/New_York:20261202T170000"]);
    has(
        &changed(&text, json!({"due": "2026-12-03T18:00"})),
        "DUE;TZID=America/New_York:20261203T120000",
    );
    has(
        &changed(
            &text,
            json!({"due": "2026-12-03T18:00", "timezone": "Asia/Tokyo"}),
        ),
        "DUE;TZID=Asia/Tokyo:20261203T180000",
    );
    has(
        &changed(&text, json!({"due": "2026-12-03"})),
        "DUE;VALUE=DATE:20261203",
    );
}

#[test]
fn start_and_due_fit_together_after_every_change() {
    let text = task(&LINES);
    for (arguments, part) in [
        (json!({"due": "2026-12-02T08:00"}), "before dtstart"),
        (json!({"dtstart": "2026-12-04T08:00"}), "before dtstart"),
        (json!({"due": "2026-12-05"}), "both days or both times"),
    ] {
        let failure = change(&text, arguments).unwrap_err();
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    let days = changed(&text, json!({"dtstart": "2026-12-05", "due": "2026-12-06"}));
    has(&days, "DTSTART;VALUE=DATE:20261205");
    has(&days, "DUE;VALUE=DATE:20261206");
    let lasting = task(&["DTSTART:20261202T090000Z", "DURATION:PT2H"]);
    has(
        &changed(&lasting, json!({"dtstart": "2026-12-03T10:00"})),
        "DURATION:PT2H",
    );
    let due = changed(&lasting, json!({"due": "2026-12-03T10:00"}));
    has(&due, "DUE:20261203T090000Z");
    has_none(&due, "DURATION");
    has_none(&changed(&lasting, json!({"dtstart": ""})), "DURATION");
}

#[test]
fn status_percent_and_completion_follow_each_other() {
    let open = task(&["STATUS:NEEDS-ACTION", "PERCENT-COMPLETE:20"]);
    let done = changed(&open, json!({"status": "COMPLETED"}));
    for line in [
        "STATUS:COMPLETED",
        "PERCENT-COMPLETE:100",
        "COMPLETED:20261121T120000Z",
    ] {
        has(&done, line);
    }
    assert_eq!(changed(&open, json!({"percent_complete": 100})), done);
    has(
        &changed(&open, json!({"completed": "2026-11-20T10:00"})),
        "COMPLETED:20261120T090000Z",
    );
    has(
        &changed(&done, json!({"completed": "2026-11-20T10:00"})),
        "COMPLETED:20261120T090000Z",
    );
    let half = changed(&done, json!({"percent_complete": 50}));
    has(&half, "STATUS:IN-PROCESS");
    has(&half, "PERCENT-COMPLETE:50");
    has_none(&half, "COMPLETED");
    for reopened in [
        json!({"status": "NEEDS-ACTION"}),
        json!({"completed": ""}),
        json!({"percent_complete": 0}),
    ] {
        let text = changed(&done, reopened);
        has(&text, "STATUS:NEEDS-ACTION");
        has_none(&text, "COMPLETED");
        has_none(&text, "PERCENT-COMPLETE");
    }
    let cancelled = changed(&open, json!({"status": "CANCELLED"}));
    has(&cancelled, "STATUS:CANCELLED");
    has(&cancelled, "PERCENT-COMPLETE:20");
    for wrong in [
        json!({"completed": "2026-12-24T10:00"}),
        json!({"completed": "2026-11-20"}),
        json!({"completed": "2026-11-20T10:00", "status": "IN-PROCESS"}),
    ] {
        assert_eq!(change(&open, wrong).unwrap_err().kind, FailureKind::Invalid);
    }
}

#[test]
fn reminders_are_replaced_as_a_whole() {
    let new = changed(
        &task(&LINES),
        json!({"reminders": [{"minutes_before": 10, "related": "START"}]}),
    );
    assert_eq!(new.matches("BEGIN:VALARM").count(), 1);
    has(&new, "TRIGGER:-PT10M");
    has(&new, "X-LAST:\"a;b\"");
}

#[test]
fn a_series_goes_on_from_the_occurrence_that_was_shown() {
    let weekly = task(&[
        "DTSTART;TZID=Europe/Berlin:20261005T090000",
        "DUE;TZID=Europe/Berlin:20261005T100000",
        "RRULE:FREQ=WEEKLY;COUNT=20",
    ]);
    // The seventh Monday has begun.
    assert_eq!(
        shown_at(&weekly, "2026-11-21T12:00:00Z")["due"],
        "2026-11-16T10:00:00+01:00"
    );
    let new = changed(&weekly, json!({"due": "2026-11-16T12:00"}));
    has(&new, "DTSTART;TZID=Europe/Berlin:20261116T090000");
    has(&new, "DUE;TZID=Europe/Berlin:20261116T120000");
    has(&new, "RRULE:FREQ=WEEKLY;COUNT=14");
    let ended = changed(
        &weekly,
        json!({"recurrence_rule": "", "status": "COMPLETED"}),
    );
    has_none(&ended, "RRULE");
    has(&ended, "STATUS:COMPLETED");
    has(
        &changed(&weekly, json!({"summary": "x"})),
        "RRULE:FREQ=WEEKLY;COUNT=20",
    );
    for (arguments, part) in [
        (json!({"status": "COMPLETED"}), "complete_todo"),
        (json!({"dtstart": "", "due": ""}), "needs due or dtstart"),
    ] {
        let failure = change(&weekly, arguments).unwrap_err();
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    let with_exception = weekly.replace(
        "RRULE",
        "EXDATE;TZID=Europe/Berlin:20261012T090000\r\nRRULE",
    );
    assert_eq!(
        change(&with_exception, json!({"due": "2026-11-16T12:00"}))
            .unwrap_err()
            .kind,
        FailureKind::Unsupported
    );
}

#[test]
fn a_single_task_becomes_a_series() {
    let text = task(&["DUE;VALUE=DATE:20261207"]);
    let new = changed(&text, json!({"recurrence_rule": "FREQ=MONTHLY"}));
    has(&new, "RRULE:FREQ=MONTHLY");
    has(&new, "DTSTART;VALUE=DATE:20261207");
    assert!(
        change(
            &task(&["SUMMARY:x"]),
            json!({"recurrence_rule": "FREQ=MONTHLY"})
        )
        .is_err()
    );
}

proptest! {
    #[test]
    fn whatever_is_written_the_rest_stays(summary in "[^\\p{C}]{1,80}", note in any::<String>(), parent in "[^\\p{C}]{1,40}") {
        prop_assume!(!summary.trim().is_empty() && !parent.trim().is_empty());
        let new = changed(&task(&LINES), json!({"summary": summary, "description": note, "parent_uid": parent, "priority": 3}));
        for line in ["RELATED-TO;RELTYPE=SIBLING:s1", "X-APPLE-SORT-ORDER:612345678", "X-OC-HIDESUBTASKS:1", "X-MOZ:1", "X-LAST:\"a;b\""] {
            has(&new, line);
        }
        prop_assert!(ICalendar::parse(&new).is_ok());
        let document = Document::parse(&new).unwrap();
        let task = document.calendar.children("VTODO").next().unwrap();
        prop_assert_eq!(parent_of(task), Some(parent.trim().to_owned()));
    }
}
