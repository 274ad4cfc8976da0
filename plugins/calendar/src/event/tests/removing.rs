//! Occurrences taken out of a series.

use nextcloud_mcp_plugin::FailureKind;

use super::*;

const WEEKLY: &str = "DTSTART;TZID=Europe/Berlin:20261012T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=4\nSEQUENCE:1";

fn rest(text: &str, scope: Scope, id: &str) -> String {
    match removed(text, scope, id).unwrap() {
        Removal::Edited(text) => text,
        Removal::Whole => panic!("nothing is left"),
    }
}

#[test]
fn one_occurrence_is_excluded_in_the_form_of_the_start() {
    for (start, id, line) in [
        (
            "DTSTART;TZID=Europe/Berlin:20261012T090000",
            "2026-10-26",
            "EXDATE;TZID=Europe/Berlin:20261026T090000",
        ),
        (
            "DTSTART:20261012T090000Z",
            "2026-10-26",
            "EXDATE:20261026T090000Z",
        ),
        (
            "DTSTART:20261012T090000",
            "2026-10-26",
            "EXDATE:20261026T090000",
        ),
        (
            "DTSTART;VALUE=DATE:20261012",
            "2026-10-26",
            "EXDATE;VALUE=DATE:20261026",
        ),
    ] {
        let text = calendar(&[&format!("{start}\nRRULE:FREQ=WEEKLY;COUNT=4\nSEQUENCE:1")]);
        let left = rest(&text, Scope::This, id);
        has(&left, line);
        has(&left, "SEQUENCE:2");
        has(&left, "DTSTAMP:20261121T120000Z");
        assert_eq!(shown(&left).len(), 3);
    }
}

#[test]
fn the_style_of_the_exclusions_that_are_there_is_kept() {
    let with = |lines: &str| calendar(&[&format!("{WEEKLY}\n{lines}")]);
    let list = rest(
        &with("EXDATE;TZID=Europe/Berlin:20261012T090000,20261019T090000"),
        Scope::This,
        "2026-10-26",
    );
    has(
        &list,
        "EXDATE;TZID=Europe/Berlin:20261012T090000,20261019T090000,20261026T090000",
    );
    let lines = rest(&with("EXDATE:20261012T070000Z"), Scope::This, "2026-10-26");
    has(&lines, "EXDATE:20261012T070000Z");
    has(&lines, "EXDATE:20261026T080000Z");
    for text in [list, lines] {
        assert!(!shown(&text).contains(&"2026-10-26T09:00:00".to_owned()));
    }
}

#[test]
fn an_exception_goes_with_its_occurrence() {
    let exception =
        "RECURRENCE-ID;TZID=Europe/Berlin:20261019T090000\nDTSTART:20261020T140000Z\nSUMMARY:moved";
    let left = rest(&calendar(&[WEEKLY, exception]), Scope::This, "2026-10-19");
    assert_eq!(left.matches("BEGIN:VEVENT").count(), 1);
    has(&left, "EXDATE;TZID=Europe/Berlin:20261019T090000");
    assert_eq!(shown(&left).len(), 3);
}

#[test]
fn an_added_occurrence_is_taken_off_the_list() {
    let text = calendar(&[&format!(
        "{WEEKLY}\nRDATE:20261013T070000Z,20261014T070000Z"
    )]);
    let left = rest(&text, Scope::This, "2026-10-13");
    has(&left, "RDATE:20261014T070000Z");
    assert!(!left.contains("EXDATE"));
    let none = rest(&left, Scope::This, "2026-10-14");
    assert!(!none.contains("RDATE"));
    assert_eq!(shown(&none).len(), 4);
}

#[test]
fn the_following_ones_go_by_an_earlier_end() {
    let exceptions =
        "EXDATE;TZID=Europe/Berlin:20261019T090000\nEXDATE;TZID=Europe/Berlin:20261102T090000";
    let late = "RECURRENCE-ID;TZID=Europe/Berlin:20261026T090000\nDTSTART:20261020T140000Z";
    let text = calendar(&[&format!("{WEEKLY}\n{exceptions}"), late]);
    let left = rest(&text, Scope::Following, "2026-10-26");
    has(&left, "RRULE:FREQ=WEEKLY;COUNT=2");
    has(&left, "EXDATE;TZID=Europe/Berlin:20261019T090000");
    assert!(!left.contains("20261102T090000"));
    assert_eq!(shown(&left), ["2026-10-12T09:00:00"]);
    let endless = calendar(&["DTSTART:20261012T090000Z\nRRULE:FREQ=WEEKLY"]);
    let left = rest(&endless, Scope::Following, "2026-10-26");
    has(&left, "RRULE:FREQ=WEEKLY;UNTIL=20261026T085959Z");
}

#[test]
fn nothing_left_is_the_end_of_the_event() {
    let two = calendar(&["DTSTART:20261012T090000Z\nRRULE:FREQ=WEEKLY;COUNT=2"]);
    let one = rest(&two, Scope::This, "2026-10-12");
    assert_eq!(
        removed(&one, Scope::This, "2026-10-19").unwrap(),
        Removal::Whole
    );
    assert_eq!(
        removed(&one, Scope::Following, "2026-10-19").unwrap(),
        Removal::Whole
    );
    assert_eq!(
        removed(&two, Scope::Following, "2026-10-12").unwrap(),
        Removal::Whole
    );
    assert_eq!(removed(&two, Scope::All, "").unwrap(), Removal::Whole);
    let invitation = calendar(&["RECURRENCE-ID:20261012T090000Z\nDTSTART:20261012T090000Z"]);
    assert_eq!(
        removed(&invitation, Scope::This, "2026-10-12").unwrap(),
        Removal::Whole
    );
}

#[test]
fn what_is_not_there_is_not_deleted() {
    let text = calendar(&[WEEKLY]);
    for (scope, id, kind) in [
        (Scope::This, "2026-10-13", FailureKind::NotFound),
        (Scope::Following, "2026-12-28", FailureKind::NotFound),
        (Scope::This, "", FailureKind::Invalid),
        (Scope::All, "2026-10-12", FailureKind::Invalid),
    ] {
        assert_eq!(removed(&text, scope, id).unwrap_err().kind, kind, "{id}");
    }
}
