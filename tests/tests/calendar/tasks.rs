//! The task tools, from the client's call to what Nextcloud stores.

use nextcloud_mcp_tests::harness::Client;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A task with these lines, as another program stored it.
fn task(uid: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n\
         {lines}END:VTODO\r\nEND:VCALENDAR\r\n"
    )
}

/// With a calendar that holds tasks.
fn with_tasks(stage: Stage) -> Stage {
    stage.0.state().add_calendar("alice", "tasks", "Tasks");
    stage
}

/// What is stored of the task with this UID.
fn stored(nextcloud: &StandIn, uid: &str) -> String {
    let line = format!("UID:{uid}\r\n");
    let objects = nextcloud.state().objects("alice", "tasks");
    let found = objects
        .into_iter()
        .find(|object| object.data.contains(&line));
    found.map(|object| object.data).unwrap_or_default()
}

async fn created(client: &Client, arguments: Value) -> String {
    let created = client.ok("nc_calendar_create_todo", arguments).await;
    created["task"]["uid"].as_str().unwrap().to_owned()
}

async fn summaries(client: &Client, tool: &str, arguments: Value) -> Vec<String> {
    let listed = client.ok(tool, arguments).await;
    let todos = listed["todos"].as_array().unwrap();
    todos
        .iter()
        .map(|task| task["summary"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_task_is_created_listed_changed_completed_and_deleted() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    // The only writable calendar that holds tasks need not be named.
    let uid = created(
        &client,
        json!({"summary": "Call the dentist", "due": "2099-12-03T09:00", "priority": 1, "reminders": [{"minutes_before": 60}]}),
    )
    .await;
    let text = stored(&nextcloud, &uid);
    assert!(
        text.contains("DUE;TZID=Europe/Berlin:20991203T090000\r\n"),
        "a naive time is the user's: {text}"
    );
    let listed = client.ok("nc_calendar_list_todos", json!({})).await;
    assert_eq!(listed["todos"][0]["due"], "2099-12-03T09:00:00+01:00");
    let etag = listed["todos"][0]["etag"].clone();
    let updated = client
        .ok(
            "nc_calendar_update_todo",
            json!({"todo_uid": uid, "etag": etag, "due": "2099-12-04T18:30", "timezone": "America/New_York"}),
        )
        .await;
    assert_eq!(updated["task"]["due"], "2099-12-05T00:30:00+01:00");
    assert!(stored(&nextcloud, &uid).contains("DUE;TZID=America/New_York:20991204T183000\r\n"));

    client
        .ok(
            "nc_calendar_complete_todo",
            json!({"todo_uid": uid, "calendar_name": "tasks"}),
        )
        .await;
    let text = stored(&nextcloud, &uid);
    for line in ["STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(
        summaries(&client, "nc_calendar_list_todos", json!({}))
            .await
            .is_empty()
    );
    let found = summaries(
        &client,
        "nc_calendar_search_todos",
        json!({"query": "dentist"}),
    )
    .await;
    assert_eq!(found, ["Call the dentist"]);

    client
        .ok("nc_calendar_delete_todo", json!({"todo_uid": uid}))
        .await;
    assert!(nextcloud.state().objects("alice", "tasks").is_empty());
}

#[tokio::test]
async fn a_due_date_is_cleared_and_a_day_stays_a_day() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    let uid = created(
        &client,
        json!({"calendar_name": "Tasks", "summary": "Taxes", "due": "2099-05-31", "description": "all of them"}),
    )
    .await;
    assert!(stored(&nextcloud, &uid).contains("DUE;VALUE=DATE:20990531\r\n"));
    let cleared = client
        .ok(
            "nc_calendar_update_todo",
            json!({"todo_uid": uid, "due": "", "description": ""}),
        )
        .await;
    assert_eq!(
        (&cleared["task"]["due"], &cleared["task"]["description"]),
        (&Value::Null, &Value::Null)
    );
    let text = stored(&nextcloud, &uid);
    assert!(
        !text.contains("DUE") && !text.contains("DESCRIPTION"),
        "{text}"
    );
    assert!(text.contains("SUMMARY:Taxes\r\n"), "{text}");
}

#[tokio::test]
async fn subtasks_are_shown_completed_and_deleted_with_their_parent_only_when_asked() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    let party = created(&client, json!({"summary": "Party"})).await;
    let cake = created(&client, json!({"summary": "Cake", "parent_uid": party})).await;
    created(&client, json!({"summary": "Eggs", "parent_uid": cake})).await;
    assert!(stored(&nextcloud, &cake).contains(&format!("RELATED-TO;RELTYPE=PARENT:{party}\r\n")));
    client
        .fail(
            "nc_calendar_create_todo",
            json!({"summary": "x", "parent_uid": "nobody"}),
        )
        .await;
    client
        .fail(
            "nc_calendar_update_todo",
            json!({"todo_uid": party, "parent_uid": cake}),
        )
        .await;

    let read = client
        .ok("nc_calendar_get_todo", json!({"todo_uid": party}))
        .await;
    let below: Vec<&str> = read["subtasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["summary"].as_str().unwrap())
        .collect();
    assert_eq!(below, ["Cake", "Eggs"]);
    assert_eq!(
        summaries(
            &client,
            "nc_calendar_list_todos",
            json!({"parent_uid": party})
        )
        .await,
        ["Cake"]
    );

    let text = client
        .fail("nc_calendar_delete_todo", json!({"todo_uid": party}))
        .await;
    assert!(text.contains("Cake"), "{text}");
    assert_eq!(nextcloud.state().objects("alice", "tasks").len(), 3);
    let alone = client
        .ok("nc_calendar_complete_todo", json!({"todo_uid": cake}))
        .await;
    assert_eq!(alone["open_subtasks"][0]["summary"], "Eggs");
    let all = client
        .ok(
            "nc_calendar_complete_todo",
            json!({"todo_uid": party, "with_subtasks": true}),
        )
        .await;
    assert_eq!(all["task"]["status"], "COMPLETED");
    // Eggs are a part of the cake, which was completed before; they were still open.
    assert_eq!(all["completed_subtasks"][0]["summary"], "Eggs");
    client
        .ok(
            "nc_calendar_delete_todo",
            json!({"todo_uid": party, "with_subtasks": true}),
        )
        .await;
    assert!(nextcloud.state().objects("alice", "tasks").is_empty());
}

#[tokio::test]
async fn a_task_that_someone_else_changed_is_not_overwritten() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    let mine = task("t1", &["SUMMARY:Milk"]);
    nextcloud
        .state()
        .put_object("alice", "tasks", "t1.ics", &mine);
    let read = client
        .ok("nc_calendar_get_todo", json!({"todo_uid": "t1"}))
        .await;
    let etag = read["task"]["etag"].clone();
    let theirs = task("t1", &["SUMMARY:Oat milk"]);
    nextcloud
        .state()
        .put_object("alice", "tasks", "t1.ics", &theirs);
    for (tool, arguments) in [
        (
            "nc_calendar_update_todo",
            json!({"todo_uid": "t1", "etag": etag, "summary": "Soy milk"}),
        ),
        (
            "nc_calendar_complete_todo",
            json!({"todo_uid": "t1", "etag": etag}),
        ),
        (
            "nc_calendar_delete_todo",
            json!({"todo_uid": "t1", "etag": etag}),
        ),
    ] {
        let text = client.fail(tool, arguments).await;
        assert!(
            text.contains("Oat milk"),
            "{tool} says what is there now: {text}"
        );
    }
    assert_eq!(stored(&nextcloud, "t1"), theirs);
}

#[tokio::test]
async fn a_repeating_chore_shows_and_completes_the_occurrence_that_is_to_do() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    let chore = task(
        "chore",
        &[
            "SUMMARY:Check backups",
            "DTSTART;VALUE=DATE:20230101",
            "DUE;VALUE=DATE:20230101",
            "RRULE:FREQ=DAILY",
            "X-APPLE-SORT-ORDER:42",
            "X-OC-HIDESUBTASKS:0",
        ],
    );
    nextcloud
        .state()
        .put_object("alice", "tasks", "chore.ics", &chore);
    let listed = client.ok("nc_calendar_list_todos", json!({})).await;
    let shown = &listed["todos"][0];
    assert_eq!(shown["overdue"], Value::Null, "{shown}");
    assert_eq!(shown["pending_since"], "2023-01-01");
    let completed = client
        .ok("nc_calendar_complete_todo", json!({"todo_uid": "chore"}))
        .await;
    assert_eq!(completed["completed_occurrence"], shown["due"]);
    assert_eq!(completed["task"]["due"], shown["next"]);
    assert_eq!(completed["task"]["status"], "NEEDS-ACTION");
    let text = stored(&nextcloud, "chore");
    for line in [
        "X-APPLE-SORT-ORDER:42\r\n",
        "X-OC-HIDESUBTASKS:0\r\n",
        "RRULE:FREQ=DAILY\r\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

/// Two tasks of another calendar than `late`, which is the only one that is due.
fn with_priorities(nextcloud: &StandIn) {
    for (uid, priority) in [("low", "9"), ("high", "1")] {
        let lines = [format!("SUMMARY:{uid}"), format!("PRIORITY:{priority}")];
        let text = task(uid, &lines.each_ref().map(String::as_str));
        let name = format!("{uid}.ics");
        nextcloud.state().put_object("alice", "tasks", &name, &text);
    }
}

#[tokio::test]
async fn tasks_of_all_calendars_come_sorted_and_filters_hold_over_all() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    with_priorities(&nextcloud);
    let late = task("late", &["SUMMARY:Late", "DUE:20250101T080000Z"]);
    {
        let mut state = nextcloud.state();
        state.add_calendar("alice", "house", "House");
        state.put_object("alice", "house", "late.ics", &late);
    }
    assert_eq!(
        summaries(&client, "nc_calendar_list_todos", json!({})).await,
        ["Late", "high", "low"]
    );
    let important = json!({"min_priority": 5});
    assert_eq!(
        summaries(&client, "nc_calendar_search_todos", important).await,
        ["high"]
    );
    let text = client
        .fail(
            "nc_calendar_create_todo",
            json!({"calendar_name": "personal", "summary": "x"}),
        )
        .await;
    assert!(text.contains("holds no tasks"), "{text}");
}

#[tokio::test]
async fn tasks_of_a_shared_calendar_are_listed_and_stay_as_they_are() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    with_priorities(&nextcloud);
    let late = task("late", &["SUMMARY:Late", "DUE:20250101T080000Z"]);
    {
        let mut state = nextcloud.state();
        state.add_calendar("bob", "house", "House");
        state.share_calendar("bob", "house", "alice", false);
        state.put_object("bob", "house", "late.ics", &late);
    }
    assert_eq!(
        summaries(&client, "nc_calendar_list_todos", json!({})).await,
        ["Late", "high", "low"]
    );
    for (tool, arguments) in [
        (
            "nc_calendar_create_todo",
            json!({"calendar_name": "house_shared_by_bob", "summary": "x"}),
        ),
        (
            "nc_calendar_update_todo",
            json!({"todo_uid": "late", "summary": "x"}),
        ),
        ("nc_calendar_complete_todo", json!({"todo_uid": "late"})),
        ("nc_calendar_delete_todo", json!({"todo_uid": "late"})),
    ] {
        let text = client.fail(tool, arguments).await;
        assert!(text.contains("read-only"), "{tool}: {text}");
    }
    let stored = nextcloud.state().objects("bob", "house");
    assert_eq!((stored.len(), stored[0].data.as_str()), (1, late.as_str()));
    assert!(
        nextcloud
            .requests()
            .iter()
            .all(|entry| entry.method != "PUT")
    );
}

// D12: what can be said of a task can be said at once.
#[tokio::test]
async fn a_task_is_created_with_all_that_a_task_can_have() {
    let (nextcloud, _server, client) = with_tasks(stage!());
    let uid = created(
        &client,
        json!({"summary": "Water the plants", "due": "2099-12-07T09:00", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
            "location": "Balcony", "url": "https://example.org/plants", "percent_complete": 25}),
    )
    .await;
    let text = stored(&nextcloud, &uid);
    for line in [
        "DUE;TZID=Europe/Berlin:20991207T090000\r\n",
        "RRULE:FREQ=WEEKLY;BYDAY=MO\r\n",
        "LOCATION:Balcony\r\n",
        "https://example.org/plants\r\n",
        "PERCENT-COMPLETE:25\r\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}
