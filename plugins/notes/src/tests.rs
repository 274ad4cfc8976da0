//! What the tools send and what they make of the answers, against recorded answers where they are and scripted ones
//! in their spirit everywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use nextcloud_mcp_plugin::nextcloud::FetchError;
use nextcloud_mcp_plugin::testing::{self, Answer, Nextcloud, recordings};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use serde_json::{Value, json};

use crate::tools;

const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

fn call(name: &str, arguments: Value) -> Result<(String, Value), Failure> {
    testing::call(&tools(), name, arguments)
}

fn note(id: u64, title: &str, content: &str, etag: &str) -> Value {
    json!({
        "id": id, "title": title, "modified": 1_795_280_054, "category": "", "favorite": false, "readonly": false,
        "internalPath": format!("/Notes/{title}.md"), "shareTypes": [], "isShared": false, "error": false,
        "errorType": "", "content": content, "etag": etag,
    })
}

fn with(mut note: Value, field: &str, value: impl Into<Value>) -> Value {
    note[field] = value.into();
    note
}

fn head(id: u64) -> String {
    format!("{NOTES}/{id}?exclude=content")
}

fn whole(id: u64) -> String {
    format!("{NOTES}/{id}")
}

#[test]
fn tools_are_described_as_hosts_and_models_need_it() {
    assert_eq!(testing::problems(&tools()), Vec::<String>::new());
}

#[test]
fn descriptions_are_small() {
    let described = tools().describe();
    let inputs: usize = described
        .iter()
        .map(|tool| tool.description.len() + tool.input_schema.len())
        .sum();
    let outputs: usize = described
        .iter()
        .filter_map(|tool| tool.output_schema.as_ref())
        .map(String::len)
        .sum();
    assert!(
        inputs < 8_000 && outputs < 6_000,
        "{inputs} and {outputs} bytes"
    );
}

#[test]
fn get_shows_the_note_and_its_page() {
    let nextcloud = Nextcloud::start();
    let stored = with(
        note(118, "Shopping list", "# Shopping", "f456"),
        "category",
        "Home/Groceries",
    );
    nextcloud.on("GET", &whole(118), Answer::json(200, &stored));
    let (text, data) = call("get_note", json!({"note_id": 118})).unwrap();
    assert_eq!(
        text,
        "Note 118 \"Shopping list\" in category \"Home/Groceries\"."
    );
    assert_eq!(
        data,
        json!({
            "id": 118, "title": "Shopping list", "category": "Home/Groceries", "modified": "2026-11-21T16:54:14Z",
            "content": "# Shopping", "etag": "f456", "url": "https://cloud.example/index.php/apps/notes/note/118",
        })
    );
}

#[test]
fn an_absent_note_and_an_absent_app_are_told_apart() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(9),
        Answer::json(404, &json!({"errorType": "Exception"})),
    );
    nextcloud.on("GET", &whole(9), Answer::page(404));
    assert_eq!(
        call("get_note", json!({"note_id": 9})).unwrap_err().kind,
        FailureKind::NotFound
    );
    assert_eq!(
        call("get_note", json!({"note_id": 9})).unwrap_err().kind,
        FailureKind::Unsupported
    );
}

/// Recording `notes/086`: a locked note comes with status 200 and an error text as its content.
#[test]
fn the_error_text_of_a_locked_note_is_never_its_content() {
    let nextcloud = Nextcloud::start();
    let locked = with(
        note(157, "t", "Error: OCP\\Lock\\LockedException", "e"),
        "error",
        true,
    );
    let locked = with(
        with(locked, "readonly", true),
        "errorType",
        "OCP\\Lock\\LockedException",
    );
    for _ in 0..2 {
        nextcloud.on("GET", &whole(157), Answer::json(200, &locked));
    }
    for (tool, arguments) in [
        ("get_note", json!({"note_id": 157})),
        ("append_content", json!({"note_id": 157, "content": "x"})),
    ] {
        let failure = call(tool, arguments).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable);
        assert!(failure.message.contains("locked"), "{}", failure.message);
    }
}

#[test]
fn create_sends_json_and_reports_what_nextcloud_made_of_it() {
    let nextcloud = Nextcloud::start();
    let made = with(
        note(121, "Only title (2)", "x", "898e"),
        "category",
        "etc/pass",
    );
    nextcloud.on("POST", NOTES, Answer::json(200, &made));
    let arguments = json!({"title": "Only title", "content": "x", "category": "../../etc/pa:ss"});
    let (text, data) = call("create_note", arguments.clone()).unwrap();
    assert_eq!(nextcloud.sent()[0].json(), arguments);
    assert_eq!(
        nextcloud.sent()[0].header("content-type"),
        Some("application/json")
    );
    assert_eq!(
        text,
        "Note 121 \"Only title (2)\" in category \"etc/pass\" was created. Nextcloud changed the title to \"Only title \
         (2)\". Nextcloud changed the category to \"etc/pass\"."
    );
    assert_eq!((&data["id"], &data["etag"]), (&json!(121), &json!("898e")));
}

#[test]
fn create_in_a_folder_shared_read_only_says_what_may_be_wrong() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "POST",
        NOTES,
        Answer::json(500, &json!({"errorType": "Exception"})),
    );
    let failure = call("create_note", json!({"title": "x", "category": "Team"})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(failure.message.contains("read-only"), "{}", failure.message);
}

#[test]
fn create_without_an_answer_is_not_tried_again() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("POST", NOTES, Answer::error(FetchError::TimedOut));
    let failure = call("create_note", json!({"title": "x"})).unwrap_err();
    assert!(failure.message.contains("not known"), "{}", failure.message);
    assert_eq!(nextcloud.sent().len(), 1);
}

/// D14: an empty text empties the field; D15: nothing but the number is required.
#[test]
fn update_changes_what_is_given_and_empty_means_empty() {
    let cases = [
        json!({"content": ""}),
        json!({"category": ""}),
        json!({"favorite": false}),
        json!({"title": "New"}),
        json!({"title": "New", "content": "", "category": "", "favorite": true}),
    ];
    for changes in cases {
        let nextcloud = Nextcloud::start();
        let after = note(119, "New", "", "b");
        nextcloud.on(
            "GET",
            &head(119),
            Answer::json(200, &note(119, "Old", "", "a")),
        );
        nextcloud.on("PUT", &whole(119), Answer::json(200, &after));
        let mut arguments = changes.clone();
        arguments["note_id"] = json!(119);
        arguments["etag"] = json!("a");
        call("update_note", arguments).unwrap();
        assert_eq!(nextcloud.sent()[1].json(), changes);
        assert_eq!(nextcloud.sent()[1].header("if-match"), Some("\"a\""));
    }
}

/// D16: what is there now comes back.
#[test]
fn a_conflict_shows_the_current_note_and_how_to_go_on() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &head(119),
        Answer::json(200, &note(119, "Only title", "", "new")),
    );
    nextcloud.on(
        "PUT",
        &whole(119),
        Answer::json(412, &note(119, "Only title", "theirs", "new")),
    );
    let failure = call(
        "update_note",
        json!({"note_id": 119, "etag": "old", "content": "mine"}),
    )
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        failure.message.contains("etag \"new\""),
        "{}",
        failure.message
    );
    let current: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(
        (&current["content"], &current["etag"]),
        (&json!("theirs"), &json!("new"))
    );
    assert_eq!(nextcloud.sent()[1].header("if-match"), Some("\"old\""));
}

#[test]
fn update_without_an_etag_writes_only_what_was_read_and_gives_back_what_it_replaced() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(119),
        Answer::json(200, &note(119, "t", "before", "a")),
    );
    nextcloud.on(
        "PUT",
        &whole(119),
        Answer::json(200, &note(119, "t", "after", "b")),
    );
    let (_, data) = call("update_note", json!({"note_id": 119, "content": "after"})).unwrap();
    assert_eq!(nextcloud.sent()[1].header("if-match"), Some("\"a\""));
    assert_eq!(
        (&data["replaced_content"], &data["etag"]),
        (&json!("before"), &json!("b"))
    );
}

#[test]
fn update_refuses_before_it_sends() {
    let nothing = call("update_note", json!({"note_id": 1, "etag": "a"})).unwrap_err();
    let untitled = call("update_note", json!({"note_id": 1, "title": " "})).unwrap_err();
    assert_eq!(
        (nothing.kind, untitled.kind),
        (FailureKind::Invalid, FailureKind::Invalid)
    );
}

/// Recordings `notes/077` to `notes/080`: the favourite mark is the user's own, the rest is not.
#[test]
fn a_read_only_note_is_refused_with_a_sentence_and_can_still_be_a_favourite() {
    let shared = with(note(162, "team note", "", "a"), "readonly", true);
    let nextcloud = Nextcloud::start();
    for _ in 0..3 {
        nextcloud.on("GET", &head(162), Answer::json(200, &shared));
    }
    nextcloud.on("GET", &whole(162), Answer::json(200, &shared));
    nextcloud.on(
        "PUT",
        &whole(162),
        Answer::json(200, &with(shared.clone(), "favorite", true)),
    );
    let refused = [
        call(
            "update_note",
            json!({"note_id": 162, "etag": "a", "content": "x"}),
        ),
        call("delete_note", json!({"note_id": 162})),
        call("append_content", json!({"note_id": 162, "content": "x"})),
    ];
    for failure in refused.map(Result::unwrap_err) {
        assert_eq!(failure.kind, FailureKind::Denied);
        assert!(failure.message.contains("read-only"), "{}", failure.message);
    }
    call("update_note", json!({"note_id": 162, "favorite": true})).unwrap();
}

#[test]
fn append_starts_over_from_what_others_wrote_meanwhile() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(7),
        Answer::json(200, &note(7, "t", "one", "a")),
    );
    nextcloud.on(
        "PUT",
        &whole(7),
        Answer::json(412, &note(7, "t", "one\ntwo\n", "b")),
    );
    nextcloud.on(
        "PUT",
        &whole(7),
        Answer::json(200, &note(7, "t", "one\ntwo\nthree", "c")),
    );
    call("append_content", json!({"note_id": 7, "content": "three"})).unwrap();
    let sent = nextcloud.sent();
    let written: Vec<_> = sent[1..]
        .iter()
        .map(|put| {
            (
                put.header("if-match").unwrap(),
                put.json()["content"].clone(),
            )
        })
        .collect();
    assert_eq!(
        written,
        [
            ("\"a\"", json!("one\nthree")),
            ("\"b\"", json!("one\ntwo\nthree"))
        ]
    );
}

#[test]
fn append_gives_up_after_a_while_and_says_that_nothing_was_added() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", &whole(7), Answer::json(200, &note(7, "t", "", "0")));
    for attempt in 1..=5 {
        nextcloud.on(
            "PUT",
            &whole(7),
            Answer::json(412, &note(7, "t", "", &attempt.to_string())),
        );
    }
    let failure = call("append_content", json!({"note_id": 7, "content": "x"})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        failure.message.contains("Nothing was added"),
        "{}",
        failure.message
    );
}

#[test]
fn append_to_a_note_that_gets_locked_writes_nothing_of_the_error() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(7),
        Answer::json(200, &note(7, "t", "one", "a")),
    );
    let locked = with(
        with(note(7, "t", "Error: x", "b"), "error", true),
        "errorType",
        "OCP\\Lock\\LockedException",
    );
    nextcloud.on("PUT", &whole(7), Answer::json(412, &locked));
    assert_eq!(
        call("append_content", json!({"note_id": 7, "content": "x"}))
            .unwrap_err()
            .kind,
        FailureKind::Unavailable
    );
}

#[test]
fn list_is_sorted_paged_by_place_and_says_that_it_is_cut() {
    let listed: Vec<_> = (1_u64..=5)
        .map(|id| {
            with(
                note(id, &format!("n{id}"), "", "e"),
                "modified",
                100 + id / 2,
            )
        })
        .collect();
    let nextcloud = Nextcloud::start();
    let path = format!("{NOTES}?exclude=content");
    for _ in 0..2 {
        nextcloud.on("GET", &path, Answer::json(200, &json!(listed)));
    }
    let (text, first) = call("list_notes", json!({"limit": 3})).unwrap();
    let ids = |page: &Value| {
        page["notes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["id"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!((ids(&first), &first["total"]), (vec![5, 4, 3], &json!(5)));
    assert_eq!(
        text,
        "3 of 5 notes, last changed first. There are more: call again with next_cursor."
    );
    let (_, second) = call(
        "list_notes",
        json!({"limit": 3, "cursor": first["next_cursor"]}),
    )
    .unwrap();
    assert_eq!(
        (ids(&second), second.get("next_cursor")),
        (vec![2, 1], None)
    );
    assert_eq!(
        first["notes"][0],
        json!({"id": 5, "title": "n5", "modified": "1970-01-01T00:01:42Z"})
    );
}

#[test]
fn list_refuses_a_cursor_that_is_none_of_its_own() {
    for cursor in ["", "garbage", "1.x", "1795280026-1795280012-123"] {
        let failure = call("list_notes", json!({"cursor": cursor})).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{cursor}");
    }
}

#[test]
fn an_empty_category_is_answered_with_those_that_are_there() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &format!("{NOTES}?exclude=content&category=Home"),
        Answer::json(200, &json!([])),
    );
    let all = json!([
        with(note(1, "a", "", "e"), "category", "Home/Groceries"),
        note(2, "b", "", "e")
    ]);
    nextcloud.on(
        "GET",
        &format!("{NOTES}?exclude=content"),
        Answer::json(200, &all),
    );
    let (text, data) = call("list_notes", json!({"category": "Home"})).unwrap();
    assert_eq!(
        text,
        "There are no notes in category \"Home\". There are 2 notes in all, and categories \"Home/Groceries\"."
    );
    assert_eq!(data, json!({"notes": [], "total": 0}));
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
fn delete_says_what_was_deleted_and_what_was_not_there() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &head(121),
        Answer::json(200, &note(121, "Old", "", "e")),
    );
    nextcloud.on("DELETE", &whole(121), Answer::json(200, &json!([])));
    let (text, data) = call("delete_note", json!({"note_id": 121})).unwrap();
    assert_eq!(text, "Note 121 \"Old\" was deleted.");
    assert_eq!(data, json!({"deleted_id": 121, "title": "Old"}));

    nextcloud.on(
        "GET",
        &head(121),
        Answer::json(200, &note(121, "Old", "", "e")),
    );
    nextcloud.on(
        "DELETE",
        &whole(121),
        Answer::json(404, &json!({"errorType": "Exception"})),
    );
    assert_eq!(
        call("delete_note", json!({"note_id": 121}))
            .unwrap_err()
            .kind,
        FailureKind::NotFound
    );
}

#[test]
fn a_locked_or_full_nextcloud_is_said_to_be_one_after_each_write() {
    for (status, kind, word) in [
        (423, FailureKind::Unavailable, "locked"),
        (507, FailureKind::Limited, "full"),
    ] {
        let nextcloud = Nextcloud::start();
        let refusal = Answer::json(status, &json!({"errorType": "Exception"}));
        nextcloud.on("GET", &head(1), Answer::json(200, &note(1, "t", "", "e")));
        nextcloud.on("PUT", &whole(1), refusal.clone());
        nextcloud.on("GET", &head(1), Answer::json(200, &note(1, "t", "", "e")));
        nextcloud.on("DELETE", &whole(1), refusal.clone());
        nextcloud.on("POST", NOTES, refusal);
        let refused = [
            call(
                "update_note",
                json!({"note_id": 1, "etag": "e", "content": "x"}),
            ),
            call("delete_note", json!({"note_id": 1})),
            call("create_note", json!({"title": "x", "category": "y"})),
        ];
        for failure in refused.map(Result::unwrap_err) {
            assert_eq!(failure.kind, kind);
            assert!(failure.message.contains(word), "{}", failure.message);
        }
    }
}

/// A real conflict, from the update that made it to the note that came back.
#[test]
fn the_recorded_conflict_is_understood() {
    let names = [
        "notes/030-update-if-match-ok.json",
        "notes/031-update-if-match-stale-412.json",
        "notes/016-get-exclude-content.json",
    ];
    let Some([done, stale, exclude]) = recordings(names) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    for _ in 0..2 {
        nextcloud.on("GET", &head(119), exclude.answer.clone());
    }
    nextcloud.on("PUT", &whole(119), done.answer);
    nextcloud.on("PUT", &whole(119), stale.answer);
    let update = || {
        call(
            "update_note",
            json!({"note_id": 119, "etag": "08af5d6e1200ee82f545ab374b731d59", "content": "v2"}),
        )
    };
    let (_, data) = update().unwrap();
    assert_eq!(data["etag"], json!("29fc75d5e46ce13adb08009cf74da08d"));
    let failure = update().unwrap_err();
    let current: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(
        (failure.kind, &current["content"]),
        (FailureKind::Conflict, &json!("v2"))
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
