//! Completing tasks, single and repeating.

use nextcloud_mcp_plugin::FailureKind;

use super::*;

fn complete_at(text: &str, now: &str) -> Result<Completion, Failure> {
    let document = Document::parse(text).unwrap();
    let stored = Stored::read(&document, &berlin()).unwrap();
    let now = now.parse().unwrap();
    complete(
        &stored,
        Completing {
            at: now,
            now,
            address: None,
        },
    )
}

const NOW: &str = "2026-11-21T12:00:00Z";

fn done(text: &str) -> String {
    match complete_at(text, NOW).unwrap() {
        Completion::Done(edited) => edited.text,
        other => panic!("{other:?}"),
    }
}

/// The text after one occurrence, and which one that was.
fn moved_on(text: &str, now: &str) -> (String, String) {
    match complete_at(text, now).unwrap() {
        Completion::Occurrence {
            edited, completed, ..
        } => (
            edited.text,
            crate::event::day_or_time(&completed, &berlin()),
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_single_task_is_completed_and_nothing_else_changes() {
    let text = task(&[
        "SUMMARY:Buy milk",
        "X-OC-HIDESUBTASKS:1",
        "STATUS:NEEDS-ACTION",
    ]);
    let new = done(&text);
    for line in [
        "STATUS:COMPLETED",
        "PERCENT-COMPLETE:100",
        "COMPLETED:20261121T120000Z",
        "X-OC-HIDESUBTASKS:1",
        "SUMMARY:Buy milk",
    ] {
        has(&new, line);
    }
    assert!(matches!(
        complete_at(&new, NOW).unwrap(),
        Completion::Already
    ));
}

#[test]
fn a_repeating_task_moves_on_to_its_next_occurrence_across_a_change_of_offset() {
    let text = task(&[
        "DTSTART;TZID=Europe/Berlin:20261019T090000",
        "DUE;TZID=Europe/Berlin:20261019T180000",
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "STATUS:IN-PROCESS",
        "PERCENT-COMPLETE:50",
        "X-APPLE-SORT-ORDER:5",
    ]);
    let (second, completed) = moved_on(&text, "2026-10-19T12:00:00Z");
    assert_eq!(completed, "2026-10-19T09:00:00+02:00");
    for line in [
        "DTSTART;TZID=Europe/Berlin:20261026T090000",
        "DUE;TZID=Europe/Berlin:20261026T180000",
        "RRULE:FREQ=WEEKLY;COUNT=2",
        "STATUS:NEEDS-ACTION",
        "X-APPLE-SORT-ORDER:5",
    ] {
        has(&second, line);
    }
    has_none(&second, "PERCENT-COMPLETE");
    assert_eq!(
        shown_at(&second, "2026-10-19T12:00:00Z")["due"],
        "2026-10-26T18:00:00+01:00"
    );
    let (third, _) = moved_on(&second, "2026-10-26T12:00:00Z");
    has(&third, "RRULE:FREQ=WEEKLY;COUNT=1");
    let last = match complete_at(&third, "2026-11-03T12:00:00Z").unwrap() {
        Completion::Done(edited) => edited.text,
        other => panic!("{other:?}"),
    };
    has(&last, "STATUS:COMPLETED");
    has(&last, "DUE;TZID=Europe/Berlin:20261102T180000");
}

#[test]
fn days_and_due_times_alone_move_on_too() {
    let monthly = task(&["DUE;VALUE=DATE:20261130", "RRULE:FREQ=MONTHLY"]);
    let (next, completed) = moved_on(&monthly, NOW);
    assert_eq!(completed, "2026-11-30");
    has(&next, "DUE;VALUE=DATE:20261230");
    has_none(&next, "DTSTART");
    let utc = task(&[
        "DTSTART:20261120T080000Z",
        "DUE:20261121T200000Z",
        "RRULE:FREQ=DAILY;UNTIL=20261201T080000Z",
    ]);
    let (next, _) = moved_on(&utc, NOW);
    has(&next, "DTSTART:20261122T080000Z");
    has(&next, "DUE:20261123T200000Z");
}

#[test]
fn a_chore_that_was_missed_for_years_goes_on_from_today() {
    let text = task(&[
        "DTSTART;VALUE=DATE:20230601",
        "DUE;VALUE=DATE:20230615",
        "RRULE:FREQ=YEARLY",
    ]);
    match complete_at(&text, NOW).unwrap() {
        Completion::Occurrence {
            edited,
            completed,
            passed_since,
        } => {
            has(&edited.text, "DTSTART;VALUE=DATE:20270601");
            has(&edited.text, "DUE;VALUE=DATE:20270615");
            let show = |moment| crate::event::day_or_time(moment, &berlin());
            assert_eq!(show(&completed), "2026-06-01");
            assert_eq!(
                passed_since.as_ref().map(show).as_deref(),
                Some("2023-06-01")
            );
        }
        other => panic!("{other:?}"),
    }
}

/// As jtx Board and Thunderbird store it: each finished occurrence by itself.
fn with_exceptions() -> String {
    let series = task(&[
        "DTSTART:20261101T080000Z",
        "DUE:20261101T090000Z",
        "RRULE:FREQ=WEEKLY",
        "EXDATE:20261129T080000Z",
    ]);
    let exception = |day: &str, status: &str| {
        format!(
            "BEGIN:VTODO\r\nUID:u1\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:202611{day}T080000Z\r\n\
             DTSTART:202611{day}T080000Z\r\nDUE:202611{day}T100000Z\r\nSTATUS:{status}\r\nX-OWN:{day}\r\nEND:VTODO\r\n"
        )
    };
    let exceptions = exception("01", "COMPLETED")
        + &exception("08", "COMPLETED")
        + &exception("15", "NEEDS-ACTION");
    series.replace("END:VCALENDAR", &format!("{exceptions}END:VCALENDAR"))
}

#[test]
fn an_occurrence_that_is_stored_by_itself_is_completed_there() {
    let text = with_exceptions();
    assert_eq!(shown_at(&text, NOW)["due"], "2026-11-15T11:00:00+01:00");
    let (new, completed) = moved_on(&text, NOW);
    assert_eq!(completed, "2026-11-15T09:00:00+01:00");
    has(&new, "DTSTART:20261101T080000Z");
    assert_eq!(new.matches("STATUS:COMPLETED").count(), 3);
    for own in ["X-OWN:01", "X-OWN:08", "X-OWN:15"] {
        has(&new, own);
    }
    // The one on the 22nd is stored by the series alone, the one on the 29th is taken out.
    assert_eq!(shown_at(&new, NOW)["due"], "2026-11-22T10:00:00+01:00");
    let (next, _) = moved_on(&new, "2026-11-22T12:00:00Z");
    has(&next, "DTSTART:20261206T080000Z");
    assert_eq!(next.matches("STATUS:COMPLETED").count(), 3);
}

#[test]
fn what_cannot_be_moved_on_without_guessing_is_refused() {
    let dates = task(&["DTSTART:20261101T080000Z", "RDATE:20261110T080000Z"]);
    let onwards = with_exceptions().replace(
        "RECURRENCE-ID:20261115",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261115",
    );
    for text in [dates, onwards] {
        assert_eq!(
            complete_at(&text, NOW).unwrap_err().kind,
            FailureKind::Unsupported
        );
    }
}
