//! Unified search: the providers, and the one of Notes. The calendar app, whose provider finds events, is not
//! installed on the recorded server: its provider answers with nothing (caldav/137).

use serde_json::{Value, json};

use super::capabilities::parse;
use super::ocs::Ocs;
use super::reply::Reply;
use super::state::State;

/// The providers of the recorded server.
const PROVIDERS: &str = include_str!("data/search_providers.json");
/// Characters of a note that a hit shows.
const SUBLINE: usize = 100;
/// What stands for a line break in a hit.
const EM_SPACE: char = '\u{2003}';

/// The list of providers.
pub(super) fn providers(ocs: &Ocs<'_>) -> Reply {
    ocs.success_tagged(&parse(PROVIDERS, ocs))
}

/// The hits of one provider.
pub(super) fn answer(state: &State, ocs: &Ocs<'_>, provider: &str) -> Reply {
    let term = ocs.request.parameter("term").unwrap_or_default();
    if term.is_empty() {
        return ocs.failure_with(400, 400, "", &json!("No valid filters provided"));
    }
    let (name, entries) = match provider {
        "notes" if state.settings.notes_app => ("Notes", notes(state, ocs, term)),
        "calendar" => ("Events", Vec::new()),
        _ => return ocs.failure(404, 998, ""),
    };
    ocs.success(&json!({"name": name, "isPaginated": false, "entries": entries, "cursor": null}))
}

/// Hits, latest first; `limit` is not obeyed (notes/060). Each word of the term is somewhere in title, category or content;
/// only ASCII letters are the same in both cases (nextcloud/notes, `NotesService::search`, which uses PHP's `stripos`).
fn notes(state: &State, ocs: &Ocs<'_>, term: &str) -> Vec<Value> {
    let term = term.to_ascii_lowercase();
    let words: Vec<&str> = term.split_whitespace().collect();
    let folder = &state.notes[ocs.who.name()];
    let mut found: Vec<_> = folder
        .iter()
        .filter(|note| {
            let texts =
                [&note.title, &note.category, &note.content].map(|text| text.to_ascii_lowercase());
            words
                .iter()
                .all(|word| texts.iter().any(|text| text.contains(word)))
        })
        .collect();
    found.sort_by_key(|note| std::cmp::Reverse(note.modified));
    let hits = found.into_iter().map(|note| {
        json!({
            "thumbnailUrl": "", "title": note.title, "subline": subline(&note.content),
            "resourceUrl": format!("{}/apps/notes/note/{}", ocs.request.base(), note.id),
            "icon": "icon-notes-trans", "rounded": false, "attributes": [],
        })
    });
    hits.collect()
}

/// The beginning of a note without its Markdown marks, lines joined.
fn subline(content: &str) -> String {
    let lines = content
        .lines()
        .map(|line| line.trim_start_matches(['#', '-', '*', ' ']).trim());
    let text: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let text = text.join(&EM_SPACE.to_string());
    if text.chars().count() <= SUBLINE {
        return text;
    }
    let cut: String = text.chars().take(SUBLINE).collect();
    format!("{cut}…")
}
