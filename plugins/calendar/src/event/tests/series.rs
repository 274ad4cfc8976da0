//! Changes of series.

use nextcloud_mcp_plugin::FailureKind;

use super::editing::STORED;
use super::*;

const SERIES: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTART;TZID=Europe/Berlin:20261202T090000\r\n\
    DTEND;TZID=Europe/Berlin:20261202T100000\r\nRRULE:FREQ=WEEKLY;UNTIL=20261223T080000Z;BYDAY=WE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_series_that_moves_in_the_day_keeps_its_last_occurrence() {
    let text = changed(SERIES, |change| change.when = at("2026-12-02T15:00", None))
        .unwrap()
        .unwrap();
    has(&text, "RRULE:FREQ=WEEKLY;UNTIL=20261223T225959Z;BYDAY=WE");
}

#[test]
fn a_series_that_moves_off_its_rule_is_refused() {
    let failure = changed(SERIES, |change| change.when = at("2026-12-03T09:00", None)).unwrap_err();
    assert!(
        failure.message.contains("2026-12-09T09:00:00"),
        "{}",
        failure.message
    );
    let both = changed(SERIES, |change| {
        change.when = at("2026-12-03T09:00", None);
        change.rule = Some("FREQ=WEEKLY;BYDAY=TH;COUNT=4");
    });
    has(
        &both.unwrap().unwrap(),
        "RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=TH",
    );
}

/// Weekly on Wednesdays, one taken out, one with another title, one moved by itself, one added.
const WITH_EXCEPTIONS: [&str; 3] = [
    "DTSTART;TZID=Europe/Berlin:20261202T090000\nDTEND;TZID=Europe/Berlin:20261202T100000\nRRULE:FREQ=WEEKLY;COUNT=5\n\
     EXDATE;TZID=Europe/Berlin:20261209T090000\nRDATE:20261210T080000Z\nSUMMARY:plain\nSEQUENCE:2",
    "RECURRENCE-ID;TZID=Europe/Berlin:20261216T090000\nDTSTART;TZID=Europe/Berlin:20261216T090000\n\
     DTEND;TZID=Europe/Berlin:20261216T100000\nSUMMARY:special\nX-OWN:1",
    "RECURRENCE-ID:20261223T080000Z\nDTSTART;TZID=Europe/Berlin:20261224T140000\n\
     DTEND;TZID=Europe/Berlin:20261224T143000\nSUMMARY:plain",
];

#[test]
fn exceptions_move_along_with_their_series() {
    let text = calendar(&WITH_EXCEPTIONS);
    let moved = changed(&text, |change| change.when = at("2026-12-02T15:00", None))
        .unwrap()
        .unwrap();
    assert_eq!(
        shown(&moved),
        [
            "2026-12-02T15:00:00 plain",
            "2026-12-10T15:00:00 plain",
            "2026-12-16T15:00:00 special",
            // Moved by itself, so it stays there.
            "2026-12-24T14:00:00 plain",
            "2026-12-30T15:00:00 plain",
        ]
    );
    has(&moved, "EXDATE;TZID=Europe/Berlin:20261209T150000");
    has(&moved, "RDATE:20261210T140000Z");
    has(&moved, "RECURRENCE-ID;TZID=Europe/Berlin:20261216T150000");
    has(&moved, "RECURRENCE-ID;TZID=Europe/Berlin:20261223T150000");
    has(&moved, "X-OWN:1");
}

#[test]
fn a_series_moves_into_another_zone_with_its_exceptions() {
    let text = calendar(&WITH_EXCEPTIONS);
    let moved = changed(&text, |change| {
        change.when = Wanted {
            timezone: Some("America/New_York"),
            ..at("2026-12-02T09:00", None)
        };
    });
    let moved = moved.unwrap().unwrap();
    has(&moved, "EXDATE;TZID=America/New_York:20261209T090000");
    has(
        &moved,
        "RECURRENCE-ID;TZID=America/New_York:20261216T090000",
    );
    assert_eq!(shown(&moved)[2], "2026-12-16T15:00:00 special");
    assert_eq!(shown(&moved).len(), 5);
}

#[test]
fn what_an_exception_has_of_its_own_stays_and_the_rest_follows() {
    let text = calendar(&WITH_EXCEPTIONS);
    let renamed = changed(&text, |change| change.title = Some("new"))
        .unwrap()
        .unwrap();
    let titles: Vec<String> = shown(&renamed)
        .iter()
        .map(|line| line[20..].to_owned())
        .collect();
    assert_eq!(titles, ["new", "new", "special", "new", "new"]);
    // What did not change keeps its stamps.
    let special = calendar(&WITH_EXCEPTIONS[1..2]);
    let event = &special[special.find("BEGIN:VEVENT").unwrap()..special.find("END:VCAL").unwrap()];
    assert!(renamed.contains(event), "{renamed}");
    let longer = changed(&text, |change| change.when.end = Some("2026-12-02T11:00"))
        .unwrap()
        .unwrap();
    has(&longer, "DTEND;TZID=Europe/Berlin:20261216T110000");
    has(&longer, "DTEND;TZID=Europe/Berlin:20261224T143000");
}

#[test]
fn exceptions_that_cannot_come_along_are_named_and_nothing_changes() {
    let text = calendar(&WITH_EXCEPTIONS);
    for (adjust, part) in [
        (
            (|change: &mut Change<'static>| change.rule = Some("FREQ=WEEKLY;COUNT=3"))
                as fn(&mut Change<'static>),
            "2026-12-23T09:00:00+01:00",
        ),
        (|change| change.rule = Some(""), "2026-12-16T09:00:00+01:00"),
        (
            |change| change.rule_end = Some("2026-12-16"),
            "2026-12-23T09:00:00+01:00",
        ),
        (|change| change.when = at("2026-12-02", None), "2026-12-16"),
    ] {
        let failure = changed(&text, adjust).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    // A rule under which they still are occurrences is fine.
    let more = changed(&text, |change| change.rule = Some("FREQ=WEEKLY;COUNT=9"));
    assert_eq!(shown(&more.unwrap().unwrap()).len(), 9);
}

#[test]
fn an_occurrence_that_was_taken_out_does_not_come_back() {
    // On the 30th: moved by a day, the series has other months.
    let text = calendar(&[
        "DTSTART;VALUE=DATE:20260130\nRRULE:FREQ=MONTHLY;COUNT=5\nEXDATE;VALUE=DATE:20260430",
    ]);
    let failure = changed(&text, |change| change.when = at("2026-01-31", None)).unwrap_err();
    assert!(failure.message.contains("come back"), "{}", failure.message);
}

#[test]
fn a_series_ends_or_stops_repeating() {
    has(
        &changed(SERIES, |change| change.rule_end = Some("2026-12-16"))
            .unwrap()
            .unwrap(),
        "RRULE:FREQ=WEEKLY;UNTIL=20261216T225959Z;BYDAY=WE",
    );
    assert!(
        !changed(SERIES, |change| change.rule = Some(""))
            .unwrap()
            .unwrap()
            .contains("RRULE")
    );
    assert!(changed(STORED, |change| change.rule_end = Some("2026-12-16")).is_err());
}
