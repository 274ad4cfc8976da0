//! Bulk operations: what is listed, what is written, what never is.

mod series;

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::Sent;

use super::*;

const WORK: &str = "/remote.php/dav/calendars/alice/work/";

/// Alice with two calendars of her own and one that she may only read.
fn begin() -> Nextcloud {
    let nextcloud = Nextcloud::start();
    nextcloud.server(Server {
        url: "https://cloud.example/cloud".to_owned(),
        web_root: "/cloud".to_owned(),
        version: "33.0.3".to_owned(),
    });
    let own = "<d:write-content/>";
    let calendars = calendar("personal", "Personal", own)
        + &calendar("work", "Work", own)
        + &calendar("team_shared_by_bob", "Team", "<d:read/>");
    nextcloud.on("PROPFIND", HOME, multistatus(&calendars));
    nextcloud
}

/// `work` with these objects.
fn work(found: &[(&str, &str)]) -> Nextcloud {
    let nextcloud = begin();
    nextcloud.on("REPORT", WORK, objects(WORK, found));
    nextcloud
}

fn bulk(arguments: &Value) -> Result<(String, Value), Failure> {
    run("bulk_operations", arguments.clone())
}

fn confirmed(arguments: &Value, dry_run: &Value) -> Value {
    let mut arguments = arguments.clone();
    arguments["confirm"] = dry_run["confirm"].clone();
    assert!(arguments["confirm"].is_string(), "{dry_run}");
    arguments
}

fn done() -> Answer {
    Answer::new(204, "text/html", "")
}

fn writes(sent: &[Sent]) -> Vec<String> {
    sent.iter()
        .filter(|one| !matches!(one.method.as_str(), "PROPFIND" | "REPORT" | "GET"))
        .map(|one| {
            assert!(
                one.header("if-match").is_some(),
                "{} without If-Match",
                one.method
            );
            format!("{} {}", one.method, one.path)
        })
        .collect()
}

fn results<'v>(answer: &'v Value, of: &str) -> Vec<&'v str> {
    let items = answer["items"].as_array().unwrap();
    items.iter().filter_map(|item| item[of].as_str()).collect()
}

#[test]
fn d1_an_update_stays_in_the_calendar_that_is_named() {
    let text = single("u1", "20261201T100000Z", "Sync");
    let arguments = json!({"operation": "update", "calendar_name": "work", "title_contains": "sync", "new_location": "Room 1"});
    let nextcloud = work(&[("a.ics", &text)]);
    let (_, dry_run) = bulk(&arguments).unwrap();
    assert_eq!(writes(&nextcloud.sent()), Vec::<String>::new());
    drop(nextcloud);

    let nextcloud = work(&[("a.ics", &text)]);
    let path = format!("{WORK}a.ics");
    nextcloud
        .on("GET", &path, stored(&text, "e-a.ics"))
        .on("PUT", &path, done());
    let (said, answer) = bulk(&confirmed(&arguments, &dry_run)).unwrap();
    assert!(said.starts_with("Updated 1 of 1 events."), "{said}");
    assert_eq!(results(&answer, "result"), ["done"]);
    let sent = nextcloud.sent();
    assert_eq!(writes(&sent), [format!("PUT {path}")]);
    let put = sent.last().unwrap();
    assert_eq!(put.header("if-match"), Some("\"e-a.ics\""));
    assert!(put.text().contains("LOCATION:Room 1\r\n") && put.text().contains("SUMMARY:Sync\r\n"));
}

fn many(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|i| {
            let text = single(
                &format!("u{i}"),
                "20261201T100000Z",
                &format!("Standup {i}"),
            );
            (format!("{i}.ics"), text)
        })
        .collect()
}

fn borrowed(found: &[(String, String)]) -> Vec<(&str, &str)> {
    found
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect()
}

#[test]
fn d2_everything_that_fits_is_listed_and_deleted() {
    let found = many(61);
    let arguments =
        json!({"operation": "delete", "calendar_name": "work", "title_contains": "standup"});
    let nextcloud = work(&borrowed(&found));
    let (said, dry_run) = bulk(&arguments).unwrap();
    assert_eq!(results(&dry_run, "uid").len(), 61);
    assert!(said.contains("delete 61 events"), "{said}");
    drop(nextcloud);

    let nextcloud = work(&borrowed(&found));
    for (name, _) in &found {
        nextcloud.on("DELETE", &format!("{WORK}{name}"), done());
    }
    let (said, answer) = bulk(&confirmed(&arguments, &dry_run)).unwrap();
    assert_eq!(results(&answer, "result"), ["done"; 61]);
    assert!(said.starts_with("Deleted 61 of 61 events."), "{said}");
}

#[test]
fn d2_more_than_a_call_can_do_is_refused_with_the_number() {
    let found = many(201);
    let _nextcloud = work(&borrowed(&found));
    let failure =
        bulk(&json!({"operation": "delete", "calendar_name": "work", "title_contains": "standup"}))
            .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Limited);
    assert!(
        failure.message.contains("201 in work"),
        "{}",
        failure.message
    );
}

#[test]
fn d4_what_cannot_be_judged_is_never_touched() {
    let odd =
        single("odd", "20261201T100000Z", "Standup").replace("DURATION:PT1H", "DURATION:soon");
    let short = single("short", "20261201T100000Z", "Standup");
    let arguments = json!({"operation": "delete", "calendar_name": "work", "title_contains": "standup", "min_duration_minutes": 600});
    let _nextcloud = work(&[("odd.ics", &odd), ("short.ics", &short)]);
    let (said, answer) = bulk(&arguments).unwrap();
    assert_eq!(answer["items"], json!([]));
    assert_eq!(answer["confirm"], Value::Null);
    assert_eq!(answer["unreadable"][0]["object"], "odd.ics");
    assert!(said.starts_with("Nothing to delete"), "{said}");
}

#[test]
fn d5_the_last_day_belongs_to_every_operation() {
    // 23:30 and 00:30 in Berlin.
    let inside = single("in", "20261231T223000Z", "In");
    let outside = single("out", "20261231T233000Z", "Out");
    for operation in [
        json!({"operation": "update", "new_title": "x"}),
        json!({"operation": "delete"}),
        json!({"operation": "move", "target_calendar": "personal"}),
    ] {
        let mut arguments = operation;
        arguments["calendar_name"] = json!("work");
        arguments["start_date"] = json!("2026-12-01");
        arguments["end_date"] = json!("2026-12-31");
        let _nextcloud = work(&[("in.ics", &inside), ("out.ics", &outside)]);
        let (_, answer) = bulk(&arguments).unwrap();
        assert_eq!(results(&answer, "uid"), ["in"], "{arguments}");
    }
}

#[test]
fn d13_days_are_the_users_days_here_too() {
    let outside = single("out", "20261130T213000Z", "Out");
    let inside = single("in", "20261130T233000Z", "In");
    let arguments =
        json!({"operation": "delete", "calendar_name": "work", "start_date": "2026-12-01"});
    let _nextcloud = work(&[("in.ics", &inside), ("out.ics", &outside)]);
    let (_, answer) = bulk(&arguments).unwrap();
    assert_eq!(results(&answer, "uid"), ["in"]);
}

#[test]
fn a_change_between_the_two_calls_is_refused_with_the_new_list() {
    let text = single("u1", "20261201T100000Z", "Sync");
    let arguments =
        json!({"operation": "delete", "calendar_name": "work", "title_contains": "sync"});
    let nextcloud = work(&[("a.ics", &text)]);
    let (_, dry_run) = bulk(&arguments).unwrap();
    drop(nextcloud);

    let nextcloud = work(&[("a.ics", &text), ("b.ics", &text.replace("u1", "u2"))]);
    let failure = bulk(&confirmed(&arguments, &dry_run)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    let now: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(results(&now, "uid"), ["u1", "u2"]);
    assert_ne!(now["confirm"], dry_run["confirm"]);
    drop(nextcloud);

    // Other arguments with the same handle are another operation.
    let mut other = confirmed(&arguments, &dry_run);
    other["title_contains"] = json!("syn");
    let _nextcloud = work(&[("a.ics", &text)]);
    assert_eq!(bulk(&other).unwrap_err().kind, FailureKind::Conflict);
}

#[test]
fn a_move_takes_whole_objects_and_overwrites_nothing() {
    let text = single("u1", "20261019T100000Z", "Weekly review");
    let arguments = json!({"operation": "move", "calendar_name": "work", "title_contains": "week", "start_date": "2026-10-19", "end_date": "2026-10-26", "target_calendar": "Personal"});
    let found = [("a.ics", text.as_str()), ("r.ics", WEEKLY)];
    let nextcloud = work(&found);
    let (_, dry_run) = bulk(&arguments).unwrap();
    assert_eq!(results(&dry_run, "result"), ["planned", "skipped"]);
    drop(nextcloud);
    let nextcloud = work(&found);
    nextcloud.on(
        "MOVE",
        &format!("{WORK}a.ics"),
        Answer::new(201, "text/html", ""),
    );
    let (_, answer) = bulk(&confirmed(&arguments, &dry_run)).unwrap();
    assert_eq!(results(&answer, "result"), ["done", "skipped"]);
    let sent = nextcloud.sent().pop().unwrap();
    assert_eq!(
        sent.header("destination"),
        Some(format!("{PERSONAL}a.ics").as_str())
    );
    assert_eq!(sent.header("overwrite"), Some("F"));
    assert_eq!(sent.header("if-match"), Some("\"e-a.ics\""));
}

#[test]
fn what_is_read_only_is_named_and_left_out() {
    let nextcloud = begin();
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[]))
        .on("REPORT", WORK, Answer::page(502));
    let (said, answer) = bulk(&json!({"operation": "delete", "title_contains": "x"})).unwrap();
    assert_eq!(answer["read_only"], json!(["team_shared_by_bob"]));
    assert_eq!(answer["failed"][0]["calendar"], "work");
    assert!(
        said.contains("team_shared_by_bob") && said.contains("work"),
        "{said}"
    );
    drop(nextcloud);

    let _nextcloud = begin();
    let failure =
        bulk(&json!({"operation": "delete", "calendar_name": "Team", "title_contains": "x"}))
            .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
}

#[test]
fn nobody_means_every_event_there_is() {
    for arguments in [
        json!({"operation": "delete"}),
        json!({"operation": "delete", "calendar_name": "work"}),
        json!({"operation": "delete", "start_date": "2026-12-01", "end_date": "2026-12-31"}),
        json!({"operation": "delete", "title_contains": " ", "min_attendees": 0, "min_duration_minutes": 0}),
        json!({"operation": "update", "title_contains": "x"}),
        json!({"operation": "delete", "title_contains": "x", "new_title": "y"}),
        json!({"operation": "move", "title_contains": "x"}),
        json!({"operation": "delete", "title_contains": "x", "target_calendar": "work"}),
        json!({"operation": "delete", "title_contains": "x", "start_date": "2026-12-02", "end_date": "2026-12-01"}),
    ] {
        let _nextcloud = Nextcloud::start();
        let failure = bulk(&arguments).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{arguments}");
    }
}

#[test]
fn each_event_has_a_result_of_its_own() {
    let found: Vec<(String, String)> = many(3);
    let arguments = json!({"operation": "update", "calendar_name": "work", "title_contains": "standup", "new_title": "Standup 2"});
    let nextcloud = work(&borrowed(&found));
    let (said, dry_run) = bulk(&arguments).unwrap();
    // One is called so already.
    assert_eq!(
        results(&dry_run, "result"),
        ["planned", "planned", "unchanged"],
        "{said}"
    );
    drop(nextcloud);

    let nextcloud = work(&borrowed(&found));
    let path = |i| format!("{WORK}{i}.ics");
    nextcloud
        .on("GET", &path(0), stored(&found[0].1, "e-0.ics"))
        .on("GET", &path(1), stored(&found[1].1, "e-1.ics"))
        .on(
            "PUT",
            &path(0),
            Answer::new(412, "application/xml", "<d:error xmlns:d=\"DAV:\"/>"),
        )
        .on("PUT", &path(1), done());
    let (said, answer) = bulk(&confirmed(&arguments, &dry_run)).unwrap();
    assert_eq!(results(&answer, "result"), ["failed", "done", "unchanged"]);
    assert!(
        said.starts_with("Updated 1 of 2 events. 1 failed"),
        "{said}"
    );
}

#[test]
fn where_nothing_at_all_was_done_it_is_a_failure() {
    let found = many(20);
    let arguments =
        json!({"operation": "delete", "calendar_name": "work", "title_contains": "standup"});
    let nextcloud = work(&borrowed(&found));
    let (_, dry_run) = bulk(&arguments).unwrap();
    drop(nextcloud);
    let nextcloud = work(&borrowed(&found));
    // Sixteen are under way together; the rest is not tried.
    let mut names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    for name in &names[..16] {
        nextcloud.on(
            "DELETE",
            &format!("{WORK}{name}"),
            Answer::new(503, "application/xml", ""),
        );
    }
    let failure = bulk(&confirmed(&arguments, &dry_run)).unwrap_err();
    let answer: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(results(&answer, "result"), ["failed"; 20]);
    assert!(
        answer["items"][19]["reason"]
            .as_str()
            .unwrap()
            .contains("not begun")
    );
}
