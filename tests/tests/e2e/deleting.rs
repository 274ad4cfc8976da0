//! `NEXTCLOUD_MCP_CONFIRM_DELETE`: the person is asked before anything is deleted, or the model has to come back with a handle.

use nextcloud_mcp_tests::harness::{Attended, Era, Reply, Server, Somebody};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::talker::begin;

const SWITCH: &str = "NEXTCLOUD_MCP_CONFIRM_DELETE";
const DELETE: &str = "nc_notes_delete_note";

async fn notes() -> (StandIn, Server, i64) {
    let nextcloud = StandIn::with_two_users().await;
    let note = nextcloud
        .state()
        .add_note("alice", "Plans", "", "Secret plans");
    let server = Server::basic(&nextcloud, "alice").with(SWITCH, "true");
    (nextcloud, server.start().await, note)
}

fn left(nextcloud: &StandIn) -> usize {
    nextcloud.state().notes("alice").len()
}

fn handle(text: &str) -> String {
    let handle = text
        .split("confirm \"")
        .nth(1)
        .unwrap_or_else(|| panic!("{text}"));
    handle.split('"').next().unwrap().to_owned()
}

async fn deletes(client: &Attended, arguments: Value) -> Result<(), String> {
    let outcome = client.call(DELETE, arguments).await;
    if outcome.is_error {
        Err(outcome.text)
    } else {
        Ok(())
    }
}

#[tokio::test]
async fn a_note_goes_once_the_person_agreed_and_not_before() {
    let (nextcloud, server, note) = notes().await;
    let replies = [Reply::Decline, Reply::Close, Reply::Accept(json!({}))];
    let client = Somebody::who_says(replies)
        .http(&server.endpoint(), Era::Discover)
        .await;
    for _ in 0..2 {
        let refused = deletes(&client, json!({"note_id": note}))
            .await
            .unwrap_err();
        assert!(
            refused.contains("did not agree. Nothing was done."),
            "{refused}"
        );
        assert_eq!(left(&nextcloud), 1);
    }
    deletes(&client, json!({"note_id": note})).await.unwrap();
    assert_eq!(left(&nextcloud), 0);
    let question = &client.questions()[0];
    assert_eq!(
        *question,
        format!(
            "May the assistant delete this in your Nextcloud?\nDelete Note (nc_notes_delete_note)\n{{\"note_id\":{note}}}"
        )
    );
}

#[tokio::test]
async fn over_pipes_an_older_client_is_asked_as_well() {
    let nextcloud = StandIn::with_two_users().await;
    let note = nextcloud.state().add_note("alice", "Plans", "", "");
    let start = Server::basic(&nextcloud, "alice").with(SWITCH, "true");
    let client = Somebody::who_says([Reply::Accept(json!({}))])
        .stdio(start, Era::Handshake)
        .await;
    deletes(&client, json!({"note_id": note})).await.unwrap();
    assert_eq!((left(&nextcloud), client.questions().len()), (0, 1));
    client.close().await;
}

#[tokio::test]
async fn a_client_that_cannot_ask_needs_the_handle_of_this_very_call() {
    let (nextcloud, server, other) = notes().await;
    for era in [Era::Handshake, Era::Discover] {
        let note = nextcloud.state().add_note("alice", "Old", "", "");
        let client = Somebody::nobody().http(&server.endpoint(), era).await;
        let told = deletes(&client, json!({"note_id": note}))
            .await
            .unwrap_err();
        assert!(
            told.contains("Nothing was done yet") && told.contains("Show the user"),
            "{told}"
        );
        assert!(told.contains(&format!("{{\"note_id\":{note}}}")), "{told}");
        let handle = handle(&told);
        for wrong in [
            json!({"note_id": other, "confirm": handle}),
            json!({"note_id": note, "confirm": format!("{handle}x")}),
            json!({"note_id": note, "confirm": format!("1{handle}")}),
            json!({"note_id": note, "confirm": "yes"}),
            json!({"note_id": note, "confirm": true}),
        ] {
            let refused = deletes(&client, wrong.clone()).await.unwrap_err();
            assert!(
                refused.contains("the handle is not the one"),
                "{wrong}: {refused}"
            );
        }
        assert_eq!(left(&nextcloud), 2);
        let right = json!({"note_id": note, "confirm": handle});
        deletes(&client, right).await.unwrap();
        assert_eq!(left(&nextcloud), 1);
    }
}

#[tokio::test]
async fn nobody_is_asked_about_a_call_that_would_not_run() {
    let (_nextcloud, server, _) = notes().await;
    let client = Somebody::who_says([Reply::Accept(json!({}))]);
    let client = client.http(&server.endpoint(), Era::Discover).await;
    let told = deletes(&client, json!({"note_id": "seven"}))
        .await
        .unwrap_err();
    assert!(told.contains("/note_id"), "{told}");
    assert!(client.questions().is_empty());
}

#[tokio::test]
async fn the_handle_is_described_only_where_it_is_asked_for() {
    let (_nextcloud, server, _) = notes().await;
    let confirm = async |server: &Server, tool: &str| {
        let tools = server.client().await.tools().await;
        let tool = tools.into_iter().find(|one| one.name == tool).unwrap();
        tool.input_schema["properties"].get("confirm").cloned()
    };
    let described = confirm(&server, DELETE).await.unwrap();
    assert!(
        described["description"]
            .as_str()
            .unwrap()
            .contains("Only once the user agreed")
    );
    assert!(confirm(&server, "nc_notes_create_note").await.is_none());
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    assert!(confirm(&server, DELETE).await.is_none());
}

#[tokio::test]
async fn a_tool_with_a_handle_of_its_own_gives_that_and_cannot_delete_without_it() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_calendar("alice", "work", "Work");
    let server = Server::basic(&nextcloud, "alice")
        .with(SWITCH, "true")
        .start()
        .await;
    let has_work = |nextcloud: &StandIn| {
        nextcloud
            .state()
            .calendars("alice")
            .iter()
            .any(|name| name == "work")
    };
    let delete = json!({"action": "delete", "calendar_name": "work"});
    let nobody = Somebody::nobody()
        .http(&server.endpoint(), Era::Discover)
        .await;
    let told = nobody
        .call("nc_calendar_manage_calendar", delete.clone())
        .await;
    assert!(told.is_error && has_work(&nextcloud), "{}", told.text);
    let mut confirmed = delete.clone();
    confirmed["confirm"] = json!(handle(&told.text));
    let asked = Somebody::who_says([Reply::Decline, Reply::Accept(json!({}))]);
    let asked = asked.http(&server.endpoint(), Era::Discover).await;
    let outcome = asked
        .call("nc_calendar_manage_calendar", confirmed.clone())
        .await;
    assert!(outcome.is_error && has_work(&nextcloud), "{}", outcome.text);
    let outcome = asked.call("nc_calendar_manage_calendar", confirmed).await;
    assert!(
        !outcome.is_error && !has_work(&nextcloud),
        "{}",
        outcome.text
    );
    // What deletes nothing in this mode bothers nobody.
    let create = json!({"action": "create", "display_name": "New"});
    let outcome = asked.call("nc_calendar_manage_calendar", create).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(asked.questions().len(), 2);
}

#[tokio::test]
async fn a_plugin_that_does_not_look_at_its_handle_is_kept_from_deleting_without_one() {
    let stage = begin(|start| start.with(SWITCH, "true")).await;
    let client = stage.client(Somebody::nobody()).await;
    let deleted = || {
        let requests = stage.nextcloud.requests();
        requests
            .iter()
            .filter(|entry| entry.method == "DELETE")
            .count()
    };
    let outcome = client.call("nc_talker_careless", json!({"id": 1})).await;
    assert!(outcome.is_error, "{}", outcome.text);
    // What nobody gave out agrees to nothing, whatever the plugin makes of it.
    for forged in ["yes", "true", "a.ffffffffff.0000"] {
        let call = json!({"id": 1, "confirm": forged});
        let outcome = client.call("nc_talker_careless", call).await;
        assert!(outcome.is_error, "{forged}: {}", outcome.text);
    }
    let outcome = client.call("nc_talker_remove", json!({"id": 1})).await;
    assert!(
        outcome.is_error && outcome.text.contains("Nothing was done yet"),
        "{}",
        outcome.text
    );
    assert_eq!(deleted(), 0);
    let confirm = handle(&outcome.text);
    client
        .call("nc_talker_remove", json!({"id": 1, "confirm": confirm}))
        .await;
    assert_eq!(deleted(), 1);
}
