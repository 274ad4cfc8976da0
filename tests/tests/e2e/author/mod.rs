//! What an author of a plugin does, from `plugins new` to a server that serves what was saved a moment ago.

mod call;
mod check;

use std::fs;
use std::path::Path;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Peer, Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::talker::copy_folder;

/// How long a build may take that begins with nothing, on a busy machine.
const BUILD: Duration = Duration::from_mins(8);

/// The server's binary as an author's command, with what cargo needs and no Nextcloud.
fn plugins(arguments: &[&str]) -> Start {
    let mut start = Server::bare().compiled().argument("plugins");
    for argument in arguments {
        start = start.argument(argument);
    }
    for name in [
        "PATH",
        "HOME",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
    ] {
        start = start.with(name, std::env::var(name).unwrap_or_default());
    }
    start
}

/// The same, as a user of a Nextcloud.
fn plugins_of(nextcloud: &StandIn, user: &str, arguments: &[&str]) -> Start {
    let password = nextcloud.state().user(user).password.clone();
    plugins(arguments)
        .with("NEXTCLOUD_HOST", nextcloud.url())
        .with("NEXTCLOUD_USERNAME", user)
        .with("NEXTCLOUD_PASSWORD", password)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_new_plugin_is_built_checked_called_and_served_as_it_is_saved() {
    let nextcloud = StandIn::with_two_users().await;
    let home = tempfile::tempdir().unwrap();
    let made = home.path().join("hello");
    let (status, said) = in_folder(plugins(&["new", "hello", "--lang", "rust"]), home.path()).await;
    assert!(status && said.contains("hello/ is made"), "{said}");
    let (status, _) = in_folder(plugins(&["new", "hello", "--lang", "rust"]), home.path()).await;
    assert!(!status, "it is there already");
    for bad in ["Hello", "h", "hello-world", "../x"] {
        let (status, _) = in_folder(plugins(&["new", bad, "--lang", "rust"]), home.path()).await;
        assert!(
            !status && !home.path().join(bad).join("plugin.toml").exists(),
            "{bad}"
        );
    }
    // Kept between runs, as what it depends on seldom changes.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-plugin");
    let cargo = |start: Start| start.with("CARGO_TARGET_DIR", text(&target));

    let build = cargo(plugins(&["build", text(&made)])).patient(BUILD);
    let (status, said) = build.output().await;
    assert!(
        status.success() && said.contains("Nothing is wrong"),
        "{said}"
    );
    let tested = tokio::process::Command::new("cargo")
        .args(["test", "--quiet"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&made)
        .status();
    assert!(tested.await.unwrap().success(), "the new plugin's own test");

    let tape = home.path().join("tape");
    let record = [
        "call",
        text(&made),
        "list_apps",
        "{}",
        "--record",
        text(&tape),
    ];
    let (status, said) = plugins_of(&nextcloud, "alice", &record).output().await;
    assert!(status.success(), "{said}");
    let (status, said) = plugins(&["call", text(&made), "--replay", text(&tape)])
        .output()
        .await;
    assert!(
        status.success() && said.contains("is the one recorded"),
        "{said}"
    );

    let none = home.path().join("no-other-plugins");
    let server = cargo(plugins_of(&nextcloud, "alice", &["dev", text(&made)]))
        .with("NEXTCLOUD_MCP_PORT", "0")
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", text(&none))
        .patient(BUILD)
        .start()
        .await;
    let client = server.client().await;
    assert_eq!(client.tool_names().await, ["nc_hello_list_apps"]);
    let source = made.join("src/lib.rs");
    let code = fs::read_to_string(&source).unwrap();
    fs::write(&source, code.replace("\"list_apps\"", "\"all_apps\"")).unwrap();
    let replaced = server
        .logs
        .wait_for("plugin hello is replaced", BUILD)
        .await;
    assert!(replaced.is_some(), "{}", server.logs.text());
    // The first client keeps its list for as long as the server allowed it to.
    let client = server.client().await;
    assert_eq!(client.tool_names().await, ["nc_hello_all_apps"]);
    fs::write(&source, "this is no Rust").unwrap();
    let failed = server.logs.wait_for("It is not built", BUILD).await;
    assert!(failed.is_some(), "{}", server.logs.text());
    client.ok("nc_hello_all_apps", json!({})).await;
}

#[tokio::test]
async fn a_build_that_writes_beside_its_sources_is_not_begun_for_ever() {
    let (nextcloud, home) = (
        StandIn::with_two_users().await,
        tempfile::tempdir().unwrap(),
    );
    let made = home.path().join("hostile");
    copy_folder(&Peer::Guests.required().join("hostile"), &made);
    let build = "date +%s%N > bundle.js";
    let server = plugins_of(&nextcloud, "alice", &["dev", text(&made), "--build", build])
        .with("NEXTCLOUD_MCP_PORT", "0")
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", text(&home.path().join("none")))
        .start()
        .await;
    let builds = || {
        let lines = server.logs.all();
        lines
            .iter()
            .filter(|line| line.contains("Building "))
            .count()
    };
    let settled = async {
        loop {
            let before = builds();
            tokio::time::sleep(Duration::from_secs(4)).await;
            if builds() == before {
                return before;
            }
        }
    };
    let settled = tokio::time::timeout(Duration::from_mins(1), settled).await;
    let before = settled.expect("it comes to rest");
    fs::write(made.join("lib.rs"), "saved").unwrap();
    let again = async {
        while builds() == before {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let again = tokio::time::timeout(Duration::from_secs(30), again).await;
    assert!(
        again.is_ok(),
        "what is saved is built: {}",
        server.logs.text()
    );
}

/// Runs a command in a folder of the test's.
async fn in_folder(start: Start, folder: &Path) -> (bool, String) {
    let (status, text) = start.within(folder).output().await;
    (status.success(), text)
}
