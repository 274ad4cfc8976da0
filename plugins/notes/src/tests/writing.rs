//! `create_note`, `update_note` and `delete_note`: what is written and what is never lost.

use nextcloud_mcp_plugin::FailureKind;
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
        nextcloud.on("PUT", &whole(119), Answer::json(200, &after));
        let mut arguments = changes.clone();
        arguments["note_id"] = json!(119);
        arguments["etag"] = json!("a");
        call("update_note", arguments).unwrap();
        assert_eq!(nextcloud.sent()[0].json(), changes);
        assert_eq!(nextcloud.sent()[0].header("if-match"), Some("\"a\""));
    }
}

/// D16: what is there now comes back, with what is needed to merge.
#[test]
fn a_conflict_shows_the_current_note_the_difference_and_how_to_go_on() {
    let nextcloud = Nextcloud::start();
    let theirs = with(
        note(119, "Plan", "# Plan\n- milk\n- bread\n", "new"),
        "category",
        "Home",
    );
    nextcloud.on("PUT", &whole(119), Answer::json(412, &theirs));
    let arguments = json!({
        "note_id": 119, "etag": "W/\"old\"", "content": "# Plan\n- milk\n- eggs\n", "category": "Work", "title": "Plan",
    });
    let failure = call("update_note", arguments).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    for words in [
        "etag \"new\"",
        "Its category is \"Home\" now, not \"Work\"",
        "nothing was written",
    ] {
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    assert!(
        !failure.message.contains("Its title"),
        "{}",
        failure.message
    );
    let current: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(
        (&current["content"], &current["etag"], &current["category"]),
        (
            &json!("# Plan\n- milk\n- bread\n"),
            &json!("new"),
            &json!("Home")
        )
    );
    assert_eq!(
        current["diff"],
        json!("@@ -1,3 +1,3 @@\n # Plan\n - milk\n-- bread\n+- eggs\n")
    );
    assert_eq!(nextcloud.sent()[0].header("if-match"), Some("\"old\""));
}

#[test]
fn a_conflict_without_content_says_which_fields_are_others_now() {
    let nextcloud = Nextcloud::start();
    let theirs = with(note(119, "Plan", "text", "new"), "favorite", true);
    nextcloud.on("PUT", &whole(119), Answer::json(412, &theirs));
    let failure = call(
        "update_note",
        json!({"note_id": 119, "etag": "old", "title": "Plans", "favorite": false}),
    )
    .unwrap_err();
    for words in [
        "Its title is \"Plan\" now, not \"Plans\"",
        "It is favourite now",
    ] {
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    let current: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(
        (&current["diff"], &current["content"]),
        (&Value::Null, &json!("text"))
    );
}

#[test]
fn a_write_whose_answer_got_lost_is_no_conflict_with_itself() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "PUT",
        &whole(119),
        Answer::json(412, &note(119, "t", "mine", "new")),
    );
    let (text, data) = call(
        "update_note",
        json!({"note_id": 119, "etag": "old", "content": "mine"}),
    )
    .unwrap();
    assert!(text.contains("already"), "{text}");
    assert_eq!(data["etag"], json!("new"));
}

/// A title, a category or a mark that is set without an etag says nothing about the content, so a change of that in
/// between is kept and no reason to refuse.
#[test]
fn a_category_is_set_beside_an_edit_of_the_content() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", &head(7), Answer::json(200, &note(7, "t", "", "a")));
    nextcloud.on(
        "PUT",
        &whole(7),
        Answer::json(412, &note(7, "t", "theirs", "b")),
    );
    let after = with(note(7, "t", "theirs", "c"), "category", "Work");
    nextcloud.on("PUT", &whole(7), Answer::json(200, &after));
    call("update_note", json!({"note_id": 7, "category": "Work"})).unwrap();
    let sent = nextcloud.sent();
    for (put, etag) in sent[1..].iter().zip(["\"a\"", "\"b\""]) {
        assert_eq!(put.json(), json!({"category": "Work"}));
        assert_eq!(put.header("if-match"), Some(etag));
    }
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
fn delete_with_the_etag_of_an_older_note_deletes_nothing_and_shows_the_note() {
    let nextcloud = Nextcloud::start();
    for _ in 0..2 {
        nextcloud.on("GET", &head(7), Answer::json(200, &note(7, "t", "", "new")));
    }
    nextcloud.on(
        "GET",
        &whole(7),
        Answer::json(200, &note(7, "t", "theirs", "new")),
    );
    nextcloud.on("DELETE", &whole(7), Answer::json(200, &json!([])));
    let failure = call("delete_note", json!({"note_id": 7, "etag": "old"})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    let current: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(current["content"], json!("theirs"));
    assert!(
        nextcloud
            .sent()
            .iter()
            .all(|request| request.method != "DELETE")
    );
    call("delete_note", json!({"note_id": 7, "etag": "\"new\""})).unwrap();
}

/// A real conflict, from the update that made it to the note that came back.
#[test]
fn the_recorded_conflict_is_understood() {
    let names = [
        "notes/030-update-if-match-ok.json",
        "notes/031-update-if-match-stale-412.json",
    ];
    let Some([done, stale]) = recordings(names) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    nextcloud.on("PUT", &whole(119), done.answer);
    nextcloud.on("PUT", &whole(119), stale.answer);
    let update = |content: &str| {
        call(
            "update_note",
            json!({"note_id": 119, "etag": "08af5d6e1200ee82f545ab374b731d59", "content": content}),
        )
    };
    let (_, data) = update("v2").unwrap();
    assert_eq!(data["etag"], json!("29fc75d5e46ce13adb08009cf74da08d"));
    let failure = update("v3").unwrap_err();
    let current: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(
        (failure.kind, &current["content"]),
        (FailureKind::Conflict, &json!("v2"))
    );
}
