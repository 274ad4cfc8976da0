//! One occurrence of a series changed.

use nextcloud_mcp_plugin::FailureKind;

use super::*;

const MASTER: &str = "DTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin;X-P=1:20261014T090000\n\
    DTEND;TZID=Europe/Berlin:20261014T100000\nRRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20261021T090000\n\
    SUMMARY;LANGUAGE=de:Runde\nX-APPLE;X-A=\"b;c\":x\\;y\nATTENDEE;CN=\"Doe, J\";X-NUM-GUESTS=0:mailto:j@example.org\n\
    ATTACH;FMTTYPE=text/plain:https://example.org/a\nSEQUENCE:4\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT30M\nX-MOZ:1\n\
    DESCRIPTION:Runde\nEND:VALARM";

fn this<'a>(text: &str, id: &str, adjust: impl FnOnce(&mut Change<'a>)) -> String {
    reached(text, Scope::This, id, adjust)
        .unwrap()
        .unwrap()
        .text
}

#[test]
fn one_occurrence_becomes_an_exception_with_everything_that_its_series_has() {
    let text = calendar(&[MASTER]);
    let changed = this(&text, "2026-11-04T09:00:00+01:00", |change| {
        change.when = at("2026-11-04T14:00", None);
    });
    let exception = "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261121T120000Z\r\nDTSTART;TZID=Europe/Berlin;X-P=1:20261104T140000\r\n\
        RECURRENCE-ID;TZID=Europe/Berlin:20261104T090000\r\nDTEND;TZID=Europe/Berlin:20261104T150000\r\n\
        SUMMARY;LANGUAGE=de:Runde\r\nX-APPLE;X-A=\"b;c\":x\\;y\r\nATTENDEE;CN=\"Doe, J\";X-NUM-GUESTS=0:mailto:j@example.org\r\n\
        ATTACH;FMTTYPE=text/plain:https://example.org/a\r\nSEQUENCE:5\r\nLAST-MODIFIED:20261121T120000Z\r\nBEGIN:VALARM\r\n\
        ACTION:DISPLAY\r\nTRIGGER:-PT30M\r\nX-MOZ:1\r\nDESCRIPTION:Runde\r\nEND:VALARM\r\nEND:VEVENT\r\n";
    assert!(changed.contains(exception), "{changed}");
    // The rest is as it was, to the byte, but for the zone that the text failed to describe.
    let zone = &changed[changed.find("BEGIN:VTIMEZONE").unwrap()
        ..changed.find("END:VTIMEZONE\r\n").unwrap() + "END:VTIMEZONE\r\n".len()];
    assert_eq!(changed.replace(exception, "").replace(zone, ""), text);
    let all = shown(&changed);
    assert!(all.contains(&"2026-11-04T14:00:00 Runde".to_owned()));
    assert!(!all.contains(&"2026-11-04T09:00:00 Runde".to_owned()));
}

#[test]
fn an_exception_that_is_there_is_changed_itself() {
    let once = this(&calendar(&[MASTER]), "2026-11-04", |change| {
        change.title = Some("first");
    });
    let twice = this(&once, "20261104T080000Z", |change| {
        change.title = Some("second");
    });
    assert_eq!(twice.matches("RECURRENCE-ID").count(), 1);
    has(&twice, "SUMMARY;LANGUAGE=de:second");
    has(&twice, "SEQUENCE:6");
    assert!(
        reached(&twice, Scope::This, "2026-11-04", |change| change.title =
            Some("second"))
        .unwrap()
        .is_none()
    );
}

#[test]
fn a_change_that_changes_nothing_makes_no_exception() {
    let text = calendar(&[MASTER]);
    for adjust in [
        (|_: &mut Change<'static>| ()) as fn(&mut Change<'static>),
        |change| change.title = Some("Runde"),
        |change| change.when = at("2026-11-04T09:00", Some("2026-11-04T10:00")),
    ] {
        assert!(
            reached(&text, Scope::This, "2026-11-04", adjust)
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn an_occurrence_can_be_named_in_any_way_of_writing_it() {
    let text = calendar(&[MASTER]);
    for id in [
        "2026-11-04T09:00:00+01:00",
        "2026-11-04T08:00:00Z",
        "2026-11-04T09:00",
        "2026-11-04 09:00",
        "2026-11-04T03:00:00-05:00",
        "2026-11-04T09:00[Europe/Berlin]",
        "20261104T080000Z",
        "20261104T090000",
        "20261104",
        "2026-11-04",
    ] {
        let changed = this(&text, id, |change| change.title = Some("x"));
        has(&changed, "RECURRENCE-ID;TZID=Europe/Berlin:20261104T090000");
    }
    // The wall clock of the series, where the reader has another.
    let york = text.replace("Europe/Berlin", "America/New_York");
    let changed = this(&york, "2026-11-04T09:00", |change| change.title = Some("x"));
    has(
        &changed,
        "RECURRENCE-ID;TZID=America/New_York:20261104T090000",
    );
    let days = calendar(&["DTSTART;VALUE=DATE:20261014\nRRULE:FREQ=WEEKLY"]);
    for id in ["2026-11-04", "2026-11-04T00:00:00+01:00", "20261104"] {
        let changed = this(&days, id, |change| change.title = Some("x"));
        has(&changed, "RECURRENCE-ID;VALUE=DATE:20261104");
        has(&changed, "DTSTART;VALUE=DATE:20261104");
    }
}

#[test]
fn what_is_no_occurrence_is_refused_with_those_near_it() {
    let text = calendar(&[MASTER]);
    let failure = |scope, id: &str| reached(&text, scope, id, |_| ()).unwrap_err();
    let none = failure(Scope::This, "2026-11-05T09:00");
    assert_eq!(none.kind, FailureKind::NotFound);
    assert!(
        none.message.contains("2026-11-04T09:00:00+01:00")
            && none.message.contains("2026-11-11T09:00:00+01:00"),
        "{}",
        none.message
    );
    // Taken out.
    assert_eq!(
        failure(Scope::This, "2026-10-21").kind,
        FailureKind::NotFound
    );
    assert_eq!(failure(Scope::This, "").kind, FailureKind::Invalid);
    assert_eq!(failure(Scope::Following, "").kind, FailureKind::Invalid);
    assert_eq!(failure(Scope::This, "soon").kind, FailureKind::Invalid);
    let hourly = calendar(&["DTSTART:20261014T090000Z\nRRULE:FREQ=HOURLY"]);
    let several = reached(&hourly, Scope::This, "2026-11-05", |_| ()).unwrap_err();
    assert!(several.message.contains("several"), "{}", several.message);
    let single = calendar(&["DTSTART:20261014T090000Z"]);
    assert!(reached(&single, Scope::This, "2026-10-14", |_| ()).is_err());
}

#[test]
fn an_occurrence_keeps_the_wall_clock_of_its_series_across_a_change_of_offset() {
    // Berlin leaves daylight saving on the 25th of October.
    let text = calendar(&[MASTER]);
    let changed = this(&text, "2026-10-28", |change| {
        change.when.end = Some("2026-10-28T11:00");
    });
    has(&changed, "DTSTART;TZID=Europe/Berlin;X-P=1:20261028T090000");
    has(&changed, "DTEND;TZID=Europe/Berlin:20261028T110000");
}

#[test]
fn a_length_of_its_own_stays_with_an_added_occurrence() {
    let text = calendar(&[
        "DTSTART:20261014T090000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261020T090000Z/PT3H\nRRULE:FREQ=WEEKLY;COUNT=2",
    ]);
    let changed = this(&text, "20261020T090000Z", |change| change.title = Some("x"));
    has(&changed, "DTSTART:20261020T090000Z");
    has(&changed, "DTEND:20261020T120000Z");
    let regular = this(&text, "20261021T090000Z", |change| change.title = Some("x"));
    assert_eq!(regular.matches("DURATION:PT1H").count(), 2);
}

#[test]
fn one_occurrence_has_no_rule_of_its_own() {
    let failure = reached(&calendar(&[MASTER]), Scope::This, "2026-11-04", |change| {
        change.rule = Some("FREQ=DAILY");
    });
    assert_eq!(failure.unwrap_err().kind, FailureKind::Invalid);
}

#[test]
fn the_zone_that_a_text_brings_along_serves_its_exceptions() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0500\r\n\
        TZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    let text = calendar(&[&MASTER.replace("Europe/Berlin", "Own")]).replacen(
        "BEGIN:VEVENT",
        &format!("{zone}BEGIN:VEVENT"),
        1,
    );
    let changed = this(&text, "2026-11-04T09:00:00+05:00", |change| {
        change.when = at("2026-11-04T10:00:00+05:00", None);
    });
    has(&changed, "DTSTART;TZID=Own;X-P=1:20261104T100000");
    has(&changed, "RECURRENCE-ID;TZID=Own:20261104T090000");
    assert_eq!(changed.matches(zone).count(), 1);
}

#[test]
fn an_invitation_to_one_occurrence_is_changed_alone() {
    let text = calendar(&[
        "RECURRENCE-ID:20261104T090000Z\nDTSTART:20261104T100000Z\nDURATION:PT1H\nSUMMARY:x",
    ]);
    let changed = this(&text, "20261104T090000Z", |change| {
        change.title = Some("y");
    });
    has(&changed, "SUMMARY:y");
    assert_eq!(
        reached(&text, Scope::All, "", |change| change.title = Some("y"))
            .unwrap_err()
            .kind,
        FailureKind::Unsupported
    );
}
