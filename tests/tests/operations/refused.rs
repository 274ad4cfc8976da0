//! Who tried what is not served, and by which client: told in the audit at every level of the log, with the same words over HTTP and
//! over pipes.

use nextcloud_mcp_tests::harness::request;
use serde_json::{Value, json};

use crate::{audit, lines_of, stage};

/// The name that rmcp's client gives itself.
const RMCP: &str = "rmcp";

#[tokio::test]
async fn a_tool_that_the_operator_takes_away_is_named_when_it_is_tried() {
    let policy = tempfile::NamedTempFile::new().unwrap();
    let rule =
        "[[rule]]\nname = 'no deletes'\nplugin = 'notes'\ntools = { deny = ['delete_note'] }\n";
    std::fs::write(policy.path(), rule).unwrap();
    let (_nextcloud, start) = stage().await;
    let server = start
        .with(
            "NEXTCLOUD_MCP_POLICY_FILE",
            policy.path().display().to_string(),
        )
        .with("NEXTCLOUD_MCP_READ_ONLY", "true")
        .start()
        .await;
    let client = server.client().await;
    let tried = [
        ("nc_notes_delete_note", json!({"note_id": 1}), "delete"),
        (
            "nc_notes_create_note",
            json!({"title": "x", "content": ""}),
            "create",
        ),
    ];
    for (tool, arguments, _) in &tried {
        client.try_call(tool, arguments.clone()).await.unwrap_err();
    }
    let found = audit(&server, tried.len()).await;
    for (line, (tool, _, access)) in found.iter().zip(&tried) {
        let told = ["plugin", "tool", "access", "outcome"].map(|key| line[key].as_str().unwrap());
        assert_eq!(told, ["notes", *tool, *access, "not-served"], "{line}");
    }
    let told = lines_of(&server.logs, "message", "a tool is refused");
    let layers: Vec<_> = told.iter().map(|line| &line["layer"]).collect();
    assert_eq!(layers, ["policy", "read-only"]);
    assert_eq!(told[0]["rule"], "no deletes");
}

#[tokio::test]
async fn a_client_is_called_what_it_calls_itself() {
    let (_nextcloud, start) = stage().await;
    let server = start.start().await;
    let name = "io.modelcontextprotocol/clientInfo";
    let params = json!({"name": "nc_notes_list_notes", "arguments": {},
        "_meta": {name: {"name": "claude-code", "version": "2"}}});
    let answer = request(&server.endpoint(), "tools/call", params).send();
    assert_eq!(answer.await.unwrap().status(), 200);
    assert_eq!(audit(&server, 1).await[0]["client_name"], "claude-code");
}

#[tokio::test]
async fn over_pipes_a_client_says_its_name_once_and_it_is_kept() {
    let (_nextcloud, start) = stage().await;
    let (client, logs) = start.stdio().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    client.close().await;
    let found: Vec<Value> = lines_of(&logs, "target", "audit");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["client_name"], RMCP);
}
