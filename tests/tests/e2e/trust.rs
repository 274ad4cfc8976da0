//! What an operator approves, with the binary that they run: installing, verifying, switching off, removing.

use std::path::Path;

use nextcloud_mcp_tests::harness::Server;
use serde_json::{Value, json};

use crate::operator::{FAILED, MISUSE, Operator, bundled};

fn append(path: &Path, bytes: &[u8]) {
    let mut content = std::fs::read(path).unwrap();
    content.extend_from_slice(bytes);
    std::fs::write(path, content).unwrap();
}

#[tokio::test]
async fn nothing_is_installed_that_nobody_agreed_to() {
    let operator = Operator::new().await;
    let notes = bundled("notes");
    let install = ["install", &notes];
    let (code, shown) = operator.command(&install).await;
    assert_eq!(code, Some(MISUSE), "nobody is there to be asked");
    // Everything that a person would decide by was shown before that.
    for part in [
        "SHA-256",
        "deletes (DELETE) on /apps/notes/api/v1/notes/**",
        "adds (PUT) on /remote.php/dav/files/{user}",
        "nc_notes_delete_note",
        "What clients and models are told",
        "a lock file is begun",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let (_, said) = operator.plugins(&install).run().await;
    assert!(said.contains("--yes"), "{said}");
    assert_eq!(
        std::fs::read_dir(operator.folder.path()).unwrap().count(),
        0
    );
    let (code, _) = operator.command(&["install", &notes, "--json"]).await;
    assert_eq!(code, Some(MISUSE), "JSON asks nobody, so it needs --yes");
}

#[tokio::test]
async fn a_line_that_counts_a_method_as_less_is_pointed_out_before_installing() {
    let operator = Operator::new().await;
    let shown = operator.done(&["inspect", &bundled("calendar")]).await;
    assert!(shown.contains("Look twice"), "{shown}");
    assert!(
        shown.contains("POST on /remote.php/dav/calendars/{user}/outbox counts as `read`"),
        "{shown}"
    );
}

#[tokio::test]
async fn what_was_installed_is_served_until_somebody_tampers_with_it() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    operator.install(&bundled("capabilities")).await;
    operator.done(&["verify"]).await;
    let server = operator.server().start().await;
    let names = server.client().await.tool_names().await;
    assert!(
        names.iter().any(|name| name == "nc_notes_get_note"),
        "{names:?}"
    );
    drop(server);

    // A custom section, which changes nothing of what the component does.
    append(&operator.file("notes/notes.wasm"), b"\0\x02\x01x");
    let (code, told) = operator.command(&["verify"]).await;
    assert_eq!(code, Some(FAILED), "{told}");
    assert!(
        told.contains("its component is not what was approved"),
        "{told}"
    );
    let (code, told) = operator.command(&["verify", "--json"]).await;
    let verdicts: Value = serde_json::from_str(&told).unwrap();
    let states = verdicts.as_array().unwrap().iter();
    let states: Vec<_> = states
        .map(|one| (one["plugin"].clone(), one["ok"].clone()))
        .collect();
    assert_eq!(code, Some(FAILED));
    assert_eq!(
        states,
        [
            (json!("capabilities"), json!(true)),
            (json!("notes"), json!(false))
        ]
    );

    let server = operator.server().start().await;
    let names = server.client().await.tool_names().await;
    assert!(
        !names.iter().any(|name| name.starts_with("nc_notes_")),
        "{names:?}"
    );
    let log = server.logs.text();
    assert!(
        log.contains("is not what was approved") && log.contains("plugins install"),
        "{log}"
    );
    drop(server);

    let inspected = operator.done(&["inspect", "notes"]).await;
    assert!(
        inspected.contains("Not what was approved: its component"),
        "{inspected}"
    );
    let folder = operator.file("notes").display().to_string();
    operator.install(&folder).await;
    operator.done(&["verify"]).await;
}

#[tokio::test]
async fn a_component_is_installed_with_the_manifest_beside_it() {
    let operator = Operator::new().await;
    let component = format!("{}/notes.wasm", bundled("notes"));
    operator.install(&component).await;
    for file in ["notes.wasm", "plugin.toml"] {
        let built = std::fs::read(Path::new(&bundled("notes")).join(file)).unwrap();
        let installed = std::fs::read(operator.file("notes").join(file)).unwrap();
        assert!(installed == built, "{file}");
    }
    operator.done(&["verify"]).await;
}

#[tokio::test]
async fn an_update_says_what_it_changes() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    let newer = tempfile::tempdir().unwrap();
    for file in ["notes.wasm", "plugin.toml"] {
        std::fs::copy(
            Path::new(&bundled("notes")).join(file),
            newer.path().join(file),
        )
        .unwrap();
    }
    let manifest = newer.path().join("plugin.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let text = text
        .replace("version = \"0.1.0\"", "version = \"0.2.0\"")
        .replace("/apps/notes/api/v1/settings", "/apps/notes/api/v1/other");
    std::fs::write(&manifest, text).unwrap();
    let newer = newer.path().display().to_string();
    let told = operator.json(&["install", &newer, "--yes", "--json"]).await;
    let changes: Vec<String> = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["change"].as_str().unwrap(),
                one["text"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            "changed 0.1.0 -> 0.2.0",
            "added reads (GET) and changes (PUT) on /apps/notes/api/v1/other",
            "removed reads (GET) and changes (PUT) on /apps/notes/api/v1/settings",
        ]
    );
    operator.done(&["verify"]).await;
}

#[tokio::test]
async fn what_is_switched_off_or_removed_is_not_served() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    operator.install(&bundled("capabilities")).await;
    let switched = operator.json(&["disable", "notes", "--json"]).await;
    assert_eq!(
        switched,
        json!({ "plugin": "notes", "enabled": false, "changed": true })
    );
    let listed = operator.json(&["list", "--json"]).await;
    assert_eq!(listed["disabled"], json!(["notes"]));
    assert_eq!(listed["loaded"][0]["pinned"], json!(true));
    let switched = operator.json(&["enable", "notes", "--json"]).await;
    assert_eq!(
        switched,
        json!({ "plugin": "notes", "enabled": true, "changed": true })
    );
    let listed = operator.json(&["list", "--json"]).await;
    assert_eq!(listed["loaded"].as_array().unwrap().len(), 2);

    std::fs::write(operator.file("notes/mine.txt"), "mine").unwrap();
    let (code, _) = operator.command(&["remove", "notes"]).await;
    assert_eq!(code, Some(MISUSE), "nobody is there to be asked");
    let removed = operator.json(&["remove", "notes", "--yes", "--json"]).await;
    assert_eq!(removed["deleted"].as_array().unwrap().len(), 2);
    assert!(
        removed["left"].to_string().contains("mine.txt"),
        "{removed}"
    );
    assert!(operator.file("notes/mine.txt").exists());
    let (code, _) = operator.command(&["enable", "notes"]).await;
    assert_eq!(code, Some(FAILED));
}

#[tokio::test]
async fn a_server_that_wants_a_lock_file_serves_nothing_without_one() {
    let operator = Operator::new().await;
    let (status, log) = Server::basic(&operator.nextcloud, "alice")
        .with("NEXTCLOUD_MCP_REQUIRE_LOCK", "true")
        .run()
        .await;
    assert_eq!(status.code(), Some(FAILED), "{log}");
    assert!(
        log.contains("there is no lock file") && log.contains("plugins install"),
        "{log}"
    );
    let server = Server::basic(&operator.nextcloud, "alice").start().await;
    let log = server.logs.text();
    assert!(
        log.contains("no lock file says which plugins were approved"),
        "{log}"
    );
}

#[tokio::test]
async fn an_approved_plugin_whose_manifest_is_broken_differs_from_what_was_approved() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    operator.install(&bundled("capabilities")).await;
    append(
        &operator.file("notes/plugin.toml"),
        b"\n[[allow]]\nmethods = [\n",
    );
    let (code, told) = operator.command(&["list"]).await;
    assert_eq!(code, Some(FAILED), "{told}");
    let lines: Vec<_> = told.lines().filter(|line| line.contains("notes")).collect();
    let [line] = lines[..] else {
        panic!("{told}");
    };
    for part in [
        "its manifest is not what was approved",
        "plugin.toml, line ",
        "plugins install",
        "or put back what was there",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[tokio::test]
async fn check_says_how_an_installed_plugin_stands_to_the_lock_file() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    let folder = operator.file("notes");
    let check = async || {
        operator
            .done(&["check", &folder.display().to_string()])
            .await
    };
    assert!(
        check()
            .await
            .contains("Approved: it is what the lock file says.")
    );
    append(&folder.join("plugin.toml"), b"\n# of somebody's\n");
    let told = check().await;
    assert!(
        told.contains("Nothing is wrong") && told.contains("Not what was approved: its manifest."),
        "{told}"
    );
    // An author's own folder is in no lock file.
    let own = operator.done(&["check", &bundled("notes")]).await;
    assert!(!own.contains("lock file"), "{own}");
}
