//! The Inspector's command line: a process for each request, so it has nothing to wait for, nothing to give up and nothing to
//! be told.

use nextcloud_mcp_tests::harness::{Peer, skip};
use serde_json::Value;
use tokio::process::Command;

use crate::stage::Stage;

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
    let command = |method: &str| {
        let line = line.replace(
            "--method tools/list",
            &format!("--method {method} --format json"),
        );
        let mut command = Command::new("sh");
        command.args(["-c", &line]);
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
    // It is one that it does not know, not one that the server refuses.
    let listen = stage.output(command("subscriptions/listen")).await;
    let said = String::from_utf8([listen.stdout, listen.stderr].concat()).unwrap();
    assert!(
        said.contains("Unsupported method: subscriptions/listen"),
        "{said}"
    );
}
