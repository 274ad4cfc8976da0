//! Notes, their files and categories, and the settings of the app.

use serde_json::json;

use super::{Call, Use, both, here};
use crate::bench::scene::{ERRANDS, FILE};

pub(super) const LIST: Call = Call::Tool("nc_notes_list_notes", |_| json!({}));
pub(super) const SEARCH: Call =
    Call::Tool("nc_notes_search_notes", |_| json!({"query": "Reykjavik"}));
pub(super) const GET: Call =
    Call::Tool("nc_notes_get_note", |known| json!({"note_id": known.note}));
pub(super) const CREATE: Call = Call::Tool(
    "nc_notes_create_note",
    |_| json!({"title": "Shopping", "content": "# List\n\n- milk\n- bread\n", "category": ""}),
);
pub(super) const DELETE: Call = Call::Tool(
    "nc_notes_delete_note",
    |known| json!({"note_id": known.note}),
);

pub(super) const COUNTED: [Use; 15] = [
    both("list notes", &[LIST]),
    both("search notes for a word", &[SEARCH]),
    both("create a note", &[CREATE]),
    both("get a note", &[GET]),
    both(
        "replace a note's text",
        &[Call::Tool(
            "nc_notes_update_note",
            |known| json!({"note_id": known.note, "etag": known.note_etag, "title": null, "content": "# List\n\n- eggs\n", "category": null}),
        )],
    ),
    both(
        "append to a note",
        &[Call::Tool(
            "nc_notes_append_content",
            |known| json!({"note_id": known.note, "content": "- flour"}),
        )],
    ),
    here(
        "edit one section of a note",
        &[Call::Tool(
            "nc_notes_edit_section",
            |known| json!({"note_id": known.note, "heading": "List", "mode": "append", "content": "- salt"}),
        )],
    ),
    here(
        "add a file to a note",
        &[Call::Tool(
            "nc_notes_upload_attachment",
            |known| json!({"note_id": known.note, "attachment_filename": "list.txt", "text": "- milk"}),
        )],
    ),
    here(
        "list the files of a note",
        &[Call::Tool(
            "nc_notes_list_attachments",
            |known| json!({"note_id": known.note}),
        )],
    ),
    both(
        "get a file of a note",
        &[Call::Tool(
            "nc_notes_get_attachment",
            |known| json!({"note_id": known.kept_note, "attachment_filename": FILE}),
        )],
    ),
    both("delete a note", &[DELETE]),
    here(
        "list categories",
        &[Call::Tool("nc_notes_list_categories", |_| json!({}))],
    ),
    here(
        "rename a category of three notes",
        &[Call::Tool("nc_notes_rename_category", |known| {
            let names = [ERRANDS, "Trips"];
            let (old, new) = (names[known.round % 2], names[(known.round + 1) % 2]);
            json!({"category": old, "new_category": new})
        })],
    ),
    here(
        "read the settings of Notes",
        &[Call::Tool("nc_notes_get_settings", |_| json!({}))],
    ),
    here(
        "change a setting of Notes",
        &[Call::Tool(
            "nc_notes_update_settings",
            |_| json!({"note_mode": "preview"}),
        )],
    ),
];
