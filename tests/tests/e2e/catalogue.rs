//! What the server offers: the tools, what is said about them, and what switches take away.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::StandIn;

/// Longest name that clients take.
const LONGEST_NAME: usize = 64;

#[tokio::test]
async fn the_tools_of_all_three_plugins_are_offered_with_true_annotations() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    let tools = client.tools().await;
    for prefix in ["nc_notes_", "nc_calendar_", "nc_capabilities_"] {
        assert!(
            tools.iter().any(|tool| tool.name.starts_with(prefix)),
            "no tool {prefix}..."
        );
    }
    for tool in &tools {
        let name = tool.name.as_ref();
        assert!(name.len() <= LONGEST_NAME, "{name} is too long");
        assert_eq!(
            tool.input_schema.get("type").and_then(|kind| kind.as_str()),
            Some("object"),
            "{name}"
        );
        assert!(
            tool.description
                .as_ref()
                .is_some_and(|text| text.len() > 20),
            "{name} is not described"
        );
        let annotations = tool
            .annotations
            .as_ref()
            .unwrap_or_else(|| panic!("{name} has no annotations"));
        let verb = name
            .rsplit_once('_')
            .map_or(name, |(head, _)| head.rsplit('_').next().unwrap_or(head));
        let reads = matches!(verb, "list" | "get" | "search");
        assert_eq!(annotations.read_only_hint, Some(reads), "{name}");
        assert_eq!(annotations.open_world_hint, Some(true), "{name}");
        let destroys = matches!(verb, "update" | "append" | "complete" | "delete");
        assert_eq!(
            annotations.destructive_hint.unwrap_or(true) && !reads,
            destroys,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_client_is_told_that_what_it_reads_is_no_instruction() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let instructions = server.client().await.instructions().to_lowercase();
    assert!(instructions.contains("instruction"), "{instructions}");
}

#[tokio::test]
async fn read_only_mode_offers_no_tool_that_writes() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_READ_ONLY", "true")
        .start()
        .await;
    let client = server.client().await;
    let tools = client.tools().await;
    assert!(!tools.is_empty());
    for tool in tools {
        let reads = tool
            .annotations
            .and_then(|annotations| annotations.read_only_hint);
        assert_eq!(reads, Some(true), "{} is offered", tool.name);
    }
    let refused = client
        .try_call("nc_notes_create_note", serde_json::json!({"title": "x"}))
        .await;
    assert!(
        refused.map_or(true, |outcome| outcome.is_error),
        "a hidden tool is not called either"
    );
    assert!(nextcloud.state().notes("alice").is_empty());
}

#[tokio::test]
async fn a_plugin_that_is_switched_off_is_gone() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_DISABLE_PLUGIN", "calendar")
        .start()
        .await;
    let names = server.client().await.tool_names().await;
    assert!(names.iter().any(|name| name.starts_with("nc_notes_")));
    assert!(
        !names.iter().any(|name| name.starts_with("nc_calendar_")),
        "{names:?}"
    );
}

#[tokio::test]
async fn tools_of_an_app_that_the_user_does_not_have_are_not_offered() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.set(|settings| settings.notes_app = false);
    let server = Server::basic(&nextcloud, "alice").start().await;
    let names = server.client().await.tool_names().await;
    assert!(
        !names.iter().any(|name| name.starts_with("nc_notes_")),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name.starts_with("nc_calendar_")),
        "{names:?}"
    );
}

#[tokio::test]
async fn all_tools_are_offered_while_nextcloud_cannot_say_what_it_has() {
    let mut nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    nextcloud.stop().await;
    let names = server.client().await.tool_names().await;
    assert!(
        names.iter().any(|name| name.starts_with("nc_notes_")),
        "{names:?}"
    );
}
