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

#[test]
fn exceptions_are_not_left_behind() {
    let text = SERIES.replace(
        "RRULE",
        "EXDATE;TZID=Europe/Berlin:20261209T090000\r\nRRULE",
    );
    for adjust in [
        (|change: &mut Change<'static>| change.when = at("2026-12-02T15:00", None))
            as fn(&mut Change<'static>),
        |change| change.rule = Some("FREQ=DAILY"),
        |change| change.rule = Some(""),
        |change| change.rule_end = Some("2026-12-16"),
    ] {
        assert_eq!(
            changed(&text, adjust).unwrap_err().kind,
            FailureKind::Unsupported
        );
    }
    // What has no times in it changes nevertheless.
    has(
        &changed(&text, |change| change.title = Some("x"))
            .unwrap()
            .unwrap(),
        "SUMMARY:x",
    );
    has(
        &changed(&text, |change| change.when.end = Some("2026-12-02T11:00"))
            .unwrap()
            .unwrap(),
        "DTEND;TZID=Europe/Berlin:20261202T110000",
    );
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
