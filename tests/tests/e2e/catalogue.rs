//! What the server offers: the tools, what is said about them, and what switches take away.

use std::collections::{BTreeMap, BTreeSet};

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::StandIn;
use rmcp::model::Tool;

/// The whole list as it goes over the wire: what a model reads before the user has said a word.
const BYTES: usize = 70_000;
/// The same for the many clients that leave output schemas out.
const BYTES_WITHOUT_OUTPUT: usize = 40_000;

/// Longest name that clients take.
const LONGEST_NAME: usize = 64;

#[tokio::test]
async fn the_tools_of_all_three_plugins_are_offered_with_true_annotations() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    let tools = client.tools().await;
    let documented = documented();
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
        let access = documented
            .get(name)
            .unwrap_or_else(|| panic!("docs/tools.md does not tell of {name}"));
        let (reads, destroys) = match access.as_str() {
            "read" => (true, false),
            "create" => (false, false),
            "update" | "delete" => (false, true),
            other => panic!("docs/tools.md: {name} has no access {other}"),
        };
        assert_eq!(annotations.read_only_hint, Some(reads), "{name}");
        assert_eq!(annotations.destructive_hint, Some(destroys), "{name}");
        assert_eq!(annotations.open_world_hint, Some(true), "{name}");
    }
    let offered: BTreeSet<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    for name in documented.keys() {
        assert!(
            offered.contains(name.as_str()),
            "docs/tools.md tells of {name}, which is not there"
        );
    }
}

/// The tools of `docs/tools.md` with their access, which are the first two cells of a row.
fn documented() -> BTreeMap<String, String> {
    let page = include_str!("../../../docs/tools.md");
    let (tools, _) = page
        .split_once("## By address")
        .expect("a page with that part");
    let rows = tools.lines().filter_map(|line| line.strip_prefix("| `nc_"));
    rows.map(|row| {
        let mut cells = row.split('|').map(str::trim);
        let name = cells.next().unwrap_or_default().trim_end_matches('`');
        (
            format!("nc_{name}"),
            cells.next().unwrap_or_default().to_owned(),
        )
    })
    .collect()
}

// D21
#[tokio::test]
async fn every_tool_says_what_its_answers_are_made_of() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    for tool in server.client().await.tools().await {
        let schema = tool.output_schema.as_ref();
        let kind = schema.and_then(|schema| schema.get("type")?.as_str());
        assert_eq!(kind, Some("object"), "{}", tool.name);
    }
}

/// The suites that call tools from a client to a stand-in.
const SUITES: &[&str] = &[
    include_str!("capabilities.rs"),
    include_str!("notes.rs"),
    include_str!("notes_reading.rs"),
    include_str!("notes_writing.rs"),
    include_str!("../calendar/bulk.rs"),
    include_str!("../calendar/collections.rs"),
    include_str!("../calendar/concurrency.rs"),
    include_str!("../calendar/events.rs"),
    include_str!("../calendar/exchange.rs"),
    include_str!("../calendar/people.rs"),
    include_str!("../calendar/tasks.rs"),
];

#[test]
fn every_tool_is_called_from_end_to_end() {
    for name in documented().keys() {
        let quoted = format!("\"{name}\"");
        assert!(
            SUITES.iter().any(|text| text.contains(&quoted)),
            "no test calls {name}"
        );
    }
}

#[tokio::test]
async fn the_list_of_tools_stays_small_enough_for_every_conversation() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let mut tools = server.client().await.tools().await;
    let size = |tools: &[Tool]| serde_json::to_string(tools).expect("JSON").len();
    let mut sizes: Vec<(usize, usize, String)> = Vec::new();
    for tool in &tools {
        let mut without = tool.clone();
        without.output_schema = None;
        let one = |tool: &Tool| size(std::slice::from_ref(tool));
        sizes.push((one(tool), one(&without), tool.name.to_string()));
    }
    sizes.sort();
    let with = size(&tools);
    for tool in &mut tools {
        tool.output_schema = None;
    }
    let without = size(&tools);
    assert!(
        with < BYTES && without < BYTES_WITHOUT_OUTPUT,
        "{with} bytes with output schemas, {without} without; by tool: {sizes:#?}"
    );
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
