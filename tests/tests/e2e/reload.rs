//! Plugins that change while they are served: nobody's call is lost, nothing broken is served, nothing is done twice.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nextcloud_mcp_tests::harness::{Client, Peer, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::talker::copy_folder;

/// How often one version takes the other's place under load.
const SWAPS: usize = 200;
/// Clients that call meanwhile.
const CLIENTS: usize = 3;
/// How long a change may take to be noticed and loaded, on a busy machine.
const SOON: Duration = Duration::from_mins(1);
/// Said after every reload.
const AGAIN: &str = "plugins are loaded again";

/// A folder of plugins, and both versions of one of them.
struct Shelf {
    root: tempfile::TempDir,
    versions: [Vec<u8>; 2],
}

impl Shelf {
    /// With the hostile plugin, which has no resources in its first version, and notes.
    fn new() -> Self {
        let first = fs::read(Peer::Guests.required().join("hostile/hostile.wasm")).unwrap();
        let second = patched(&first, "hostile-beside:nothing_", "hostile-beside:shelves_");
        let shelf = Self {
            root: tempfile::tempdir().unwrap(),
            versions: [first, second],
        };
        shelf.lay(&Peer::Guests.required().join("hostile"));
        shelf.lay(&Peer::Plugins.required().join("notes"));
        shelf
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn component(&self) -> PathBuf {
        self.path().join("hostile/hostile.wasm")
    }

    /// Copies a plugin's folder as an operator does: whole, then moved into its place.
    fn lay(&self, from: &Path) {
        let name = from.file_name().unwrap();
        let beside = tempfile::tempdir_in(self.path().parent().unwrap()).unwrap();
        let made = beside.path().join(name);
        copy_folder(from, &made);
        fs::rename(&made, self.path().join(name)).unwrap();
    }

    /// Puts a component in place in one step.
    fn put(&self, bytes: &[u8]) {
        let beside = self.root.path().with_extension("wasm");
        fs::write(&beside, bytes).unwrap();
        fs::rename(&beside, self.component()).unwrap();
    }

    async fn serve(&self, nextcloud: &StandIn, watch: &str) -> Server {
        Server::basic(nextcloud, "alice")
            .with(
                "NEXTCLOUD_MCP_PLUGIN_DIR",
                self.path().display().to_string(),
            )
            .with("NEXTCLOUD_MCP_PLUGIN_WATCH", watch)
            .with("NEXTCLOUD_MCP_RATE", "1000000")
            .start()
            .await
    }
}

fn patched(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<_> = (0..bytes.len() - old.len())
        .filter(|start| bytes[*start..].starts_with(old.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "{old} is not in the component");
    let mut bytes = bytes.to_vec();
    for start in places {
        bytes[start..start + new.len()].copy_from_slice(new.as_bytes());
    }
    bytes
}

fn reloads(server: &Server) -> usize {
    let lines = server.logs.all();
    lines.iter().filter(|line| line.contains(AGAIN)).count()
}

/// Waits for one more reload than there were.
async fn reloaded(server: &Server, before: usize) {
    let begun = Instant::now();
    while reloads(server) == before {
        assert!(begun.elapsed() < SOON, "{}", server.logs.text());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for a line of the log that holds `text`, whether or not another reload comes first.
async fn said(server: &Server, text: &str) -> String {
    let line = server.logs.wait_for(text, SOON).await;
    line.unwrap_or_else(|| panic!("`{text}` is not said:\n{}", server.logs.text()))
}

/// Calls until told to stop; how many calls that were, every one of which succeeded.
async fn keep_calling(client: Client, stop: Arc<AtomicBool>, number: usize) -> usize {
    let mut calls = 0;
    while !stop.load(Ordering::Relaxed) {
        let value = json!({"call": calls, "of": number});
        assert_eq!(client.ok("nc_hostile_echo", value.clone()).await, value);
        // This one waits for Nextcloud, so that swaps meet it in the middle.
        let path = "/index.php/apps/hostile/api/x";
        let asked = json!({"method": "GET", "path": path, "headers": []});
        client.ok("nc_hostile_fetch_read", asked).await;
        client.ok("nc_notes_list_notes", json!({})).await;
        calls += 3;
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_swaps_under_load_drop_no_call() {
    let shelf = Shelf::new();
    let nextcloud = StandIn::with_two_users().await;
    let server = shelf.serve(&nextcloud, "off").await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = Vec::new();
    for number in 0..CLIENTS {
        let client = server.client().await;
        callers.push(tokio::spawn(keep_calling(client, stop.clone(), number)));
    }
    for swap in 1..=SWAPS {
        shelf.put(&shelf.versions[swap % 2]);
        let before = reloads(&server);
        server.hang_up().await;
        reloaded(&server, before).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut calls = 0;
    for caller in callers {
        calls += caller.await.expect("every call succeeds");
    }
    assert!(calls > SWAPS, "{calls} calls are no load");
    let log = server.logs.all();
    let count = |text: &str| log.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("plugin hostile is replaced"), SWAPS);
    assert_eq!(count("plugin notes is replaced"), 0, "it did not change");
    assert_eq!(count("serves on"), 0);
}

/// What an operator does to a folder, one after another, and what is served then.
async fn follow_the_folder(watch: &str) {
    let shelf = Shelf::new();
    let nextcloud = StandIn::with_two_users().await;
    let server = shelf.serve(&nextcloud, watch).await;
    let client = server.client().await;
    let echo = async || client.ok("nc_hostile_echo", json!({"a": 1})).await;

    shelf.lay(&Peer::Guests.required().join("library"));
    let added = said(&server, "plugin library is added").await;
    assert!(
        added.contains("0.1.0") && added.contains("digest"),
        "{added}"
    );
    client.ok("nc_library_count", json!({})).await;

    shelf.put(b"\0asm\x01\0\0\0");
    let refused = said(
        &server,
        "hostile is not loaded: the component does not compile",
    )
    .await;
    assert!(
        refused.contains("hostile 0.1.0 (") && refused.ends_with("serves on"),
        "{refused}"
    );
    assert_eq!(echo().await, json!({"a": 1}), "the old one serves on");

    // Written in two halves, with a pause between that is longer than the quiet that is waited for.
    let second = &shelf.versions[1];
    let (half, rest) = second.split_at(second.len() / 2);
    let before = reloads(&server);
    let mut file = fs::File::create(shelf.component()).unwrap();
    file.write_all(half).unwrap();
    reloaded(&server, before).await;
    echo().await;
    file.write_all(rest).unwrap();
    drop(file);
    let replaced = said(&server, "plugin hostile is replaced").await;
    assert!(replaced.contains("old_digest"), "{replaced}");
    echo().await;

    fs::write(shelf.path().join("hostile/plugin.toml"), "name = ").unwrap();
    said(&server, "hostile is not loaded: ").await;
    echo().await;

    fs::remove_dir_all(shelf.path().join("hostile")).unwrap();
    said(&server, "plugin hostile is removed").await;
    let names = client.tool_names().await;
    assert!(
        !names.iter().any(|name| name.starts_with("nc_hostile_")),
        "{names:?}"
    );
    client.ok("nc_library_count", json!({})).await;
    let log = server.logs.text();
    assert!(
        !log.contains("plugin notes is replaced"),
        "it never changed:\n{log}"
    );
}

#[tokio::test]
async fn a_changed_folder_is_served_without_being_asked() {
    follow_the_folder("auto").await;
}

#[tokio::test]
async fn a_folder_that_does_not_tell_of_its_changes_is_looked_at() {
    follow_the_folder("poll").await;
}

#[tokio::test]
async fn a_folder_that_goes_away_ends_nothing_and_is_found_again() {
    let shelf = Shelf::new();
    let nextcloud = StandIn::with_two_users().await;
    let server = shelf.serve(&nextcloud, "auto").await;
    let client = server.client().await;
    let elsewhere = shelf.path().with_extension("away");
    fs::rename(shelf.path(), &elsewhere).unwrap();
    server.hang_up().await;
    let line = said(&server, "plugins are not loaded again").await;
    assert!(line.contains("what was loaded serves on"), "{line}");
    client.ok("nc_hostile_echo", json!({})).await;
    fs::rename(&elsewhere, shelf.path()).unwrap();
    fs::remove_dir_all(shelf.path().join("hostile")).unwrap();
    said(&server, "plugin hostile is removed").await;
    client.ok("nc_notes_list_notes", json!({})).await;
}

#[tokio::test]
async fn without_watching_only_a_signal_loads_again() {
    let shelf = Shelf::new();
    let nextcloud = StandIn::with_two_users().await;
    let server = shelf.serve(&nextcloud, "off").await;
    fs::remove_dir_all(shelf.path().join("hostile")).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(reloads(&server), 0);
    server.hang_up().await;
    said(&server, "plugin hostile is removed").await;
    reloaded(&server, 0).await;
    server.hang_up().await;
    reloaded(&server, 1).await;
    let lines = server.logs.all();
    let last = lines.iter().rfind(|line| line.contains(AGAIN)).unwrap();
    assert!(
        last.contains("removed=0") && last.contains("notes"),
        "{last}"
    );
}
