//! The tutorial of docs/plugins.md, followed to the letter: each block `sh tutorial` is run in order, each block that names a
//! file is written to it, and the plugin that comes of it answers. With that plugin the rest of the page is typed (`console`).

use std::fmt::Write as _;

use nextcloud_mcp_tests::harness::skip;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::author::Desk;
use crate::console;
use crate::stage::{serving, warm_up};

const PAGE: &str = include_str!("../../../docs/plugins.md");
/// Where the tutorial begins, and the folder that it makes.
const HEADING: &str = "## A plugin in 15 minutes";
const FOLDER: &str = "plugins/more/people";

/// The tutorial as one script: files are written where the page says so.
fn script() -> String {
    let tutorial = PAGE.split(HEADING).nth(1).expect("the heading");
    let tutorial = tutorial.split("\n## ").next().unwrap_or_default();
    let mut script = String::new();
    let mut blocks = tutorial.split("\n```");
    // Text and blocks alternate.
    blocks.next();
    while let Some(block) = blocks.next() {
        blocks.next();
        let (info, content) = block.split_once('\n').expect("a block of several lines");
        match info.split_once(' ') {
            Some(("sh", "tutorial")) => {
                let _ = writeln!(script, "{content}");
            }
            None => {}
            Some((_, file)) => {
                let _ = writeln!(
                    script,
                    "cat >'{file}' <<'END OF FILE'\n{content}\nEND OF FILE"
                );
            }
        }
    }
    script
}

#[tokio::test]
async fn the_tutorial_works_as_it_is_written() {
    let desk = match Desk::with(&["just", "python3", "componentize-py"]) {
        Ok(desk) => desk,
        Err(missing) => return skip("the_tutorial_works_as_it_is_written", &missing),
    };
    let script = script();
    assert!(script.contains("just new-plugin people"), "{script}");
    let said = desk.run(".", &script);
    assert!(said.contains("nc_people_find_people"), "{said}");

    let plugins = desk.path("plugins/more");
    let nextcloud = StandIn::with_two_users().await;
    let start = serving(&nextcloud, &plugins);
    warm_up(&start, &plugins);
    let client = start.start().await;
    let client = client.client().await;
    let found = client
        .ok("nc_people_find_people", json!({"name": "bo"}))
        .await;
    assert_eq!(
        found["people"],
        json!([{"id": "bob", "name": "Bob Example"}])
    );
    assert!(desk.path(FOLDER).join("people.wasm").is_file());
    console::types_what_the_page_shows(&desk, &nextcloud, PAGE).await;
}
