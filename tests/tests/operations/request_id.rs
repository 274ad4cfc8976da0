//! One id from a client's request to each request at Nextcloud, and in the lines of both.

use nextcloud_mcp_tests::harness::{Person, Server, SignIn, http};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::audit::with_guest;
use crate::{calling, lines, lines_of, stage};

/// What a proxy calls the request.
const GIVEN: &str = "edge-7f1b2c34:42";

async fn begin(trusted: &str) -> (StandIn, Server) {
    let (nextcloud, start) = stage().await;
    let start = start.with("NEXTCLOUD_MCP_TRUSTED_PROXIES", trusted);
    let server = start.start().await;
    nextcloud.forget_requests();
    (nextcloud, server)
}

#[tokio::test]
async fn the_id_of_a_trusted_proxy_goes_all_the_way_and_back() {
    let (nextcloud, server) = begin("127.0.0.1").await;
    let id = nextcloud
        .state()
        .add_note("alice", "Secret plans", "", "text");
    let request = calling(
        &server.endpoint(),
        "nc_notes_get_note",
        &json!({"note_id": id}),
    );
    let answer = request.header("X-Request-Id", GIVEN).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-request-id"], GIVEN);

    let sent = nextcloud.requests();
    assert!(!sent.is_empty());
    for entry in &sent {
        assert_eq!(
            entry.header("x-request-id"),
            Some(GIVEN),
            "{}",
            entry.line()
        );
    }
    let asked = lines(&server, "message", "asked Nextcloud");
    assert_eq!(asked.len(), sent.len(), "one line for each: {asked:#?}");
    for line in &asked {
        assert_eq!(line["request_id"], GIVEN);
        assert_eq!(line["level"], "DEBUG");
        assert!(line["took_ms"].is_u64() && line["status"] == 200, "{line}");
    }
    let note = asked
        .iter()
        .find(|line| line["route"] == "/apps/notes/api/v1/notes/**")
        .expect("the request is called by the line that allows it");
    assert_eq!(
        (&note["method"], &note["outcome"]),
        (&json!("GET"), &json!("2xx"))
    );
    assert!(note["bytes"].as_u64() > Some(0), "{note}");
    let address = format!("/notes/{id}");
    assert!(!server.logs.text().contains(&address), "no id of a note");
    let audit = lines(&server, "target", "audit");
    assert_eq!(audit[0]["request_id"], GIVEN);
}

#[tokio::test]
async fn nobody_else_can_name_a_request() {
    let (nextcloud, server) = begin("192.0.2.1").await;
    let (_other, trusting) = begin("127.0.0.1").await;
    let of = async |server: &Server, given: &str| {
        let request = calling(&server.endpoint(), "nc_notes_list_notes", &json!({}));
        let answer = request.header("X-Request-Id", given).send().await.unwrap();
        answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let own = of(&server, GIVEN).await;
    assert!(
        own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{own}"
    );
    assert!(
        nextcloud
            .requests()
            .iter()
            .all(|entry| entry.header("x-request-id") == Some(&own))
    );
    assert_ne!(own, of(&server, GIVEN).await, "each has its own");
    // And of a trusted one only what can stand in a line.
    for bad in ["a b", "a\"b", "\u{7f}", &"x".repeat(65)] {
        let request = calling(&trusting.endpoint(), "nc_notes_list_notes", &json!({}));
        let Ok(answer) = request.header("X-Request-Id", bad).send().await else {
            continue; // Not even HTTP carries it.
        };
        let own = answer.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(own.len(), 16, "{bad:?} -> {own}");
    }
    assert!(!server.logs.text().contains(GIVEN));
}

#[tokio::test]
async fn a_plugins_own_lines_and_the_message_to_the_model_have_the_id() {
    let (_nextcloud, start) = stage().await;
    let (start, _plugins) = with_guest(start, "hostile");
    let trusting = start.with("NEXTCLOUD_MCP_TRUSTED_PROXIES", "127.0.0.1");
    let server = trusting.start().await;
    let request = calling(&server.endpoint(), "nc_hostile_panic", &json!({}));
    let answer = request.header("X-Request-Id", GIVEN).send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.contains(&format!("Request {GIVEN}")), "{text}");
    let own = lines(&server, "target", "plugin");
    assert!(own.len() > 1, "its last words and why it was stopped");
    for line in own {
        assert_eq!(line["request_id"], GIVEN, "{line}");
    }
}

#[tokio::test]
async fn an_answer_of_the_edge_itself_has_one_too() {
    let (_nextcloud, server) = begin("192.0.2.1").await;
    for path in ["/nothing", "/health/live", "/mcp"] {
        let answer = http().get(format!("{}{path}", server.url())).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.headers()["x-request-id"].len(), 16, "{path}");
    }
}

#[tokio::test]
async fn the_look_at_a_token_belongs_to_the_request_that_brought_it() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud)
        .with("NEXTCLOUD_MCP_TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    let (_, tokens) =
        SignIn::whole(&server.endpoint(), &Person::example("alice"), "notes.read").await;
    nextcloud.forget_requests();
    let request = calling(&server.endpoint(), "nc_notes_list_notes", &json!({}));
    let request = request
        .bearer_auth(&tokens.access)
        .header("X-Request-Id", GIVEN);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let sent = nextcloud.requests();
    for path in ["/introspect", "/apps/notes/"] {
        assert!(
            sent.iter().any(|entry| entry.line().contains(path)),
            "{path}"
        );
    }
    for entry in &sent {
        assert_eq!(
            entry.header("x-request-id"),
            Some(GIVEN),
            "{}",
            entry.line()
        );
    }
}

#[tokio::test]
async fn over_stdio_each_call_has_an_id_and_a_line_of_the_audit() {
    let (nextcloud, start) = stage().await;
    let (client, logs) = start.stdio().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    client
        .fail("nc_notes_get_note", json!({"note_id": 999_999}))
        .await;
    client.close().await;
    let audit = lines_of(&logs, "target", "audit");
    let ids: Vec<&str> = audit
        .iter()
        .map(|line| line["request_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 2, "{audit:#?}");
    assert_ne!(ids[0], ids[1]);
    assert_eq!(audit[0]["user"], "alice");
    let sent = nextcloud.requests_to("/apps/notes/");
    let of = |id: &str| {
        let own = sent
            .iter()
            .filter(|entry| entry.header("x-request-id") == Some(id));
        own.count()
    };
    assert!(ids.iter().all(|id| of(id) > 0), "{ids:?}");
    assert_eq!(sent.len(), ids.iter().map(|id| of(id)).sum::<usize>());
}
