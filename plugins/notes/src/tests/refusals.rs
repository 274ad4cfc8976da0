//! Writes that cannot be: each ends in a sentence that says why, and changes nothing.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::nextcloud::FetchError;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recordings};
use serde_json::json;

use super::{NOTES, call, head, note, whole, with};

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

#[test]
fn update_refuses_before_it_sends() {
    let nothing = call("update_note", json!({"note_id": 1, "etag": "a"})).unwrap_err();
    let untitled = call("update_note", json!({"note_id": 1, "title": " "})).unwrap_err();
    assert_eq!(
        (nothing.kind, untitled.kind),
        (FailureKind::Invalid, FailureKind::Invalid)
    );
}

#[test]
fn what_is_too_large_is_refused_with_a_sentence_before_it_is_sent() {
    let nextcloud = Nextcloud::start();
    let large = "x".repeat((2 << 20) + 1);
    let folder = format!("Work/{}", "y".repeat(251));
    nextcloud.on(
        "GET",
        &whole(1),
        Answer::json(200, &note(1, "t", &large[1..], "a")),
    );
    for (tool, arguments) in [
        ("create_note", json!({"title": "x", "content": large})),
        ("create_note", json!({"title": "x", "category": folder})),
        (
            "update_note",
            json!({"note_id": 1, "etag": "a", "content": large}),
        ),
        ("update_note", json!({"note_id": 1, "category": folder})),
        ("append_content", json!({"note_id": 1, "content": large})),
        (
            "append_content",
            json!({"note_id": 1, "content": "one more"}),
        ),
    ] {
        let failure = call(tool, arguments).unwrap_err();
        assert!(
            failure.message.contains("at most"),
            "{tool}: {}",
            failure.message
        );
    }
    assert_eq!(
        nextcloud.sent().len(),
        1,
        "only what append_content had to read"
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
    for _ in 0..2 {
        nextcloud.on("GET", &whole(162), Answer::json(200, &shared));
    }
    let exception = json!({"errorType": "Exception"});
    nextcloud.on("PUT", &whole(162), Answer::json(403, &exception));
    nextcloud.on("PUT", &whole(162), Answer::json(412, &shared));
    nextcloud.on(
        "PUT",
        &whole(162),
        Answer::json(200, &with(shared.clone(), "favorite", true)),
    );
    let written = json!({"note_id": 162, "etag": "a", "content": "x"});
    let refused = [
        call("update_note", written.clone()),
        call("update_note", written),
        call("update_note", json!({"note_id": 162, "content": "x"})),
        call("update_note", json!({"note_id": 162, "category": "x"})),
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

/// Real refusals: a read-only note, a locked one, a full storage.
#[test]
fn recorded_refusals_of_writes_are_put_into_words() {
    let names = [
        "notes/077-readonly-update-403.json",
        "notes/084-locked-update-423.json",
        "notes/082-quota-update-507.json",
        "notes/086-locked-get.json",
        "notes/085-locked-delete-423.json",
    ];
    let Some([readonly, locked, full, locked_get, locked_delete]) = recordings(names) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    for (recording, kind, word) in [
        (readonly, FailureKind::Denied, "read-only"),
        (locked, FailureKind::Unavailable, "locked"),
        (full, FailureKind::Limited, "full"),
    ] {
        let id: u64 = recording.path.rsplit('/').next().unwrap().parse().unwrap();
        nextcloud.on("PUT", &whole(id), recording.answer);
        let failure = call(
            "update_note",
            json!({"note_id": id, "etag": "e", "content": "x"}),
        )
        .unwrap_err();
        assert_eq!(failure.kind, kind);
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    nextcloud.on("GET", &whole(157), locked_get.answer);
    nextcloud.on(
        "GET",
        &head(157),
        Answer::json(200, &note(157, "t", "", "e")),
    );
    nextcloud.on("DELETE", &whole(157), locked_delete.answer);
    for (tool, arguments) in [
        ("append_content", json!({"note_id": 157, "content": "x"})),
        ("delete_note", json!({"note_id": 157})),
    ] {
        let failure = call(tool, arguments).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{tool}");
        assert!(failure.message.contains("locked"), "{}", failure.message);
    }
}
