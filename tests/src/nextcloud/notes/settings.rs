//! The settings of Notes: folder, suffix and mode; bad values are made good ones instead of refused (notes/048-051).

use serde_json::json;

use super::{Call, title, write};
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;

/// The settings of one account.
#[derive(Debug)]
pub(super) struct NotesSettings {
    pub(super) path: String,
    pub(super) suffix: String,
    mode: String,
}

impl Default for NotesSettings {
    fn default() -> Self {
        Self {
            path: "Notes".into(),
            suffix: ".md".into(),
            mode: "rich".into(),
        }
    }
}

/// Answers `GET settings`.
pub(super) fn get(state: &State, call: &Call<'_>) -> Reply {
    let settings = &state.notes[call.who.name()].settings;
    let value = json!({"notesPath": settings.path, "fileSuffix": settings.suffix, "noteMode": settings.mode});
    call.answer(200).json(&value)
}

/// Answers `PUT settings`.
pub(super) fn put(state: &mut State, call: &Call<'_>) -> Reply {
    let body = write::body(call);
    let settings = &mut state.notes_of(call.who.name()).settings;
    let text = |name: &str| body.get(name).and_then(|value| value.as_str());
    if let Some(path) = text("notesPath") {
        settings.path = title::safe_category(path);
    }
    if let Some(suffix) = text("fileSuffix") {
        settings.suffix = format!(
            ".{}",
            title::safe_category(suffix)
                .replace('/', "")
                .trim_start_matches('.')
        );
    }
    if let Some(mode @ ("rich" | "edit" | "preview")) = text("noteMode") {
        mode.clone_into(&mut settings.mode);
    }
    get(state, call)
}
