//! A series cut in two.

use nextcloud_mcp_plugin::FailureKind;

use super::*;

/// The old part, the new one, and the new one's UID.
fn cut<'a>(text: &str, id: &str, adjust: impl FnOnce(&mut Change<'a>)) -> (String, String, String) {
    let edit = reached(text, Scope::Following, id, adjust)
        .unwrap()
        .unwrap();
    let split = edit.split.unwrap();
    (edit.text, split.text, split.uid)
}

fn retitled(text: &str, id: &str) -> (String, String, String) {
    cut(text, id, |change| change.title = Some("new"))
}

const WEEKLY: &str = "DTSTART;TZID=Europe/Berlin:20261012T090000\nDTEND;TZID=Europe/Berlin:20261012T093000\n\
    RRULE:FREQ=WEEKLY;COUNT=6\nSUMMARY:old\nX-KEPT;A=b:c\nSEQUENCE:3";

#[test]
fn the_counts_of_both_parts_add_up() {
    let (old, new, uid) = retitled(&calendar(&[WEEKLY]), "2026-10-26T09:00:00+01:00");
    has(&old, "RRULE:FREQ=WEEKLY;COUNT=2");
    has(&new, "RRULE:FREQ=WEEKLY;COUNT=4");
    // The wall clock stays, on both sides of the change of offset on the 25th.
    assert_eq!(
        shown(&old),
        ["2026-10-12T09:00:00 old", "2026-10-19T09:00:00 old"]
    );
    assert_eq!(
        shown(&new),
        [
            "2026-10-26T09:00:00 new",
            "2026-11-02T09:00:00 new",
            "2026-11-09T09:00:00 new",
            "2026-11-16T09:00:00 new",
        ]
    );
    has(&new, "DTSTART;TZID=Europe/Berlin:20261026T090000");
    has(&new, "DTEND;TZID=Europe/Berlin:20261026T093000");
    has(&new, &format!("UID:{uid}"));
    has(&new, "RELATED-TO;RELTYPE=SIBLING:u1");
    has(&old, &format!("RELATED-TO;RELTYPE=SIBLING:{uid}"));
    has(&old, "UID:u1");
    for text in [&old, &new] {
        has(text, "X-KEPT;A=b:c");
        has(text, "X-WR-CALNAME:w");
        has(text, "SEQUENCE:4");
        has(text, "DTSTAMP:20261121T120000Z");
    }
}

#[test]
fn a_series_without_count_ends_right_before_the_cut() {
    for (start, id, until) in [
        (
            "DTSTART;TZID=Europe/Berlin:20261012T090000",
            "2026-10-26",
            "UNTIL=20261026T075959Z",
        ),
        (
            "DTSTART:20261012T090000Z",
            "2026-10-26",
            "UNTIL=20261026T085959Z",
        ),
        (
            "DTSTART:20261012T090000",
            "2026-10-26",
            "UNTIL=20261026T085959",
        ),
        (
            "DTSTART;VALUE=DATE:20261012",
            "2026-10-26",
            "UNTIL=20261025",
        ),
    ] {
        let text = calendar(&[&format!("{start}\nRRULE:FREQ=WEEKLY;WKST=SU")]);
        let (old, new, _) = retitled(&text, id);
        has(&old, &format!("RRULE:FREQ=WEEKLY;{until};WKST=SU"));
        has(&new, "RRULE:FREQ=WEEKLY;WKST=SU");
        assert_eq!(shown(&old).len(), 2);
        let mut both = shown(&old);
        both.extend(shown(&new).iter().map(|line| line.replace(" new", "")));
        assert_eq!(both, shown(&text));
    }
}

#[test]
fn exceptions_go_with_their_part() {
    let master = WEEKLY.replace(
        "SUMMARY",
        "EXDATE;TZID=Europe/Berlin:20261019T090000,20261102T090000\nRDATE:20261013T070000Z\nRDATE:20261103T070000Z\nSUMMARY",
    );
    let exception = |id: &str, start: &str, title: &str| {
        format!(
            "RECURRENCE-ID;TZID=Europe/Berlin:{id}\nDTSTART:{start}\nDURATION:PT1H\nSUMMARY:{title}"
        )
    };
    let early = exception("20261012T090000", "20261101T100000Z", "early");
    let late = exception("20261109T090000", "20261010T100000Z", "late");
    let text = calendar(&[&master, &early, &late]);
    let (old, new, uid) = retitled(&text, "2026-10-26");
    // An exception belongs where the series has it, wherever it was moved.
    assert_eq!(
        shown(&old),
        ["2026-10-13T09:00:00 old", "2026-11-01T11:00:00 early"]
    );
    assert_eq!(
        shown(&new),
        [
            "2026-10-10T12:00:00 late",
            "2026-10-26T09:00:00 new",
            "2026-11-03T08:00:00 new",
            "2026-11-16T09:00:00 new",
        ]
    );
    has(&old, "EXDATE;TZID=Europe/Berlin:20261019T090000");
    has(&new, "EXDATE;TZID=Europe/Berlin:20261102T090000");
    assert_eq!(new.matches(&format!("UID:{uid}\r\n")).count(), 2);
}

#[test]
fn a_new_time_is_for_the_following_ones_and_their_exceptions() {
    let exception = "RECURRENCE-ID;TZID=Europe/Berlin:20261109T090000\nDTSTART;TZID=Europe/Berlin:20261109T090000\n\
        DTEND;TZID=Europe/Berlin:20261109T093000\nSUMMARY:special";
    let text = calendar(&[WEEKLY, exception]);
    let (old, new, _) = cut(&text, "2026-11-02", |change| {
        change.when = at("2026-11-03T10:00", None);
    });
    assert_eq!(shown(&old).len(), 3);
    assert_eq!(
        shown(&new),
        [
            "2026-11-03T10:00:00 old",
            "2026-11-10T10:00:00 special",
            "2026-11-17T10:00:00 old",
        ]
    );
}

#[test]
fn the_named_occurrence_takes_the_change_even_if_it_was_changed_before() {
    let exception = "RECURRENCE-ID;TZID=Europe/Berlin:20261102T090000\nDTSTART;TZID=Europe/Berlin:20261102T140000\n\
        DURATION:PT1H\nSUMMARY:special";
    let (_, new, _) = retitled(&calendar(&[WEEKLY, exception]), "2026-11-02");
    assert_eq!(shown(&new)[0], "2026-11-02T14:00:00 new");
}

#[test]
fn from_the_first_occurrence_on_is_the_whole_series() {
    let text = calendar(&[WEEKLY]);
    let edit = reached(&text, Scope::Following, "2026-10-12", |change| {
        change.title = Some("new");
    });
    let edit = edit.unwrap().unwrap();
    assert!(edit.split.is_none());
    has(&edit.text, "RRULE:FREQ=WEEKLY;COUNT=6");
    has(&edit.text, "UID:u1");
    // Also where those before it were taken out.
    let text = calendar(&[&WEEKLY.replace(
        "SUMMARY",
        "EXDATE;TZID=Europe/Berlin:20261012T090000\nSUMMARY",
    )]);
    let edit = reached(&text, Scope::Following, "2026-10-19", |change| {
        change.when = at("2026-10-19T10:00", None);
    });
    let edit = edit.unwrap().unwrap();
    assert!(edit.split.is_none());
    has(&edit.text, "UID:u1");
    has(&edit.text, "RRULE:FREQ=WEEKLY;COUNT=5");
    assert_eq!(shown(&edit.text)[0], "2026-10-19T10:00:00 old");
    assert_eq!(shown(&edit.text).len(), 5);
}

#[test]
fn the_following_ones_get_a_rule_of_their_own() {
    let (old, new, _) = cut(&calendar(&[WEEKLY]), "2026-10-26", |change| {
        change.rule = Some("FREQ=DAILY;COUNT=3");
    });
    assert_eq!(shown(&old).len(), 2);
    assert_eq!(
        shown(&new),
        [
            "2026-10-26T09:00:00 old",
            "2026-10-27T09:00:00 old",
            "2026-10-28T09:00:00 old"
        ]
    );
}

#[test]
fn leap_days_and_month_ends_are_cut_as_they_come() {
    let leap = calendar(&["DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;COUNT=4"]);
    let (old, new, _) = retitled(&leap, "2028-02-29");
    has(&old, "RRULE:FREQ=YEARLY;COUNT=1");
    has(&new, "DTSTART;VALUE=DATE:20280229");
    has(&new, "RRULE:FREQ=YEARLY;COUNT=3");
    let ends = calendar(&["DTSTART;VALUE=DATE:20260131\nRRULE:FREQ=MONTHLY;COUNT=4"]);
    let (old, new, _) = retitled(&ends, "2026-05-31");
    assert_eq!(shown(&old), ["2026-01-31", "2026-03-31"]);
    assert_eq!(shown(&new), ["2026-05-31 new", "2026-07-31 new"]);
}

#[test]
fn a_cut_at_a_skipped_wall_clock_keeps_the_rule_on_it() {
    // 02:30 does not exist on the 29th of March.
    let text = calendar(&["DTSTART;TZID=Europe/Berlin:20260328T023000\nRRULE:FREQ=DAILY;COUNT=3"]);
    let (old, new, _) = retitled(&text, "2026-03-29T03:30");
    assert_eq!(shown(&old), ["2026-03-28T02:30:00"]);
    assert_eq!(
        shown(&new),
        ["2026-03-29T03:30:00 new", "2026-03-30T02:30:00 new"]
    );
}

#[test]
fn the_zone_that_a_text_brings_along_goes_with_both_parts() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0500\r\n\
        TZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    let text = calendar(&[&WEEKLY.replace("Europe/Berlin", "Own")]).replacen(
        "BEGIN:VEVENT",
        &format!("{zone}BEGIN:VEVENT"),
        1,
    );
    let (old, new, _) = retitled(&text, "2026-10-26T09:00:00+05:00");
    assert!(old.contains(zone) && new.contains(zone));
    has(&new, "DTSTART;TZID=Own:20261026T090000");
    assert_eq!(shown(&new)[0], "2026-10-26T05:00:00 new");
}

#[test]
fn a_series_by_the_second_costs_no_more_than_any_other() {
    let text = calendar(&["DTSTART;TZID=Europe/Berlin:20000101T000000\nRRULE:FREQ=SECONDLY"]);
    let (old, new, _) = retitled(&text, "2026-10-26T09:00:00");
    has(&old, "RRULE:FREQ=SECONDLY;UNTIL=20261026T075959Z");
    has(&new, "DTSTART;TZID=Europe/Berlin:20261026T090000");
    // What would have to be counted is refused.
    let counted = text.replace("SECONDLY", "SECONDLY;COUNT=4000000000");
    let failure = reached(
        &counted,
        Scope::Following,
        "2026-10-26T09:00:00",
        |change| {
            change.title = Some("x");
        },
    );
    let message = failure.unwrap_err().message;
    assert!(message.contains("too much work"), "{message}");
}

#[test]
fn a_guest_cannot_make_a_part_a_meeting_of_its_own() {
    let text =
        calendar(&[&WEEKLY.replace("SUMMARY", "ORGANIZER:mailto:boss@example.org\nSUMMARY")]);
    let failure = reached(&text, Scope::Following, "2026-10-26", |change| {
        change.title = Some("x");
    });
    assert_eq!(failure.unwrap_err().kind, FailureKind::Denied);
    // For the user's own copy, one occurrence is fine, and counts no revision.
    let one = reached(&text, Scope::This, "2026-10-26", |change| {
        change.title = Some("x");
    });
    assert!(!one.unwrap().unwrap().text.contains("SEQUENCE:4"));
}

#[test]
fn what_cannot_be_cut_rightly_is_refused() {
    let several = calendar(&["DTSTART:20261012T090000Z\nRRULE:FREQ=WEEKLY\nRRULE:FREQ=MONTHLY"]);
    let added = calendar(&["DTSTART:20261012T090000Z\nRRULE:FREQ=WEEKLY\nRDATE:20261026T120000Z"]);
    let onwards = calendar(&[
        "DTSTART:20261012T090000Z\nRRULE:FREQ=WEEKLY",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261019T090000Z\nDTSTART:20261019T100000Z",
    ]);
    for (text, id) in [
        (several, "20261026T090000Z"),
        (added, "20261026T120000Z"),
        (onwards, "20261026T090000Z"),
    ] {
        let failure = reached(&text, Scope::Following, id, |change| {
            change.title = Some("x");
        });
        assert_eq!(
            failure.unwrap_err().kind,
            FailureKind::Unsupported,
            "{text}"
        );
    }
}
