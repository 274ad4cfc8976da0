//! Which parts of which pages are followed, and to which end.

use std::fs;

use nextcloud_mcp_tests::harness::{Client, Peer, Server, skip};
use nextcloud_mcp_tests::nextcloud::{Options, StandIn, User};
use serde_json::json;

use super::page::Page;
use super::reader::has;
use super::walk::{Part, Walk};
use super::{assert_none, doctor};

const README: Part = ("README.md", "Run it with your Nextcloud");
const QUICK_START: Part = ("docs/quickstart.md", "Quick start: OAuth");
const NEEDS: Part = ("docs/production.md", "What Nextcloud needs");
const MODE_A: Part = ("docs/production.md", "Mode A: this server registers itself");
const MODE_B: Part = ("docs/production.md", "Mode B: a client that you made");
const BASIC: Part = ("docs/authentication.md", "Basic mode");
const FILES: Part = ("docs/running.md", "Settings in files");
const STDIO: Part = ("docs/running.md", "stdio");

/// Every part with a block that means something only among others.
const ALL: &[Part] = &[README, QUICK_START, NEEDS, MODE_A, MODE_B, BASIC, FILES];

/// How a server is started that is installed.
const INSTALLED: &str = "exec nextcloud-mcp-server";
/// What mode B says in the log, as its page has it.
const CONFIGURED: &str = "Using pre-configured OAuth client:";

/// Such blocks: what is told to `occ`, what starts a server, its settings, what its log has.
#[test]
fn every_block_that_means_something_only_among_others_is_in_a_part_that_is_followed() {
    let followed: Vec<(&str, usize)> = ALL
        .iter()
        .flat_map(|&(name, heading)| {
            let page = Page::read(name);
            let lines: Vec<usize> = page.part(heading).iter().map(|one| one.line).collect();
            lines.into_iter().map(move |line| (name, line))
        })
        .collect();
    let mut wrong = Vec::new();
    for page in &Page::all() {
        for block in &page.blocks {
            let among =
                block.it.is(&["dotenv"]) || ["occ", "start", "log"].contains(&&*block.it.mark);
            if among && !followed.contains(&(page.name.as_str(), block.line)) {
                wrong.push(format!(
                    "{}: no test follows this part of the page: name it in tests/tests/documents/walks.rs",
                    page.at(block.line)
                ));
            }
        }
    }
    assert_none(&wrong);
}

#[tokio::test]
async fn the_quick_start_leads_from_nothing_to_ones_own_notes() {
    if let Err(missing) = has("curl") {
        return skip(
            "the_quick_start_leads_from_nothing_to_ones_own_notes",
            &missing,
        );
    }
    let mut walk = Walk::from_nothing().await;
    walk.follow(QUICK_START).await;
    doctor::is_seen_by(&walk).await;
}

#[tokio::test]
async fn the_readme_starts_a_server() {
    let nextcloud = StandIn::with_two_users().await;
    let mut walk = Walk::begin(nextcloud);
    // "and set NEXTCLOUD_HOST in it", which the block's first line says.
    let sample = walk.reader.checkout().join("env.sample");
    let text = fs::read_to_string(&sample).unwrap();
    let host = format!("NEXTCLOUD_HOST={}\n", walk.nextcloud.url());
    fs::write(&sample, text.replace("NEXTCLOUD_HOST=\n", &host)).unwrap();
    walk.follow(README).await;
}

#[tokio::test]
async fn production_in_mode_a_registers_once() {
    let mut walk = Walk::from_nothing().await;
    walk.follow(NEEDS).await;
    let page = Page::read(MODE_A.0);
    let blocks = page.part(MODE_A.1);
    let log = blocks.iter().position(|one| one.it.mark == "log");
    let (before, after) = blocks.split_at(log.expect("a block of the log"));
    walk.through(&page, before).await;
    // The page's lines are those of the next start.
    walk.start(INSTALLED).await.unwrap();
    walk.start(INSTALLED).await.unwrap();
    walk.through(&page, after).await;
    assert_eq!(walk.nextcloud.registrations(), 1);
    let endpoint = format!("{}/mcp", walk.url());
    walk.sign_in(&endpoint).await.unwrap();
}

#[tokio::test]
async fn production_in_mode_b_needs_no_registration() {
    if let Err(missing) = has("openssl") {
        return skip("production_in_mode_b_needs_no_registration", &missing);
    }
    let mut walk = Walk::from_nothing().await;
    walk.follow(NEEDS).await;
    walk.follow(MODE_B).await;
    walk.start(INSTALLED).await.unwrap();
    assert!(Page::read(MODE_B.0).text.contains(CONFIGURED));
    let log = walk.log().join("\n");
    assert!(log.contains(CONFIGURED), "{log}");
    let endpoint = format!("{}/mcp", walk.url());
    walk.sign_in(&endpoint).await.unwrap();
    assert_eq!(walk.nextcloud.registrations(), 0);
}

#[tokio::test]
async fn basic_mode_serves_one_person_without_a_sign_in() {
    let mut walk = Walk::from_nothing().await;
    secret(&walk, "nextcloud", &password(&walk.nextcloud, "alice"));
    walk.follow(BASIC).await;
    walk.start(INSTALLED).await.unwrap();
    let endpoint = format!("{}/mcp", walk.url());
    walk.finds_the_note(&endpoint, None).await.unwrap();
}

#[tokio::test]
async fn settings_in_files_are_read_as_the_page_says() {
    const USER: &str = "o'brien";
    let users = Options {
        users: vec![User::example(USER)],
        ..Options::default()
    };
    let mut walk = Walk::begin(StandIn::start(users).await.unwrap());
    secret(&walk, "nextcloud", &password(&walk.nextcloud, USER));
    secret(&walk, "mcp-key", &"5f".repeat(32));
    walk.reader = walk.reader.without("NEXTCLOUD_MCP_PORT");
    walk.follow(FILES).await;
    walk.start(INSTALLED).await.unwrap();
    let endpoint = format!("{}/mcp", walk.url());
    let client = Client::http(&endpoint, None).await;
    let who = client
        .unwrap()
        .ok("nc_capabilities_get_user", json!({}))
        .await;
    assert_eq!(who["id"], USER, "{who}");
}

#[tokio::test]
async fn a_client_starts_it_over_stdio_with_the_settings_of_the_page() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let walk = Walk::begin(nextcloud);
    let page = Page::read(STDIO.0);
    let block = page.part(STDIO.1)[0];
    let read: serde_json::Value = serde_json::from_str(&walk.reader.reads(&block.it.text)).unwrap();
    let entry = &read["mcpServers"]["nextcloud"];
    assert_eq!(
        (&entry["command"], &entry["args"]),
        (
            &json!("nextcloud-mcp-server"),
            &json!(["--transport", "stdio"])
        )
    );
    let mut start = Server::bare().compiled();
    for (name, value) in entry["env"].as_object().unwrap() {
        let mut value = value.as_str().unwrap().to_owned();
        if name == "NEXTCLOUD_PASSWORD_FILE" {
            secret(&walk, "app-password", &password(&walk.nextcloud, "alice"));
            value = walk
                .reader
                .checkout()
                .join("app-password")
                .display()
                .to_string();
        }
        start = start.with(name, value);
    }
    let plugins = Peer::Plugins.required();
    start = start.with("NEXTCLOUD_MCP_PLUGIN_DIR", plugins.display().to_string());
    let (client, _logs) = start.stdio().await;
    let list = client.ok("nc_notes_list_notes", json!({})).await;
    assert_eq!(list["notes"][0]["title"], "Of alice");
}

/// A file where the pages' settings look for secrets.
fn secret(walk: &Walk, name: &str, content: &str) {
    fs::write(walk.reader.checkout().join(name), format!("{content}\n")).unwrap();
}

fn password(nextcloud: &StandIn, user: &str) -> String {
    nextcloud.state().user(user).password.clone()
}
