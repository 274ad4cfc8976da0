//! What lies on disk, who can read it, and what is left when the disk or a process dies.

use std::fs;
use std::time::Duration;

use rusqlite::Connection;

use super::super::database::{self, DatabaseError};
use super::super::store::{Claim, Saved};
use super::*;
use crate::auth::folder::FolderError;

async fn saved(store: &Store, client_id: &str) -> bool {
    let new = registration(client_id);
    matches!(store.save(&new, None).await.unwrap(), Saved::Kept)
}

/// Takes the lease and keeps what it is for.
async fn registered(store: &Store, client_id: &str) {
    assert!(matches!(
        store.claim(None).await.unwrap(),
        Claim::Register(_)
    ));
    assert!(saved(store, client_id).await);
}

async fn ids(store: &Store) -> Vec<String> {
    let all = store.all().await.unwrap();
    all.into_iter().map(|one| one.client_id).collect()
}

#[tokio::test]
async fn what_is_kept_is_found_again_by_the_next_process() {
    let parent = tempfile::tempdir().unwrap();
    let first = store(parent.path()).await;
    registered(&first, "one").await;
    drop(first);
    let second = store(parent.path()).await;
    let Claim::Use(found, others) = second.claim(None).await.unwrap() else {
        panic!("it is fresh");
    };
    assert_eq!(
        (
            &*found.client_id,
            found.secret.expose_secret(),
            others.len()
        ),
        ("one", "canary-secret", 0)
    );
    let management = found.management.unwrap();
    assert_eq!(management.token.expose_secret(), "canary-token");
}

#[tokio::test]
async fn no_secret_lies_on_disk_unsealed() {
    let parent = tempfile::tempdir().unwrap();
    let store = store(parent.path()).await;
    registered(&store, "one").await;
    let mut seen = 0;
    for file in fs::read_dir(parent.path().join("data")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        seen += bytes.len();
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
    }
    assert!(seen > 0);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_what_sqlite_puts_beside_it_are_ours_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let kept = store(parent.path()).await;
    registered(&kept, "one").await;
    let data = parent.path().join("data");
    for name in ["oauth.sqlite3", "oauth.sqlite3-wal", "oauth.sqlite3-shm"] {
        let path = data.join(name);
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600, "{name}");
        for open in [0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let refused = Store::open(folder(parent.path()), owner(), sealer("a")).await;
            let Err(DatabaseError::Folder(error @ FolderError::Exposed { .. })) = refused else {
                panic!("{name} was opened");
            };
            let said = error.to_string();
            assert!(said.contains("chmod 600") && said.contains(name), "{said}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test]
async fn registrations_of_another_provider_or_address_are_not_ours() {
    let parent = tempfile::tempdir().unwrap();
    let here = store(parent.path()).await;
    registered(&here, "one").await;
    for (issuer, server_url) in [
        ("https://other.example.com", SERVER_URL),
        ("https://cloud.example.com", "https://other.example.com"),
    ] {
        let owner = Owner {
            issuer: issuer.to_owned(),
            server_url: server_url.to_owned(),
        };
        let there = Store::open(folder(parent.path()), owner, sealer("a")).await;
        let there = there.map_err(|error| error.to_string()).unwrap();
        assert!(ids(&there).await.is_empty());
        assert!(matches!(
            there.claim(None).await.unwrap(),
            Claim::Register(_)
        ));
    }
}

#[tokio::test]
async fn what_no_key_opens_is_as_good_as_none_and_loses_nothing_else() {
    let parent = tempfile::tempdir().unwrap();
    registered(&store(parent.path()).await, "one").await;
    let other_key = Store::open(folder(parent.path()), owner(), sealer("b")).await;
    let other_key = other_key.map_err(|error| error.to_string()).unwrap();
    registered(&other_key, "two").await;
    assert_eq!(ids(&other_key).await, ["two"]);
    assert_eq!(ids(&store(parent.path()).await).await, ["one"]);
}

#[tokio::test]
async fn a_seal_that_was_moved_to_another_row_does_not_open() {
    let parent = tempfile::tempdir().unwrap();
    let store = store(parent.path()).await;
    registered(&store, "one").await;
    let path = parent.path().join("data/oauth.sqlite3");
    let other = Connection::open(path).unwrap();
    other
        .execute("UPDATE registrations SET client_id = 'evil'", [])
        .unwrap();
    assert!(ids(&store).await.is_empty());
}

#[tokio::test]
async fn a_broken_file_is_kept_aside_and_a_new_one_takes_its_place() {
    // From its first byte on, or only behind the header and the schema.
    for whole in [0, 4096] {
        let parent = tempfile::tempdir().unwrap();
        registered(&store(parent.path()).await, "one").await;
        let data = parent.path().join("data");
        let path = data.join("oauth.sqlite3");
        let mut broken = fs::read(&path).unwrap();
        broken[whole..].fill(0xff);
        fs::write(&path, &broken).unwrap();
        let store = store(parent.path()).await;
        registered(&store, "two").await;
        assert_eq!(ids(&store).await, ["two"]);
        let aside = fs::read_dir(&data).unwrap().find_map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            let is_aside = name.starts_with("oauth.sqlite3.broken-") && !name.contains("-wal");
            is_aside.then(|| fs::read(file.path()).unwrap())
        });
        assert_eq!(aside, Some(broken));
    }
}

#[tokio::test]
async fn a_file_that_turns_out_to_be_broken_later_is_put_aside_too() {
    let parent = tempfile::tempdir().unwrap();
    let store = store(parent.path()).await;
    let path = parent.path().join("data/oauth.sqlite3");
    fs::write(&path, "this is no database".repeat(1000)).unwrap();
    // SQLite looks at the file only when it is asked for something.
    let store = store.on(Connection::open(&path).unwrap());
    registered(&store, "two").await;
    assert_eq!(ids(&store).await, ["two"]);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    registered(&store(parent.path()).await, "one").await;
    let path = parent.path().join("data/oauth.sqlite3");
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 2).unwrap();
    drop(other);
    let refused = Store::open(folder(parent.path()), owner(), sealer("a")).await;
    assert!(matches!(refused.err(), Some(DatabaseError::Newer(2))));
    assert!(path.exists());
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_loses_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let folder = folder(parent.path());
    let store = store(parent.path()).await;
    registered(&store, "one").await;
    let small = database::open(&folder).map_err(|error| error.to_string());
    let small = small.unwrap();
    let pages: i64 = small
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    small
        .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        .unwrap();
    let full = store.on(small);
    let mut large = registration("two");
    large.secret = "x".repeat(100_000).into();
    let said = full.save(&large, Some("one")).await.err().unwrap();
    assert!(said.to_string().contains("full"), "{said}");
    assert_eq!(ids(&full).await, ["one"]);
}

#[tokio::test]
async fn of_several_that_want_to_register_one_may() {
    let parent = tempfile::tempdir().unwrap();
    let (one, other) = (store(parent.path()).await, store(parent.path()).await);
    assert!(matches!(one.claim(None).await.unwrap(), Claim::Register(_)));
    assert!(matches!(one.claim(None).await.unwrap(), Claim::Register(_)));
    assert!(matches!(other.claim(None).await.unwrap(), Claim::Wait));
    one.release().await.unwrap();
    assert!(matches!(
        other.claim(None).await.unwrap(),
        Claim::Register(_)
    ));
    assert!(saved(&other, "two").await);
    let Claim::Use(found, _) = one.claim(None).await.unwrap() else {
        panic!("the other has registered");
    };
    assert_eq!(found.client_id, "two");
    assert!(
        matches!(one.claim(Some("two")).await.unwrap(), Claim::Register(_)),
        "unless it is of no use"
    );
}

#[tokio::test]
async fn who_dies_in_the_middle_holds_the_others_up_for_a_while_only() {
    let parent = tempfile::tempdir().unwrap();
    let dying = Store::open_with_lease(
        folder(parent.path()),
        owner(),
        sealer("a"),
        Duration::from_secs(1),
    );
    let dying = dying.await.map_err(|error| error.to_string()).unwrap();
    let lease = Duration::from_secs(1);
    let next = Store::open_with_lease(folder(parent.path()), owner(), sealer("a"), lease).await;
    let next = next.map_err(|error| error.to_string()).unwrap();
    assert!(matches!(
        dying.claim(None).await.unwrap(),
        Claim::Register(_)
    ));
    assert!(matches!(next.claim(None).await.unwrap(), Claim::Wait));
    tokio::time::sleep(Duration::from_millis(2100)).await;
    registered(&next, "two").await;
    // It was not dead, only slow: what it registered is not kept.
    let late = dying.save(&registration("one"), None).await.unwrap();
    let Saved::Superseded(current, _) = late else {
        panic!("both were kept");
    };
    assert_eq!(current.client_id, "two");
    assert_eq!(ids(&next).await, ["two"]);
}

#[tokio::test]
async fn a_lease_from_before_the_clock_was_set_back_holds_nobody_up() {
    let parent = tempfile::tempdir().unwrap();
    let (one, other) = (store(parent.path()).await, store(parent.path()).await);
    assert!(matches!(one.claim(None).await.unwrap(), Claim::Register(_)));
    let path = parent.path().join("data/oauth.sqlite3");
    let clock = Connection::open(path).unwrap();
    clock
        .execute("UPDATE leases SET until = until + 86400", [])
        .unwrap();
    assert!(matches!(
        other.claim(None).await.unwrap(),
        Claim::Register(_)
    ));
}

#[tokio::test]
async fn older_registrations_stay_until_they_are_long_over() {
    let parent = tempfile::tempdir().unwrap();
    let store = store(parent.path()).await;
    for (id, ended_hours_ago) in [("forgotten", 25), ("ended", 23), ("alive", -1)] {
        let mut one = registration(id);
        one.expires = one.expires.and_then(|_| {
            let now = i64::try_from(grant::now()).unwrap();
            u64::try_from(now - ended_hours_ago * 3600).ok()
        });
        store.save(&one, None).await.unwrap();
    }
    assert_eq!(ids(&store).await, ["alive", "ended"]);
    let path = parent.path().join("data/oauth.sqlite3");
    let rows: i64 = Connection::open(path)
        .unwrap()
        .query_row("SELECT count(*) FROM registrations", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 2, "the row is gone, too");
}
