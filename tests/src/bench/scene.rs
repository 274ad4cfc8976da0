//! The account that is asked about: the same notes and events each time, so that counts are the same each time.

use std::fmt::Write as _;

use super::plan::Plan;
use crate::nextcloud::{Options, StandIn, User};

/// The calendar beside `personal`.
pub(super) const WORK: &str = "work";

/// The month that events lie in and that is asked for.
pub(super) const MONTH: (&str, &str) = ("2027-03-01", "2027-03-31");

/// A week of it.
pub(super) const WEEK: (&str, &str) = ("2027-03-08", "2027-03-14");

/// Bytes of the note that is read again and again.
const NOTE: usize = 2_000;

/// Events by themselves in each calendar, one or two a day.
const EVENTS: u32 = 40;

/// Series in each calendar, one a weekday.
const SERIES: u32 = 5;

/// A category of three notes.
pub(super) const ERRANDS: &str = "Errands";

/// A file of the note that stays.
pub(super) const FILE: &str = "plan.txt";

/// What alice is invited to, on a day that does not become one of the past.
pub(super) const INVITATION: &str = "invitation";

/// alice's Nextcloud with the notes and events of somebody who uses it, and the number of a note with a file, to be read again and
/// again.
pub(super) async fn usual(plan: &Plan) -> (StandIn, i64) {
    let nextcloud = with_notes(plan.notes).await;
    let mut state = nextcloud.state();
    for title in ["Bank", "Post", "Baker"] {
        state.add_note("alice", title, ERRANDS, "On the way.");
    }
    let note = state.add_note("alice", "Bench", "", &"x".repeat(NOTE));
    let file = format!("Notes/.attachments.{note}/{FILE}");
    state.add_file("alice", &file, b"First this, then that.\n");
    state.add_calendar("alice", WORK, "Work");
    for calendar in ["personal", WORK] {
        for number in 0..EVENTS {
            let day = 1 + number * 31 / EVENTS;
            let begin = format!("202703{day:02}T{:02}", 8 + number % 9);
            put(
                &mut state,
                calendar,
                &format!("{calendar}-{number}"),
                &begin,
                "",
            );
        }
        for number in 0..SERIES {
            // From the first Monday of January on.
            let begin = format!("202701{:02}T17", 4 + number);
            let rule = "RRULE:FREQ=WEEKLY;COUNT=40\r\n";
            put(
                &mut state,
                calendar,
                &format!("{calendar}-series-{number}"),
                &begin,
                rule,
            );
        }
    }
    state.put_object("alice", "personal", "invitation.ics", &invitation());
    drop(state);
    (nextcloud, note)
}

fn invitation() -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:{INVITATION}\r\n\
         DTSTAMP:20270101T000000Z\r\nDTSTART:20991201T100000Z\r\nDTEND:20991201T110000Z\r\nSUMMARY:Anniversary\r\n\
         ORGANIZER;CN=Bob:mailto:bob@example.org\r\nATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n\
         ATTENDEE;CN=Alice;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// alice's Nextcloud with this many notes.
pub(super) async fn with_notes(count: usize) -> StandIn {
    let alice = User {
        timezone: "Europe/Berlin".into(),
        ..User::example("alice")
    };
    let options = Options {
        users: vec![alice],
        ..Options::default()
    };
    let nextcloud = StandIn::start(options)
        .await
        .expect("a free port on loopback");
    nextcloud.state().add_many_notes("alice", count);
    nextcloud
}

/// An hour that begins at `begin` (up to its hour) in Berlin.
fn put(state: &mut crate::nextcloud::State, calendar: &str, uid: &str, begin: &str, rule: &str) {
    let mut text =
        String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\n");
    let _ = write!(
        text,
        "UID:{uid}\r\nDTSTAMP:20270101T000000Z\r\nDTSTART;TZID=Europe/Berlin:{begin}0000\r\n\
         DTEND;TZID=Europe/Berlin:{begin}3000\r\n{rule}SUMMARY:Meeting {uid}\r\nLOCATION:Room 4\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    state.put_object("alice", calendar, &format!("{uid}.ics"), &text);
}
