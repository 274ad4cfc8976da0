//! `append_content` and `edit_section`: what others write at the same time is never lost.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud};
use serde_json::{Value, json};

use super::{call, note, whole, with};

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
    for attempt in 1..=20 {
        nextcloud.on(
            "PUT",
            &whole(7),
            Answer::json(412, &note(7, "t", "", &attempt.to_string())),
        );
    }
    let failure = call("append_content", json!({"note_id": 7, "content": "x"})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        failure.message.contains("Nothing was written"),
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
fn append_puts_the_separator_that_is_given_between_and_nothing_before_the_first_text() {
    for (content, arguments, written) in [
        ("one", json!({"content": "two"}), "one\ntwo"),
        (
            "one\r\nmore",
            json!({"content": "two"}),
            "one\r\nmore\r\ntwo",
        ),
        ("one\n", json!({"content": "two"}), "one\ntwo"),
        (
            "one\n",
            json!({"content": "two", "separator": "\n---\n"}),
            "one\n\n---\ntwo",
        ),
        ("one", json!({"content": "two", "separator": ""}), "onetwo"),
        ("", json!({"content": "two", "separator": "\n---\n"}), "two"),
    ] {
        let nextcloud = Nextcloud::start();
        nextcloud.on(
            "GET",
            &whole(7),
            Answer::json(200, &note(7, "t", content, "a")),
        );
        nextcloud.on(
            "PUT",
            &whole(7),
            Answer::json(200, &note(7, "t", written, "b")),
        );
        let mut arguments = arguments.clone();
        arguments["note_id"] = json!(7);
        call("append_content", arguments).unwrap();
        assert_eq!(nextcloud.sent()[1].json(), json!({"content": written}));
    }
}

const LISTS: &str = "# Home\n- dig\n\n# Work\n- mail\n";

fn edit(mode: &str, content: &str) -> Value {
    json!({"note_id": 7, "heading": "Home", "mode": mode, "content": content})
}

/// Two clients that edit a note in turns: what each of them wrote is in the note that the other writes.
#[test]
fn an_edit_of_a_section_starts_over_from_what_others_wrote_meanwhile() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(7),
        Answer::json(200, &note(7, "t", LISTS, "0")),
    );
    let mut theirs = LISTS.to_owned();
    for round in 1..=5 {
        // Above, in and below the section.
        theirs = format!("{round}\n{theirs}- theirs {round}\n")
            .replace("- dig\n", &format!("- dig\n- weed {round}\n"));
        nextcloud.on(
            "PUT",
            &whole(7),
            Answer::json(412, &note(7, "t", &theirs, &round.to_string())),
        );
    }
    let both = theirs.replace("\n\n# Work", "\n- mine\n\n# Work");
    nextcloud.on(
        "PUT",
        &whole(7),
        Answer::json(200, &note(7, "t", &both, "6")),
    );
    let (text, data) = call("edit_section", edit("append", "- mine")).unwrap();
    assert_eq!(
        (text.as_str(), &data["etag"]),
        (
            "The section \"Home\" of Note 7 \"t\" was added to.",
            &json!("6")
        )
    );
    let sent = nextcloud.sent();
    assert_eq!(sent[6].json(), json!({"content": both}));
    assert_eq!(sent[6].header("if-match"), Some("\"5\""));
}

#[test]
fn a_section_is_replaced_beside_other_edits_and_what_it_held_comes_back() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(7),
        Answer::json(200, &note(7, "t", LISTS, "a")),
    );
    let theirs = format!("{LISTS}- call\n");
    nextcloud.on(
        "PUT",
        &whole(7),
        Answer::json(412, &note(7, "t", &theirs, "b")),
    );
    let both = theirs.replace("- dig", "- rest");
    nextcloud.on(
        "PUT",
        &whole(7),
        Answer::json(200, &note(7, "t", &both, "c")),
    );
    let (_, data) = call("edit_section", edit("replace", "- rest")).unwrap();
    assert_eq!(data["replaced"], json!("- dig\n\n"));
    assert_eq!(nextcloud.sent()[2].json(), json!({"content": both}));
}

#[test]
fn a_section_that_changed_meanwhile_is_not_replaced() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(7),
        Answer::json(200, &note(7, "t", LISTS, "a")),
    );
    let theirs = LISTS.replace("- dig", "- dig\n- weed");
    nextcloud.on(
        "PUT",
        &whole(7),
        Answer::json(412, &note(7, "t", &theirs, "b")),
    );
    let failure = call("edit_section", edit("replace", "- rest")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    let current: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(
        (&current["etag"], &current["diff"]),
        (
            &json!("b"),
            &json!("@@ -1,5 +1,4 @@\n # Home\n-- dig\n-- weed\n+- rest\n \n # Work\n")
        )
    );
}

#[test]
fn a_section_is_not_edited_in_a_note_that_is_newer_than_the_etag() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        &whole(7),
        Answer::json(200, &note(7, "t", LISTS, "new")),
    );
    let mut arguments = edit("append", "- rest");
    arguments["etag"] = json!("old");
    let failure = call("edit_section", arguments).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        failure
            .message
            .contains("call edit_section again with etag \"new\""),
        "{}",
        failure.message
    );
}

#[test]
fn an_edit_of_a_section_that_cannot_be_says_what_is_there() {
    let cases = [
        (
            json!({"heading": "Garden"}),
            FailureKind::NotFound,
            "There are: \"Home\", \"Work\"",
        ),
        (
            json!({"content": "# Other"}),
            FailureKind::Invalid,
            "\"Other\" of level 1",
        ),
        (
            json!({"content": "```"}),
            FailureKind::Invalid,
            "code block",
        ),
    ];
    for (changes, kind, words) in cases {
        let nextcloud = Nextcloud::start();
        nextcloud.on(
            "GET",
            &whole(7),
            Answer::json(200, &note(7, "t", LISTS, "a")),
        );
        let mut arguments = edit("append", "x");
        for (name, value) in changes.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        let failure = call("edit_section", arguments).unwrap_err();
        assert_eq!(failure.kind, kind);
        assert!(failure.message.contains(words), "{}", failure.message);
        assert_eq!(nextcloud.sent().len(), 1);
    }
}

#[test]
fn a_locked_or_read_only_note_keeps_its_sections() {
    let locked = with(
        with(note(7, "t", "Error: x", "b"), "error", true),
        "errorType",
        "OCP\\Lock\\LockedException",
    );
    let readonly = with(note(7, "t", LISTS, "a"), "readonly", true);
    for (found, kind) in [
        (locked, FailureKind::Unavailable),
        (readonly, FailureKind::Denied),
    ] {
        let nextcloud = Nextcloud::start();
        nextcloud.on("GET", &whole(7), Answer::json(200, &found));
        let failure = call("edit_section", edit("replace", "x")).unwrap_err();
        assert_eq!(failure.kind, kind);
    }
}
