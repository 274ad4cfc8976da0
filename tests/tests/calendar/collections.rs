//! Calendars themselves, the trash bin, and moving, from the client's call to what Nextcloud
//! has afterwards.

use nextcloud_mcp_tests::harness::Client;
use serde_json::{Value, json};

/// With what another program's editor would lose.
pub(crate) const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:ev\r\n\
     DTSTAMP:20260101T000000Z\r\nDTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\nSUMMARY:Review\r\n\
     X-ODD;A=\"b;c\":kept\\, as\r\n  it is\r\nORGANIZER:mailto:alice@example.org\r\n\
     ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;X-P=1:mailto:bob@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

pub(crate) fn simple(uid: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART:20261201T100000Z\r\nSUMMARY:{uid}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// A calendar of the list.
async fn listed(client: &Client, name: &str) -> Option<Value> {
    let list = client.ok("nc_calendar_list_calendars", json!({})).await;
    let calendars = list["calendars"].as_array().unwrap();
    calendars
        .iter()
        .find(|calendar| calendar["name"] == name)
        .cloned()
}

/// Asks for a calendar to be deleted; the call that goes through with it.
async fn confirmed(client: &Client, name: &str) -> Value {
    let mut arguments = json!({"action": "delete", "calendar_name": name});
    let first = client
        .fail("nc_calendar_manage_calendar", arguments.clone())
        .await;
    let shown: Value = serde_json::from_str(first.lines().last().unwrap()).unwrap();
    assert!(shown["confirm"].is_string(), "{first}");
    arguments["confirm"] = shown["confirm"].clone();
    arguments
}

/// Deletes a calendar in the two steps that it takes.
async fn delete(client: &Client, name: &str) {
    let arguments = confirmed(client, name).await;
    client.ok("nc_calendar_manage_calendar", arguments).await;
}

// D6
#[tokio::test]
async fn a_calendar_can_be_called_anything_and_nothing_in_its_name_is_markup() {
    let (_nextcloud, _server, client) = stage!();
    for (number, name) in ["R&D", "]]>", "<d:x/>", "\"quoted\" & 'so'", "日本語 😀"]
        .iter()
        .enumerate()
    {
        let uri = format!("c{number}");
        client
            .ok(
                "nc_calendar_manage_calendar",
                json!({"action": "create", "calendar_name": uri, "display_name": name, "description": name}),
            )
            .await;
        let calendar = listed(&client, &uri).await.unwrap();
        assert_eq!(calendar["display_name"], *name);
        assert_eq!(calendar["description"], *name);
    }
    let refused = client
        .fail(
            "nc_calendar_manage_calendar",
            json!({"action": "create", "display_name": "a\u{1b}b"}),
        )
        .await;
    assert!(refused.contains("U+001B"), "{refused}");
}

// D7
#[tokio::test]
async fn a_colour_is_where_nextcloud_looks_for_it() {
    let (nextcloud, _server, client) = stage!();
    let created = client
        .ok(
            "nc_calendar_manage_calendar",
            json!({"action": "create", "display_name": "Travel", "color": "#0fa"}),
        )
        .await;
    assert_eq!(created["calendars"][0]["color"], "#00ffaa");
    let requests = nextcloud.requests();
    let sent = requests.iter().find(|entry| entry.method == "MKCALENDAR");
    let sent = String::from_utf8_lossy(&sent.unwrap().body).into_owned();
    assert!(
        sent.contains("calendar-color") && sent.contains("http://apple.com/ns/ical/"),
        "{sent}"
    );
    assert_eq!(listed(&client, "travel").await.unwrap()["color"], "#00ffaa");
}

// D8
#[tokio::test]
async fn an_update_of_a_calendar_changes_what_is_given_and_nothing_else() {
    let (_nextcloud, _server, client) = stage!();
    client
        .ok(
            "nc_calendar_manage_calendar",
            json!({"action": "create", "display_name": "Travel", "color": "#112233", "description": "trips"}),
        )
        .await;
    client
        .ok(
            "nc_calendar_manage_calendar",
            json!({"action": "update", "calendar_name": "travel", "display_name": "Voyages & more"}),
        )
        .await;
    let calendar = listed(&client, "travel").await.unwrap();
    assert_eq!(calendar["display_name"], "Voyages & more");
    assert_eq!(
        (&calendar["color"], &calendar["description"]),
        (&json!("#112233"), &json!("trips"))
    );
    client
        .ok(
            "nc_calendar_manage_calendar",
            json!({"action": "update", "calendar_name": "travel", "description": ""}),
        )
        .await;
    assert_eq!(
        listed(&client, "travel").await.unwrap().get("description"),
        None
    );
}

#[tokio::test]
async fn a_deleted_calendar_waits_in_the_trash_bin_and_comes_back_whole() {
    let (nextcloud, _server, client) = stage!();
    nextcloud.state().add_calendar("alice", "work", "Work");
    nextcloud
        .state()
        .put_object("alice", "work", "a.ics", &simple("a"));
    delete(&client, "work").await;
    assert_eq!(listed(&client, "work").await, None);

    // Its name is taken as long as it lies there.
    let refused = client
        .fail(
            "nc_calendar_manage_calendar",
            json!({"action": "create", "calendar_name": "work"}),
        )
        .await;
    assert!(refused.contains("restore_from_trash"), "{refused}");
    let made = client
        .ok(
            "nc_calendar_manage_calendar",
            json!({"action": "create", "display_name": "Work"}),
        )
        .await;
    assert_eq!(made["calendars"][0]["name"], "work-2");

    let trash = client.ok("nc_calendar_list_trash", json!({})).await;
    let id = trash["calendars"][0]["id"].clone();
    assert_eq!(id, "calendar:work");
    client
        .ok("nc_calendar_restore_from_trash", json!({"id": id}))
        .await;
    assert_eq!(nextcloud.state().objects("alice", "work").len(), 1);
    assert_eq!(
        client.ok("nc_calendar_list_trash", json!({})).await["calendars"],
        json!([])
    );
}

#[tokio::test]
async fn what_came_into_a_calendar_after_it_was_shown_is_not_deleted_with_it() {
    let (nextcloud, _server, client) = stage!();
    nextcloud.state().add_calendar("alice", "work", "Work");
    let arguments = confirmed(&client, "work").await;
    nextcloud
        .state()
        .put_object("alice", "work", "a.ics", &simple("a"));
    let refused = client.fail("nc_calendar_manage_calendar", arguments).await;
    assert!(refused.contains("confirm does not fit"), "{refused}");
    assert!(listed(&client, "work").await.is_some());
}

#[tokio::test]
async fn leaving_a_shared_calendar_takes_nothing_from_its_owner() {
    let (nextcloud, _server, client) = stage!();
    {
        let mut state = nextcloud.state();
        state.add_calendar("bob", "team", "Team");
        state.put_object("bob", "team", "a.ics", &simple("a"));
        state.share_calendar("bob", "team", "alice", true);
    }
    let shared = listed(&client, "team_shared_by_bob").await.unwrap();
    assert_eq!(
        (&shared["owner"], &shared["writable"]),
        (&json!("bob"), &json!(true))
    );
    assert_eq!(shared.get("may_share"), None);
    // A name of the user's own for it.
    client
        .ok(
            "nc_calendar_manage_calendar",
            json!({"action": "update", "calendar_name": "team_shared_by_bob", "display_name": "Bob's"}),
        )
        .await;
    delete(&client, "team_shared_by_bob").await;
    assert_eq!(listed(&client, "team_shared_by_bob").await, None);
    assert_eq!(nextcloud.state().objects("bob", "team").len(), 1);
}

#[tokio::test]
async fn a_deleted_event_comes_back_from_the_trash_bin() {
    let (nextcloud, _server, client) = stage!();
    nextcloud
        .state()
        .put_object("alice", "personal", "ev.ics", EVENT);
    client
        .ok("nc_calendar_delete_event", json!({"event_uid": "ev"}))
        .await;
    let trash = client.ok("nc_calendar_list_trash", json!({})).await;
    let item = &trash["items"][0];
    assert_eq!(
        (&item["uid"], &item["title"]),
        (&json!("ev"), &json!("Review"))
    );
    assert_eq!(
        (&item["calendar"], &item["start"]),
        (&json!("personal"), &json!("2026-12-01T11:00:00+01:00"))
    );
    let restore = json!({"id": item["id"]});
    client
        .ok("nc_calendar_restore_from_trash", restore.clone())
        .await;
    assert_eq!(
        nextcloud.state().objects("alice", "personal")[0].data,
        EVENT
    );
    client.fail("nc_calendar_restore_from_trash", restore).await;
}

// A UID in the trash bin: Nextcloud says 500, the tools say what to do.
#[tokio::test]
async fn a_uid_in_the_trash_bin_leads_to_the_tool_that_restores_it() {
    let (nextcloud, _server, client) = stage!();
    nextcloud
        .state()
        .put_object("alice", "personal", "other.ics", &simple("a"));
    nextcloud
        .state()
        .trash_object("alice", "personal", "other.ics");
    let import = json!({"calendar_name": "personal", "ics": simple("a")});
    let answer = client.ok("nc_calendar_import_ics", import).await;
    let reason = answer["skipped"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("list_trash") && reason.contains("restore_from_trash"),
        "{reason}"
    );
}

// D9
#[tokio::test]
async fn a_moved_event_is_the_same_to_the_byte_and_is_no_copy() {
    let (nextcloud, _server, client) = stage!();
    nextcloud.state().add_calendar("alice", "work", "Work");
    nextcloud
        .state()
        .put_object("alice", "personal", "ev.ics", EVENT);
    let moved = client
        .ok(
            "nc_calendar_move_event",
            json!({"event_uid": "ev", "target_calendar": "Work"}),
        )
        .await;
    let there = nextcloud.state().objects("alice", "work");
    assert_eq!((there.len(), there[0].data.as_str()), (1, EVENT));
    assert!(nextcloud.state().objects("alice", "personal").is_empty());
    // Neither written nor deleted, so that nothing lies in the trash bin.
    let requests = nextcloud.requests();
    let sent = |method: &str| requests.iter().filter(|one| one.method == method).count();
    assert_eq!((sent("MOVE"), sent("PUT"), sent("DELETE")), (1, 0, 0));
    let read = client
        .ok("nc_calendar_get_event", json!({"event_uid": "ev"}))
        .await;
    assert_eq!(moved["etag"], read["event"]["etag"]);
}

#[tokio::test]
async fn a_move_that_would_lose_something_is_refused() {
    let (nextcloud, _server, client) = stage!();
    {
        let mut state = nextcloud.state();
        state.add_calendar("alice", "work", "Work");
        state.put_object("alice", "personal", "ev.ics", EVENT);
        state.put_object("alice", "work", "theirs.ics", &simple("ev"));
    }
    let refused = client
        .fail(
            "nc_calendar_move_event",
            json!({"event_uid": "ev", "calendar_name": "personal", "target_calendar": "work"}),
        )
        .await;
    assert!(refused.contains("already"), "{refused}");
    assert_eq!(
        nextcloud.state().objects("alice", "personal")[0].data,
        EVENT
    );
    assert_eq!(nextcloud.state().objects("alice", "work").len(), 1);
}

#[tokio::test]
async fn nothing_moves_into_a_calendar_that_can_only_be_read() {
    let (nextcloud, _server, client) = stage!();
    {
        let mut state = nextcloud.state();
        state.put_object("alice", "personal", "ev.ics", EVENT);
        state.add_calendar("bob", "team", "Team");
        state.share_calendar("bob", "team", "alice", false);
    }
    let refused = client
        .fail(
            "nc_calendar_move_event",
            json!({"event_uid": "ev", "target_calendar": "team_shared_by_bob"}),
        )
        .await;
    assert!(refused.contains("read-only"), "{refused}");
    assert_eq!(
        nextcloud.state().objects("alice", "personal")[0].data,
        EVENT
    );
    assert!(nextcloud.state().objects("bob", "team").is_empty());
}

// Nothing is deleted for good, whatever a plugin tries: the manifest has no line for it.
#[tokio::test]
async fn the_tools_of_this_group_say_truly_what_they_may_do() {
    let (_nextcloud, _server, client) = stage!();
    let tools = client.tools().await;
    for (name, reads, destroys) in [
        ("list_calendars", true, false),
        ("list_trash", true, false),
        ("export_ics", true, false),
        ("import_ics", false, false),
        ("move_event", false, true),
        ("restore_from_trash", false, true),
        ("manage_calendar", false, true),
    ] {
        let full = format!("nc_calendar_{name}");
        let tool = tools.iter().find(|tool| tool.name == full).unwrap();
        let hints = tool.annotations.as_ref().unwrap();
        assert_eq!(hints.read_only_hint, Some(reads), "{name}");
        assert_eq!(
            hints.destructive_hint.unwrap_or(true) && !reads,
            destroys,
            "{name}"
        );
    }
}
