//! `get_note` and `list_notes`.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud};
use serde_json::{Value, json};

use super::{call, note, whole, with};

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
fn a_long_note_can_be_read_in_parts() {
    let nextcloud = Nextcloud::start();
    for _ in 0..4 {
        let stored = note(7, "Long", "äbcdefghij", "e");
        nextcloud.on("GET", &whole(7), Answer::json(200, &stored));
    }
    let (text, part) = call("get_note", json!({"note_id": 7, "offset": 2, "length": 3})).unwrap();
    assert_eq!(text, "Note 7 \"Long\": characters 2 to 5 of 10.");
    assert_eq!(
        (
            &part["content"],
            &part["total_length"],
            &part["next_offset"]
        ),
        (&json!("cde"), &json!(10), &json!(5))
    );
    let (_, end) = call("get_note", json!({"note_id": 7, "offset": 5})).unwrap();
    assert_eq!(
        (&end["content"], end.get("next_offset")),
        (&json!("fghij"), None)
    );
    let behind = call("get_note", json!({"note_id": 7, "offset": 11})).unwrap_err();
    assert_eq!(behind.kind, FailureKind::Invalid);
    let (_, all) = call("get_note", json!({"note_id": 7})).unwrap();
    assert_eq!(all.get("total_length"), None);
}

const ALL: &str = "/index.php/apps/notes/api/v1/notes?exclude=content";

fn ids(page: &Value) -> Vec<u64> {
    page["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["id"].as_u64().unwrap())
        .collect()
}

fn changed(id: u64, title: &str, modified: i64) -> Value {
    with(note(id, title, "", "e"), "modified", modified)
}

#[test]
fn list_is_sorted_paged_by_place_and_says_that_it_is_cut() {
    let listed: Vec<_> = (1_u64..=5)
        .map(|id| changed(id, &format!("n{id}"), i64::try_from(100 + id / 2).unwrap()))
        .collect();
    let nextcloud = Nextcloud::start();
    for _ in 0..2 {
        nextcloud.on("GET", ALL, Answer::json(200, &json!(listed)));
    }
    let (text, first) = call("list_notes", json!({"limit": 3})).unwrap();
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
    assert_eq!(
        first["url"],
        json!("https://cloud.example/index.php/apps/notes/note/{id}")
    );
}

#[test]
fn list_by_title_folds_accents_and_its_cursor_knows_the_order() {
    let listed = json!([
        changed(1, "Zebra", 1),
        changed(2, "äpfel", 2),
        changed(3, "Apfelmus", 3),
        changed(4, "Äpfel", 4)
    ]);
    let nextcloud = Nextcloud::start();
    for _ in 0..2 {
        nextcloud.on("GET", ALL, Answer::json(200, &listed));
    }
    let (text, first) = call("list_notes", json!({"sort": "title", "limit": 3})).unwrap();
    assert_eq!(ids(&first), [4, 2, 3]);
    assert!(text.contains("by title"), "{text}");
    let (_, second) = call("list_notes", json!({"cursor": first["next_cursor"]})).unwrap();
    assert_eq!(ids(&second), [1]);
    let other = call(
        "list_notes",
        json!({"sort": "modified", "cursor": first["next_cursor"]}),
    );
    assert_eq!(other.unwrap_err().kind, FailureKind::Invalid);
}

#[test]
fn list_filters_by_what_is_given_and_counts_what_fits() {
    let home = |id, category: &str, modified, favorite: bool| {
        with(
            with(changed(id, "t", modified), "category", category),
            "favorite",
            favorite,
        )
    };
    let listed = json!([
        home(1, "Home", 1_793_491_200, true),
        home(2, "Home/Garden", 1_793_491_199, true),
        home(3, "Home/Garden", 1_795_000_000, false),
        home(4, "Homework", 1_795_000_000, true),
    ]);
    for (arguments, expected) in [
        (
            json!({"category": "Home", "include_subcategories": true}),
            vec![3, 1, 2],
        ),
        (json!({"favorites_only": true}), vec![4, 1, 2]),
        (json!({"modified_since": "2026-11-01"}), vec![4, 3, 1]),
        (
            json!({"modified_since": "2026-11-01T00:00:01Z", "favorites_only": true}),
            vec![4],
        ),
    ] {
        let nextcloud = Nextcloud::start();
        nextcloud.on("GET", ALL, Answer::json(200, &listed));
        let (_, page) = call("list_notes", arguments.clone()).unwrap();
        assert_eq!(
            (ids(&page), page["total"].as_u64()),
            (expected.clone(), Some(expected.len() as u64)),
            "{arguments}"
        );
    }
    for arguments in [
        json!({"modified_since": "yesterday"}),
        json!({"include_subcategories": true}),
        json!({"archived": true}),
    ] {
        let failure = call("list_notes", arguments).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{}", failure.message);
    }
}

/// A page of a filtered list goes on with the same filter, whether it is repeated or not.
#[test]
fn a_cursor_carries_the_filter() {
    let listed = json!([
        with(changed(1, "t", 1), "favorite", true),
        changed(2, "t", 2),
        with(changed(3, "t", 3), "favorite", true)
    ]);
    let nextcloud = Nextcloud::start();
    for _ in 0..3 {
        nextcloud.on("GET", ALL, Answer::json(200, &listed));
    }
    let (_, first) = call("list_notes", json!({"favorites_only": true, "limit": 1})).unwrap();
    let cursor = &first["next_cursor"];
    for arguments in [
        json!({"cursor": cursor}),
        json!({"cursor": cursor, "favorites_only": true}),
    ] {
        assert_eq!(ids(&call("list_notes", arguments).unwrap().1), [1]);
    }
    let other = call("list_notes", json!({"cursor": cursor, "category": "Home"}));
    assert_eq!(other.unwrap_err().kind, FailureKind::Invalid);
}

/// D18: contents are read of the page's notes alone.
#[test]
fn contents_come_when_asked_for_and_of_one_page_only() {
    let nextcloud = Nextcloud::start();
    let listed: Vec<_> = (1..=4)
        .map(|id| changed(id, "t", i64::try_from(id).unwrap()))
        .collect();
    let locked = with(note(3, "t", "Error: x", "e"), "error", true);
    nextcloud
        .on("GET", ALL, Answer::json(200, &json!(listed)))
        .on(
            "GET",
            &whole(4),
            Answer::json(200, &note(4, "t", "four", "e")),
        )
        .on("GET", &whole(3), Answer::json(200, &locked))
        .on("GET", &whole(2), Answer::json(404, &json!({})));
    let (text, page) = call("list_notes", json!({"include_content": true, "limit": 3})).unwrap();
    assert_eq!(ids(&page), [4, 3]);
    assert_eq!(page["notes"][0]["content"], "four");
    assert_eq!(page["notes"][1].get("content"), None);
    assert!(
        text.contains("could not be read") && page.get("next_cursor").is_some(),
        "{text}"
    );
}

#[test]
fn a_page_with_contents_ends_before_it_is_too_long() {
    let listed: Vec<_> = (1..=3)
        .map(|id| changed(id, "t", i64::try_from(id).unwrap()))
        .collect();
    let nextcloud = Nextcloud::start();
    let long = "x".repeat(200 << 10);
    nextcloud.on("GET", ALL, Answer::json(200, &json!(listed)));
    for id in 1..=3 {
        nextcloud.on(
            "GET",
            &whole(id),
            Answer::json(200, &note(id, "t", &long, "e")),
        );
    }
    let (text, page) = call("list_notes", json!({"include_content": true})).unwrap();
    assert_eq!(ids(&page), [3]);
    assert!(
        text.starts_with("1 of 3") && text.contains("next_cursor"),
        "{text}"
    );
    nextcloud.on("GET", ALL, Answer::json(200, &json!(listed)));
    let (_, rest) = call("list_notes", json!({"cursor": page["next_cursor"]})).unwrap();
    assert_eq!(ids(&rest), [2, 1]);
}

#[test]
fn list_refuses_a_cursor_that_is_none_of_its_own() {
    for cursor in ["", "garbage", "e30", "1795280026-1795280012-123"] {
        let failure = call("list_notes", json!({"cursor": cursor})).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{cursor}");
    }
}

#[test]
fn an_empty_category_is_answered_with_those_that_are_there() {
    let nextcloud = Nextcloud::start();
    let all = json!([
        with(note(1, "a", "", "e"), "category", "Home/Groceries"),
        note(2, "b", "", "e")
    ]);
    nextcloud
        .on(
            "GET",
            &format!("{ALL}&category=Home"),
            Answer::json(200, &json!([])),
        )
        .on("GET", ALL, Answer::json(200, &all));
    let (text, data) = call("list_notes", json!({"category": "Home"})).unwrap();
    assert_eq!(
        text,
        "There are no notes in category \"Home\". There are 2 notes in all, and categories \"Home/Groceries\"."
    );
    assert_eq!((&data["notes"], &data["total"]), (&json!([]), &json!(0)));
}

#[test]
fn a_filter_that_nothing_fits_is_told_from_an_empty_category() {
    let nextcloud = Nextcloud::start();
    let all = json!([note(1, "a", "", "e")]);
    nextcloud.on("GET", ALL, Answer::json(200, &all));
    let (text, _) = call("list_notes", json!({"favorites_only": true})).unwrap();
    assert_eq!(text, "None of the 1 notes fits.");
    nextcloud
        .on("GET", &format!("{ALL}&category="), Answer::json(200, &all))
        .on("GET", ALL, Answer::json(200, &all));
    let (text, _) = call(
        "list_notes",
        json!({"category": "", "favorites_only": true}),
    )
    .unwrap();
    assert_eq!(text, "None of the 1 notes without a category fits.");
}
