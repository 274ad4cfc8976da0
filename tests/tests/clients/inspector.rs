//! The Inspector's command line: a process for each request, which shows no progress, gives up when it ends, and has nothing
//! to be told.

use std::process::Output;

use nextcloud_mcp_tests::harness::{Peer, skip};
use serde_json::Value;
use tokio::process::Command;

use crate::stage::Stage;

/// A person waits for so many seconds. It has asked by then.
const PATIENCE: &str = "6";

/// What `timeout` (coreutils) ends with when it had to end the program.
const TIMED_OUT: i32 = 124;

#[tokio::test]
async fn the_inspector_over_http() {
    tour("the_inspector_over_http", "inspector-http").await;
}

#[tokio::test]
async fn the_inspector_over_stdio() {
    tour("the_inspector_over_stdio", "inspector-stdio").await;
}

async fn tour(test: &str, config: &str) {
    if let Err(missing) = Peer::Node.find() {
        return skip(test, &missing);
    }
    let stage = Stage::begin(!config.ends_with("stdio")).await;
    std::fs::write(
        stage.folder.path().join("mcp.json"),
        stage.block("file-stdio"),
    )
    .unwrap();
    let line = stage.block(config);
    let line_of = |method: &str| {
        line.replace(
            "--method tools/list",
            &format!("--method {method} --format json"),
        )
    };
    let command = |method: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &line_of(method)]);
        command
    };
    let ask = async |method: &str| {
        let said = stage.run(command(method)).await;
        let mut answer: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        answer["result"].take()
    };
    let names = |list: &Value| {
        let names = list.as_array().expect("a list").iter();
        names
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let tools = ask("tools/list").await;
    assert!(
        names(&tools["tools"]).contains(&"nc_library_count".to_owned()),
        "{tools}"
    );
    let count = ask("tools/call --tool-name nc_library_count --tool-args-json '{}'").await;
    assert_eq!(count["structuredContent"]["books"], 3);
    let resources = ask("resources/list").await;
    assert!(
        names(&resources["resources"]).contains(&"Middlemarch".to_owned()),
        "of the second page: {resources}"
    );
    let templates = ask("resources/templates/list").await;
    assert!(
        names(&templates["resourceTemplates"]).contains(&"book".to_owned()),
        "{templates}"
    );
    let read = ask("resources/read --uri 'nc://library/books/Moby%20Dick'").await;
    assert_eq!(read["contents"][0]["text"], "# Moby Dick\n\nBook 1.");
    let prompts = ask("prompts/list").await;
    assert!(
        names(&prompts["prompts"]).contains(&"nc_library_discuss".to_owned()),
        "{prompts}"
    );
    let said =
        ask("prompts/get --prompt-name nc_library_discuss --prompt-args title=Middlemarch").await;
    assert_eq!(
        said["messages"][1]["content"]["text"],
        "Let us talk about it."
    );
    let reporting = "nc_conformance_test_tool_with_progress";
    let call = format!("tools/call --tool-name {reporting} --tool-args-json '{{}}'");
    let reported = stage.output(command(&call)).await;
    let said = both(&reported);
    assert!(reported.status.success(), "{said}");
    let shown = said.replace(reporting, "").contains("progress");
    assert!(!shown, "{said}");
    // They are methods that it does not know, not some that the server refuses.
    for method in [
        "subscriptions/listen",
        "completion/complete",
        "prompts/complete",
    ] {
        let said = both(&stage.output(command(method)).await);
        let unknown = format!("Unsupported method: {method}");
        assert!(said.contains(&unknown), "{said}");
    }
    // Ctrl+C. There is one place for calls: had that one not ended, the next would not come through.
    let slow = "tools/call --tool-name nc_notes_get_note --tool-args-json '{\"note_id\": 7}'";
    let mut given_up = Command::new("timeout");
    given_up.args(["-s", "INT", PATIENCE, "sh", "-c", &line_of(slow)]);
    let given_up = stage.output(given_up).await;
    assert_eq!(
        given_up.status.code(),
        Some(TIMED_OUT),
        "{}",
        both(&given_up)
    );
    let count = ask("tools/call --tool-name nc_library_count --tool-args-json '{}'").await;
    assert_eq!(count["structuredContent"]["books"], 3);
}

/// Everything that it wrote.
fn both(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}
