//! What an author of a plugin does, from `plugins new` to a server that serves what was saved a moment ago.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Peer, Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

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

/// A copy of a guest, to break.
fn guest(name: &str) -> (tempfile::TempDir, PathBuf) {
    copy(&Peer::Guests.required().join(name))
}

fn copy(from: &Path) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(from.file_name().unwrap());
    fs::create_dir(&folder).unwrap();
    for file in fs::read_dir(from).unwrap().flatten() {
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    (parent, folder)
}

fn patch(path: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = fs::read(path).unwrap();
    let places: Vec<_> = (0..bytes.len() - old.len())
        .filter(|start| bytes[*start..].starts_with(old.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "{old}");
    for start in places {
        bytes[start..start + new.len()].copy_from_slice(new.as_bytes());
    }
    fs::write(path, bytes).unwrap();
}

async fn checked(folder: &Path) -> (bool, Value) {
    let (status, json) = plugins(&["check", text(folder), "--json"]).output().await;
    let value: Value =
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(value["loads"], status.success());
    (status.success(), value)
}

#[tokio::test]
async fn check_finds_nothing_wrong_with_the_bundled_plugins() {
    for name in ["notes", "calendar", "capabilities"] {
        let (loads, found) = checked(&Peer::Plugins.required().join(name)).await;
        assert!(loads, "{found}");
        assert_eq!(found["errors"], json!([]));
        assert_eq!(found["warnings"], json!([]), "{name}");
    }
    let (status, said) = plugins(&[
        "check",
        text(&Peer::Plugins.required().join("notes/notes.wasm")),
    ])
    .output()
    .await;
    assert!(
        status.success() && said.contains("Nothing is wrong"),
        "{said}"
    );
    assert!(
        said.contains("`plugins call`"),
        "it says what it cannot see: {said}"
    );
}

#[tokio::test]
async fn check_says_everything_that_is_wrong_and_not_only_the_first_thing() {
    let (_parent, folder) = guest("hostile");
    patch(
        &folder.join("hostile.wasm"),
        "hostile-mode:normal__",
        "hostile-mode:badscema",
    );
    let manifest = fs::read_to_string(folder.join("plugin.toml")).unwrap();
    let broken = manifest
        .replace("version = \"0.1.0\"", "version = \"\"\nauthor = \"me\"")
        .replace(
            "/index.php/apps/hostile/api/search",
            "/ocs/v2.php/core/getapppassword",
        )
        .replace("/ocs/v2.php/apps/files/api/**", "/ocs/**");
    fs::write(folder.join("plugin.toml"), broken).unwrap();
    let (loads, found) = checked(&folder).await;
    assert!(!loads);
    let errors = found["errors"].as_array().unwrap();
    for expected in [
        "`author` is not known",
        "`version` must be",
        "closed to every plugin",
        "`/ocs/**`",
        "recursive",
    ] {
        let told = |one: &Value| one.as_str().unwrap().contains(expected);
        assert!(errors.iter().any(told), "{expected}: {errors:#?}");
    }
    let (status, said) = plugins(&["check", text(&folder)]).output().await;
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains(&format!("{} things are wrong", errors.len())),
        "{said}"
    );
}

#[tokio::test]
async fn check_names_another_contract_a_foreign_import_and_a_missing_export() {
    let cases: [(&str, &str, &[&str]); 3] = [
        (
            "@0.1.0",
            "@0.2.0",
            &["built for contract 0.2, this host speaks 0.1"],
        ),
        (
            "wasi:cli/exit@0.2.",
            "wasi:http/typ@0.2.",
            &["wasi:http/typ", "`nextcloud.fetch` only"],
        ),
        (
            "nextcloud-mcp:plugin/tools@",
            "nextcloud-mcp:plugin/tolls@",
            &["does not export", "`tool-plugin`"],
        ),
    ];
    for (old, new, expected) in cases {
        let (_parent, folder) = guest("hostile");
        patch(&folder.join("hostile.wasm"), old, new);
        let (loads, found) = checked(&folder).await;
        assert!(!loads, "{new}");
        for expected in expected {
            assert!(
                found["errors"].to_string().contains(expected),
                "{expected}: {found}"
            );
        }
    }
    let (_parent, folder) = guest("hostile");
    fs::write(folder.join("hostile.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let (_, found) = checked(&folder).await;
    assert!(
        found["errors"][0]
            .as_str()
            .unwrap()
            .contains("wasm32-wasip2"),
        "{found}"
    );
}

/// What check finds wrong is what does not load, and nothing else.
#[tokio::test]
async fn check_and_the_server_agree() {
    for (old, new) in [
        ("hostile-mode:normal__", "hostile-mode:twice___"),
        ("hostile-mode:normal__", "hostile-mode:nothing_"),
        ("hostile-mode:normal__", "hostile-mode:panicked"),
        ("hostile-mode:normal__", "hostile-mode:fetching"),
        ("hostile-beside:nothing_", "hostile-beside:shelves_"),
    ] {
        let (parent, folder) = guest("hostile");
        patch(&folder.join("hostile.wasm"), old, new);
        let (loads, found) = checked(&folder).await;
        let (status, list) = plugins(&["list", "--json", "--plugin-dir", text(parent.path())])
            .output()
            .await;
        assert_eq!(status.success(), loads, "{new}: {found} {list}");
    }
}

#[tokio::test]
async fn a_call_shows_each_request_and_what_it_cost() {
    let nextcloud = StandIn::with_two_users().await;
    let notes = Peer::Plugins.required().join("notes");
    let arguments = r#"{"title": "Plans", "content": "one"}"#;
    let (status, said) = plugins_of(
        &nextcloud,
        "alice",
        &["call", text(&notes), "create_note", arguments],
    )
    .output()
    .await;
    assert!(status.success(), "{said}");
    for expected in [
        "tool create_note of notes",
        "access create",
        "POST      /index.php/apps/notes/api/v1/notes  200",
        "\"title\": \"Plans\"",
        "of it in the plugin",
        "MiB of memory",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(nextcloud.state().notes("alice").len(), 1);
    // What a manifest refuses is shown with the rule, and nothing is sent.
    let hostile = Peer::Guests.required().join("hostile/hostile.wasm");
    let arguments =
        r#"{"method": "GET", "path": "/index.php/apps/notes/api/v1/notes", "headers": []}"#;
    let call = [
        "call",
        text(&hostile),
        "nc_hostile_fetch_read",
        arguments,
        "--json",
    ];
    let (_, said) = plugins_of(&nextcloud, "alice", &call).output().await;
    let said: Value = serde_json::from_str(&said).unwrap();
    let refused = said["requests"][0]["error"].as_str().unwrap();
    assert!(refused.contains("covered by no allow line"), "{said}");
    assert!(
        said["spent"]["memory_bytes"].as_u64().unwrap() > 1 << 20,
        "{said}"
    );
    let (status, log) = plugins_of(&nextcloud, "alice", &["call", text(&hostile), "spin", "{}"])
        .with("NEXTCLOUD_MCP_CALL_CPU_SECONDS", "1")
        .run()
        .await;
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("computed for more than 1 s"), "{log}");
}

#[tokio::test]
async fn a_call_needs_somebody_to_call_as_and_something_to_call() {
    let notes = Peer::Plugins.required().join("notes");
    let (status, log) = plugins(&["call", text(&notes), "list_notes", "{}"])
        .run()
        .await;
    assert_eq!(status.code(), Some(1));
    assert!(
        log.contains("NEXTCLOUD_USERNAME") && log.contains("--replay"),
        "{log}"
    );
    let nextcloud = StandIn::with_two_users().await;
    let (_, log) = plugins_of(&nextcloud, "alice", &["call", text(&notes), "lost_notes"])
        .run()
        .await;
    assert!(
        log.contains("`lost_notes`") && log.contains("list_notes, "),
        "{log}"
    );
    let (status, _) = plugins(&["call", text(&notes), "list_notes", "[1]"])
        .run()
        .await;
    assert_eq!(status.code(), Some(2));
}

/// Every file of a recording, as one text.
fn all_of(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap().flatten();
    files
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .collect()
}

#[tokio::test]
async fn a_recorded_call_is_the_same_again_without_a_nextcloud() {
    let mut nextcloud = StandIn::with_two_users().await;
    let calendar = Peer::Plugins.required().join("calendar");
    let kept = tempfile::tempdir().unwrap();
    let tape = kept.path().join("tape");
    // Its UID is random and its stamp the time, so it is another one each time unless both are fixed.
    let event =
        r#"{"calendar_name": "personal", "title": "Lunch", "start_datetime": "2026-12-01T12:00"}"#;
    let record = [
        "call",
        text(&calendar),
        "create_event",
        event,
        "--record",
        text(&tape),
    ];
    let (status, said) = plugins_of(&nextcloud, "alice", &record).output().await;
    assert!(status.success() && said.contains("exchanges"), "{said}");
    assert!(said.contains("PUT"), "{said}");
    let password = nextcloud.state().user("alice").password.clone();
    nextcloud.stop().await;

    let recorded = all_of(&tape).to_lowercase();
    for secret in [
        "authorization",
        "cookie",
        "basic ",
        &password.to_lowercase(),
    ] {
        assert!(!recorded.contains(secret), "{secret} is in the recording");
    }
    for arguments in [
        vec!["call", text(&calendar), "--replay", text(&tape)],
        vec![
            "call",
            text(&calendar),
            "create_event",
            event,
            "--replay",
            text(&tape),
        ],
    ] {
        let (status, said) = plugins(&arguments).output().await;
        assert!(status.success(), "{said}");
        assert!(said.contains("The answer is the one recorded in"), "{said}");
    }

    // Other arguments ask for other things.
    let other = event.replace("Lunch", "Dinner");
    let (status, log) = plugins(&[
        "call",
        text(&calendar),
        "create_event",
        &other,
        "--replay",
        text(&tape),
    ])
    .run()
    .await;
    assert_eq!(status.code(), Some(1));
    assert!(
        log.contains("has no answer (left) to `PUT /remote.php/dav/calendars/alice/"),
        "{log}"
    );

    // And an answer that is not the recorded one fails, as it does when the plugin changed.
    let call = tape.join("call.json");
    let changed = fs::read_to_string(&call)
        .unwrap()
        .replace("Lunch", "Brunch");
    fs::write(&call, changed.replacen("Brunch", "Lunch", 1)).unwrap();
    let (status, log) = plugins(&["call", text(&calendar), "--replay", text(&tape)])
        .run()
        .await;
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("is not the one recorded"), "{log}");
}

#[tokio::test]
async fn resources_and_prompts_are_called_like_tools() {
    let nextcloud = StandIn::with_two_users().await;
    let library = Peer::Guests.required().join("library");
    for (name, arguments, expected) in [
        ("nc://library/reader", "{}", "alice"),
        ("discuss", r#"{"title": "Moby Dick"}"#, "messages"),
    ] {
        let call = ["call", text(&library), name, arguments];
        let (status, said) = plugins_of(&nextcloud, "alice", &call).output().await;
        assert!(
            status.success() && said.contains(expected),
            "{name}: {said}"
        );
    }
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

/// Runs a command in a folder of the test's.
async fn in_folder(start: Start, folder: &Path) -> (bool, String) {
    let (status, text) = start.within(folder).output().await;
    (status.success(), text)
}
