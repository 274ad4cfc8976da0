//! Lists, searches and attachments of notes, from the client's call to what Nextcloud is asked.

use std::time::{Duration, Instant};

use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

/// A PNG of one pixel, which is no UTF-8.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// Notes of a large account.
const MANY: usize = 5_000;

/// Generous: unoptimised code on a busy machine. What a call takes is measured by the bench.
const PLEASANT: Duration = Duration::from_secs(15);

async fn begin() -> (StandIn, Server, Client) {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    (nextcloud, server, client)
}

fn titles(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|note| note["title"].as_str().unwrap())
        .collect()
}

/// Requests and bytes of answers since the last look.
fn traffic(nextcloud: &StandIn) -> (usize, usize) {
    let requests = nextcloud.requests();
    nextcloud.forget_requests();
    let bytes = requests.iter().map(|entry| entry.answer.len()).sum();
    (requests.len(), bytes)
}

/// D17: an image is an image, wherever the user's notes folder and the note's category are.
#[tokio::test]
async fn an_image_goes_up_and_comes_back_as_an_image() {
    let (nextcloud, _server, client) = begin().await;
    nextcloud
        .state()
        .set_notes_path("alice", "Documents/My notes");
    let id = nextcloud
        .state()
        .add_note("alice", "Holiday", "Home/Über uns", "");
    let up = client
        .ok(
            "nc_notes_upload_attachment",
            json!({"note_id": id, "attachment_filename": "a & b (1).png", "data": PNG}),
        )
        .await;
    let stored = format!("Documents/My notes/Home/Über uns/.attachments.{id}/a & b (1).png");
    let bytes = nextcloud
        .state()
        .file("alice", &stored)
        .map_or_else(|| panic!("no {stored}"), <[u8]>::to_vec);
    assert!(bytes.starts_with(b"\x89PNG"));

    // What the answer says to write is found again in the text.
    client
        .ok(
            "nc_notes_append_content",
            json!({"note_id": id, "content": up["markdown"]}),
        )
        .await;
    let listed = client
        .ok("nc_notes_list_attachments", json!({"note_id": id}))
        .await;
    assert_eq!(
        listed["attachments"],
        json!([{"name": "a & b (1).png", "mime_type": "image/png", "size": bytes.len()}])
    );

    for name in [
        listed["attachments"][0]["name"].clone(),
        up["path"].clone(),
        json!(format!(".attachments.{id}/a%20%26%20b%20%281%29.png")),
    ] {
        let outcome = client
            .call(
                "nc_notes_get_attachment",
                json!({"note_id": id, "attachment_filename": name}),
            )
            .await;
        assert!(!outcome.is_error, "{}", outcome.text);
        let parts = outcome.content.as_array().unwrap();
        let image = parts.iter().find(|part| part["type"] == "image").unwrap();
        assert_eq!(
            (&image["data"], &image["mimeType"]),
            (&json!(PNG), &json!("image/png"))
        );
    }

    let again = client
        .fail(
            "nc_notes_upload_attachment",
            json!({"note_id": id, "attachment_filename": "a & b (1).png", "text": "other"}),
        )
        .await;
    assert!(again.contains("already"), "{again}");
    assert_eq!(nextcloud.state().file("alice", &stored), Some(&*bytes));
}

#[tokio::test]
async fn files_that_a_text_names_elsewhere_are_found_and_none_outside_of_the_notes_folder() {
    let (nextcloud, _server, client) = begin().await;
    let text = "![](../img/plan.png) [table](data.csv) ![](../../secret.png) ![](gone.png)";
    let id = nextcloud.state().add_note("alice", "Plan", "Work", text);
    for (path, bytes) in [
        ("Notes/img/plan.png", b"\x89PNG".as_slice()),
        ("Notes/Work/data.csv", "a,ä\n".as_bytes()),
        ("secret.png", b"secret"),
    ] {
        nextcloud.state().add_file("alice", path, bytes);
    }
    let listed = client
        .ok("nc_notes_list_attachments", json!({"note_id": id}))
        .await;
    assert_eq!(
        listed["attachments"],
        json!([
            {"name": "../img/plan.png", "mime_type": "image/png", "size": 4},
            {"name": "data.csv", "mime_type": "text/csv", "size": 5},
        ])
    );
    assert_eq!(listed["missing"], json!(["gone.png"]));
    let table = client
        .ok(
            "nc_notes_get_attachment",
            json!({"note_id": id, "attachment_filename": "data.csv"}),
        )
        .await;
    assert_eq!(table["text"], "a,ä\n");
    for name in ["../../secret.png", "/secret.png", "../../../secret.png"] {
        let arguments = json!({"note_id": id, "attachment_filename": name});
        let refused = client.fail("nc_notes_get_attachment", arguments).await;
        assert!(!refused.contains("c2VjcmV0"), "{refused}");
    }
    // No file's contents are asked for but through the Notes app.
    assert!(
        nextcloud
            .requests()
            .iter()
            .all(|entry| entry.method != "GET" || !entry.target.contains("/dav/files/"))
    );
}

#[tokio::test]
async fn a_read_only_note_gets_no_files() {
    let (nextcloud, _server, client) = begin().await;
    let id = nextcloud
        .state()
        .add_note("alice", "Team plan", "Team", "theirs");
    nextcloud.state().make_category_readonly("alice", "Team");
    let refused = client
        .fail(
            "nc_notes_upload_attachment",
            json!({"note_id": id, "attachment_filename": "x.txt", "text": "x"}),
        )
        .await;
    assert!(refused.contains("read-only"), "{refused}");
    let path = format!("Notes/Team/.attachments.{id}/x.txt");
    assert_eq!(nextcloud.state().file("alice", &path), None);
}

#[tokio::test]
async fn search_finds_parts_of_words_in_any_case_and_with_any_accents() {
    let (nextcloud, _server, client) = begin().await;
    {
        let mut state = nextcloud.state();
        state.add_note("alice", "Shopping", "Home", "- Milk, eggs\n");
        state.add_note("alice", "Crème brûlée", "Recipes/Sweet", "Zucker");
        state.add_note("alice", "Trip", "", "Ein Café in ZÜRICH");
        state.add_note("alice", "Other", "Recipes", "nothing");
    }
    for (query, found) in [
        ("milk", vec!["Shopping"]),
        ("mil EGG", vec!["Shopping"]),
        ("brulee", vec!["Crème brûlée"]),
        ("zurich cafe", vec!["Trip"]),
        ("züri", vec!["Trip"]),
        ("milk bread", vec![]),
    ] {
        let results = client
            .ok("nc_notes_search_notes", json!({"query": query}))
            .await;
        assert_eq!(titles(&results["results"]), found, "{query}");
    }
    let within = client
        .ok(
            "nc_notes_search_notes",
            json!({"query": "e", "category": "Recipes", "include_subcategories": true}),
        )
        .await;
    assert_eq!(titles(&within["results"]).len(), 2, "{within}");
}

#[tokio::test]
async fn lists_filter_sort_and_show_contents_when_asked() {
    let (nextcloud, _server, client) = begin().await;
    {
        let mut state = nextcloud.state();
        let old = state.add_note("alice", "Zebra", "Work", "old");
        state.change_note("alice", old, |note| note.modified = 1_700_000_000);
        let kept = state.add_note("alice", "äpfel", "Work/Plans", "kept");
        state.change_note("alice", kept, |note| note.favorite = true);
        state.add_note("alice", "Birne", "Workshop", "other");
    }
    for (arguments, found) in [
        (json!({"sort": "title"}), vec!["äpfel", "Birne", "Zebra"]),
        (
            json!({"category": "Work", "include_subcategories": true}),
            vec!["äpfel", "Zebra"],
        ),
        (json!({"favorites_only": true}), vec!["äpfel"]),
        (
            json!({"modified_since": "2024-01-01", "sort": "title"}),
            vec!["äpfel", "Birne"],
        ),
    ] {
        let page = client.ok("nc_notes_list_notes", arguments.clone()).await;
        assert_eq!(titles(&page["notes"]), found, "{arguments}");
        assert_eq!(page["total"], json!(found.len()));
        assert_eq!(page["notes"][0].get("content"), None);
    }
    let page = client
        .ok(
            "nc_notes_list_notes",
            json!({"include_content": true, "favorites_only": true}),
        )
        .await;
    assert_eq!(page["notes"][0]["content"], "kept");
    let unknown = client
        .fail("nc_notes_list_notes", json!({"archived": true}))
        .await;
    assert!(unknown.contains("archived"), "{unknown}");
}

/// D18: with thousands of notes a page or a search stays one list without contents and a bounded number of reads.
#[tokio::test]
async fn five_thousand_notes_are_pleasant() {
    let (nextcloud, _server, client) = begin().await;
    nextcloud.state().add_many_notes("alice", MANY);
    // Who and where the user is, which the server keeps.
    client.ok("nc_notes_list_notes", json!({"limit": 1})).await;
    traffic(&nextcloud);

    let mut begun = Instant::now();
    let mut pleasant = |what: &str, requests: usize, megabytes: usize| {
        let (sent, bytes) = traffic(&nextcloud);
        let took = begun.elapsed();
        assert!(
            sent <= requests && bytes <= megabytes << 20 && took < PLEASANT,
            "{what}: {sent} requests, {bytes} bytes, {took:?}"
        );
        begun = Instant::now();
    };

    let page = client.ok("nc_notes_list_notes", json!({})).await;
    assert_eq!(page["total"], json!(MANY));
    pleasant("a page", 1, 2);

    let rare = client
        .ok("nc_notes_search_notes", json!({"query": "REYKJAV"}))
        .await;
    assert_eq!(titles(&rare["results"]).len(), 10);
    assert_eq!(rare.get("next_cursor"), None);
    pleasant("a rare word", 2 + 10, 2);

    let common = client
        .ok("nc_notes_search_notes", json!({"query": "meeting"}))
        .await;
    assert!(common["next_cursor"].is_string());
    pleasant("a common word", 2 + 50, 4);

    let none = client
        .call("nc_notes_search_notes", json!({"query": "zeppelin"}))
        .await;
    assert!(none.text.contains("thorough"), "{}", none.text);
    pleasant("no match", 2, 2);

    let all = client
        .ok(
            "nc_notes_search_notes",
            json!({"query": "reykjavik", "thorough": true}),
        )
        .await;
    assert_eq!(titles(&all["results"]).len(), 10);
    pleasant("thorough", 10, 16);
}
