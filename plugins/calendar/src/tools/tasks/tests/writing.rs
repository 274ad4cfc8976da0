//! Tools that write.

use nextcloud_mcp_plugin::testing::{Sent, recording};

use super::*;
use crate::tools::tasks::create_todo::create_with_uid;

fn put(nextcloud: &Nextcloud) -> Sent {
    nextcloud.sent().pop().unwrap()
}

fn writes(nextcloud: &Nextcloud) -> Vec<String> {
    let writes = nextcloud
        .sent()
        .into_iter()
        .filter(|sent| ["PUT", "DELETE"].contains(&sent.method.as_str()));
    writes
        .map(|sent| format!("{} {}", sent.method, sent.path))
        .collect()
}

#[test]
fn a_task_is_created_only_where_none_is_in_the_only_fitting_calendar() {
    let nextcloud = start();
    let created = recording("caldav/086-vtodo-put.json").map_or_else(
        || Answer::new(201, "text/html", "").header("etag", "\"e1\""),
        |recording| recording.answer,
    );
    nextcloud.on("PUT", &format!("{TASKS}u%2F1.ics"), created);
    let arguments =
        json!({"summary": "Call, then write", "due": "2026-12-03T09:00", "priority": 1});
    let reply = create_with_uid(&serde_json::from_value(arguments).unwrap(), "u/1").unwrap();
    let put = put(&nextcloud);
    assert_eq!(put.header("if-none-match"), Some("*"));
    assert!(
        put.text()
            .contains("DUE;TZID=Europe/Berlin:20261203T090000\r\n")
    );
    assert!(put.text().contains("SUMMARY:Call\\, then write\r\n"));
    assert!(
        reply
            .text
            .starts_with("Created \"Call, then write\", due 2026-12-03T09:00:00+01:00"),
        "{}",
        reply.text
    );
    assert_eq!(
        reply.data.link,
        "https://cloud.example/index.php/apps/tasks/calendars/mcp-tasks/tasks/u%2F1.ics"
    );
}

#[test]
fn a_subtask_needs_a_parent_that_is_there() {
    let parent = task("p", &["SUMMARY:Party"]);
    let alike = task("p2", &["SUMMARY:Other"]);
    let nextcloud = start();
    nextcloud.on("REPORT", TASKS, objects(&[&alike]));
    let failure = run(
        "create_todo",
        json!({"summary": "Cake", "parent_uid": "p", "calendar_name": "mcp-tasks"}),
    )
    .unwrap_err();
    assert!(
        failure.message.contains("no task \"p\""),
        "{}",
        failure.message
    );
    drop(nextcloud);

    let nextcloud = start();
    nextcloud
        .on("REPORT", TASKS, objects(&[&alike, &parent]))
        .on("PUT", &format!("{TASKS}u.ics"), written());
    let arguments = json!({"summary": "Cake", "parent_uid": "p"});
    create_with_uid(&serde_json::from_value(arguments).unwrap(), "u").unwrap();
    assert!(
        put(&nextcloud)
            .text()
            .contains("RELATED-TO;RELTYPE=PARENT:p\r\n")
    );
}

#[test]
fn calendars_that_cannot_take_a_task_are_refused_before_a_write() {
    for (name, part) in [
        ("personal", "holds no tasks"),
        ("house_shared_by_bob", "read-only"),
        ("nowhere", "There is no calendar"),
    ] {
        let _nextcloud = start();
        let failure = run(
            "create_todo",
            json!({"calendar_name": name, "summary": "x"}),
        )
        .unwrap_err();
        assert!(failure.message.contains(part), "{}", failure.message);
    }
}

#[test]
fn an_update_sends_what_was_read_with_the_change_and_its_etag() {
    let milk = task(
        "t1",
        &[
            "SUMMARY:Milk",
            "DUE:20261130T170000Z",
            "X-APPLE-SORT-ORDER:3",
        ],
    );
    let nextcloud = start_with(&[&milk]);
    nextcloud.on("PUT", &path(&milk), written());
    let (text, found) = run(
        "update_todo",
        json!({"todo_uid": "t1", "due": "", "percent_complete": 40, "etag": "\"e-t1\""}),
    )
    .unwrap();
    let put = put(&nextcloud);
    assert_eq!(put.header("if-match"), Some("\"e-t1\""));
    let body = put.text();
    assert!(
        !body.contains("DUE") && body.contains("X-APPLE-SORT-ORDER:3\r\n"),
        "{body}"
    );
    assert!(
        body.contains("STATUS:IN-PROCESS\r\n") && body.contains("PERCENT-COMPLETE:40\r\n"),
        "{body}"
    );
    assert!(text.contains("DUE") && text.contains("\"Milk\""), "{text}");
    assert_eq!(
        (&found["task"]["due"], &found["task"]["etag"]),
        (&Value::Null, &json!("new"))
    );
}

#[test]
fn a_stale_etag_is_a_conflict_with_what_is_there() {
    let milk = task("t1", &["SUMMARY:Milk"]);
    let theirs = task("t1", &["SUMMARY:Oat milk"]);
    // Known to be stale: nothing is sent. Found out by Nextcloud: nothing is written.
    for (tool, etag, late) in [
        ("update_todo", "old", false),
        ("update_todo", "e-t1", true),
        ("complete_todo", "e-t1", true),
    ] {
        let nextcloud = start_with(&[&milk]);
        if late {
            nextcloud.on(
                "PUT",
                &path(&milk),
                Answer::new(412, "application/xml", "<x/>"),
            );
        }
        if tool == "complete_todo" {
            nextcloud.on("REPORT", TASKS, objects(&[&milk]));
        }
        nextcloud.on("GET", &path(&milk), stored(&theirs));
        let mut arguments = json!({"todo_uid": "t1", "etag": etag});
        if tool == "update_todo" {
            arguments["summary"] = json!("Mine");
        }
        let failure = run(tool, arguments).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Conflict);
        let there: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
        assert_eq!(there["task"]["summary"], "Oat milk");
    }
}

#[test]
fn a_task_cannot_become_a_part_of_itself() {
    let parent = task("p", &["SUMMARY:Party"]);
    let child = task("c", &["SUMMARY:Cake", "RELATED-TO:p"]);
    let grandchild = task("g", &["SUMMARY:Eggs", "RELATED-TO:c"]);
    for below in ["p", "c", "g"] {
        let nextcloud = start_with(&[&parent]);
        if below != "p" {
            nextcloud.on("REPORT", TASKS, objects(&[&parent, &child, &grandchild]));
        }
        let failure =
            run("update_todo", json!({"todo_uid": "p", "parent_uid": below})).unwrap_err();
        assert!(
            failure.message.contains("its own subtasks"),
            "{}",
            failure.message
        );
    }
}

#[test]
fn completing_names_the_subtasks_and_takes_them_along_where_asked() {
    let parent = task("p", &["SUMMARY:Party"]);
    let child = task("c", &["SUMMARY:Cake", "RELATED-TO:p"]);
    let grandchild = task("g", &["SUMMARY:Eggs", "RELATED-TO:c"]);
    let finished = task("f", &["SUMMARY:Guests", "RELATED-TO:p", "STATUS:COMPLETED"]);
    let family = [parent.as_str(), &child, &grandchild, &finished];

    let nextcloud = start_with(&[&parent]);
    nextcloud
        .on("REPORT", TASKS, objects(&family))
        .on("PUT", &path(&parent), written());
    let (text, found) = run("complete_todo", json!({"todo_uid": "p"})).unwrap();
    assert_eq!(found["task"]["status"], "COMPLETED");
    assert_eq!(found["open_subtasks"].as_array().unwrap().len(), 2);
    assert!(
        text.contains("\"Cake\", \"Eggs\"") && !text.contains("Guests"),
        "{text}"
    );
    drop(nextcloud);

    let nextcloud = start_with(&[&parent]);
    nextcloud.on("REPORT", TASKS, objects(&family));
    for subtask in [&grandchild, &child] {
        nextcloud.on("GET", &path(subtask), stored(subtask));
    }
    for task in [&grandchild, &child, &parent] {
        nextcloud.on("PUT", &path(task), written());
    }
    let (text, found) = run(
        "complete_todo",
        json!({"todo_uid": "p", "with_subtasks": true}),
    )
    .unwrap();
    assert!(
        text.contains("Completed with it: \"Eggs\", \"Cake\""),
        "{text}"
    );
    assert_eq!(found["completed_subtasks"][0]["status"], "COMPLETED");
    assert_eq!(
        writes(&nextcloud),
        [&grandchild, &child, &parent].map(|task| format!("PUT {}", path(task)))
    );
}

#[test]
fn a_subtask_that_cannot_be_completed_stops_the_rest_and_is_named() {
    let parent = task("p", &["SUMMARY:Party"]);
    let child = task("c", &["SUMMARY:Cake", "RELATED-TO:p"]);
    let other = task("d", &["SUMMARY:Drinks", "RELATED-TO:p"]);
    let nextcloud = start_with(&[&parent]);
    nextcloud
        .on("REPORT", TASKS, objects(&[&parent, &child, &other]))
        .on("GET", &path(&other), stored(&other))
        .on("PUT", &path(&other), written())
        .on("GET", &path(&child), stored(&child))
        .on(
            "PUT",
            &path(&child),
            Answer::new(412, "application/xml", "<x/>"),
        );
    let failure = run(
        "complete_todo",
        json!({"todo_uid": "p", "with_subtasks": true}),
    )
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        failure.message.contains("\"Cake\"")
            && failure.message.contains("completed before: \"Drinks\""),
        "{}",
        failure.message
    );
}

#[test]
fn a_repeating_task_moves_on_and_says_to_where() {
    let chore = task(
        "r",
        &[
            "SUMMARY:Water",
            "DUE;VALUE=DATE:20991201",
            "RRULE:FREQ=DAILY",
        ],
    );
    let nextcloud = start_with(&[&chore]);
    nextcloud
        .on("REPORT", TASKS, objects(&[&chore]))
        .on("PUT", &path(&chore), written());
    let (text, found) = run("complete_todo", json!({"todo_uid": "r"})).unwrap();
    assert_eq!(
        text,
        "Completed \"Water\" for 2099-12-01; the series goes on, next due 2099-12-02."
    );
    assert_eq!(found["completed_occurrence"], "2099-12-01");
    assert_eq!(found["task"]["status"], "NEEDS-ACTION");
    assert!(
        put(&nextcloud)
            .text()
            .contains("DUE;VALUE=DATE:20991202\r\n")
    );
}

#[test]
fn a_completed_task_is_not_completed_again() {
    let done = task("t1", &["SUMMARY:Milk", "COMPLETED:20261120T100000Z"]);
    let nextcloud = start_with(&[&done]);
    nextcloud.on("REPORT", TASKS, objects(&[&done]));
    let (text, _) = run("complete_todo", json!({"todo_uid": "t1"})).unwrap();
    assert!(text.contains("completed already"), "{text}");
    assert_eq!(writes(&nextcloud), Vec::<String>::new());
}

#[test]
fn a_task_with_subtasks_is_deleted_only_when_the_call_says_so() {
    let parent = task("p", &["SUMMARY:Party"]);
    let child = task("c", &["SUMMARY:Cake", "RELATED-TO:p"]);
    let begin = || {
        let nextcloud = start();
        nextcloud.on("REPORT", TASKS, objects(&[&parent])).on(
            "REPORT",
            TASKS,
            objects(&[&parent, &child]),
        );
        nextcloud
    };
    let nextcloud = begin();
    let failure = run("delete_todo", json!({"todo_uid": "p"})).unwrap_err();
    assert!(
        failure.message.contains("\"Cake\"") && failure.message.contains("with_subtasks"),
        "{}",
        failure.message
    );
    assert_eq!(writes(&nextcloud), Vec::<String>::new());
    drop(nextcloud);

    let nextcloud = begin();
    for task in [&child, &parent] {
        nextcloud.on("DELETE", &path(task), Answer::new(204, "text/html", ""));
    }
    let (text, deleted) = run(
        "delete_todo",
        json!({"todo_uid": "p", "with_subtasks": true}),
    )
    .unwrap();
    assert!(text.contains("trash bin"), "{text}");
    assert_eq!(deleted["deleted_subtasks"][0]["uid"], "c");
    let sent = nextcloud.sent();
    assert_eq!(sent[sent.len() - 2].header("if-match"), Some("\"e-c\""));
    assert_eq!(sent[sent.len() - 1].header("if-match"), Some("\"e-p\""));
}

#[test]
fn what_happened_before_a_conflict_is_said() {
    let parent = task("p", &["SUMMARY:Party"]);
    let child = task("c", &["SUMMARY:Cake", "RELATED-TO:p"]);
    let nextcloud = start();
    nextcloud
        .on("REPORT", TASKS, objects(&[&parent]))
        .on("REPORT", TASKS, objects(&[&parent, &child]))
        .on("DELETE", &path(&child), Answer::new(204, "text/html", ""))
        .on(
            "DELETE",
            &path(&parent),
            Answer::new(412, "application/xml", "<x/>"),
        )
        .on("GET", &path(&parent), stored(&parent));
    let failure = run(
        "delete_todo",
        json!({"todo_uid": "p", "with_subtasks": true}),
    )
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        failure.message.contains("deleted before: \"Cake\""),
        "{}",
        failure.message
    );
}

#[test]
fn a_login_page_instead_of_a_write_is_no_success() {
    let milk = task("t1", &["SUMMARY:Milk"]);
    let nextcloud = start_with(&[&milk]);
    nextcloud.on("PUT", &path(&milk), Answer::page(200));
    let failure = run("update_todo", json!({"todo_uid": "t1", "summary": "x"})).unwrap_err();
    assert!(
        failure.message.contains("web page") && failure.message.contains("not known"),
        "{}",
        failure.message
    );
}
