//! `create_note`, `update_note`, `append_content` and `delete_note`: what is written, what is refused, what is never lost.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::nextcloud::FetchError;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recordings};
use serde_json::{Value, json};

use super::{NOTES, call, head, note, whole, with};

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
fn a_login_page_instead_of_a_deletion_is_no_success() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", &head(1), Answer::json(200, &note(1, "t", "", "e")));
    nextcloud.on("DELETE", &whole(1), Answer::page(200));
    let message = call("delete_note", json!({"note_id": 1}))
        .unwrap_err()
        .message;
    assert!(
        message.contains("web page") && message.contains("not known"),
        "{message}"
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
