//! Finding many events and changing many, from the client's call to what Nextcloud stores.

use nextcloud_mcp_tests::harness::Client;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::stage::Stage;

const BULK: &str = "nc_calendar_bulk_operations";

/// A meeting on five Mondays at nine in Berlin.
const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:weekly\r\n\
     DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20261012T090000\r\nDTEND;TZID=Europe/Berlin:20261012T093000\r\n\
     RRULE:FREQ=WEEKLY;COUNT=5\r\nSUMMARY:Weekly\r\nX-KEPT:as it was\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// With a second calendar.
pub(crate) fn with_work(stage: Stage) -> Stage {
    stage.0.state().add_calendar("alice", "work", "Work");
    stage
}

pub(crate) fn event(uid: &str, start: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART:{start}\r\nDURATION:PT1H\r\nSUMMARY:{title}\r\nX-KEPT:{uid}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

pub(crate) fn put(nextcloud: &StandIn, calendar: &str, uid: &str, text: &str) {
    let name = format!("{uid}.ics");
    nextcloud.state().put_object("alice", calendar, &name, text);
}

fn stored(nextcloud: &StandIn, calendar: &str) -> Vec<String> {
    let objects = nextcloud.state().objects("alice", calendar);
    objects.into_iter().map(|object| object.data).collect()
}

/// The dry run, and the arguments that confirm it.
async fn dry_run(client: &Client, arguments: &Value) -> (Value, Value) {
    let shown = client.ok(BULK, arguments.clone()).await;
    let mut confirmed = arguments.clone();
    confirmed["confirm"] = shown["confirm"].clone();
    (shown, confirmed)
}

fn count(answer: &Value, result: &str) -> usize {
    let items = answer["items"].as_array().unwrap();
    items.iter().filter(|item| item["result"] == result).count()
}

#[tokio::test]
async fn every_one_of_sixty_one_events_is_deleted_and_nothing_else() {
    let (nextcloud, _server, client) = with_work(stage!());
    for i in 0..61 {
        let text = event(
            &format!("u{i}"),
            "20261201T100000Z",
            &format!("Standup {i}"),
        );
        put(&nextcloud, "work", &format!("u{i}"), &text);
    }
    put(
        &nextcloud,
        "work",
        "other",
        &event("other", "20261201T100000Z", "Review"),
    );
    put(
        &nextcloud,
        "personal",
        "mine",
        &event("mine", "20261201T100000Z", "Standup at home"),
    );

    let arguments =
        json!({"operation": "delete", "calendar_name": "work", "title_contains": "STANDUP"});
    let (shown, confirmed) = dry_run(&client, &arguments).await;
    assert_eq!(count(&shown, "planned"), 61);
    assert_eq!(stored(&nextcloud, "work").len(), 62);

    let answer = client.ok(BULK, confirmed.clone()).await;
    assert_eq!(count(&answer, "done"), 61);
    assert_eq!(stored(&nextcloud, "work").len(), 1);
    assert_eq!(stored(&nextcloud, "personal").len(), 1);
    // The handle was for what is gone now.
    client.fail(BULK, confirmed).await;
}

#[tokio::test]
async fn an_update_changes_the_named_calendar_only_and_those_lines_only() {
    let (nextcloud, _server, client) = with_work(stage!());
    for calendar in ["work", "personal"] {
        for i in 0..20 {
            let uid = format!("{calendar}{i}");
            put(
                &nextcloud,
                calendar,
                &uid,
                &event(&uid, "20261201T100000Z", "Sync"),
            );
        }
    }
    let personal = stored(&nextcloud, "personal");
    let arguments = json!({"operation": "update", "calendar_name": "work", "title_contains": "sync", "new_location": "Raum 5, 2. Stock", "new_categories": "team"});
    let (_, confirmed) = dry_run(&client, &arguments).await;
    let answer = client.ok(BULK, confirmed).await;
    assert_eq!(count(&answer, "done"), 20);
    assert_eq!(stored(&nextcloud, "personal"), personal);
    for (i, text) in stored(&nextcloud, "work").iter().enumerate() {
        assert!(
            text.contains("LOCATION:Raum 5\\, 2. Stock\r\n"),
            "{i} {text}"
        );
        assert!(
            text.contains("X-KEPT:work") && text.contains("SUMMARY:Sync\r\n"),
            "{i} {text}"
        );
    }
    // Once more there is nothing to do.
    let shown = client.ok(BULK, arguments).await;
    assert_eq!(
        (count(&shown, "unchanged"), shown["confirm"].clone()),
        (20, Value::Null)
    );
}

#[tokio::test]
async fn events_move_with_every_byte_that_they_have() {
    let (nextcloud, _server, client) = with_work(stage!());
    put(
        &nextcloud,
        "work",
        "a",
        &event("a", "20261201T100000Z", "Offsite"),
    );
    put(&nextcloud, "work", "weekly", WEEKLY);
    let before = stored(&nextcloud, "work");
    let mut arguments = json!({"operation": "move", "calendar_name": "work", "target_calendar": "personal", "start_date": "2026-10-01", "end_date": "2026-12-31"});
    let (shown, _) = dry_run(&client, &arguments).await;
    assert_eq!((count(&shown, "planned"), count(&shown, "skipped")), (1, 1));
    arguments["apply_to_series"] = json!(true);
    let (_, confirmed) = dry_run(&client, &arguments).await;
    client.ok(BULK, confirmed).await;
    assert_eq!(stored(&nextcloud, "work"), Vec::<String>::new());
    assert_eq!(stored(&nextcloud, "personal"), before);
}

#[tokio::test]
async fn of_a_series_only_the_occurrences_in_the_range_go() {
    let (nextcloud, _server, client) = with_work(stage!());
    put(&nextcloud, "work", "weekly", WEEKLY);
    let arguments = json!({"operation": "delete", "title_contains": "weekly", "start_date": "2026-10-19", "end_date": "2026-10-26"});
    let (shown, confirmed) = dry_run(&client, &arguments).await;
    assert_eq!(count(&shown, "planned"), 2);
    client.ok(BULK, confirmed).await;
    let listed = client
        .ok(
            "nc_calendar_list_events",
            json!({"start_date": "2026-10-01", "end_date": "2026-11-30"}),
        )
        .await;
    let starts: Vec<&str> = listed["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["start"].as_str().unwrap())
        .collect();
    let left = [
        "2026-10-12T09:00:00+02:00",
        "2026-11-02T09:00:00+01:00",
        "2026-11-09T09:00:00+01:00",
    ];
    assert_eq!(starts, left);
    assert!(stored(&nextcloud, "work")[0].contains("X-KEPT:as it was"));
}

#[tokio::test]
async fn two_hundred_occurrences_of_a_series_are_one_write_within_what_a_call_may_compute() {
    let (nextcloud, _server, client) = with_work(stage!());
    put(
        &nextcloud,
        "work",
        "daily",
        &WEEKLY
            .replace("WEEKLY;COUNT=5", "DAILY;COUNT=400")
            .replace("weekly", "daily"),
    );
    let arguments = json!({"operation": "update", "title_contains": "weekly", "start_date": "2026-10-12", "end_date": "2027-04-29", "new_title": "Online"});
    let (shown, confirmed) = dry_run(&client, &arguments).await;
    assert_eq!(count(&shown, "planned"), 200);
    nextcloud.forget_requests();
    let answer = client.ok(BULK, confirmed).await;
    assert_eq!(count(&answer, "done"), 200);
    let puts = nextcloud
        .requests()
        .into_iter()
        .filter(|entry| entry.method == "PUT");
    assert_eq!(puts.count(), 1);
    let text = &stored(&nextcloud, "work")[0];
    assert_eq!(text.matches("SUMMARY:Online").count(), 200);
}

#[tokio::test]
async fn filters_work_before_the_limit_and_unknown_ones_are_refused() {
    let (nextcloud, _server, client) = with_work(stage!());
    for i in 0..70 {
        let uid = format!("u{i}");
        put(
            &nextcloud,
            "work",
            &uid,
            &event(&uid, "20261201T100000Z", &format!("Büro {i}")),
        );
    }
    let list = "nc_calendar_list_events";
    let range = json!({"start_date": "2026-12-01", "end_date": "2026-12-01", "title_contains": "buro 69", "limit": 1});
    let listed = client.ok(list, range).await;
    assert_eq!(listed["events"][0]["title"], "Büro 69");
    for tool in [list, BULK] {
        let text = client
            .fail(
                tool,
                json!({"operation": "delete", "organiser": "x", "title_contains": "x"}),
            )
            .await;
        assert!(text.contains("organiser"), "{text}");
    }
}

// D4: a filter that is offered works, in a list and in a deletion.
#[tokio::test]
async fn events_are_told_apart_by_their_length() {
    let (nextcloud, _server, client) = with_work(stage!());
    let short = event("short", "20261201T100000Z", "Short");
    let long = event("long", "20261201T100000Z", "Long").replace("PT1H", "PT10H");
    put(&nextcloud, "work", "short", &short);
    put(&nextcloud, "work", "long", &long);
    let arguments =
        json!({"start_date": "2026-12-01", "end_date": "2026-12-01", "min_duration_minutes": 600});
    let listed = client.ok("nc_calendar_list_events", arguments).await;
    assert_eq!(listed["events"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["events"][0]["title"], "Long");
    let arguments =
        json!({"operation": "delete", "calendar_name": "work", "min_duration_minutes": 600});
    let (_, confirmed) = dry_run(&client, &arguments).await;
    client.ok(BULK, confirmed).await;
    assert_eq!(stored(&nextcloud, "work"), [short]);
}

// D5, D13: a day is the user's day, the last one to its end, for lists and for every bulk operation.
#[tokio::test]
async fn days_are_the_users_days_and_the_last_one_belongs_to_them() {
    let (nextcloud, _server, client) = with_work(stage!());
    // Half an hour before and after midnight in Berlin, at both ends.
    for (uid, start) in [
        ("before", "20261130T223000Z"),
        ("first", "20261130T233000Z"),
        ("last", "20261202T223000Z"),
        ("after", "20261202T233000Z"),
    ] {
        put(
            &nextcloud,
            "work",
            uid,
            &event(uid, start, uid).replace("PT1H", "PT15M"),
        );
    }
    let range = json!({"start_date": "2026-12-01", "end_date": "2026-12-02"});
    let listed = client.ok("nc_calendar_list_events", range.clone()).await;
    let titles: Vec<&str> = listed["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["first", "last"]);
    for operation in [
        json!({"operation": "update", "new_location": "here"}),
        json!({"operation": "move", "target_calendar": "personal"}),
        json!({"operation": "delete"}),
    ] {
        let mut arguments = operation;
        arguments["calendar_name"] = json!("work");
        arguments["start_date"] = range["start_date"].clone();
        arguments["end_date"] = range["end_date"].clone();
        let shown = client.ok(BULK, arguments).await;
        let items = shown["items"].as_array().unwrap();
        let uids: Vec<&str> = items
            .iter()
            .map(|item| item["uid"].as_str().unwrap())
            .collect();
        assert_eq!(uids, ["first", "last"], "{shown}");
    }
}

#[tokio::test]
async fn a_shared_calendar_that_is_read_only_is_named_and_stays_as_it_is() {
    let (nextcloud, _server, client) = with_work(stage!());
    {
        let mut state = nextcloud.state();
        state.add_calendar("bob", "team", "Team");
        state.put_object(
            "bob",
            "team",
            "t.ics",
            &event("t", "20261201T100000Z", "Sync"),
        );
        state.share_calendar("bob", "team", "alice", false);
    }
    put(
        &nextcloud,
        "work",
        "w",
        &event("w", "20261201T100000Z", "Sync"),
    );
    let arguments = json!({"operation": "delete", "title_contains": "sync"});
    let (shown, confirmed) = dry_run(&client, &arguments).await;
    assert!(
        shown["read_only"]
            .as_array()
            .unwrap()
            .contains(&json!("team_shared_by_bob"))
    );
    assert_eq!(count(&shown, "planned"), 1);
    client.ok(BULK, confirmed).await;
    assert_eq!(nextcloud.state().objects("bob", "team").len(), 1);
    assert_eq!(stored(&nextcloud, "work"), Vec::<String>::new());
}

#[tokio::test]
async fn upcoming_events_begin_with_what_runs_now() {
    let (_nextcloud, _server, client) = with_work(stage!());
    let now = client
        .ok("nc_calendar_get_upcoming_events", json!({}))
        .await;
    assert_eq!(now["events"], json!([]));
    let create = json!({"calendar_name": "work", "title": "All year", "start_datetime": "2020-01-01", "end_datetime": "2099-01-01"});
    client.ok("nc_calendar_create_event", create).await;
    let now = client
        .ok(
            "nc_calendar_get_upcoming_events",
            json!({"days_ahead": 1, "limit": 1}),
        )
        .await;
    assert_eq!(now["events"][0]["title"], "All year");
    assert_eq!(now["shown_in"], "Europe/Berlin");
}
