//! `list_categories`, `rename_category`, `get_settings` and `update_settings`.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recordings};
use serde_json::{Value, json};

use super::{NOTES, call, note, whole, with};

const SETTINGS: &str = "/index.php/apps/notes/api/v1/settings";

fn list() -> String {
    format!("{NOTES}?exclude=content")
}

fn filed(id: u64, title: &str, category: &str, etag: &str) -> Value {
    with(note(id, title, "", etag), "category", category)
}

/// A Nextcloud with these notes.
fn having(notes: &[Value]) -> Nextcloud {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", &list(), Answer::json(200, &json!(notes)));
    nextcloud
}

fn rename(from: &str, to: &str) -> Value {
    json!({"category": from, "new_category": to})
}

#[test]
fn categories_are_counted_without_reading_contents() {
    let _nextcloud = having(&[
        filed(1, "a", "Home", ""),
        filed(2, "b", "", ""),
        filed(3, "c", "Home/Garden", ""),
        filed(4, "d", "Home", ""),
    ]);
    let (_, data) = call("list_categories", json!({})).unwrap();
    let expected = json!({
        "categories": [{"category": "Home", "notes": 2}, {"category": "Home/Garden", "notes": 1}], "uncategorized": 1,
    });
    assert_eq!(data, expected);
}

#[test]
fn many_categories_come_in_pages_that_neither_repeat_nor_miss_one() {
    let notes: Vec<_> = (0..1_200)
        .map(|id| filed(id, "t", &format!("C{id}"), ""))
        .collect();
    let (mut seen, mut arguments) = (Vec::new(), json!({}));
    for page in 0..3 {
        let _nextcloud = having(&notes);
        let (_, data) = call("list_categories", arguments).unwrap();
        seen.extend(
            data["categories"]
                .as_array()
                .unwrap()
                .iter()
                .map(|category| category["category"].clone()),
        );
        assert_eq!(data["next_cursor"].is_null(), page == 2);
        arguments = json!({"cursor": data["next_cursor"]});
    }
    seen.sort_by_key(Value::to_string);
    seen.dedup();
    assert_eq!(seen.len(), 1_200);
}

#[test]
fn a_renamed_category_takes_its_notes_and_those_below_it_along() {
    let nextcloud = having(&[
        filed(1, "a", "Home", "e1"),
        filed(2, "b", "Home/Garden", "e2"),
        filed(3, "c", "Homework", "e3"),
        filed(4, "d", "House", "e4"),
    ]);
    nextcloud.on(
        "PUT",
        &whole(1),
        Answer::json(200, &filed(1, "a (2)", "House", "n")),
    );
    nextcloud.on(
        "PUT",
        &whole(2),
        Answer::json(200, &filed(2, "b", "House/Garden", "n")),
    );
    let (text, data) = call("rename_category", rename("Home", "/House/")).unwrap();
    assert_eq!(
        text,
        "2 of 2 notes were moved from category \"Home\" to category \"House\". Notes that were there before: 1; titles that \
         were taken got a number."
    );
    let notes = json!([
        {"id": 1, "title": "a (2)", "category": "House"}, {"id": 2, "title": "b", "category": "House/Garden"},
    ]);
    assert_eq!(data, json!({"notes": notes, "left": 0}));
    let sent = nextcloud.sent();
    for (put, etag, category) in [
        (&sent[1], "\"e1\"", "House"),
        (&sent[2], "\"e2\"", "House/Garden"),
    ] {
        assert_eq!(put.header("if-match"), Some(etag));
        assert_eq!(put.json(), json!({"category": category}));
    }
}

#[test]
fn notes_that_do_not_move_are_named_and_the_others_move() {
    let nextcloud = having(&[
        with(filed(1, "shared", "Home", "e1"), "readonly", true),
        filed(2, "locked", "Home", "e2"),
        filed(3, "elsewhere", "Home", "e3"),
        filed(4, "edited", "Home", "e4"),
    ]);
    nextcloud.on(
        "PUT",
        &whole(2),
        Answer::json(423, &json!({"errorType": "Exception"})),
    );
    nextcloud.on(
        "PUT",
        &whole(3),
        Answer::json(412, &filed(3, "elsewhere", "Work", "n")),
    );
    nextcloud.on(
        "PUT",
        &whole(4),
        Answer::json(412, &filed(4, "edited", "Home", "n")),
    );
    nextcloud.on(
        "PUT",
        &whole(4),
        Answer::json(200, &filed(4, "edited", "House", "m")),
    );
    let (text, data) = call("rename_category", rename("Home", "House")).unwrap();
    assert!(
        text.starts_with("1 of 4 notes were moved") && text.contains("3 could not be moved"),
        "{text}"
    );
    for (id, word) in [(1, "read-only"), (2, "locked"), (3, "category \"Work\"")] {
        let notes = data["notes"].as_array().unwrap();
        let item = notes.iter().find(|item| item["id"] == json!(id)).unwrap();
        assert!(item["error"].as_str().unwrap().contains(word), "{item}");
        assert_eq!(item["category"], json!("Home"));
    }
}

#[test]
fn a_category_of_which_nothing_moved_is_a_failure() {
    let _nextcloud = having(&[with(filed(1, "shared", "Home", "e1"), "readonly", true)]);
    let failure = call("rename_category", rename("Home", "House")).unwrap_err();
    assert!(
        failure.message.contains("0 of 1 notes"),
        "{}",
        failure.message
    );
    assert!(failure.structured.unwrap().contains("read-only"));
}

#[test]
fn a_large_category_is_renamed_in_several_calls() {
    let notes: Vec<_> = (1..=130).map(|id| filed(id, "t", "Home", "e")).collect();
    let nextcloud = having(&notes);
    for id in 1..=100 {
        nextcloud.on(
            "PUT",
            &whole(id),
            Answer::json(200, &filed(id, "t", "", "n")),
        );
    }
    let (text, data) = call("rename_category", rename("Home", "")).unwrap();
    assert!(
        text.contains("to no category") && text.contains("30 are left: make the same call again"),
        "{text}"
    );
    assert_eq!(data["left"], json!(30));
}

#[test]
fn a_rename_that_cannot_be_is_refused_before_anything_moves() {
    for (from, to, words) in [
        ("Home", "Home", "has this name already"),
        ("", "House", "Name the category"),
        ("Home", "Ho:me", "cannot be called"),
        ("Home", "../etc", "cannot be called"),
        ("Home", "a//b", "cannot be called"),
    ] {
        let _nextcloud = Nextcloud::start();
        let failure = call("rename_category", rename(from, to)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid);
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    for (from, to, kind, words) in [
        (
            "Home",
            "Home/Old",
            FailureKind::Invalid,
            "part of what is renamed",
        ),
        (
            "Home/Old",
            "Home",
            FailureKind::Invalid,
            "part of what is renamed",
        ),
        (
            "Hom",
            "House",
            FailureKind::NotFound,
            "There are: \"Home\", \"Home/Old/Old\".",
        ),
    ] {
        let nextcloud = having(&[
            filed(1, "a", "Home", "e"),
            filed(2, "b", "Home/Old/Old", "e"),
        ]);
        let failure = call("rename_category", rename(from, to)).unwrap_err();
        assert_eq!(failure.kind, kind);
        assert!(failure.message.contains(words), "{}", failure.message);
        assert_eq!(nextcloud.sent().len(), 1);
    }
}

fn settings(path: &str, suffix: &str, mode: &str) -> Answer {
    Answer::json(
        200,
        &json!({"notesPath": path, "fileSuffix": suffix, "noteMode": mode}),
    )
}

#[test]
fn settings_change_only_where_they_are_given_and_are_reported_as_stored() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", SETTINGS, settings("Notes", ".note2", "rich"));
    nextcloud.on(
        "PUT",
        SETTINGS,
        settings("Documents/Notes", ".memo", "edit"),
    );
    let changes =
        json!({"notes_path": "/Documents/Notes/", "file_suffix": ".memo", "note_mode": "rich"});
    let (text, data) = call("update_settings", changes).unwrap();
    assert_eq!(
        nextcloud.sent()[1].json(),
        json!({"notesPath": "Documents/Notes", "fileSuffix": ".memo", "noteMode": "rich"})
    );
    assert_eq!(
        data,
        json!({"notes_path": "Documents/Notes", "file_suffix": ".memo", "note_mode": "edit"})
    );
    for words in [
        "Nextcloud did not take the note_mode that was given; it is \"edit\"",
        "No note was moved: those in \"Notes\"",
        "Files that end in .note2 are no longer shown",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn settings_that_nextcloud_would_bend_are_refused_before_they_are_sent() {
    let _nextcloud = Nextcloud::start();
    for changes in [
        json!({}),
        json!({"notes_path": "../../etc"}),
        json!({"notes_path": "/"}),
        json!({"notes_path": "a\\b"}),
        json!({"file_suffix": "md"}),
        json!({"file_suffix": ".<x"}),
        json!({"file_suffix": ".TXT"}),
        json!({"file_suffix": ".tar.gz"}),
        json!({"note_mode": "wysiwyg"}),
    ] {
        let failure = call("update_settings", changes).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{}", failure.message);
    }
}

#[test]
fn the_recorded_settings_are_understood() {
    let Some([get, put, restore]) = recordings([
        "notes/048-settings-get.json",
        "notes/049-settings-put.json",
        "notes/051-settings-put-restore.json",
    ]) else {
        return;
    };
    let nextcloud = Nextcloud::start();
    for _ in 0..2 {
        nextcloud.on("GET", SETTINGS, get.answer.clone());
    }
    nextcloud.on("PUT", SETTINGS, put.answer);
    let (_, data) = call("get_settings", json!({})).unwrap();
    assert_eq!(
        data,
        json!({"notes_path": "Notes", "file_suffix": ".md", "note_mode": "rich"})
    );
    let (text, data) = call("update_settings", json!({"file_suffix": ".txt"})).unwrap();
    assert_eq!(data["file_suffix"], json!(".txt"));
    assert!(
        !text.contains("did not take") && !text.contains("No note was moved"),
        "{text}"
    );
    nextcloud.on("GET", SETTINGS, get.answer);
    nextcloud.on("PUT", SETTINGS, restore.answer);
    call(
        "update_settings",
        json!({"file_suffix": ".md", "notes_path": "Notes"}),
    )
    .unwrap();
}
