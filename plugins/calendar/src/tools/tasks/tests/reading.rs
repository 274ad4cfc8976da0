//! Tools that read.

use nextcloud_mcp_plugin::testing::recording;

use super::*;

#[test]
fn recorded_tasks_are_listed_with_their_relations() {
    let Some(all) = recording("caldav/090-vtodo-query-all.json") else {
        return;
    };
    let nextcloud = start();
    nextcloud.on("REPORT", TASKS, all.answer);
    let (text, found) = run(
        "list_todos",
        json!({"calendar_name": "mcp-tasks", "include_completed": true}),
    )
    .unwrap();
    assert_eq!(
        summaries(&found),
        ["Buy milk", "No due", "Sub", "Done thing"]
    );
    assert!(text.starts_with("4 tasks"), "{text}");
    let todos = &found["todos"];
    assert_eq!(todos[0]["due"], "2026-11-30T18:00:00+01:00");
    assert_eq!(todos[0]["priority"], 5);
    assert_eq!(todos[2]["parent_uid"], "t1");
    assert_eq!(todos[3]["completed"], "2026-11-20T11:00:00+01:00");
    assert!(!nextcloud.sent()[1].text().contains("COMPLETED"));
}

#[test]
fn finished_tasks_are_not_even_asked_for_unless_wanted() {
    let Some(open) = recording("caldav/091-vtodo-query-not-completed.json") else {
        return;
    };
    let nextcloud = start();
    nextcloud.on("REPORT", TASKS, open.answer);
    let (text, found) = run("list_todos", json!({"calendar_name": "mcp-tasks"})).unwrap();
    assert_eq!(summaries(&found), ["Buy milk", "No due", "Sub"]);
    assert!(text.contains("Finished ones are left out"), "{text}");
    let asked = nextcloud.sent()[1].text();
    assert!(
        asked.contains("<c:prop-filter name=\"COMPLETED\"><c:is-not-defined/>"),
        "{asked}"
    );
    drop(nextcloud);

    let Some(all) = recording("caldav/090-vtodo-query-all.json") else {
        return;
    };
    let nextcloud = start();
    nextcloud.on("REPORT", TASKS, all.answer);
    let (_, found) = run(
        "list_todos",
        json!({"calendar_name": "mcp-tasks", "status": "COMPLETED"}),
    )
    .unwrap();
    assert_eq!(summaries(&found), ["Done thing"]);
}

/// Late, soon, later, no date, and one of Bob's.
fn several() -> Vec<String> {
    vec![
        task(
            "later",
            &[
                "SUMMARY:later",
                "DUE;VALUE=DATE:20991231",
                "PRIORITY:1",
                "CATEGORIES:Home",
            ],
        ),
        task("late2", &["SUMMARY:late2", "DUE:20250101T080000Z"]),
        task(
            "late1",
            &["SUMMARY:late1", "DUE:20250101T080000Z", "PRIORITY:9"],
        ),
        task(
            "none2",
            &[
                "SUMMARY:none2",
                "X-APPLE-SORT-ORDER:2",
                "DESCRIPTION:Ask the Insurance",
            ],
        ),
        task(
            "none1",
            &["SUMMARY:none1", "X-APPLE-SORT-ORDER:1", "RELATED-TO:later"],
        ),
        task(
            "soon",
            &[
                "SUMMARY:soon",
                "DUE;VALUE=DATE:20991201",
                "PRIORITY:4",
                "CATEGORIES:Work,Tax",
            ],
        ),
    ]
}

fn listed(tool: &str, arguments: Value) -> Result<(String, Value), Failure> {
    let nextcloud = start();
    let several = several();
    let texts: Vec<&str> = several.iter().map(String::as_str).collect();
    nextcloud
        .on("REPORT", TASKS, objects(&texts))
        .on("REPORT", HOUSE, objects(&[]));
    run(tool, arguments)
}

#[test]
fn tasks_are_sorted_by_urgency_and_paged_without_loss() {
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut arguments = json!({"limit": 2});
        if cursor != Value::Null {
            arguments["cursor"] = cursor;
        }
        let (text, page) = listed("list_todos", arguments).unwrap();
        seen.extend(summaries(&page).into_iter().map(str::to_owned));
        assert_eq!(page["total_count"], 6);
        cursor = page["next_cursor"].clone();
        if cursor == Value::Null {
            break;
        }
        assert!(text.contains("2 of 6 tasks"), "{text}");
    }
    assert_eq!(seen, ["late1", "late2", "soon", "later", "none1", "none2"]);
}

#[test]
fn filters_take_what_they_say() {
    for (arguments, expected) in [
        (json!({"min_priority": 4}), vec!["soon", "later"]),
        (json!({"min_priority": 9}), vec!["late1", "soon", "later"]),
        (json!({"categories": "tax, home"}), vec!["soon", "later"]),
        (
            json!({"summary_contains": "LATE"}),
            vec!["late1", "late2", "later"],
        ),
        (json!({"due_after": "2099-12-02"}), vec!["later"]),
        (
            json!({"due_before": "2099-12-02"}),
            vec!["late1", "late2", "soon"],
        ),
        (json!({"parent_uid": "later"}), vec!["none1"]),
        (json!({"status": "IN-PROCESS"}), vec![]),
    ] {
        let (_, found) = listed("list_todos", arguments.clone()).unwrap();
        assert_eq!(summaries(&found), expected, "{arguments}");
    }
    for (arguments, expected) in [
        (json!({"query": "insur ask"}), vec!["none2"]),
        (json!({"query": "work soon"}), vec!["soon"]),
        (json!({"query": "work nothing"}), vec![]),
        (json!({"summary_contains": "none"}), vec!["none1", "none2"]),
    ] {
        let (_, found) = listed("search_todos", arguments.clone()).unwrap();
        assert_eq!(summaries(&found), expected, "{arguments}");
    }
}

#[test]
fn calendars_and_tasks_that_fail_are_named() {
    let nextcloud = start();
    let odd = task("odd", &["DUE;TZID=Mars/Olympus:20260101T080000"]);
    nextcloud
        .on("REPORT", TASKS, objects(&[&odd]))
        .on("REPORT", HOUSE, Answer::page(502));
    let (text, found) = run("list_todos", json!({})).unwrap();
    assert!(
        text.contains("mcp-tasks/odd.ics") && text.contains("house_shared_by_bob"),
        "{text}"
    );
    let reasons: Vec<&str> = found["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["reason"].as_str().unwrap())
        .collect();
    assert!(
        reasons.iter().any(|reason| reason.contains("Mars/Olympus")),
        "{reasons:?}"
    );
}

#[test]
fn a_calendar_without_tasks_is_refused_before_it_is_asked() {
    let _nextcloud = start();
    let failure = run("list_todos", json!({"calendar_name": "personal"})).unwrap_err();
    assert!(
        failure.message.contains("holds no tasks, only VEVENT"),
        "{}",
        failure.message
    );
}

#[test]
fn nonsense_is_refused_before_anything_is_asked() {
    for arguments in [
        json!({"due_before": "soon"}),
        json!({"status": "COMPLETED", "include_completed": false}),
        json!({"cursor": "x"}),
        json!({"cursor": "1/2/3/4/x/6/7"}),
    ] {
        let _nextcloud = Nextcloud::start();
        let failure = run("list_todos", arguments.clone()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{arguments}");
    }
}

#[test]
fn one_task_is_read_with_all_below_it_and_a_link() {
    let parent = task("p", &["SUMMARY:Party", "DUE;VALUE=DATE:20991231"]);
    let child = task("c", &["SUMMARY:Cake", "RELATED-TO;RELTYPE=PARENT:p"]);
    let grandchild = task("g", &["SUMMARY:Eggs", "RELATED-TO:c", "STATUS:COMPLETED"]);
    let nextcloud = start();
    nextcloud.on("REPORT", TASKS, objects(&[&parent])).on(
        "REPORT",
        TASKS,
        objects(&[&grandchild, &parent, &child]),
    );
    let (text, found) = run("get_todo", json!({"todo_uid": "p"})).unwrap();
    assert_eq!(
        text,
        "\"Party\", due 2099-12-31, NEEDS-ACTION, in \"mcp-tasks\". 2 subtasks, 1 of them open."
    );
    assert_eq!(
        found["subtasks"],
        json!([
            {"uid": "c", "summary": "Cake", "status": "NEEDS-ACTION"},
            {"uid": "g", "summary": "Eggs", "status": "COMPLETED"},
        ])
    );
    assert_eq!(
        found["link"],
        "https://cloud.example/index.php/apps/tasks/calendars/mcp-tasks/tasks/p.ics"
    );
}
