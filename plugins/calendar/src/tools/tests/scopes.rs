//! Changes and deletions of parts of a series.

use nextcloud_mcp_plugin::FailureKind;

use super::*;

/// The weekly series, found and read.
fn read_weekly() -> (Nextcloud, String) {
    let nextcloud = found_weekly();
    let path = format!("{PERSONAL}r.ics");
    nextcloud.on("GET", &path, stored(WEEKLY, "e-r.ics"));
    (nextcloud, path)
}

fn written(etag: &str) -> Answer {
    Answer::new(204, "text/html", "").header("etag", &format!("\"{etag}\""))
}

#[test]
fn a_series_is_changed_only_as_far_as_the_call_says() {
    let (_nextcloud, _) = read_weekly();
    let failure = run(
        "update_event",
        json!({"event_uid": "rec1", "calendar_name": "personal", "title": "x"}),
    )
    .unwrap_err();
    assert!(
        failure.kind == FailureKind::Invalid && failure.message.contains("recurrence_id"),
        "{}",
        failure.message
    );
}

#[test]
fn one_occurrence_is_changed_and_shown() {
    let (nextcloud, path) = read_weekly();
    nextcloud.on("PUT", &path, written("e2"));
    let arguments = json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "this",
        "recurrence_id": "2026-10-26T09:00:00+01:00", "start_datetime": "2026-10-26T14:00"});
    let (text, found) = run("update_event", arguments).unwrap();
    let put = nextcloud.sent().pop().unwrap();
    assert_eq!(put.header("if-match"), Some("\"e-r.ics\""));
    assert!(
        put.text()
            .contains("RECURRENCE-ID;TZID=Europe/Berlin:20261026T090000\r\n")
    );
    assert!(text.contains("rest of the series is as it was"), "{text}");
    assert_eq!(
        (
            found["event"]["start"].as_str(),
            found["event"]["recurrence_id"].as_str()
        ),
        (
            Some("2026-10-26T14:00:00+01:00"),
            Some("2026-10-26T09:00:00+01:00")
        )
    );
}

#[test]
fn a_cut_series_is_first_written_and_then_shortened() {
    let (nextcloud, path) = read_weekly();
    nextcloud.on("PUT", &format!("{PERSONAL}*"), written("n1"));
    nextcloud.on("PUT", &path, written("e2"));
    let arguments = json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "following",
        "recurrence_id": "2026-10-26T09:00:00+01:00", "title": "Later"});
    let (text, found) = run("update_event", arguments).unwrap();
    let sent = nextcloud.sent();
    let [.., new, old] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(new.header("if-none-match"), Some("*"));
    assert!(new.text().contains("SUMMARY:Later\r\n") && new.text().contains("COUNT=2\r\n"));
    assert_eq!(old.header("if-match"), Some("\"e-r.ics\""));
    assert!(old.text().contains("SUMMARY:Weekly\r\n") && old.text().contains("COUNT=2\r\n"));
    assert!(text.contains("another uid"), "{text}");
    assert_ne!(found["event"]["uid"], "rec1");
    assert_eq!(found["event"]["etag"], "n1");
}

#[test]
fn a_cut_that_was_half_done_says_what_is_there() {
    let (nextcloud, path) = read_weekly();
    nextcloud.on("PUT", &format!("{PERSONAL}*"), written("n1"));
    nextcloud.on("PUT", &path, Answer::new(412, "application/xml", "<x/>"));
    let arguments = json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "following",
        "recurrence_id": "2026-10-26T09:00:00+01:00", "title": "Later"});
    let failure = run("update_event", arguments).unwrap_err();
    let sent = nextcloud.sent();
    let name = &sent[sent.len() - 2].path;
    let uid = name.rsplit('/').next().unwrap().trim_end_matches(".ics");
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(failure.message.contains(uid), "{}", failure.message);
}

#[test]
fn occurrences_are_deleted_by_writing_what_stays() {
    for (scope, part) in [
        ("this", "EXDATE;TZID=Europe/Berlin:20261026T090000"),
        ("following", "COUNT=2"),
    ] {
        let (nextcloud, path) = read_weekly();
        nextcloud.on("PUT", &path, written("e2"));
        let arguments = json!({"event_uid": "rec1", "calendar_name": "personal", "scope": scope,
            "recurrence_id": "2026-10-26T09:00:00+01:00"});
        let (_, deleted) = run("delete_event", arguments).unwrap();
        let put = nextcloud.sent().pop().unwrap();
        assert_eq!(put.header("if-match"), Some("\"e-r.ics\""));
        assert!(put.text().contains(part), "{}", put.text());
        assert_eq!(
            (
                &deleted["whole_event"],
                &deleted["whole_series"],
                &deleted["etag"]
            ),
            (&json!(false), &json!(false), &json!("e2"))
        );
        assert_eq!(deleted["start"], "2026-10-26T09:00:00+01:00");
    }
    // From the first one on, nothing stays.
    let (nextcloud, path) = read_weekly();
    nextcloud.on("DELETE", &path, Answer::new(204, "text/html", ""));
    let arguments = json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "following",
        "recurrence_id": "2026-10-12"});
    let (text, deleted) = run("delete_event", arguments).unwrap();
    assert_eq!(deleted["whole_series"], true);
    assert!(text.contains("no occurrence was left"), "{text}");
}
