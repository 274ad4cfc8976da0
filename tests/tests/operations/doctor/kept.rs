//! Faults of what is kept on disk. A look changes none of it.

use std::fs;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Mounted, Start, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;

use super::{before, oauth};

/// A server that ran once and registered, with a key of its own making.
async fn after_a_run() -> (StandIn, Start) {
    let (nextcloud, start) = oauth().await;
    let start = start.with("NEXTCLOUD_MCP_SECRET_KEY", "");
    let start = start.start().await.stop().await;
    (nextcloud, start)
}

#[tokio::test]
async fn what_a_run_left_behind_is_found_well() {
    let (nextcloud, start) = after_a_run().await;
    let found = before(&start).await;
    found.problems(&[]);
    let client = &nextcloud.clients()[0];
    for id in ["data.folder", "data.key", "data.database", "oidc.client"] {
        assert_eq!(found.status(id), "ok", "{id}: {}", found.detail(id));
    }
    assert!(found.detail("data.database").contains(client.as_str()));
    assert_eq!(
        found.status("oidc.client-lifetime"),
        "warning",
        "an hour, by default"
    );
    assert_eq!(
        nextcloud.clients().len(),
        1,
        "nothing was registered for a look"
    );
}

#[tokio::test]
async fn a_client_that_nextcloud_forgot_is_told() {
    let (nextcloud, start) = after_a_run().await;
    let client = nextcloud.clients()[0].clone();
    nextcloud.remove_client(&client);
    let found = before(&start).await;
    found.problems(&["oidc.client"]);
    assert!(found.detail("oidc.client").contains(&client));
    found.tells("an error page instead of its login", "oidc.client");
}

#[tokio::test]
async fn a_registration_that_ended_while_the_server_was_down_is_told() {
    let (nextcloud, start) = oauth().await;
    nextcloud.client_lifetime(Duration::from_secs(3));
    let start = start.start().await.stop().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let found = before(&start).await;
    let told = found.detail("oidc.client-lifetime");
    assert!(told.contains("Stored client has expired"), "{told}");
    found.tells("Stored client has expired", "oidc.client-lifetime");
}

#[tokio::test]
async fn a_key_that_changed_is_told_and_one_that_is_damaged() {
    let (_nextcloud, start) = after_a_run().await;
    let key = start.folder().join("data/secret.key");
    let before_it = fs::read_to_string(&key).unwrap();
    let start = start.with("NEXTCLOUD_MCP_SECRET_KEY", "ab".repeat(32));
    let found = before(&start).await;
    found.problems(&[]);
    assert_eq!(
        found.status("data.database"),
        "warning",
        "{}",
        found.detail("data.database")
    );
    found.tells(
        "The application that sent you here is not known",
        "data.database",
    );
    found.tells("401 `invalid_client` at `/oauth/token`", "data.database");
    let start = start.with("NEXTCLOUD_MCP_SECRET_KEY", "");
    fs::write(&key, "no key at all").unwrap();
    let found = before(&start).await;
    found.problems(&["data.key"]);
    assert!(found.detail("data.key").contains("does not hold a key"));
    found.tells("does not hold a key", "data.key");
    assert_eq!(fs::read_to_string(&key).unwrap(), "no key at all");
    fs::write(&key, before_it).unwrap();
    before(&start).await.problems(&[]);
    // Lost, and what it sealed is still there.
    fs::remove_file(&key).unwrap();
    assert_eq!(before(&start).await.status("data.database"), "warning");
}

#[tokio::test]
async fn a_damaged_database_is_told_and_left_where_it_is() {
    let (_nextcloud, start) = after_a_run().await;
    let folder = start.folder().join("data");
    let database = folder.join("oauth.sqlite3");
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("oauth.sqlite3{beside}")));
    }
    fs::write(
        &database,
        "not a database, but long enough to be looked at ".repeat(100),
    )
    .unwrap();
    before(&start).await.problems(&["data.database"]);
    let names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|file| file.file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("broken")),
        "{names:?}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn what_others_can_read_is_told_with_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_nextcloud, start) = after_a_run().await;
    let folder = start.folder().join("data");
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for (path, usual, row, id) in [
        (
            folder.clone(),
            0o700,
            "lets other users of this machine",
            "data.folder",
        ),
        (
            folder.join("secret.key"),
            0o600,
            "lets other users of this machine",
            "data.key",
        ),
        (
            folder.join("oauth.sqlite3"),
            0o600,
            "lets other users of this machine",
            "data.database",
        ),
    ] {
        mode(&path, usual | 0o044);
        let found = before(&start).await;
        found.tells(row, id);
        assert!(
            found.all("problem").contains(&id),
            "{id}: {:#}",
            found.document
        );
        assert!(found.detail(id).contains("chmod"), "{}", found.detail(id));
        mode(&path, usual);
    }
    before(&start).await.problems(&[]);
}

#[tokio::test]
async fn a_look_before_the_first_start_makes_nothing() {
    let (_nextcloud, start) = oauth().await;
    let folder = start.folder().join("not-yet");
    let start = start
        .with("NEXTCLOUD_MCP_SECRET_KEY", "")
        .with("NEXTCLOUD_MCP_DATA_DIR", folder.display().to_string());
    let found = before(&start).await;
    found.problems(&[]);
    assert!(found.detail("data.key").contains("first start"));
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_folder_that_takes_nothing_is_told_with_what_is_lost() {
    const TEST: &str = "a_folder_that_takes_nothing_is_told_with_what_is_lost";
    let (_nextcloud, start) = oauth().await;
    let folder = tempfile::tempdir().unwrap();
    let Some(mounted) = Mounted::new(folder.path(), "ro,mode=0700") else {
        return skip(TEST, "nothing can be mounted here");
    };
    let start = start.with("NEXTCLOUD_MCP_SECRET_KEY", "").with(
        "NEXTCLOUD_MCP_DATA_DIR",
        mounted.path().display().to_string(),
    );
    let found = before(&start).await;
    // The server starts all the same.
    found.problems(&[]);
    for id in ["data.folder", "data.key"] {
        assert_eq!(found.status(id), "warning", "{id}: {}", found.detail(id));
    }
    assert!(found.detail("data.folder").contains("is lost when it ends"));
}
