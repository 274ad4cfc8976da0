//! `search_notes`.

mod thorough;

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::nextcloud::FetchError;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recordings};
use serde_json::{Value, json};

use super::{NOTES, call, note, whole, with};

const ALL: &str = "/index.php/apps/notes/api/v1/notes?exclude=content";
const FIRST_CHUNK: &str = "/index.php/apps/notes/api/v1/notes?chunkSize=500";

fn term(term: &str) -> String {
    format!("/ocs/v2.php/search/providers/notes/search?term={term}")
}

fn found(ids: &[u64]) -> Answer {
    let entries: Vec<_> = ids
        .iter()
        .map(|id| json!({"title": "t", "subline": "", "resourceUrl": format!("http://127.0.0.1:8080/apps/notes/note/{id}")}))
        .collect();
    Answer::json(
        200,
        &json!({"ocs": {"meta": {"statuscode": 200}, "data": {"name": "Notes", "entries": entries}}}),
    )
}

fn ids(data: &Value) -> Vec<u64> {
    data["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["id"].as_u64().unwrap())
        .collect()
}

/// D18: parts of words and words beside punctuation are found, and only candidates are read.
#[test]
fn search_reads_candidates_only_and_ranks_them() {
    let nextcloud = Nextcloud::start();
    let heads = json!([
        note(1, "Plans", "", "e"),
        note(2, "Milk", "", "e"),
        note(3, "Other", "", "e")
    ]);
    nextcloud
        .on("GET", ALL, Answer::json(200, &heads))
        .on("GET", &term("mil"), found(&[1, 2]))
        .on(
            "GET",
            &whole(2),
            Answer::json(200, &note(2, "Milk", "none", "e")),
        )
        .on(
            "GET",
            &whole(1),
            Answer::json(200, &note(1, "Plans", "buy milk, eggs", "e")),
        );
    let (text, data) = call("search_notes", json!({"query": "Mil"})).unwrap();
    assert_eq!(text, "Notes that match: 2, best first.");
    assert_eq!(ids(&data), [2, 1]);
    assert_eq!(data["results"][1]["snippet"], "buy milk, eggs");
    assert_eq!(
        (data.get("next_cursor"), &data["url"]),
        (
            None,
            &json!("https://cloud.example/index.php/apps/notes/note/{id}")
        )
    );
}

#[test]
fn search_holds_what_nextcloud_found_against_the_whole_query() {
    let nextcloud = Nextcloud::start();
    let home = |note| with(note, "category", "Home & Co");
    let heads = json!([home(note(1, "a", "", "e")), home(note(2, "b", "", "e"))]);
    nextcloud
        .on(
            "GET",
            &format!("{ALL}&category=Home%20%26%20Co"),
            Answer::json(200, &heads),
        )
        .on("GET", &term("pfel"), found(&[1, 2, 3]))
        .on(
            "GET",
            &whole(1),
            Answer::json(200, &note(1, "a", "ÄPFEL", "e")),
        )
        .on(
            "GET",
            &whole(2),
            Answer::json(200, &note(2, "b", "Knöpfel", "e")),
        );
    let (_, data) = call(
        "search_notes",
        json!({"query": "äpfel", "category": "Home & Co"}),
    )
    .unwrap();
    assert_eq!(ids(&data), [1]);
}

#[test]
fn search_asks_nextcloud_once_for_all_words() {
    let nextcloud = Nextcloud::start();
    let heads = json!([note(1, "a", "", "e"), note(2, "b", "", "e")]);
    nextcloud
        .on("GET", ALL, Answer::json(200, &heads))
        .on("GET", &term("eggs%20flour"), found(&[2]))
        .on(
            "GET",
            &whole(2),
            Answer::json(200, &note(2, "b", "flour\nand eggs", "e")),
        );
    let (_, data) = call("search_notes", json!({"query": "flour eggs"})).unwrap();
    assert_eq!(data["results"][0]["snippet"], json!("flour and eggs"));
}

#[test]
fn a_title_is_found_whatever_its_accents() {
    let nextcloud = Nextcloud::start();
    let heads = json!([
        with(note(1, "Crème brûlée", "", "e"), "category", "Küche"),
        note(2, "b", "", "e")
    ]);
    nextcloud
        .on("GET", ALL, Answer::json(200, &heads))
        .on("GET", &term("brulee%20kuche"), found(&[]))
        .on(
            "GET",
            &whole(1),
            Answer::json(
                200,
                &with(note(1, "Crème brûlée", "", "e"), "category", "Küche"),
            ),
        );
    let (_, data) = call("search_notes", json!({"query": "BRULEE kuche"})).unwrap();
    assert_eq!(ids(&data), [1]);
}

#[test]
fn sub_categories_are_searched_when_asked_for() {
    let nextcloud = Nextcloud::start();
    let heads = json!([
        with(note(1, "milk", "", "e"), "category", "Home"),
        with(note(2, "milk", "", "e"), "category", "Home/Garden"),
        with(note(3, "milk", "", "e"), "category", "Homework"),
    ]);
    nextcloud
        .on("GET", ALL, Answer::json(200, &heads))
        .on("GET", &term("milk"), found(&[1, 2, 3]));
    for id in 1..=2 {
        nextcloud.on(
            "GET",
            &whole(id),
            Answer::json(200, &note(id, "milk", "", "e")),
        );
    }
    let (_, data) = call(
        "search_notes",
        json!({"query": "milk", "category": "/Home/", "include_subcategories": true}),
    )
    .unwrap();
    assert_eq!(ids(&data), [2, 1]);
}

/// 60 candidates in windows of 50, pages of 30: each note once.
#[test]
fn pages_of_a_search_neither_repeat_nor_miss_a_note() {
    let nextcloud = Nextcloud::start();
    let heads: Vec<_> = (1..=60)
        .map(|id| with(note(id, "milk", "", "e"), "modified", id))
        .collect();
    let all: Vec<u64> = (1..=60).collect();
    let (mut seen, mut cursor) = (Vec::new(), None::<Value>);
    for window in [11..=60, 11..=60, 1..=10] {
        nextcloud
            .on("GET", ALL, Answer::json(200, &json!(heads)))
            .on("GET", &term("milk"), found(&all));
        for id in window {
            let stored = with(note(id, "milk", "", "e"), "modified", id);
            nextcloud.on("GET", &whole(id), Answer::json(200, &stored));
        }
        let mut arguments = json!({"query": "milk", "limit": 30});
        if let Some(cursor) = &cursor {
            arguments["cursor"] = cursor.clone();
        }
        let (text, data) = call("search_notes", arguments).unwrap();
        seen.extend(ids(&data));
        cursor = data.get("next_cursor").cloned();
        assert_eq!(text.contains("next_cursor"), cursor.is_some(), "{text}");
    }
    assert_eq!((cursor, seen.len()), (None, 60));
    assert_eq!(seen, (1..=60).rev().collect::<Vec<u64>>());
}

#[test]
fn a_cursor_is_refused_with_other_arguments_than_it_was_made_for() {
    let nextcloud = Nextcloud::start();
    let heads: Vec<_> = (1..=2).map(|id| note(id, "milk", "", "e")).collect();
    nextcloud
        .on("GET", ALL, Answer::json(200, &json!(heads)))
        .on("GET", &term("milk"), found(&[1, 2]));
    for id in 1..=2 {
        nextcloud.on(
            "GET",
            &whole(id),
            Answer::json(200, &note(id, "milk", "", "e")),
        );
    }
    let (_, data) = call("search_notes", json!({"query": "milk", "limit": 1})).unwrap();
    let cursor = &data["next_cursor"];
    for arguments in [
        json!({"query": "bread", "cursor": cursor}),
        json!({"query": "milk", "category": "Home", "cursor": cursor}),
        json!({"query": "milk", "cursor": "1795280054.118"}),
    ] {
        let failure = call("search_notes", arguments).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{}", failure.message);
    }
}

#[test]
fn search_leaves_nothing_out_silently() {
    let nextcloud = Nextcloud::start();
    let heads = json!([
        note(1, "milk", "", "e"),
        note(2, "b", "", "e"),
        note(3, "c", "", "e"),
        note(4, "milk", "", "e")
    ]);
    let locked = with(
        with(note(1, "milk", "Error: milk", "e"), "error", true),
        "errorType",
        "LockedException",
    );
    nextcloud
        .on("GET", ALL, Answer::json(200, &heads))
        .on("GET", &term("milk"), found(&[1, 2, 3, 4]))
        .on("GET", &whole(1), Answer::json(200, &locked))
        .on(
            "GET",
            &whole(2),
            Answer::error(FetchError::Limited("no bytes are left".to_owned())),
        )
        .on(
            "GET",
            &whole(3),
            Answer::json(404, &json!({"errorType": "Exception"})),
        )
        .on("GET", &whole(4), Answer::error(FetchError::TooLarge(1)));
    let (text, data) = call("search_notes", json!({"query": "milk"})).unwrap();
    assert_eq!(ids(&data), [4, 1]);
    assert_eq!(data["results"][0].get("snippet"), None);
    assert!(text.contains("cannot be read now: 2."), "{text}");
}

#[test]
fn a_query_without_words_is_refused() {
    for query in [" ", "\u{301}"] {
        let failure = call("search_notes", json!({"query": query})).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid);
    }
}

#[test]
fn the_recorded_list_and_search_are_understood() {
    let names = [
        "notes/022-list-exclude-content.json",
        "notes/059-unified-search-notes.json",
        "notes/014-get.json",
        "notes/086-locked-get.json",
    ];
    let Some([list, search, get, locked]) = recordings(names) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", ALL, list.answer.clone());
    let (_, page) = call("list_notes", json!({})).unwrap();
    assert_eq!(
        page["notes"].as_array().unwrap().len(),
        usize::try_from(page["total"].as_u64().unwrap()).unwrap()
    );

    nextcloud
        .on("GET", ALL, list.answer)
        .on("GET", &term("milk"), search.answer)
        .on("GET", &whole(118), get.answer);
    let (_, data) = call("search_notes", json!({"query": "milk"})).unwrap();
    assert_eq!(data["results"][0]["id"], json!(118));
    assert!(
        data["results"][0]["snippet"]
            .as_str()
            .unwrap()
            .contains("- milk")
    );

    nextcloud.on("GET", &whole(157), locked.answer);
    assert_eq!(
        call("get_note", json!({"note_id": 157})).unwrap_err().kind,
        FailureKind::Unavailable
    );
}

/// Real chunks, the last of which ends the scan.
#[test]
fn the_recorded_chunks_are_understood() {
    let names = [
        "notes/027-list-chunk-1.json",
        "notes/028-list-chunk-2.json",
        "notes/026-list-prune-before-future.json",
    ];
    let Some([first, second, pruned]) = recordings(names) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("GET", FIRST_CHUNK, first.answer)
        .on(
            "GET",
            &format!("{FIRST_CHUNK}&chunkCursor=1795280053-1795280043-119"),
            second.answer,
        )
        .on(
            "GET",
            &format!("{FIRST_CHUNK}&chunkCursor=1795280053-1795280044-121"),
            pruned.answer,
        );
    let (_, data) = call("search_notes", json!({"query": "aou", "thorough": true})).unwrap();
    assert_eq!(ids(&data), [118]);
}
