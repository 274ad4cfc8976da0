//! Who is busy when.

use nextcloud_mcp_plugin::testing::recording;

use super::*;
use crate::recurrence::Budget;

fn week() -> Period {
    period("2026-11-23T00:00:00Z", "2026-11-28T00:00:00Z")
}

fn free_busy(lines: &str) -> Vec<(String, bool)> {
    let text = format!("BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\n{lines}\nEND:VFREEBUSY\nEND:VCALENDAR\n");
    let busy = answer_of(&text, &week()).unwrap();
    busy.iter()
        .map(|busy| {
            (
                format!("{}/{}", busy.period.from, busy.period.to),
                busy.tentative,
            )
        })
        .collect()
}

#[test]
fn the_question_is_the_one_that_nextcloud_answered() {
    let asking = Mailbox::of_user(&bob()).unwrap();
    let asked = Mailbox::list("Eve <eve@example.org>").unwrap();
    let text = question(&Question {
        uid: "fb1",
        asking: &asking,
        asked: &asked,
        range: week(),
        now: at("2026-11-21T00:00:00Z"),
    });
    assert_eq!(
        text,
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//nextcloud-mcp-server//calendar//EN\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\n\
         UID:fb1\r\nDTSTAMP:20261121T000000Z\r\nDTSTART:20261123T000000Z\r\nDTEND:20261128T000000Z\r\n\
         ORGANIZER:mailto:bob@example.org\r\nATTENDEE:mailto:eve@example.org\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    );
}

#[test]
fn a_period_that_ends_before_it_starts_takes_no_time() {
    let Some(recording) = recording("caldav/095-free-busy-query-on-calendar.json") else {
        return;
    };
    assert!(recording.body.contains("20261124T120000Z/20261124T100000Z"));
    let busy = answer_of(&recording.body, &week()).unwrap();
    let periods: Vec<Period> = busy.iter().map(|busy| busy.period).collect();
    assert_eq!(
        periods,
        [
            period("2026-11-23T13:00:00Z", "2026-11-23T13:30:00Z"),
            period("2026-11-24T09:00:00Z", "2026-11-24T11:00:00Z"),
            period("2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z"),
        ]
    );
}

#[test]
fn how_busy_somebody_is_counts() {
    assert_eq!(
        free_busy(
            "FREEBUSY;FBTYPE=FREE:20261123T080000Z/PT1H\nFREEBUSY;FBTYPE=BUSY-TENTATIVE:20261123T100000Z/PT30M\n\
             FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261122T000000Z/20261123T070000Z,20261124T000000Z/P1D\n\
             FREEBUSY;FBTYPE=X-ODD:20261126T000000Z/20261126T010000Z"
        ),
        [
            ("2026-11-23T10:00:00Z/2026-11-23T10:30:00Z".to_owned(), true),
            (
                "2026-11-23T00:00:00Z/2026-11-23T07:00:00Z".to_owned(),
                false
            ),
            (
                "2026-11-24T00:00:00Z/2026-11-25T00:00:00Z".to_owned(),
                false
            ),
            (
                "2026-11-26T00:00:00Z/2026-11-26T01:00:00Z".to_owned(),
                false
            ),
        ]
    );
    for nonsense in ["20261123T080000Z", "20261123T080000/PT1H", "soon/PT1H"] {
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nFREEBUSY:{nonsense}\nEND:VFREEBUSY\nEND:VCALENDAR\n"
        );
        assert!(answer_of(&text, &week()).is_err(), "{nonsense}");
    }
}

fn of_event(lines: &str, all_day: bool) -> Vec<(String, bool)> {
    let text =
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    let document = Document::parse(&text).unwrap();
    let rules = Rules {
        own: own(),
        all_day,
    };
    let busy = of_events(
        &series(&document),
        &week(),
        &rules,
        &mut Budget::new(1_000_000),
    )
    .unwrap();
    busy.iter()
        .map(|busy| {
            (
                format!("{}/{}", busy.period.from, busy.period.to),
                busy.tentative,
            )
        })
        .collect()
}

#[test]
fn events_keep_the_user_busy_as_far_as_they_say_and_the_user_answered() {
    let time = "DTSTART:20261123T090000Z\nDTEND:20261123T100000Z\n";
    let with = |lines: &str| of_event(&format!("{time}{lines}"), false);
    let hour = |tentative| {
        vec![(
            "2026-11-23T09:00:00Z/2026-11-23T10:00:00Z".to_owned(),
            tentative,
        )]
    };
    assert_eq!(with("STATUS:CONFIRMED"), hour(false));
    assert_eq!(with("STATUS:TENTATIVE"), hour(true));
    assert_eq!(with("STATUS:CANCELLED"), []);
    assert_eq!(with("TRANSP:TRANSPARENT"), []);
    let invited = |answer: &str| {
        with(&format!(
            "ORGANIZER:mailto:eve@example.org\nATTENDEE{answer}:mailto:bob@example.org"
        ))
    };
    assert_eq!(invited(";PARTSTAT=DECLINED"), []);
    assert_eq!(invited(";PARTSTAT=ACCEPTED"), hour(false));
    assert_eq!(invited(";PARTSTAT=TENTATIVE"), hour(true));
    assert_eq!(invited(""), hour(true));
    assert_eq!(
        with("ATTENDEE;PARTSTAT=DECLINED:mailto:eve@example.org"),
        hour(false)
    );
    assert_eq!(
        with("ORGANIZER:mailto:bob@example.org\nATTENDEE:mailto:bob@example.org"),
        hour(false)
    );
    // Recording caldav/043: Nextcloud stores an end before the start.
    assert_eq!(
        of_event("DTSTART:20261123T090000Z\nDTEND:20261123T080000Z", false),
        []
    );
}

#[test]
fn whole_days_count_only_if_they_should() {
    let day = "DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261125";
    assert_eq!(of_event(day, false), []);
    // Berlin's day.
    assert_eq!(
        of_event(day, true),
        [(
            "2026-11-23T23:00:00Z/2026-11-24T23:00:00Z".to_owned(),
            false
        )]
    );
}

#[test]
fn a_series_without_end_costs_no_more_than_its_range() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20200101T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY\nEND:VEVENT\nEND:VCALENDAR\n";
    let document = Document::parse(text).unwrap();
    let rules = Rules {
        own: own(),
        all_day: false,
    };
    let why = of_events(
        &series(&document),
        &week(),
        &rules,
        &mut Budget::new(1_000_000),
    )
    .unwrap_err();
    assert!(why.contains("occurrences") || why.contains("work"), "{why}");
    assert_eq!(
        of_event(
            "DTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY",
            false
        )
        .len(),
        5
    );
}
