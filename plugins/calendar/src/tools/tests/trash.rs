//! The trash bin and the way back.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::recording;

use super::*;

const BIN: &str = "/remote.php/dav/calendars/alice/trashbin/objects/";
const RESTORE: &str = "/remote.php/dav/calendars/alice/trashbin/restore/file";

/// A home with a trash bin that keeps things for a week, and a deleted calendar.
fn home() -> Answer {
    let deleted = "<d:response><d:href>/cloud/remote.php/dav/calendars/alice/old/</d:href><d:propstat><d:prop><d:resourcetype>\
         <d:collection/><n:deleted-calendar xmlns:n=\"http://nextcloud.com/ns\"/></d:resourcetype><d:displayname>Old</d:displayname>\
         <n:deleted-at xmlns:n=\"http://nextcloud.com/ns\">2026-11-20T10:00:00+00:00</n:deleted-at></d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>";
    let bin = "<d:response><d:href>/cloud/remote.php/dav/calendars/alice/trashbin/</d:href><d:propstat><d:prop><d:resourcetype>\
         <d:collection/><n:trash-bin xmlns:n=\"http://nextcloud.com/ns\"/></d:resourcetype>\
         <n:trash-bin-retention-duration xmlns:n=\"http://nextcloud.com/ns\">604800</n:trash-bin-retention-duration></d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>";
    multistatus(&(calendar("personal", "Personal", "<d:write/>") + deleted + bin))
}

fn bin(found: &[(u64, &str, &str)]) -> Answer {
    let response = |(id, calendar, at): &(u64, &str, &str)| {
        format!(
            "<d:response><d:href>/cloud{BIN}{id}.ics</d:href><d:propstat><d:prop>\
             <n:deleted-at xmlns:n=\"http://nextcloud.com/ns\">{at}</n:deleted-at>\
             <n:calendar-uri xmlns:n=\"http://nextcloud.com/ns\">{calendar}</n:calendar-uri></d:prop>\
             <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    multistatus(&found.iter().map(response).collect::<String>())
}

fn started(found: &[(u64, &str, &str)]) -> Nextcloud {
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("PROPFIND", HOME, home())
        .on("REPORT", BIN, bin(found));
    nextcloud
}

const THREE: [(u64, &str, &str); 3] = [
    (40, "personal", "2026-11-21T16:55:46+00:00"),
    (32, "personal", "2026-11-21T16:55:57+00:00"),
    (7, "other", "2026-11-01T00:00:00+00:00"),
];

#[test]
fn what_was_deleted_is_listed_last_first_with_what_it_was() {
    let nextcloud = started(&THREE);
    let task = "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:t\nDUE;VALUE=DATE:20261201\nSUMMARY:Pay\\, now\nEND:VTODO\nEND:VCALENDAR\n";
    let texts = objects(BIN, &[("32.ics", WEEKLY), ("40.ics", task)]);
    nextcloud.on("REPORT", BIN, texts);
    let (text, found) = run("list_trash", json!({})).unwrap();
    assert_eq!(
        text,
        "3 deleted events and tasks and 1 deleted calendars. What is deleted is kept for 7 days."
    );
    assert_eq!(
        found,
        json!({
            "calendars": [{"id": "calendar:old", "display_name": "Old", "deleted_at": "2026-11-20T11:00:00+01:00"}],
            "items": [
                {"id": "item:32", "calendar": "personal", "deleted_at": "2026-11-21T17:55:57+01:00", "kind": "event",
                 "uid": "rec1", "title": "Weekly", "start": "2026-10-12T09:00:00+02:00"},
                {"id": "item:40", "calendar": "personal", "deleted_at": "2026-11-21T17:55:46+01:00", "kind": "task",
                 "uid": "t", "title": "Pay, now", "start": "2026-12-01"},
                // Gone meanwhile, or not understood: what is known is said.
                {"id": "item:7", "calendar": "other", "deleted_at": "2026-11-01T01:00:00+01:00"},
            ],
        })
    );
    let sent = nextcloud.sent();
    assert_eq!((sent.len(), sent[1].header("depth")), (3, Some("1")));
    assert!(
        !sent[1].text().contains("calendar-data"),
        "texts only of the page that is shown"
    );
}

#[test]
fn the_recorded_trash_bin_is_read() {
    let (Some(home), Some(bin)) = (
        recording("caldav/127-home-after-calendar-delete.json"),
        recording("caldav/139-trashbin-objects-report.json"),
    ) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("PROPFIND", HOME, home.answer)
        .on("REPORT", BIN, bin.answer)
        .on("REPORT", BIN, multistatus(""));
    let (text, found) = run("list_trash", json!({})).unwrap();
    assert_eq!(found["items"][0]["id"], "item:32");
    assert_eq!(found["items"][1]["calendar"], "mcp-work");
    assert_eq!(found["calendars"][0]["id"], "calendar:mcp-both");
    assert!(text.contains("30 days, unless"), "{text}");
}

#[test]
fn a_page_ends_where_the_next_one_begins() {
    let nextcloud = started(&THREE);
    nextcloud.on("REPORT", BIN, multistatus(""));
    let (_, first) = run("list_trash", json!({"limit": 2})).unwrap();
    drop(nextcloud);
    let nextcloud = started(&THREE);
    nextcloud.on("REPORT", BIN, multistatus(""));
    let (text, second) = run(
        "list_trash",
        json!({"limit": 2, "cursor": first["next_cursor"]}),
    )
    .unwrap();
    assert_eq!(second["items"][0]["id"], "item:7");
    assert_eq!(
        (&second["next_cursor"], &second["calendars"]),
        (&Value::Null, &json!([]))
    );
    assert!(text.starts_with("1 of 3"), "{text}");
    drop(nextcloud);
    // A calendar alone: what is not its own does not count, and nothing is asked about nothing.
    let _nextcloud = started(&THREE[2..]);
    let (text, _) = run("list_trash", json!({"calendar_name": "Personal"})).unwrap();
    assert!(text.starts_with("0 deleted events"), "{text}");
}

#[test]
fn an_item_is_moved_to_where_nextcloud_restores() {
    let nextcloud = started(&THREE);
    nextcloud.on(
        "MOVE",
        &format!("{BIN}40.ics"),
        Answer::new(201, "text/html", ""),
    );
    let (text, found) = run("restore_from_trash", json!({"id": "item:40"})).unwrap();
    assert_eq!(text, "Restored to the calendar \"personal\".");
    assert_eq!(found["calendar"], "personal");
    let sent = nextcloud.sent().pop().unwrap();
    assert_eq!(sent.header("destination"), Some(RESTORE));
}

#[test]
fn why_an_item_cannot_come_back_is_explained() {
    let error = |status, message: &str| {
        Answer::new(
            status,
            "application/xml; charset=utf-8",
            format!(
                "<d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\"><s:message>{message}</s:message></d:error>"
            ),
        )
    };
    for (answer, kind, word) in [
        (
            error(
                403,
                "Can not restore calendar 40 because a calendar object with the URI a.ics already exists",
            ),
            FailureKind::Conflict,
            "same name",
        ),
        (error(404, ""), FailureKind::NotFound, "any more"),
        (
            error(400, "is not marked as deleted"),
            FailureKind::NotFound,
            "restored already",
        ),
    ] {
        let nextcloud = started(&THREE);
        nextcloud.on("MOVE", &format!("{BIN}40.ics"), answer);
        let failure = run("restore_from_trash", json!({"id": "item:40"})).unwrap_err();
        assert_eq!(failure.kind, kind);
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    let _nextcloud = started(&THREE);
    let failure = run("restore_from_trash", json!({"id": "item:41"})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
}

#[test]
fn a_calendar_comes_back_whole_and_is_seen_to() {
    let old = "/remote.php/dav/calendars/alice/old/";
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("PROPFIND", HOME, home())
        .on("MOVE", old, Answer::new(201, "text/html", ""))
        .on(
            "PROPFIND",
            old,
            multistatus(&calendar("old", "Old", "<d:write/>")),
        );
    let (text, _) = run("restore_from_trash", json!({"id": "calendar:old"})).unwrap();
    assert_eq!(
        text,
        "Restored the calendar \"Old\" (old) with everything in it."
    );
    drop(nextcloud);
    // Nextcloud would say yes to one that is not deleted.
    for (id, word) in [
        ("calendar:personal", "not deleted"),
        ("calendar:nope", "no calendar"),
    ] {
        let nextcloud = Nextcloud::start();
        nextcloud.on("PROPFIND", HOME, home());
        let failure = run("restore_from_trash", json!({"id": id})).unwrap_err();
        assert!(failure.message.contains(word), "{}", failure.message);
    }
}

#[test]
fn a_server_without_a_trash_bin_is_no_empty_one() {
    let nextcloud = start();
    nextcloud.on("REPORT", BIN, Answer::new(404, "text/plain", "not found"));
    let failure = run("list_trash", json!({})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn how_long_things_are_kept_is_what_nextcloud_says() {
    use crate::dav::Trash;
    assert_eq!(Trash::Keeps(Some(2_592_000)).how_long(), "for 30 days");
    assert_eq!(Trash::Keeps(Some(3601)).how_long(), "for 2 hours");
    assert!(Trash::Keeps(Some(0)).is_off() && Trash::None.is_off());
    assert!(!Trash::Keeps(None).is_off());
}
