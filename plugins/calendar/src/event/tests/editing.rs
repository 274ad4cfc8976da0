//! Changes of single events.

use calcard::icalendar::ICalendar;
use proptest::prelude::*;

use super::*;

/// As another program left it: unknown properties, folded lines, alarms, attendees with parameters.
pub(super) const STORED: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nX-WR-CALNAME:w\r\nBEGIN:VEVENT\r\nUID:u1\r\n\
    DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20261202T090000\r\nDTEND;TZID=Europe/Berlin:20261202T100000\r\n\
    SUMMARY;LANGUAGE=de;ALTREP=\"cid:1\":Alt\r\nDESCRIPTION:one\\, two\r\n  three\r\nX-APPLE-TRAVEL;X-A=\"b;c\":x\\;y\r\n\
    ATTENDEE;CN=\"Doe, J\";PARTSTAT=TENTATIVE;X-NUM-GUESTS=0:mailto:j@example.org\r\nSEQUENCE:4\r\nBEGIN:VALARM\r\n\
    ACTION:DISPLAY\r\nTRIGGER:-PT30M\r\nX-MOZ:1\r\nDESCRIPTION:Alt\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
/// `STORED` with these replacements, and the stamps of an edit.
fn expected(replacements: &[(&str, &str)]) -> String {
    let stamps = [
        ("DTSTAMP:20260101T000000Z", "DTSTAMP:20261121T120000Z"),
        (
            "SEQUENCE:4\r\n",
            "SEQUENCE:5\r\nLAST-MODIFIED:20261121T120000Z\r\n",
        ),
    ];
    replacements
        .iter()
        .chain(&stamps)
        .fold(STORED.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        })
}

#[test]
fn a_new_title_changes_its_line_and_the_stamps_only() {
    let text = changed(STORED, |change| change.title = Some("Neu"))
        .unwrap()
        .unwrap();
    assert_eq!(
        text,
        expected(&[(
            "SUMMARY;LANGUAGE=de;ALTREP=\"cid:1\":Alt",
            "SUMMARY;LANGUAGE=de:Neu"
        )])
    );
}

#[test]
fn an_empty_text_takes_the_property_out() {
    let details = Details {
        description: Some(String::new()),
        ..Details::default()
    };
    let (document, user) = (Document::parse(STORED).unwrap(), berlin());
    let series = Series::read(&document, Zones::of(&document, user.clone())).unwrap();
    let text = apply_to(&document, &series, &Reach::All, &change(&details, &user))
        .unwrap()
        .unwrap()
        .text;
    assert_eq!(
        text,
        expected(&[("DESCRIPTION:one\\, two\r\n  three\r\n", "")])
    );
}

#[test]
fn a_change_to_what_is_there_already_is_none() {
    assert_eq!(changed(STORED, |_| ()).unwrap(), None);
    assert_eq!(
        changed(STORED, |change| change.when =
            at("2026-12-02T09:00", Some("2026-12-02T10:00")))
        .unwrap(),
        None
    );
}

#[test]
fn a_new_start_keeps_the_length_and_the_zone() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n";
    let text = changed(STORED, |change| change.when = at("2026-12-03T08:00Z", None))
        .unwrap()
        .unwrap();
    has(&text, "DTSTART;TZID=Europe/Berlin:20261203T090000");
    has(&text, "DTEND;TZID=Europe/Berlin:20261203T100000");
    // The zone that the stored text failed to describe comes along.
    assert_eq!(text.matches(zone).count(), 1, "{text}");
    let again = changed(&text, |change| change.when = at("2026-12-04T09:00", None))
        .unwrap()
        .unwrap();
    assert_eq!(again.matches(zone).count(), 1, "{again}");
}

#[test]
fn an_event_in_another_zone_stays_there() {
    let text = STORED.replace("Europe/Berlin", "America/New_York");
    let moved = changed(&text, |change| change.when = at("2026-12-02T16:00", None))
        .unwrap()
        .unwrap();
    has(&moved, "DTSTART;TZID=America/New_York:20261202T100000");
    let rezoned = changed(&text, |change| {
        change.when = Wanted {
            timezone: Some("Asia/Tokyo"),
            ..at("2026-12-02T16:00", None)
        }
    });
    has(
        &rezoned.unwrap().unwrap(),
        "DTSTART;TZID=Asia/Tokyo:20261202T160000",
    );
}

#[test]
fn a_new_end_leaves_the_start_and_an_early_one_is_refused() {
    let text = changed(STORED, |change| change.when.end = Some("2026-12-02T11:15"))
        .unwrap()
        .unwrap();
    has(&text, "DTSTART;TZID=Europe/Berlin:20261202T090000");
    has(&text, "DTEND;TZID=Europe/Berlin:20261202T111500");
    assert!(changed(STORED, |change| change.when.end = Some("2026-12-02T08:00")).is_err());
}

#[test]
fn a_length_stored_as_duration_moves_along() {
    let text = STORED.replace("DTEND;TZID=Europe/Berlin:20261202T100000", "DURATION:PT1H");
    let moved = changed(&text, |change| change.when = at("2026-12-05T09:00", None))
        .unwrap()
        .unwrap();
    has(&moved, "DURATION:PT1H");
    assert!(!moved.contains("DTEND"));
    let longer = changed(&text, |change| change.when.end = Some("2026-12-02T12:00"))
        .unwrap()
        .unwrap();
    has(&longer, "DTEND;TZID=Europe/Berlin:20261202T120000");
    assert!(!longer.contains("DURATION"));
}

#[test]
fn a_timed_event_becomes_all_day_only_with_its_day() {
    assert!(changed(STORED, |change| change.when.all_day = Some(true)).is_err());
    assert!(changed(STORED, |change| change.when.timezone = Some("Asia/Tokyo")).is_err());
    let text = changed(STORED, |change| change.when = at("2026-12-05", None))
        .unwrap()
        .unwrap();
    has(&text, "DTSTART;VALUE=DATE:20261205");
    has(&text, "DTEND;VALUE=DATE:20261206");
}

#[test]
fn one_reminder_changes_its_trigger_only_and_several_are_not_guessed_at() {
    let remind = |minutes| ReminderChange::Set(NewReminder::new(minutes, false, None).unwrap());
    let text = changed(STORED, |change| change.reminder = remind(5))
        .unwrap()
        .unwrap();
    assert_eq!(text, expected(&[("TRIGGER:-PT30M", "TRIGGER:-PT5M")]));
    let alarm = &STORED[STORED.find("BEGIN:VALARM").unwrap()..STORED.find("END:VEVENT").unwrap()];
    let none = changed(STORED, |change| {
        change.reminder = ReminderChange::Replace(Vec::new());
    })
    .unwrap()
    .unwrap();
    assert_eq!(none, expected(&[(alarm, "")]));
    let two = STORED.replace(alarm, &alarm.repeat(2));
    assert!(changed(&two, |change| change.reminder = remind(5)).is_err());
    // The whole list: what is in it already keeps every byte.
    let list = vec![
        NewReminder::new(30, false, None).unwrap(),
        NewReminder::new(5, false, None).unwrap(),
    ];
    let both = changed(STORED, |change| {
        change.reminder = ReminderChange::Replace(list);
    });
    let five =
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:Alt\r\nEND:VALARM\r\n";
    let expected_both = expected(&[(alarm, &format!("{alarm}{five}"))]);
    assert_eq!(both.unwrap().unwrap(), expected_both);
    let first = changed(&none, |change| change.reminder = remind(0))
        .unwrap()
        .unwrap();
    has(&first, "TRIGGER:PT0S");
}

#[test]
fn a_guest_does_not_count_revisions() {
    let text = STORED.replace(
        "SEQUENCE:4",
        "ORGANIZER:mailto:boss@example.org\r\nSEQUENCE:4",
    );
    has(
        &changed(&text, |change| change.title = Some("x"))
            .unwrap()
            .unwrap(),
        "SEQUENCE:4",
    );
    let own = text.replace("boss@", "ALICE@");
    has(
        &changed(&own, |change| change.title = Some("x"))
            .unwrap()
            .unwrap(),
        "SEQUENCE:5",
    );
}

#[test]
fn a_wrong_zone_in_the_text_is_replaced_when_times_are_written_in_it() {
    let wrong = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0500\r\n\
        TZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    let text = STORED.replace("BEGIN:VEVENT", &format!("{wrong}BEGIN:VEVENT"));
    let moved = changed(&text, |change| change.when = at("2026-12-05T09:00", None))
        .unwrap()
        .unwrap();
    assert!(
        !moved.contains("+0500") && moved.contains("BYDAY=-1SU"),
        "{moved}"
    );
}

proptest! {
    /// Whatever else is in an event, another reader finds it unchanged after an edit.
    #[test]
    fn another_reader_finds_nothing_else_changed(value in "[^\\p{C}]{0,120}", title in "[^\\p{C}]{1,120}") {
        prop_assume!(!title.trim().is_empty());
        let odd = format!("X-ODD;X-P=\"{}\":{value}\r\nCOMMENT:{value}\r\n", value.replace('"', ""));
        let text = STORED.replace("SEQUENCE:4", &format!("{odd}SEQUENCE:4"));
        let text = changed(&text, |change| change.title = Some(&title)).unwrap().unwrap();
        let before = ICalendar::parse(STORED.replace("SEQUENCE:4", &format!("{odd}SEQUENCE:4"))).unwrap();
        let after = ICalendar::parse(&text).unwrap();
        prop_assert_eq!(before.components.len(), after.components.len());
        for (old, new) in before.components.iter().zip(&after.components) {
            let kept = |name: &str| !["SUMMARY", "DTSTAMP", "SEQUENCE", "LAST-MODIFIED"].contains(&name);
            let old: Vec<_> = old.entries.iter().filter(|entry| kept(entry.name.as_str())).collect();
            let new: Vec<_> = new.entries.iter().filter(|entry| kept(entry.name.as_str())).collect();
            prop_assert_eq!(old, new);
        }
    }
}

proptest! {
    /// Lines that no standard knows, half lines, encodings of old: as odd after as before, and no reason to refuse.
    #[test]
    fn stored_oddities_are_no_reason_to_refuse(
        odd in proptest::collection::vec("(X-|)[A-Z]{1,8}[;:][-A-Za-z0-9=\"\\\\,;:^%./äß ]{0,60}", 1..5),
        title in "[^\\p{C}]{1,30}",
    ) {
        prop_assume!(!title.trim().is_empty() && title != "Alt");
        let text = STORED.replace("SEQUENCE:4", &format!("{}\r\nSEQUENCE:4", odd.join("\r\n")));
        prop_assume!(Document::parse(&text).is_ok_and(|document| {
            let read = |user| Series::read(&document, Zones::of(&document, user)).is_ok();
            read(berlin())
        }));
        let title: &'static str = Box::leak(title.into_boxed_str());
        let changed = changed(&text, |change| change.title = Some(title)).unwrap().unwrap();
        for odd in odd.iter().filter(|odd| !odd.starts_with("SUMMARY")) {
            prop_assert!(changed.contains(odd), "{odd} in {changed}");
        }
    }
}

#[test]
fn what_nextcloud_added_while_scheduling_survives() {
    let name = "caldav/100-get-after-scheduling.json";
    let Some(recording) = nextcloud_mcp_plugin::testing::recording(name) else {
        return;
    };
    let text = changed(&recording.body, |change| change.title = Some("Einladung"))
        .unwrap()
        .unwrap();
    let stamps = [
        ("SUMMARY:Invite", "SUMMARY:Einladung"),
        ("DTSTAMP:20261121T000000Z", "DTSTAMP:20261121T120000Z"),
        (
            "END:VEVENT",
            "LAST-MODIFIED:20261121T120000Z\r\nSEQUENCE:1\r\nEND:VEVENT",
        ),
    ];
    let expected = stamps.iter().fold(recording.body, |text, (old, new)| {
        text.replacen(old, new, 1)
    });
    assert_eq!(text, expected);
}

/// RFC 5545, 3.3.5, form 1: 9 o'clock wherever one is. A zone would pin it.
#[test]
fn a_floating_event_stays_floating() {
    let text = STORED.replace(";TZID=Europe/Berlin:", ":");
    let moved = changed(&text, |change| change.when = at("2026-12-03T11:00", None))
        .unwrap()
        .unwrap();
    has(&moved, "DTSTART:20261203T110000");
    has(&moved, "DTEND:20261203T120000");
    assert!(!moved.contains("TZID") && !moved.contains("VTIMEZONE"));
}

#[test]
fn a_floating_series_is_cut_at_a_floating_time_and_ignores_when_clocks_change() {
    let text = calendar(&["DTSTART:20261019T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3"]);
    let nine = [
        "2026-10-19T09:00:00",
        "2026-10-26T09:00:00",
        "2026-11-02T09:00:00",
    ];
    assert_eq!(shown(&text), nine);
    let cut = removed(&text, Scope::Following, "2026-10-26").unwrap();
    let Removal::Edited(rest) = cut else {
        panic!("the first occurrence stays: {cut:?}")
    };
    assert_eq!(shown(&rest), nine[..1]);
    let rule = rest.split("\r\n").find(|line| line.starts_with("RRULE"));
    assert!(
        !rule.unwrap().ends_with('Z'),
        "UNTIL is as floating as DTSTART: {rule:?}"
    );
}
