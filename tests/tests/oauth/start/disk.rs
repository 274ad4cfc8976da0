//! The data folder: private or refused; broken, full or read-only it costs the registration and nothing more.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nextcloud_mcp_tests::harness::{Mounted, Person, Server, SignIn, Start, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;

use super::MISUSE;
use crate::{NOTES, stage, titles, unhurried};

/// What happens to a file.
type Damage = fn(&Path);

const DATABASE: &str = "oauth.sqlite3";

fn data(start: &Start) -> PathBuf {
    PathBuf::from(start.setting("NEXTCLOUD_MCP_DATA_DIR").unwrap())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

async fn works(server: &Server) {
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(titles(server, &tokens.access).await, ["Of alice"]);
}

async fn nextcloud() -> StandIn {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    nextcloud
}

#[tokio::test]
async fn what_is_kept_is_private_to_the_service_and_sealed() {
    let nextcloud = nextcloud().await;
    let start = unhurried(&nextcloud).with("NEXTCLOUD_MCP_SECRET_KEY", "");
    let folder = data(&start);
    let server = start.start().await;
    works(&server).await;
    assert_eq!(mode(&folder), 0o700);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_file() {
            assert_eq!(mode(&entry.path()), 0o600, "{name}");
            files.push(name);
        }
    }
    for name in [DATABASE, "secret.key"] {
        assert!(files.iter().any(|file| file == name), "{files:?}");
    }
    // What came from Nextcloud at the registration, and was sent back to it.
    let answer = nextcloud.requests_to("/apps/oidc/register")[0]
        .answer
        .clone();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let client = answer["client_id"].as_str().unwrap();
    let on_disk: Vec<u8> = files
        .iter()
        .filter(|name| name.starts_with(DATABASE))
        .flat_map(|name| fs::read(folder.join(name)).unwrap())
        .collect();
    let holds = |text: &str| {
        on_disk
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds(client), "the id is not secret, so the search works");
    for name in ["client_secret", "registration_access_token"] {
        let secret = answer[name].as_str().unwrap();
        assert!(!holds(&secret[..16]), "{name} lies on disk in the clear");
    }
}

#[tokio::test]
async fn a_folder_or_a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let (nextcloud, server) = stage().await;
    let mut start = server.kill().await;
    let folder = data(&start);
    let database = folder.join(DATABASE);
    for (path, bad, good) in [
        (&folder, 0o755, 0o700),
        (&folder, 0o710, 0o700),
        (&database, 0o644, 0o600),
        (&database, 0o620, 0o600),
    ] {
        set_mode(path, bad);
        // The folder goes with a Start that ran to its end, so another one runs in its place.
        let mut tried = unhurried(&nextcloud);
        for name in ["NEXTCLOUD_MCP_DATA_DIR", "NEXTCLOUD_MCP_SERVER_URL"] {
            tried = tried.with(name, start.setting(name).unwrap());
        }
        let (status, log) = tried.run().await;
        assert_eq!(status.code(), Some(MISUSE), "{log}");
        let remedy = format!("chmod {good:03o} {}", path.display());
        assert!(log.contains(&remedy), "{remedy}:\n{log}");
        assert_eq!(mode(path), bad, "it is not quietly put right");
        set_mode(path, good);
    }
    start = start.with("NEXTCLOUD_MCP_LOG_LEVEL", "info");
    works(&start.start().await).await;
    assert_eq!(nextcloud.registrations(), 1);
}

#[tokio::test]
async fn a_broken_database_is_put_aside_explained_and_made_anew() {
    let breakages: [(&str, Damage); 3] = [
        ("garbage", |path| {
            fs::write(
                path,
                b"not a database at all, but long enough to be read as one",
            )
            .unwrap();
        }),
        ("a header and garbage", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[100..].fill(0x55);
            fs::write(path, bytes).unwrap();
        }),
        ("cut", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2 + 7]).unwrap();
        }),
    ];
    for (what, damage) in breakages {
        let (nextcloud, server) = stage().await;
        // Ended in order, so that everything is in the one file.
        let folder = server.folder().join("data");
        let lasting = Person::example("alice").staying(true);
        let (client, durable) = SignIn::whole(&server.endpoint(), &lasting, NOTES).await;
        let start = server.stop().await;
        assert!(
            fs::metadata(folder.join(DATABASE)).unwrap().len() > 4096,
            "more than a header"
        );
        damage(&folder.join(DATABASE));
        let server = start.start().await;
        let log = server.logs.text();
        assert!(
            log.contains("is broken") && log.contains(".broken-"),
            "{what}: {log}"
        );
        let aside = fs::read_dir(&folder).unwrap().flatten();
        let aside: Vec<PathBuf> = aside
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().contains(".broken-"))
            .collect();
        assert!(!aside.is_empty(), "{what}: kept aside");
        assert_eq!(nextcloud.registrations(), 2, "{what}");
        // What rests on nothing of the registration goes on.
        assert_eq!(
            titles(&server, &durable.access).await,
            ["Of alice"],
            "{what}"
        );
        client.refresh(&durable.refresh.unwrap()).await.tokens();
        works(&server).await;
        let server = server.restart().await;
        assert_eq!(nextcloud.registrations(), 2, "{what}: the new one is kept");
        drop(server);
    }
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_costs_the_registration_alone() {
    let nextcloud = nextcloud().await;
    let start = unhurried(&nextcloud).file("not-a-folder", "");
    let path = start.folder().join("not-a-folder");
    let server = start
        .with("NEXTCLOUD_MCP_DATA_DIR", path.display().to_string())
        .start()
        .await;
    let log = server.logs.text();
    assert!(
        log.contains("WARN") && log.contains("not-a-folder"),
        "{log}"
    );
    works(&server).await;
    let server = server.restart().await;
    works(&server).await;
    assert_eq!(nextcloud.registrations(), 2);
}

#[tokio::test]
async fn a_folder_in_place_of_the_database_is_refused_and_not_removed() {
    let nextcloud = nextcloud().await;
    let start = unhurried(&nextcloud);
    let place = data(&start).join(DATABASE);
    fs::create_dir(&place).unwrap();
    let (status, log) = start.run().await;
    assert!(!status.success(), "{log}");
    assert!(log.contains("not a plain file"), "{log}");
}

#[tokio::test]
async fn a_full_or_read_only_disk_costs_the_registration_alone() {
    for options in ["size=4k,mode=0700", "ro,mode=0700"] {
        let nextcloud = nextcloud().await;
        let folder = tempfile::tempdir().unwrap();
        let Some(mounted) = Mounted::new(folder.path(), options) else {
            skip(
                "a_full_or_read_only_disk_costs_the_registration_alone",
                "nothing can be mounted here",
            );
            return;
        };
        let _ = fs::write(mounted.path().join("fill"), [0; 8192]);
        let start = unhurried(&nextcloud).with(
            "NEXTCLOUD_MCP_DATA_DIR",
            mounted.path().display().to_string(),
        );
        let server = start.start().await;
        assert!(
            server.logs.text().contains("WARN"),
            "{options}: {}",
            server.logs.text()
        );
        works(&server).await;
        let start = server.kill().await;
        works(&start.start().await).await;
        assert_eq!(nextcloud.registrations(), 2, "{options}");
    }
}

#[tokio::test]
async fn a_lost_key_file_is_another_key_and_a_damaged_one_is_not_written_over() {
    let nextcloud = nextcloud().await;
    let server = unhurried(&nextcloud)
        .with("NEXTCLOUD_MCP_SECRET_KEY", "")
        .start()
        .await;
    let start = server.kill().await;
    let key = data(&start).join("secret.key");
    let whole = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let server = start.start().await;
    let log = server.logs.text();
    assert!(log.contains("the key has changed"), "{log}");
    works(&server).await;
    assert_eq!(nextcloud.registrations(), 2);
    assert_ne!(fs::read(&key).unwrap(), whole);
    fs::write(&key, "half a ke").unwrap();
    let (status, log) = server.kill().await.run().await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("secret.key does not hold a key"), "{log}");
}
