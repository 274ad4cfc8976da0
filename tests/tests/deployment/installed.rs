//! `cargo install --path host` is a complete installation: one file, which serves the bundled plugins from wherever it is.

use std::path::Path;

use nextcloud_mcp_tests::harness::{Client, Peer, Server, Setting, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::running::{Running, set};

/// The installed program on its own in an empty folder, or `None` where there is none.
fn installed(test: &str) -> Option<(tempfile::TempDir, std::path::PathBuf)> {
    match Peer::Installed.find() {
        Ok(program) => {
            let folder = tempfile::tempdir().unwrap();
            let alone = folder.path().join("nextcloud-mcp-server");
            // By another process: what this one writes, it may not be able to run at once, while it starts others.
            let copied = std::process::Command::new("cp")
                .args([&program, &alone])
                .status();
            assert!(copied.unwrap().success());
            Some((folder, alone))
        }
        Err(missing) => {
            skip(test, &missing);
            None
        }
    }
}

/// Basic mode as alice, without any plugin folder and with data of its own.
fn settings(nextcloud: &StandIn, folder: &Path) -> Vec<Setting> {
    let (mut settings, _) = Server::basic(nextcloud, "alice").into_parts();
    set(&mut settings, "NEXTCLOUD_MCP_PLUGIN_DIR", "");
    let data = folder.join("data").display().to_string();
    set(&mut settings, "NEXTCLOUD_MCP_DATA_DIR", &data);
    settings
}

fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(program.parent().unwrap());
    command
}

/// What a command prints on success.
async fn printed(program: &Path, arguments: &[&str]) -> String {
    let output = command(program, arguments).env_clear().output();
    let output = output.await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_program_alone_serves_notes_calendar_and_capabilities() {
    let Some((folder, program)) = installed("the_program_alone_serves") else {
        return;
    };
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let settings = settings(&nextcloud, folder.path());
    let server = Running::start(command(&program, &[]), &settings);
    let endpoint = format!("{}/mcp", server.ready().await);
    let client = Client::http(&endpoint, None).await.unwrap();
    let names = client.tool_names().await.join(" ");
    for plugin in ["nc_notes_", "nc_calendar_", "nc_capabilities_"] {
        assert!(names.contains(plugin), "no tool of {plugin}: {names}");
    }
    let list = client.ok("nc_notes_list_notes", json!({})).await;
    assert_eq!(list["notes"][0]["title"], "Of alice");
    let log = server.logs.text();
    assert!(
        log.contains("plugin notes is loaded") && log.contains("bundled"),
        "{log}"
    );
}

#[tokio::test]
async fn bundled_plugins_are_shown_and_left_out_like_others() {
    let Some((_folder, program)) = installed("bundled_plugins_are_shown") else {
        return;
    };
    let listed = printed(&program, &["plugins", "list", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let names: Vec<_> = listed["loaded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["name"], &one["source"]))
        .collect();
    assert_eq!(
        json!(names),
        json!([
            ["calendar", "bundled"],
            ["capabilities", "bundled"],
            ["notes", "bundled"]
        ])
    );
    let some = printed(&program, &["plugins", "list", "--enable-plugin", "notes"]).await;
    assert!(
        some.contains("bundled") && some.contains("calendar is left out"),
        "{some}"
    );
    let notes = printed(&program, &["plugins", "inspect", "notes"]).await;
    assert!(
        notes.contains("Part of this program") && notes.contains("nc_notes_get_note"),
        "{notes}"
    );
}

#[tokio::test]
async fn a_plugin_in_the_folder_stands_in_place_of_the_bundled_one() {
    let Some((folder, program)) = installed("a_plugin_in_the_folder_stands_in_place") else {
        return;
    };
    let own = folder.path().join("own");
    std::fs::create_dir_all(own.join("notes")).unwrap();
    for file in ["plugin.toml", "notes.wasm"] {
        let built = Peer::Plugins.required().join("notes").join(file);
        std::fs::copy(built, own.join("notes").join(file)).unwrap();
    }
    let own = own.display().to_string();
    let listed = printed(
        &program,
        &["--plugin-dir", &own, "plugins", "list", "--json"],
    )
    .await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["replaced"], json!(["notes"]));
    let from: Vec<_> = listed["loaded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["source"])
        .collect();
    assert_eq!(
        json!(from),
        json!(["bundled", "bundled", format!("{own}/notes")])
    );

    let nextcloud = StandIn::with_two_users().await;
    let mut settings = settings(&nextcloud, folder.path());
    set(&mut settings, "NEXTCLOUD_MCP_PLUGIN_DIR", &own);
    let server = Running::start(command(&program, &[]), &settings);
    server.ready().await;
    let said = "notes: the one in NEXTCLOUD_MCP_PLUGIN_DIR stands in place of the bundled one";
    assert!(server.logs.text().contains(said), "{}", server.logs.text());
}
