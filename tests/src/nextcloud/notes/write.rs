//! Creating, changing and deleting notes (notes/002-013, 030-046, 063).

use serde_json::{Map, Value, json};

use super::store::{Draft, Note, Notes};
use super::{Call, represent, title};
use crate::nextcloud::etag;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::pairs;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// A parameter of a type that PHP does not convert.
struct WrongType;

/// Answers `POST notes`.
pub(super) fn create(state: &mut State, call: &Call<'_>, version: &str) -> Reply {
    let Ok(fields) = Fields::of(call) else {
        return call.wrong_type();
    };
    let user = call.who.name();
    let content = fields.content.unwrap_or_default();
    let category = title::safe_category(&fields.category.unwrap_or_default());
    if state.notes[user].is_readonly(&category) {
        return call.failure(500);
    }
    if !fits(state, user, 0, &content) {
        return call.failure(507);
    }
    let draft = Draft {
        title: if version == "v0.2" {
            title::of_content(&content)
        } else {
            fields.title.unwrap_or_default()
        },
        category,
        content,
        modified: fields.modified.filter(|&modified| modified != 0),
        favorite: fields.favorite.unwrap_or(false),
    };
    let id = state.ids.next();
    let notes = state.notes_of(user);
    notes.add(id, draft);
    shown(call, notes, id)
}

/// Answers `PUT notes/ID`.
pub(super) fn update(state: &mut State, call: &Call<'_>, version: &str, id: &str) -> Reply {
    let Ok(mut fields) = Fields::of(call) else {
        return call.wrong_type();
    };
    let user = call.who.name();
    let Some(note) = state.notes[user].get(id).cloned() else {
        return call.failure(404);
    };
    let current = represent(&note, &state.notes[user].settings);
    let tag = current["etag"].as_str().unwrap_or_default();
    if call
        .request
        .header("If-Match")
        .is_some_and(|header| !etag::named_by(header, tag))
    {
        return call.answer(412).json(&current);
    }
    if let (Some(content), "v0.2") = (&fields.content, version) {
        fields.title = Some(title::of_content(content));
    }
    if note.locked {
        return call.failure(423);
    }
    let writes = fields.content.is_some() || fields.title.is_some() || fields.category.is_some();
    if note.readonly && writes {
        return call.failure(403);
    }
    if fields
        .content
        .as_ref()
        .is_some_and(|content| !fits(state, user, note.content.len(), content))
    {
        return call.failure(507);
    }
    let notes = state.notes_of(user);
    apply(notes, &note, fields);
    shown(call, notes, note.id)
}

/// Answers `DELETE notes/ID`.
pub(super) fn delete(state: &mut State, call: &Call<'_>, id: &str) -> Reply {
    let notes = state.notes_of(call.who.name());
    match notes.get(id) {
        None => call.failure(404),
        Some(note) if note.locked => call.failure(423),
        Some(note) if note.readonly => call.failure(403),
        Some(note) => {
            let id = note.id;
            notes.remove(id);
            call.answer(200).json(&json!([]))
        }
    }
}

fn apply(notes: &mut Notes, note: &Note, fields: Fields) {
    if fields.title.is_some() || fields.category.is_some() {
        let category = fields.category.map_or_else(
            || note.category.clone(),
            |category| title::safe_category(&category),
        );
        let title = fields
            .title
            .map_or_else(|| note.title.clone(), |title| title::safe(&title));
        notes.rename(note.id, &category, &title);
    }
    if let Some(stored) = notes.get_mut(note.id) {
        if let Some(content) = fields.content.filter(|content| *content != note.content) {
            stored.content = content;
            stored.modified = time::now();
        }
        if let Some(modified) = fields.modified.filter(|&modified| modified != 0) {
            stored.modified = modified;
        }
        if let Some(favorite) = fields.favorite {
            stored.favorite = favorite;
        }
        if stored != note {
            notes.touched(note.id);
        }
    }
}

fn shown(call: &Call<'_>, notes: &Notes, id: i64) -> Reply {
    match notes.get(&id.to_string()) {
        Some(note) => call.answer(200).json(&represent(note, &notes.settings)),
        None => call.failure(500),
    }
}

fn fits(state: &State, user: &str, replaced: usize, content: &str) -> bool {
    let taken = state.notes[user].bytes() - replaced;
    state.users[user]
        .quota
        .is_none_or(|quota| taken + content.len() <= quota)
}

/// The fields of a note that a request gives; what is null or absent is not given (notes/043, 045).
#[derive(Debug, Default)]
struct Fields {
    title: Option<String>,
    content: Option<String>,
    category: Option<String>,
    modified: Option<i64>,
    favorite: Option<bool>,
}

impl Fields {
    fn of(call: &Call<'_>) -> Result<Self, WrongType> {
        let body = body(call);
        Ok(Self {
            title: text(&body, "title")?,
            content: text(&body, "content")?,
            category: text(&body, "category")?,
            modified: number(&body, "modified"),
            favorite: boolean(&body, "favorite"),
        })
    }
}

/// The parameters of the body. JSON that does not parse is no parameter at all, and so a note is made of it
/// (notes/012); a form counts as well (notes/013).
pub(super) fn body(call: &Call<'_>) -> Map<String, Value> {
    let kind = call.request.header("Content-Type").unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let form = pairs(&call.request.text());
        return form
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
    }
    serde_json::from_slice(&call.request.body).unwrap_or_default()
}

fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, WrongType> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::Bool(value)) => Ok(Some(if *value { "1".into() } else { String::new() })),
        Some(Value::Array(_) | Value::Object(_)) => Err(WrongType),
    }
}

fn number(body: &Map<String, Value>, name: &str) -> Option<i64> {
    match body.get(name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn boolean(body: &Map<String, Value>, name: &str) -> Option<bool> {
    match body.get(name)? {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => Some(number.as_i64() != Some(0)),
        Value::String(text) => Some(!matches!(text.as_str(), "" | "0" | "false")),
        _ => None,
    }
}
