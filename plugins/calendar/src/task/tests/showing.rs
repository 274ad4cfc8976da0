//! What is shown of a task.

use super::*;

const NOW: &str = "2026-11-21T12:00:00Z";

#[test]
fn a_task_is_shown_with_offset_zone_and_relations() {
    let shown = shown_at(
        &task(&[
            "SUMMARY:Buy\\, milk",
            "DUE;TZID=America/New_York:20261120T170000",
            "PRIORITY:1",
            "CATEGORIES:a,b",
            "RELATED-TO;RELTYPE=CHILD:c",
            "RELATED-TO:p",
            "X-APPLE-SORT-ORDER:7",
            "PERCENT-COMPLETE:20",
            "BEGIN:VALARM\r\nTRIGGER;RELATED=END:-PT15M\r\nACTION:DISPLAY\r\nEND:VALARM",
            "BEGIN:VALARM\r\nTRIGGER;VALUE=DATE-TIME:20261120T080000Z\r\nACTION:AUDIO\r\nEND:VALARM",
        ]),
        NOW,
    );
    assert_eq!(
        shown,
        json!({
            "uid": "u1", "calendar": "tasks", "summary": "Buy, milk", "status": "IN-PROCESS", "percent_complete": 20, "priority": 1,
            "due": "2026-11-20T23:00:00+01:00", "overdue": true, "stored_zone": "America/New_York", "categories": ["a", "b"],
            "parent_uid": "p", "order": 7, "etag": "e1",
            "reminders": [
                {"minutes_before": 15, "related": "END"},
                {"trigger_at": "2026-11-20T09:00:00+01:00", "action": "AUDIO"},
            ],
        })
    );
}

#[test]
fn a_day_is_overdue_only_when_it_is_over_where_the_user_is() {
    let today = task(&["DUE;VALUE=DATE:20261121"]);
    assert_eq!(
        shown_at(&today, "2026-11-21T22:59:00Z")["overdue"],
        Value::Null
    );
    assert_eq!(shown_at(&today, "2026-11-21T23:01:00Z")["overdue"], true);
    let done = task(&["DUE;VALUE=DATE:20261101", "COMPLETED:20261102T000000Z"]);
    let shown = shown_at(&done, NOW);
    assert_eq!(
        (&shown["overdue"], &shown["status"]),
        (&Value::Null, &json!("COMPLETED"))
    );
}

#[test]
fn a_length_gives_the_due_time() {
    let shown = shown_at(&task(&["DTSTART:20261202T090000Z", "DURATION:P1DT2H"]), NOW);
    assert_eq!(shown["due"], "2026-12-03T12:00:00+01:00");
}

#[test]
fn a_repeating_chore_is_not_overdue_since_its_first_year() {
    let chore = task(&[
        "DTSTART;VALUE=DATE:20230601",
        "DUE;VALUE=DATE:20230615",
        "RRULE:FREQ=YEARLY",
    ]);
    let shown = shown_at(&chore, "2026-06-10T12:00:00Z");
    assert_eq!(shown["dtstart"], "2026-06-01");
    assert_eq!(shown["due"], "2026-06-15");
    assert_eq!(shown["overdue"], Value::Null);
    assert_eq!(shown["pending_since"], "2023-06-01");
    assert_eq!(shown["next"], "2027-06-01");
    // Not begun yet: the first one.
    let before = shown_at(&chore, "2023-01-01T12:00:00Z");
    assert_eq!(before["due"], "2023-06-15");
    assert_eq!(before["next"], "2024-06-01");
    assert_eq!(before["pending_since"], Value::Null);
}

#[test]
fn a_series_with_nothing_left_is_completed() {
    let done = |day: &str| {
        format!(
            "BEGIN:VTODO\r\nUID:u1\r\nRECURRENCE-ID:202611{day}T080000Z\r\nDTSTART:202611{day}T080000Z\r\nSTATUS:COMPLETED\r\nEND:VTODO\r\n"
        )
    };
    let text = task(&["DTSTART:20261101T080000Z", "RRULE:FREQ=WEEKLY;COUNT=2"]).replace(
        "END:VCALENDAR",
        &format!("{}{}END:VCALENDAR", done("01"), done("08")),
    );
    assert_eq!(shown_at(&text, NOW)["status"], "COMPLETED");
}

#[test]
fn a_rule_by_seconds_costs_no_more_than_another() {
    let text = task(&["DTSTART:20200101T000000Z", "RRULE:FREQ=SECONDLY"]);
    assert_eq!(shown_at(&text, NOW)["dtstart"], "2026-11-21T13:00:00+01:00");
}

#[test]
fn a_task_without_any_date_repeats_in_no_way() {
    let shown = shown_at(&task(&["RRULE:FREQ=DAILY", "STATUS:ODD"]), NOW);
    assert_eq!(
        (&shown["status"], &shown["due"]),
        (&json!("NEEDS-ACTION"), &Value::Null)
    );
}
