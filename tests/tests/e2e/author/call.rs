//! `plugins call`: every step of one call is shown, and a recorded one is the same again.

use std::fs;
use std::path::Path;

use nextcloud_mcp_tests::harness::Peer;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::Value;

use super::{plugins, plugins_of, text};

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
async fn questions_are_shown_and_answered_as_the_command_line_says() {
    let nextcloud = StandIn::with_two_users().await;
    let talker = Peer::Guests.required().join("talker");
    let order = ["call", text(&talker), "order", r#"{"name": "Ada"}"#];
    let (cake, sure) = (r#"{"flavour": "plum", "pieces": 3}"#, r#"{"sure": true}"#);
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("order");
    let answered = [
        &order[..],
        &[
            "--answer",
            cake,
            "--answer",
            sure,
            "--record",
            text(&recording),
        ],
    ];
    let (status, said) = plugins_of(&nextcloud, "alice", &answered.concat())
        .output()
        .await;
    assert!(status.success(), "{said}");
    for expected in [
        "asks: Which cake for Ada? (",
        "answered: {\"flavour\":\"plum\",\"pieces\":3}",
        "asks: 3 pieces: are you sure? (sure)",
        "\"sure\": true",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    // The recording knows the answers, and another answer is another call.
    let replay = ["call", text(&talker), "--replay", text(&recording)];
    let (status, said) = plugins(&replay).output().await;
    assert!(status.success(), "{said}");
    let refused = [&replay[..], &["--answer", "decline"]].concat();
    let (status, said) = plugins(&refused).output().await;
    assert!(
        !status.success() && said.contains("They said no."),
        "{said}"
    );
    let (status, said) = plugins_of(&nextcloud, "alice", &order).output().await;
    assert!(!status.success(), "{said}");
    for expected in ["nobody answers; --answer", "Nobody can be asked."] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let wrong = [&order[..], &["--answer", "perhaps"]].concat();
    let (status, log) = plugins_of(&nextcloud, "alice", &wrong).run().await;
    assert_eq!(status.code(), Some(2));
    assert!(log.contains("or say `decline` or `cancel`"), "{log}");
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
