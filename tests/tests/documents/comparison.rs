//! What `docs/comparison.md` says of this server in figures, held to the program. What it says of others was true on the day that the
//! page names.

use nextcloud_mcp_tests::harness::{Peer, Server, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;

use super::page::Page;

const PAGE: &str = "docs/comparison.md";

/// The second cell of the row that begins so: what is said of this server.
fn here(row: &str) -> String {
    let page = Page::read(PAGE);
    let begins = format!("| {row} |");
    let found = page.text.lines().find(|line| line.starts_with(&begins));
    let found = found.unwrap_or_else(|| panic!("{PAGE} has no row `{row}`"));
    found.split('|').nth(2).unwrap().trim().to_owned()
}

#[allow(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
fn kilobytes(bytes: usize) -> String {
    format!("{:.1} kB", bytes as f64 / 1e3)
}

#[tokio::test]
async fn the_list_of_tools_has_the_size_that_the_comparison_says() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    let mut tools = client.tools().await;
    let size = |tools: &[_]| kilobytes(serde_json::to_string(tools).unwrap().len());
    let (count, whole) = (tools.len(), size(&tools));
    for tool in &mut tools {
        tool.output_schema = None;
    }
    assert_eq!(
        here("`tools/list`, all of it"),
        format!("{whole} ({count} tools)")
    );
    assert_eq!(here("The same without output schemas"), size(&tools));
    assert!(here("Tools").starts_with(&format!("{count} in 3 groups")));
}

/// To half a megabyte: what is built differs a little with the compiler and the day.
#[test]
fn the_static_program_has_the_size_that_the_comparison_says() {
    const MARGIN: f64 = 0.5;
    let program = match Peer::Installed.find() {
        Ok(program) => program,
        Err(missing) => return skip("the_static_program_has_the_size", &missing),
    };
    let said = here("Installed");
    let said = said.split_whitespace().rev().nth(1).unwrap();
    let said: f64 = said.parse().unwrap_or_else(|_| panic!("{said} in {PAGE}"));
    #[allow(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
    let built = std::fs::metadata(program).unwrap().len() as f64 / 1e6;
    assert!(
        (built - said).abs() < MARGIN,
        "it has {built:.1} MB, {PAGE} says {said}"
    );
}
