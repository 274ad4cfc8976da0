//! The notes tools, from the client's call to what Nextcloud stores.

use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

async fn begin() -> (StandIn, Server, Client) {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    (nextcloud, server, client)
}

fn id_of(note: &Value) -> i64 {
    note["id"]
        .as_i64()
        .unwrap_or_else(|| panic!("no id in {note}"))
}

#[tokio::test]
async fn a_note_is_created_read_found_changed_and_deleted() {
    let (nextcloud, _server, client) = begin().await;
    let created = client
        .ok(
            "nc_notes_create_note",
            json!({"title": "Shopping", "content": "- milk\n", "category": "Home/Groceries"}),
        )
        .await;
    let id = id_of(&created);
    let stored = nextcloud.state().note("alice", id).unwrap().clone();
    assert_eq!(
        (
            stored.title.as_str(),
            stored.category.as_str(),
            stored.content.as_str()
        ),
        ("Shopping", "Home/Groceries", "- milk\n")
    );

    let read = client.ok("nc_notes_get_note", json!({"note_id": id})).await;
    assert_eq!(read["content"], "- milk\n");
    let listed = client
        .ok("nc_notes_list_notes", json!({"category": "Home/Groceries"}))
        .await;
    assert_eq!(id_of(&listed["notes"][0]), id);
    let found = client
        .ok("nc_notes_search_notes", json!({"query": "MILK"}))
        .await;
    assert_eq!(id_of(&found["results"][0]), id);

    let changed = client
        .ok("nc_notes_update_note", json!({"note_id": id, "etag": read["etag"], "title": null, "content": "- milk\n- eggs\n", "category": ""}))
        .await;
    assert_ne!(changed["etag"], read["etag"]);
    let stored = nextcloud.state().note("alice", id).unwrap().clone();
    assert_eq!(
        (
            stored.title.as_str(),
            stored.category.as_str(),
            stored.content.as_str()
        ),
        ("Shopping", "", "- milk\n- eggs\n")
    );

    client
        .ok(
            "nc_notes_append_content",
            json!({"note_id": id, "content": "- bread"}),
        )
        .await;
    let stored = nextcloud.state().note("alice", id).unwrap().content.clone();
    assert!(
        stored.starts_with("- milk\n- eggs\n") && stored.trim_end().ends_with("- bread"),
        "{stored:?}"
    );

    client
        .ok("nc_notes_delete_note", json!({"note_id": id}))
        .await;
    assert!(nextcloud.state().note("alice", id).is_none());
    let gone = client
        .fail("nc_notes_get_note", json!({"note_id": id}))
        .await;
    assert!(gone.contains(&id.to_string()), "{gone}");
}

#[tokio::test]
async fn a_change_by_someone_else_is_not_overwritten_and_comes_back_to_merge_with() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud.state().add_note("alice", "Plan", "", "first");
    let etag = client.ok("nc_notes_get_note", json!({"note_id": id})).await["etag"].clone();
    nextcloud
        .state()
        .change_note("alice", id, |note| note.content = "by someone else".into());
    let outcome = client
        .call(
            "nc_notes_update_note",
            json!({"note_id": id, "etag": etag, "content": "mine"}),
        )
        .await;
    assert!(outcome.is_error);
    assert!(outcome.text.contains("by someone else"), "{}", outcome.text);
    assert_eq!(
        nextcloud.state().note("alice", id).unwrap().content,
        "by someone else"
    );
}

#[tokio::test]
async fn lines_appended_at_the_same_time_are_all_kept() {
    const LINES: usize = 5;
    let (nextcloud, server, _client) = begin().await;
    let id = nextcloud.state().add_note("alice", "Log", "", "start");
    let mut tasks = Vec::new();
    for line in 0..LINES {
        let client = server.client().await;
        tasks.push(tokio::spawn(async move {
            client
                .call(
                    "nc_notes_append_content",
                    json!({"note_id": id, "content": format!("line {line}")}),
                )
                .await
                .is_error
        }));
    }
    let mut failed = Vec::new();
    for task in tasks {
        failed.push(task.await.unwrap());
    }
    let content = nextcloud.state().note("alice", id).unwrap().content.clone();
    assert!(content.starts_with("start"), "{content:?}");
    for (line, failed) in failed.into_iter().enumerate() {
        // A call that reports success has its line in the note, one that does not has none.
        assert_eq!(
            content.contains(&format!("line {line}")),
            !failed,
            "{content:?}"
        );
    }
}

#[tokio::test]
async fn a_locked_note_is_never_taken_for_its_error_text() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud.state().add_note("alice", "Busy", "", "precious");
    nextcloud
        .state()
        .change_note("alice", id, |note| note.locked = true);
    let read = client
        .fail("nc_notes_get_note", json!({"note_id": id}))
        .await;
    assert!(
        read.contains("locked") && !read.contains("LockedException"),
        "{read}"
    );
    client
        .fail(
            "nc_notes_append_content",
            json!({"note_id": id, "content": "more"}),
        )
        .await;
    client
        .fail(
            "nc_notes_update_note",
            json!({"note_id": id, "content": "other"}),
        )
        .await;
    client
        .fail("nc_notes_delete_note", json!({"note_id": id}))
        .await;
    assert_eq!(
        nextcloud.state().note("alice", id).unwrap().content,
        "precious"
    );
}

#[tokio::test]
async fn a_note_that_can_only_be_read_stays_as_it_is_and_the_answer_says_so() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud
        .state()
        .add_note("alice", "Team plan", "Team", "theirs");
    nextcloud.state().make_category_readonly("alice", "Team");
    for (tool, arguments) in [
        (
            "nc_notes_update_note",
            json!({"note_id": id, "content": "mine"}),
        ),
        (
            "nc_notes_append_content",
            json!({"note_id": id, "content": "mine"}),
        ),
        ("nc_notes_delete_note", json!({"note_id": id})),
    ] {
        let text = client.fail(tool, arguments).await;
        assert!(
            text.to_lowercase().contains("read-only") || text.contains("not allow"),
            "{tool}: {text}"
        );
    }
    assert_eq!(
        nextcloud.state().note("alice", id).unwrap().content,
        "theirs"
    );
}

#[tokio::test]
async fn what_nextcloud_made_of_a_title_is_what_is_reported() {
    let (nextcloud, _server, client) = begin().await;
    let first = client
        .ok(
            "nc_notes_create_note",
            json!({"title": "a/b:c", "content": ""}),
        )
        .await;
    assert_eq!(first["title"], "abc");
    let second = client
        .call(
            "nc_notes_create_note",
            json!({"title": "abc", "content": ""}),
        )
        .await;
    assert_eq!(second.structured["title"], "abc (2)");
    assert!(second.text.contains("abc (2)"), "{}", second.text);
    assert_eq!(nextcloud.state().notes("alice").len(), 2);
}

#[tokio::test]
async fn another_users_note_is_as_if_it_were_not_there() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud
        .state()
        .add_note("bob", "Diary", "", "bob's secret");
    for (tool, arguments) in [
        ("nc_notes_get_note", json!({"note_id": id})),
        (
            "nc_notes_update_note",
            json!({"note_id": id, "content": "x"}),
        ),
        ("nc_notes_delete_note", json!({"note_id": id})),
    ] {
        let text = client.fail(tool, arguments).await;
        assert!(!text.contains("secret"), "{tool}: {text}");
    }
    let found = client
        .ok("nc_notes_search_notes", json!({"query": "secret"}))
        .await;
    assert_eq!(found["results"], json!([]));
    assert_eq!(
        nextcloud.state().note("bob", id).unwrap().content,
        "bob's secret"
    );
}

#[tokio::test]
async fn text_of_every_script_and_a_large_note_come_back_as_they_were_written() {
    let (_nextcloud, _server, client) = begin().await;
    let content = format!(
        "Über – 日本語 🎉 \u{202e}rtl\n{}",
        "0123456789".repeat(20_000)
    );
    let created = client
        .ok(
            "nc_notes_create_note",
            json!({"title": "日本語 🎉", "content": content}),
        )
        .await;
    let read = client
        .ok("nc_notes_get_note", json!({"note_id": created["id"]}))
        .await;
    assert_eq!(read["content"], content);
    assert_eq!(read["title"], "日本語 🎉");
}

#[tokio::test]
async fn a_long_list_comes_in_pages_that_neither_repeat_nor_miss_a_note() {
    const NOTES: usize = 25;
    let (nextcloud, _server, client) = begin().await;
    for number in 0..NOTES {
        nextcloud
            .state()
            .add_note("alice", &format!("Note {number}"), "", "x");
    }
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut arguments = json!({"limit": 10});
        if !cursor.is_null() {
            arguments["cursor"] = cursor;
        }
        let page = client.ok("nc_notes_list_notes", arguments).await;
        seen.extend(page["notes"].as_array().unwrap().iter().map(id_of));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    seen.sort_unstable();
    let all: Vec<i64> = nextcloud
        .state()
        .notes("alice")
        .iter()
        .map(|note| note.id)
        .collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_full_quota_loses_nothing_and_is_named() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud.state().add_note("alice", "Small", "", "kept");
    nextcloud.state().user("alice").quota = Some(100);
    let text = client
        .fail(
            "nc_notes_update_note",
            json!({"note_id": id, "content": "x".repeat(1000)}),
        )
        .await;
    assert!(
        ["full", "space", "quota", "storage"]
            .iter()
            .any(|word| text.to_lowercase().contains(word)),
        "{text}"
    );
    assert_eq!(nextcloud.state().note("alice", id).unwrap().content, "kept");
    client
        .fail(
            "nc_notes_create_note",
            json!({"title": "Big", "content": "x".repeat(1000)}),
        )
        .await;
    assert_eq!(nextcloud.state().notes("alice").len(), 1);
}
