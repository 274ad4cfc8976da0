//! One line for each thing that somebody had a plugin do, whatever came of it, and nothing of what it was about.

use std::collections::BTreeSet;
use std::time::Duration;

use nextcloud_mcp_tests::harness::sign_in::call;
use nextcloud_mcp_tests::harness::{Peer, Person, Server, SignIn, Start, request};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use serde_json::{Value, json};

use crate::{asked, audit, calling, free_port, lines, stage};

/// Everything that a line may hold.
const KEYS: [&str; 17] = [
    "access",
    "client",
    "client_name",
    "credential",
    "grant",
    "level",
    "message",
    "outcome",
    "plugin",
    "request_id",
    "span",
    "target",
    "timestamp",
    "took_ms",
    "tool",
    "upstream",
    "user",
];

fn field<'a>(lines: &'a [Value], name: &str) -> Vec<&'a str> {
    let texts = lines.iter().map(|line| line[name].as_str());
    texts.map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn a_call_is_one_line_that_says_who_what_and_what_came_of_it() {
    let (_nextcloud, start) = stage().await;
    // The record is complete at every level of the log.
    let server = start
        .with("NEXTCLOUD_MCP_LOG_LEVEL", "warn")
        .with("NEXTCLOUD_MCP_PORT", free_port().to_string())
        .launch();
    server.listening().await;
    let client = server.client().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    client
        .fail("nc_notes_get_note", json!({"note_id": 999_999}))
        .await;
    client
        .fail("nc_notes_get_note", json!({"note_id": "x"}))
        .await;
    client
        .fail("nc_notes_get_note", json!({"note_id": 1, "colour": "red"}))
        .await;
    client
        .try_call("nc_notes_paint", json!({}))
        .await
        .unwrap_err();
    let found = audit(&server, 5).await;
    let outcomes = [
        "ok",
        "not-found",
        "invalid-arguments",
        "invalid-arguments",
        "unknown",
    ];
    assert_eq!(field(&found, "outcome"), outcomes);
    let get = "nc_notes_get_note";
    assert_eq!(
        field(&found, "tool"),
        ["nc_notes_list_notes", get, get, get, "tools/call"]
    );
    assert_eq!(
        field(&found, "plugin"),
        ["notes", "notes", "notes", "notes", ""]
    );
    for line in &found {
        assert_eq!(
            (&line["user"], &line["credential"]),
            (&json!("alice"), &json!("basic"))
        );
        assert_eq!(
            (&line["access"], &line["level"]),
            (&json!("read"), &json!("INFO"))
        );
        assert!(line["took_ms"].is_u64(), "{line}");
        let keys: BTreeSet<&str> = line.as_object().unwrap().keys().map(|key| &**key).collect();
        assert!(keys.is_subset(&KEYS.into()), "{line}");
    }
    assert!(
        found[0]["upstream"].as_str().unwrap().starts_with("200="),
        "{}",
        found[0]
    );
    assert!(
        found[1]["upstream"].as_str().unwrap().contains("404=1"),
        "{}",
        found[1]
    );
    let ids: BTreeSet<&str> = field(&found, "request_id").into_iter().collect();
    assert_eq!(ids.len(), found.len());
}

#[tokio::test]
async fn a_state_that_is_for_another_call_is_in_it_too() {
    let nextcloud = StandIn::with_two_users().await;
    let guests = Peer::Guests.required().display().to_string();
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", guests)
        .with("NEXTCLOUD_MCP_ENABLE_PLUGIN", "talker")
        .with("NEXTCLOUD_MCP_LOG_FORMAT", "json")
        .start()
        .await;
    let params = json!({
        "name": "nc_talker_order", "arguments": {"name": "Ada"}, "requestState": "forged",
    });
    let forged = request(&server.endpoint(), "tools/call", params);
    let answer = forged.send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let found = audit(&server, 1).await;
    assert_eq!(field(&found, "outcome"), ["state-refused"]);
    assert_eq!(field(&found, "tool"), ["nc_talker_order"]);
    assert_eq!(field(&found, "plugin"), ["talker"]);
}

#[tokio::test]
async fn it_can_be_switched_off_and_written_for_people() {
    let (_nextcloud, start) = stage().await;
    let server = start
        .with("NEXTCLOUD_MCP_LOG_FORMAT", "text")
        .with("NEXTCLOUD_MCP_AUDIT", "false")
        .start()
        .await;
    server
        .client()
        .await
        .ok("nc_notes_list_notes", json!({}))
        .await;
    assert!(!server.logs.text().contains(" audit: "));
    let server = server
        .kill()
        .await
        .with("NEXTCLOUD_MCP_AUDIT", "true")
        .start()
        .await;
    server
        .client()
        .await
        .ok("nc_notes_list_notes", json!({}))
        .await;
    let line = server.logs.wait_for(" audit: ", crate::SOON).await.unwrap();
    assert!(
        line.contains("outcome=\"ok\"") && line.contains("user=\"alice\""),
        "{line}"
    );
}

#[tokio::test]
async fn prompts_and_resources_are_in_it_but_not_their_addresses() {
    let (nextcloud, start) = stage().await;
    let server = start.start().await;
    let id = nextcloud
        .state()
        .add_note("alice", "Secret plans", "", "text");
    let endpoint = server.endpoint();
    let uri = format!("nc://notes/{id}");
    for (method, params) in [
        ("resources/read", json!({"uri": uri})),
        (
            "prompts/get",
            json!({"name": "nc_calendar_daily_agenda", "arguments": {}}),
        ),
    ] {
        let answer = call(&endpoint, None, method, &params).await;
        assert!(answer.body["error"].is_null(), "{method}: {}", answer.body);
    }
    let found = audit(&server, 2).await;
    assert_eq!(field(&found, "outcome"), ["ok", "ok"]);
    let expected = ["resources/read", "nc_calendar_daily_agenda"];
    assert_eq!(field(&found, "tool"), expected);
    assert!(
        !server.logs.text().contains(&uri),
        "which note it was stays between them"
    );
}

#[tokio::test]
async fn whoever_gives_up_or_finds_no_place_is_in_it() {
    let (nextcloud, start) = stage().await;
    let server = start
        .with("NEXTCLOUD_MCP_CALLS_PER_USER", "1")
        .with("NEXTCLOUD_MCP_QUEUE_SECONDS", "1")
        .start()
        .await;
    let endpoint = server.endpoint();
    server
        .client()
        .await
        .ok("nc_notes_list_notes", json!({}))
        .await;
    nextcloud.forget_requests();
    nextcloud.inject(Fault::at(
        "/apps/notes/",
        Trouble::Slow(Duration::from_secs(20)),
    ));
    let slow = calling(&endpoint, "nc_notes_list_notes", &json!({}));
    let slow = tokio::spawn(slow.timeout(Duration::from_secs(3)).send());
    asked(&nextcloud, "/apps/notes/").await;
    let busy = calling(&endpoint, "nc_notes_list_notes", &json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(busy.status(), 503);
    assert!(slow.await.unwrap().unwrap_err().is_timeout());
    let found = audit(&server, 3).await;
    assert_eq!(field(&found, "outcome"), ["ok", "busy", "cancelled"]);
}

#[tokio::test]
async fn a_sign_in_is_told_by_its_user_its_grant_and_a_digest_of_its_client() {
    let (_nextcloud, server, token) = signed_in("notes.read").await;
    let client = server.client_with(&token).await;
    client.ok("nc_notes_list_notes", json!({})).await;
    let create =
        json!({"name": "nc_notes_create_note", "arguments": {"title": "t", "content": "c"}});
    let refused = call(&server.endpoint(), Some(&token), "tools/call", &create).await;
    assert_eq!(refused.status, 403);
    let found = audit(&server, 2).await;
    assert_eq!(field(&found, "outcome"), ["ok", "no-scope"]);
    assert_eq!(field(&found, "access"), ["read", "create"]);
    for line in &found {
        assert_eq!(
            (&line["user"], &line["credential"]),
            (&json!("alice"), &json!("sign-in"))
        );
        assert!(
            line["grant"].is_string() && line["client"].is_string(),
            "{line}"
        );
    }
    assert_eq!(found[0]["client"], found[1]["client"]);
}

async fn signed_in(scope: &str) -> (StandIn, Server, String) {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud)
        .with("NEXTCLOUD_MCP_LOG_FORMAT", "json")
        .with("NEXTCLOUD_MCP_LOG_LEVEL", "trace")
        .start()
        .await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), scope).await;
    (nextcloud, server, tokens.access)
}

/// Whatever a client sends or gets carries one of these words, so that each would be found.
#[tokio::test]
async fn nothing_that_was_sent_or_read_and_no_token_is_in_any_line() {
    const SENT: &str = "canary-sent-8d1f";
    const STORED: &str = "canary-stored-77ab";
    let (nextcloud, server, token) = signed_in("notes.read notes.write calendar.read").await;
    let stored = nextcloud.state().add_note("alice", STORED, STORED, STORED);
    let client = server.client_with(&token).await;
    let create = json!({"title": SENT, "content": SENT, "category": SENT});
    client.ok("nc_notes_create_note", create).await;
    client
        .ok("nc_notes_get_note", json!({"note_id": stored}))
        .await;
    client
        .ok("nc_notes_search_notes", json!({"query": STORED}))
        .await;
    client
        .fail("nc_notes_get_note", json!({"note_id": SENT}))
        .await;
    client
        .fail("nc_notes_list_notes", json!({SENT: SENT}))
        .await;
    client
        .try_call(SENT, json!({SENT: SENT}))
        .await
        .unwrap_err();
    client
        .fail(
            "nc_calendar_list_events",
            json!({"calendar_name": SENT, "start_date": "2026-12-01"}),
        )
        .await;
    nextcloud.inject(Fault::at("/apps/notes/", Trouble::Status(500)));
    client
        .fail(
            "nc_notes_create_note",
            json!({"title": SENT, "content": SENT}),
        )
        .await;
    let found = audit(&server, 8).await;
    assert_eq!(field(&found, "outcome")[..3], ["ok", "ok", "ok"]);
    assert!(lines(&server, "message", "asked Nextcloud").len() > 5);
    let log = server.logs.text();
    // The search finds what is there.
    assert!(log.contains("nc_notes_create_note"));
    for secret in [SENT, STORED, &token, &token[8..40]] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test]
async fn what_the_rules_refuse_is_counted_beside_what_nextcloud_said() {
    let (_nextcloud, start) = stage().await;
    let (start, _plugins) = with_guest(start, "hostile");
    let server = start.start().await;
    let client = server.client().await;
    for path in ["/apps/notes/api/v1/notes", "/index.php/apps/hostile/api/x"] {
        client
            .call(
                "nc_hostile_fetch_read",
                json!({"method": "DELETE", "path": path}),
            )
            .await;
    }
    client.call("nc_hostile_panic", json!({})).await;
    let found = audit(&server, 3).await;
    for line in &found[..2] {
        assert!(
            line["upstream"].as_str().unwrap().contains("refused=1"),
            "{line}"
        );
    }
    assert_eq!(found[2]["outcome"], "crashed");
}

#[tokio::test]
async fn a_list_of_resources_and_a_completion_are_in_it() {
    let (_nextcloud, start) = stage().await;
    let (start, _plugins) = with_guest(start, "library");
    let server = start.start().await;
    let endpoint = server.endpoint();
    let reference = json!({"type": "ref/prompt", "name": "nc_library_discuss"});
    let typing = json!({"name": "title", "value": "canary-typed"});
    let params = json!({"ref": reference, "argument": typing});
    for (method, params) in [
        ("resources/list", json!({})),
        ("completion/complete", params),
    ] {
        let answer = call(&endpoint, None, method, &params).await;
        assert!(answer.body["error"].is_null(), "{method}: {}", answer.body);
    }
    let found = audit(&server, 2).await;
    let expected = ["resources/list", "completion/complete"];
    assert_eq!(field(&found, "tool"), expected);
    assert_eq!(field(&found, "plugin"), ["library", "library"]);
    assert!(!server.logs.text().contains("canary-typed"));
}

/// With nothing but a guest of the tests' own loaded.
pub(crate) fn with_guest(start: Start, name: &str) -> (Start, tempfile::TempDir) {
    let plugins = tempfile::tempdir().unwrap();
    let folder = plugins.path().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let built = Peer::Guests.required().join(name);
    for file in std::fs::read_dir(built).unwrap().flatten() {
        std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    let folder = plugins.path().display().to_string();
    (start.with("NEXTCLOUD_MCP_PLUGIN_DIR", folder), plugins)
}
