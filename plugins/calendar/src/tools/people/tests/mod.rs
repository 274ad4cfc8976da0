//! The tools for other people against a scripted Nextcloud.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod availability;
mod invitations;
mod meetings;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::testing::Answer;

use super::super::tests::multistatus;

const PRINCIPAL: &str = "/remote.php/dav/principals/users/alice/";
const INBOX: &str = "/remote.php/dav/calendars/alice/inbox/";
const OUTBOX: &str = "/remote.php/dav/calendars/alice/outbox/";

/// The first Monday at least a month ahead: the tools look at nothing that is over.
fn monday() -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let later = today.checked_add(Span::new().days(30)).unwrap();
    later.nth_weekday(1, Weekday::Monday).unwrap()
}

/// `20261207`
fn day() -> String {
    monday().strftime("%Y%m%d").to_string()
}

fn addresses() -> Answer {
    multistatus(&format!(
        "<d:response><d:href>/cloud{PRINCIPAL}</d:href><d:propstat><d:prop><c:calendar-user-address-set>\
         <d:href>mailto:alice@example.org</d:href><d:href>mailto:a.example@example.org</d:href></c:calendar-user-address-set>\
         </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    ))
}

/// Bob asks alice, under her other address, to a meeting on that Monday.
fn invitation(answer: &str) -> String {
    let day = day();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:inv1\r\nDTSTAMP:20261121T000000Z\r\nDTSTART:{day}T100000Z\r\n\
         DTEND:{day}T110000Z\r\nSUMMARY:Plan\r\nSEQUENCE:2\r\nORGANIZER;CN=Bob:mailto:bob@example.org\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\nATTENDEE;X-A=1;PARTSTAT={answer}:mailto:A.Example@example.org\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}
