//! The notes tools that edit beside others: sections, conflicts, categories, settings.

use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

async fn begin() -> (StandIn, Server, Client) {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    (nextcloud, server, client)
}

fn content(nextcloud: &StandIn, id: i64) -> String {
    nextcloud.state().note("alice", id).unwrap().content.clone()
}

/// One client's part: lines for the end and lines for a section, in turns.
async fn write_lines(client: Client, name: &'static str, id: i64, lines: usize) {
    for line in 0..lines {
        let content = format!("- {name} {line}");
        let (tool, arguments) = if line % 2 == 0 {
            (
                "nc_notes_append_content",
                json!({"note_id": id, "content": content}),
            )
        } else {
            (
                "nc_notes_edit_section",
                json!({"note_id": id, "heading": "Shopping", "mode": "append", "content": content}),
            )
        };
        client.ok(tool, arguments).await;
    }
}

#[tokio::test]
async fn two_clients_edit_one_note_two_hundred_times_each_and_no_line_is_lost() {
    const LINES: usize = 200;
    let (nextcloud, server, client) = begin().await;
    let text = "# Shopping\n\n# Log\n";
    let id = nextcloud.state().add_note("alice", "Log", "", text);
    let other = server.client().await;
    let writers = [
        tokio::spawn(write_lines(client, "left", id, LINES)),
        tokio::spawn(write_lines(other, "right", id, LINES)),
    ];
    for writer in writers {
        writer.await.unwrap();
    }
    let content = content(&nextcloud, id);
    let (shopping, log) = content.split_once("# Log\n").unwrap();
    for name in ["left", "right"] {
        for line in 0..LINES {
            let place = if line % 2 == 0 { log } else { shopping };
            let wanted = format!("- {name} {line}");
            let times = place.lines().filter(|line| **line == wanted).count();
            assert_eq!(times, 1, "{wanted:?} in {content}");
        }
    }
    assert_eq!(content.lines().count(), 3 + 2 * LINES);
    let clashes = nextcloud
        .requests()
        .iter()
        .filter(|entry| entry.status == 412)
        .count();
    assert!(clashes > 0, "the clients never wrote at the same time");
}

#[tokio::test]
async fn a_conflict_comes_with_what_is_needed_to_merge_and_the_merge_goes_through() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud
        .state()
        .add_note("alice", "Plan", "", "# Plan\n- milk\n");
    let read = client.ok("nc_notes_get_note", json!({"note_id": id})).await;
    nextcloud.state().change_note("alice", id, |note| {
        note.content.push_str("- bread, theirs\n");
    });
    let mine =
        json!({"note_id": id, "etag": read["etag"], "content": "# Plan\n- milk\n- eggs, mine\n"});
    let refused = client.call("nc_notes_update_note", mine).await;
    assert!(refused.is_error, "{}", refused.text);
    let json = refused.text.lines().find(|line| line.starts_with('{'));
    let now: Value = serde_json::from_str(json.unwrap()).unwrap();
    assert_eq!(now["content"], "# Plan\n- milk\n- bread, theirs\n");
    assert_eq!(
        now["diff"],
        "@@ -1,3 +1,3 @@\n # Plan\n - milk\n-- bread, theirs\n+- eggs, mine\n"
    );
    let merged = format!("{}- eggs, mine\n", now["content"].as_str().unwrap());
    let arguments = json!({"note_id": id, "etag": now["etag"], "content": merged});
    client.ok("nc_notes_update_note", arguments).await;
    assert_eq!(content(&nextcloud, id), merged);
}

#[tokio::test]
async fn a_section_is_edited_and_a_missing_one_is_answered_with_those_that_are_there() {
    let (nextcloud, _server, client) = begin().await;
    let text = "# Home\r\n- dig\r\n\r\n```\r\n# Work\r\n```\r\n# Work\r\n- mail\r\n";
    let id = nextcloud.state().add_note("alice", "Lists", "", text);
    let arguments = |heading: &str, mode: &str| json!({"note_id": id, "heading": heading, "mode": mode, "content": "- rest"});
    let edited = client
        .ok("nc_notes_edit_section", arguments("# Work", "replace"))
        .await;
    assert_eq!(edited["replaced"], "- mail\r\n");
    assert_eq!(content(&nextcloud, id), text.replace("mail", "rest"));
    let missing = client
        .fail("nc_notes_edit_section", arguments("Garden", "append"))
        .await;
    assert!(missing.contains("\"Home\", \"Work\""), "{missing}");
    let odd = client
        .fail("nc_notes_edit_section", arguments("Home", "rewrite"))
        .await;
    assert!(odd.contains("mode"), "{odd}");
}

#[tokio::test]
async fn a_note_becomes_a_favourite_and_loses_its_category_and_nothing_else() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud.state().add_note("alice", "Plan", "Work", "text");
    for arguments in [json!({"favorite": true}), json!({"category": ""})] {
        let mut arguments = arguments;
        arguments["note_id"] = json!(id);
        client.ok("nc_notes_update_note", arguments).await;
    }
    let note = nextcloud.state().note("alice", id).unwrap().clone();
    assert_eq!(
        (note.favorite, note.category.as_str(), note.content.as_str()),
        (true, "", "text")
    );
}

// D14, D15
#[tokio::test]
async fn an_empty_text_empties_the_field_and_nothing_but_the_number_is_required() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud.state().add_note("alice", "Plan", "Work", "text");
    for (field, expected) in [
        ("content", ("Plan", "Work", "")),
        ("category", ("Plan", "", "")),
    ] {
        let mut arguments = json!({"note_id": id});
        arguments[field] = json!("");
        client.ok("nc_notes_update_note", arguments).await;
        let note = nextcloud.state().note("alice", id).unwrap().clone();
        let stored = (&*note.title, &*note.category, &*note.content);
        assert_eq!(stored, expected, "{field}");
    }
    // Every note has a title: an empty one is refused, and is no success that changed nothing.
    let arguments = json!({"note_id": id, "title": ""});
    let refused = client.fail("nc_notes_update_note", arguments).await;
    assert!(refused.contains("title"), "{refused}");
}

#[tokio::test]
async fn a_category_is_renamed_with_what_is_below_it_and_merged_without_losing_a_note() {
    let (nextcloud, _server, client) = begin().await;
    let ids = {
        let mut state = nextcloud.state();
        [
            state.add_note("alice", "Same", "Home", "one"),
            state.add_note("alice", "Same", "House", "two"),
            state.add_note("alice", "Plants", "Home/Garden", "three"),
            state.add_note("alice", "Theirs", "Home/Team", "four"),
            state.add_note("alice", "Other", "Homework", "five"),
        ]
    };
    nextcloud
        .state()
        .make_category_readonly("alice", "Home/Team");
    let listed = client.ok("nc_notes_list_categories", json!({})).await;
    assert_eq!(listed["categories"].as_array().unwrap().len(), 5);
    let arguments = json!({"category": "Home", "new_category": "House"});
    let renamed = client
        .call("nc_notes_rename_category", arguments.clone())
        .await;
    assert!(!renamed.is_error, "{}", renamed.text);
    assert!(renamed.text.contains("read-only"), "{}", renamed.text);
    let at = |id: i64| {
        let note = nextcloud.state().note("alice", id).unwrap().clone();
        (note.category, note.title, note.content)
    };
    let expected = [
        ("House", "Same (2)", "one"),
        ("House", "Same", "two"),
        ("House/Garden", "Plants", "three"),
        ("Home/Team", "Theirs", "four"),
        ("Homework", "Other", "five"),
    ];
    for (id, (category, title, content)) in ids.into_iter().zip(expected) {
        assert_eq!(
            at(id),
            (category.to_owned(), title.to_owned(), content.to_owned())
        );
    }
    let again = client.fail("nc_notes_rename_category", arguments).await;
    assert!(again.contains("0 of 1"), "{again}");
}

#[tokio::test]
async fn settings_are_shown_changed_one_by_one_and_held_to_what_can_be() {
    let (nextcloud, _server, client) = begin().await;
    let before = client.ok("nc_notes_get_settings", json!({})).await;
    let mut expected = before.clone();
    expected["file_suffix"] = json!(".txt");
    let after = client
        .ok(
            "nc_notes_update_settings",
            json!({"file_suffix": ".txt", "notes_path": null}),
        )
        .await;
    assert_eq!(after, expected);
    for odd in [
        json!({"notes_path": "../../etc"}),
        json!({"file_suffix": "<x"}),
        json!({"note_mode": "loud"}),
        json!({"suffix": ".md"}),
        json!({}),
    ] {
        client.fail("nc_notes_update_settings", odd).await;
    }
    assert_eq!(
        client.ok("nc_notes_get_settings", json!({})).await,
        expected
    );
    let puts = nextcloud
        .requests()
        .iter()
        .filter(|entry| entry.method == "PUT")
        .count();
    assert_eq!(puts, 1, "what is refused is not sent");
}

#[tokio::test]
async fn a_note_that_changed_since_it_was_read_is_not_deleted() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud.state().add_note("alice", "Plan", "", "first");
    let etag: Value = client.ok("nc_notes_get_note", json!({"note_id": id})).await["etag"].clone();
    nextcloud
        .state()
        .change_note("alice", id, |note| note.content = "second".into());
    let arguments = json!({"note_id": id, "etag": etag});
    let text = client.fail("nc_notes_delete_note", arguments).await;
    assert!(text.contains("second"), "{text}");
    assert_eq!(content(&nextcloud, id), "second");
}
