//! The user's answers.

use nextcloud_mcp_plugin::{Failure, FailureKind};

use super::*;
use crate::event::occurrence_of_argument;
use crate::recurrence::{Budget, Window};

/// Alice invites bob to a weekly meeting over the end of summer time, with one occurrence that differs.
const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:w\r\nBEGIN:VEVENT\r\nUID:w\r\nDTSTAMP:20260101T000000Z\r\n\
    DTSTART;TZID=Europe/Berlin:20261012T090000\r\nDTEND;TZID=Europe/Berlin:20261012T093000\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\n\
    EXDATE;TZID=Europe/Berlin:20261102T090000\r\nSUMMARY:Weekly\r\nORGANIZER;CN=Alice:mailto:alice@example.org\r\n\
    ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.org\r\nATTENDEE;CN=Bob;X-A=\"b;c\";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto\r\n \
    :BOB@example.org\r\nX-KEEP;X-B=1:x\\;y\r\nSEQUENCE:7\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n\
    END:VEVENT\r\nBEGIN:VEVENT\r\nUID:w\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261109T090000\r\n\
    DTSTART;TZID=Europe/Berlin:20261109T140000\r\nDTEND;TZID=Europe/Berlin:20261109T143000\r\nSUMMARY:Moved\r\n\
    ORGANIZER;CN=Alice:mailto:alice@example.org\r\nATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";
const BOB: &str =
    "ATTENDEE;CN=Bob;X-A=\"b;c\";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto\r\n :BOB@example.org\r\n";
const BOB_ACCEPTED: &str =
    "ATTENDEE;CN=Bob;X-A=\"b;c\";PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:BOB@example.or\r\n g\r\n";

fn answered(text: &str, response: Response, id: Option<&str>) -> Result<Option<String>, Failure> {
    let document = Document::parse(text).unwrap();
    let series = series(&document);
    answer(&Answered {
        document: &document,
        series: &series,
        own: &own(),
        response,
        occurrence: occurrence_of_argument(id, &series)?.as_ref(),
        now: at("2026-10-01T12:00:00Z"),
    })
}

#[track_caller]
fn is_stored(text: &str, response: Response, id: Option<&str>) {
    let document = Document::parse(text).unwrap();
    let series = series(&document);
    let occurrence = occurrence_of_argument(id, &series).unwrap();
    assert!(
        answer_stored(&series, &own(), response, occurrence.as_ref()),
        "{text}"
    );
}

#[test]
fn an_answer_changes_the_users_own_line_and_the_stamps_only() {
    let text = answered(WEEKLY, Response::Accepted, None).unwrap().unwrap();
    let expected = WEEKLY
        .replacen(BOB, BOB_ACCEPTED, 1)
        .replacen("DTSTAMP:20260101T000000Z", "DTSTAMP:20261001T120000Z", 1)
        .replacen(
            "SEQUENCE:7\r\n",
            "SEQUENCE:7\r\nLAST-MODIFIED:20261001T120000Z\r\n",
            1,
        );
    assert_eq!(text, expected);
    is_stored(&text, Response::Accepted, None);
    assert_eq!(answered(&text, Response::Accepted, None).unwrap(), None);
}

#[test]
fn an_answer_to_the_series_leaves_other_answers_to_single_occurrences() {
    let undecided = WEEKLY.replace("PARTSTAT=DECLINED", "PARTSTAT=NEEDS-ACTION");
    let text = answered(&undecided, Response::Tentative, None)
        .unwrap()
        .unwrap();
    assert_eq!(text.matches("PARTSTAT=TENTATIVE").count(), 2);
    let text = answered(WEEKLY, Response::Tentative, None)
        .unwrap()
        .unwrap();
    assert!(text.contains("PARTSTAT=DECLINED") && text.contains("PARTSTAT=TENTATIVE"));
}

#[test]
fn one_occurrence_gets_a_component_of_its_own_at_its_own_offset() {
    let id = "2026-10-26T09:00:00+01:00";
    let text = answered(WEEKLY, Response::Declined, Some(id))
        .unwrap()
        .unwrap();
    let added = "BEGIN:VEVENT\r\nUID:w\r\nDTSTAMP:20261001T120000Z\r\nDTSTART;TZID=Europe/Berlin:20261026T090000\r\n\
        RECURRENCE-ID;TZID=Europe/Berlin:20261026T090000\r\nDTEND;TZID=Europe/Berlin:20261026T093000\r\nSUMMARY:Weekly\r\n\
        ORGANIZER;CN=Alice:mailto:alice@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.org\r\n\
        ATTENDEE;CN=Bob;X-A=\"b;c\";PARTSTAT=DECLINED;RSVP=TRUE:mailto:BOB@example.or\r\n g\r\nX-KEEP;X-B=1:x\\;y\r\nSEQUENCE:7\r\n\
        LAST-MODIFIED:20261001T120000Z\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n";
    assert_eq!(
        text,
        WEEKLY.replace("END:VCALENDAR", &format!("{added}END:VCALENDAR"))
    );
    is_stored(&text, Response::Declined, Some(id));
}

#[test]
fn an_occurrence_that_differs_already_is_answered_where_it_stands() {
    let id = "2026-11-09T09:00:00+01:00";
    let text = answered(WEEKLY, Response::Accepted, Some(id))
        .unwrap()
        .unwrap();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    assert!(text.contains("PARTSTAT=ACCEPTED:mailto:bob@example.org") && text.contains(BOB));
    assert_eq!(
        answered(WEEKLY, Response::Declined, Some(id)).unwrap(),
        None
    );
}

#[test]
fn an_occurrence_that_there_is_not_is_refused_with_those_near_it() {
    for id in ["2026-10-27T09:00", "2026-11-02T09:00:00+01:00"] {
        let failure = answered(WEEKLY, Response::Accepted, Some(id)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        assert!(
            failure.message.contains("2026-10-26T09:00:00+01:00"),
            "{}",
            failure.message
        );
    }
    let once = WEEKLY
        .split("BEGIN:VEVENT\r\nUID:w\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID")
        .next()
        .unwrap();
    let once = format!("{once}END:VCALENDAR\r\n").replace("RRULE:FREQ=WEEKLY;COUNT=5\r\n", "");
    assert!(answered(&once, Response::Accepted, Some("2026-10-12T09:00")).is_err());
}

#[test]
fn the_user_is_found_under_any_of_their_addresses() {
    let by_path = WEEKLY.replace(
        "mailto\r\n :BOB@example.org",
        "/remote.php/dav/principals/users/bob/",
    );
    assert!(
        answered(&by_path, Response::Accepted, None)
            .unwrap()
            .is_some()
    );
    let someone = WEEKLY
        .replace("BOB@example.org", "bobby@example.org")
        .replace("bob@example.org", "bobby@example.org");
    let failure = answered(&someone, Response::Accepted, None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
}

#[test]
fn where_nobody_waits_for_an_answer_none_is_written() {
    let own = WEEKLY.replace("ORGANIZER;CN=Alice:mailto:alice@", "ORGANIZER:mailto:bob@");
    let nobodys = WEEKLY.replace("ORGANIZER;CN=Alice:mailto:alice@example.org\r\n", "");
    let off = WEEKLY.replace("SEQUENCE:7", "STATUS:CANCELLED\r\nSEQUENCE:7");
    for (text, word) in [
        (own, "organizes"),
        (nobodys, "no organizer"),
        (off, "called this off"),
    ] {
        let failure = answered(&text, Response::Accepted, None).unwrap_err();
        assert!(failure.message.contains(word), "{}", failure.message);
    }
}

#[test]
fn invitations_are_what_waits_for_an_answer() {
    let waiting = |text: &str| {
        let document = Document::parse(text).unwrap();
        let series = series(&document);
        let window = Window {
            from: at("2026-10-20T00:00:00Z"),
            to: at("2026-12-01T00:00:00Z"),
            starting: Timestamp::MIN,
        };
        let found = invitations(&series, &own(), window, &mut Budget::new(100_000)).unwrap();
        found
            .iter()
            .map(|one| {
                (
                    one.occurrence.start.instant(&berlin()).to_string(),
                    one.single,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        waiting(WEEKLY),
        [("2026-10-26T08:00:00Z".to_owned(), false)]
    );
    let accepted = WEEKLY.replace(BOB, BOB_ACCEPTED);
    assert_eq!(waiting(&accepted), []);
    let one = accepted.replace("PARTSTAT=DECLINED", "CN=Bob");
    assert_eq!(waiting(&one), [("2026-11-09T13:00:00Z".to_owned(), true)]);
    assert_eq!(
        waiting(&one.replace("SUMMARY:Moved", "STATUS:CANCELLED")),
        []
    );
}

#[test]
fn a_recorded_invitation_waits_and_can_be_answered() {
    let Some(recording) =
        nextcloud_mcp_plugin::testing::recording("caldav/102-bob-personal-after-invite.json")
    else {
        return;
    };
    let text = recording.body.split("calendar-data>").nth(3).unwrap();
    let text = text.trim_end_matches("</cal:");
    let document = Document::parse(text).unwrap();
    let found = invitations(
        &series(&document),
        &own(),
        Window {
            from: at("2026-11-22T00:00:00Z"),
            to: at("2026-12-01T00:00:00Z"),
            starting: Timestamp::MIN,
        },
        &mut Budget::new(100_000),
    );
    assert_eq!(found.unwrap().len(), 1);
    let accepted = answered(text, Response::Accepted, None).unwrap().unwrap();
    let line = "ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:bob@example.org\n";
    assert!(accepted.contains(line), "{accepted}");
}
