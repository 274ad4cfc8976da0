//! `search_notes`.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::nextcloud::FetchError;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recordings};
use serde_json::json;

use super::{NOTES, call, note, whole, with};

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

/// D18: parts of words and words beside punctuation are found, and only candidates are read.
#[test]
fn search_reads_candidates_only_and_ranks_them() {
    let nextcloud = Nextcloud::start();
    let heads = json!([
        note(1, "Plans", "", "e"),
        note(2, "Milk", "", "e"),
        note(3, "Other", "", "e")
    ]);
    nextcloud.on(
        "GET",
        &format!("{NOTES}?exclude=content"),
        Answer::json(200, &heads),
    );
    nextcloud.on(
        "GET",
        "/ocs/v2.php/search/providers/notes/search?term=mil",
        found(&[1, 2]),
    );
    nextcloud.on(
        "GET",
        &whole(2),
        Answer::json(200, &note(2, "Milk", "none", "e")),
    );
    nextcloud.on(
        "GET",
        &whole(1),
        Answer::json(200, &note(1, "Plans", "buy milk, eggs", "e")),
    );
    let (text, data) = call("search_notes", json!({"query": "Mil"})).unwrap();
    assert_eq!(text, "Notes that match: 2, best first.");
    let results = data["results"].as_array().unwrap();
    assert_eq!(
        results
            .iter()
            .map(|result| result["id"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [2, 1]
    );
    assert_eq!(results[1]["snippet"], "buy milk, eggs");
    assert_eq!(data["more"], json!(false));
}

#[test]
fn search_holds_what_nextcloud_found_against_the_whole_query() {
    let nextcloud = Nextcloud::start();
    let heads = json!([note(1, "a", "", "e"), note(2, "b", "", "e")]);
    nextcloud.on(
        "GET",
        &format!("{NOTES}?exclude=content&category=Home%20%26%20Co"),
        Answer::json(200, &heads),
    );
    nextcloud.on(
        "GET",
        "/ocs/v2.php/search/providers/notes/search?term=pfel",
        found(&[1, 2, 3]),
    );
    nextcloud.on(
        "GET",
        &whole(1),
        Answer::json(200, &note(1, "a", "ÄPFEL", "e")),
    );
    nextcloud.on(
        "GET",
        &whole(2),
        Answer::json(200, &note(2, "b", "Knöpfel", "e")),
    );
    let (_, data) = call(
        "search_notes",
        json!({"query": "äpfel", "category": "Home & Co"}),
    )
    .unwrap();
    let results = data["results"].as_array().unwrap();
    assert_eq!(
        results
            .iter()
            .map(|result| result["id"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [1]
    );
}

#[test]
fn search_asks_for_words_one_by_one_and_takes_what_all_of_them_find() {
    let nextcloud = Nextcloud::start();
    let heads = json!([
        note(1, "a", "", "e"),
        note(2, "b", "", "e"),
        note(3, "c", "", "e")
    ]);
    nextcloud.on(
        "GET",
        &format!("{NOTES}?exclude=content"),
        Answer::json(200, &heads),
    );
    nextcloud.on(
        "GET",
        "/ocs/v2.php/search/providers/notes/search?term=flour",
        found(&[1, 2]),
    );
    nextcloud.on(
        "GET",
        "/ocs/v2.php/search/providers/notes/search?term=eggs",
        found(&[2, 3]),
    );
    nextcloud.on(
        "GET",
        &whole(2),
        Answer::json(200, &note(2, "b", "flour\nand eggs", "e")),
    );
    let (_, data) = call("search_notes", json!({"query": "eggs flour"})).unwrap();
    assert_eq!(data["results"][0]["snippet"], json!("flour and eggs"));
}

#[test]
fn search_says_that_there_is_more() {
    let nextcloud = Nextcloud::start();
    let heads: Vec<_> = (1..=60).map(|id| note(id, "milk", "", "e")).collect();
    let ids: Vec<_> = (1..=60).collect();
    nextcloud.on(
        "GET",
        &format!("{NOTES}?exclude=content"),
        Answer::json(200, &json!(heads)),
    );
    nextcloud.on(
        "GET",
        "/ocs/v2.php/search/providers/notes/search?term=milk",
        found(&ids),
    );
    for id in 1..=50 {
        nextcloud.on(
            "GET",
            &whole(id),
            Answer::json(200, &note(id, "milk", "", "e")),
        );
    }
    let (text, data) = call("search_notes", json!({"query": "milk", "limit": 2})).unwrap();
    assert_eq!(
        (data["results"].as_array().unwrap().len(), &data["more"]),
        (2, &json!(true))
    );
    assert!(text.contains("narrow"), "{text}");
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
    nextcloud.on(
        "GET",
        &format!("{NOTES}?exclude=content"),
        Answer::json(200, &heads),
    );
    nextcloud.on(
        "GET",
        "/ocs/v2.php/search/providers/notes/search?term=milk",
        found(&[1, 2, 3, 4]),
    );
    let locked = with(
        with(note(1, "milk", "Error: milk", "e"), "error", true),
        "errorType",
        "LockedException",
    );
    nextcloud.on("GET", &whole(1), Answer::json(200, &locked));
    nextcloud.on(
        "GET",
        &whole(2),
        Answer::error(FetchError::Limited("no bytes are left".to_owned())),
    );
    nextcloud.on(
        "GET",
        &whole(3),
        Answer::json(404, &json!({"errorType": "Exception"})),
    );
    nextcloud.on("GET", &whole(4), Answer::error(FetchError::TooLarge(1)));
    let (_, data) = call("search_notes", json!({"query": "milk"})).unwrap();
    let results = data["results"].as_array().unwrap();
    assert_eq!(
        results
            .iter()
            .map(|result| result["id"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(
        (results[0].get("snippet"), &data["more"]),
        (None, &json!(true))
    );
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
    let path = format!("{NOTES}?exclude=content");
    nextcloud.on("GET", &path, list.answer.clone());
    let (_, page) = call("list_notes", json!({})).unwrap();
    assert_eq!(
        page["notes"].as_array().unwrap().len(),
        usize::try_from(page["total"].as_u64().unwrap()).unwrap()
    );

    nextcloud.on("GET", &path, list.answer);
    nextcloud.on(
        "GET",
        "/ocs/v2.php/search/providers/notes/search?term=milk",
        search.answer,
    );
    nextcloud.on("GET", &whole(118), get.answer);
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
