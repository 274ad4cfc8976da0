//! `get_note` and `list_notes`.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud};
use serde_json::{Value, json};

use super::{NOTES, call, note, whole, with};

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
