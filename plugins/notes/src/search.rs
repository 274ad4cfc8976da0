//! `search_notes`: words and parts of words in titles, categories and contents.
//!
//! Nextcloud's own search finds the candidates without sending any content here; only the contents of the best
//! candidates are read, side by side, to rank them and to show where they match. Nextcloud folds case for ASCII letters
//! only (Notes searches with PHP's `stripos`), so it is asked for less than the query ([`Query::asks`]) and what it finds
//! is held against the whole query here.

use std::collections::BTreeSet;

use nextcloud_mcp_plugin::nextcloud::{Request, Response, send_all};
use nextcloud_mcp_plugin::{Failure, FailureKind, JsonSchema, Reply, log};
use serde::{Deserialize, Serialize};

use crate::api;
use crate::matching::{Match, Query};
use crate::note::{self, Head};

pub(crate) const DESCRIPTION: &str = "Finds notes that contain every word of the query, or it as part of a word, in title, \
category or content; case does not matter. Best first, each with the place where it matches. Example: query \"milk egg\", \
category \"Home/Groceries\".";

const PROVIDER: &str = "/ocs/v2.php/search/providers/notes/search";

/// Results that a model reads whole.
const DEFAULT_LIMIT: usize = 20;

/// So many candidates are read at most: what one call may ask of Nextcloud without holding up others.
const READ_LIMIT: usize = 50;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Words or parts of them, all of which have to occur.
    #[schemars(length(min = 1))]
    query: String,
    /// Only in exactly this category.
    category: Option<String>,
    /// At most so many results; 20 if absent.
    #[schemars(range(min = 1, max = 50))]
    limit: Option<usize>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Results {
    results: Vec<Found>,
    /// There are more than these: add words or a category.
    more: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    #[serde(flatten)]
    head: Head,
    /// Where the content matches.
    #[serde(skip_serializing_if = "String::is_empty")]
    snippet: String,
    url: String,
}

pub(crate) fn search_notes(
    Arguments {
        query: words,
        category,
        limit,
    }: Arguments,
) -> Result<Reply<Results>, Failure> {
    let query = Query::new(&words)
        .ok_or_else(|| Failure::invalid("Give at least one word to look for."))?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, READ_LIMIT);
    let mut candidates = candidates(&query, category.as_deref())?;
    candidates.sort_by_cached_key(|note| {
        std::cmp::Reverse((query.title_score(&note.title), note.modified))
    });
    let unread = candidates.len().saturating_sub(READ_LIMIT);
    candidates.truncate(READ_LIMIT);

    let (mut found, too_large) = read_and_rank(&query, candidates)?;
    let more = unread + too_large > 0 || found.len() > limit;
    found.truncate(limit);
    let text = match (found.len(), more) {
        (0, false) => format!("No note contains every word of \"{words}\"."),
        (0, true) => format!(
            "None of the {READ_LIMIT} likeliest notes does; there are more: add words or a category."
        ),
        (count, false) => format!("Notes that match: {count}, best first."),
        (count, true) => {
            format!("The best {count}; there are more: add words or a category to narrow it down.")
        }
    };
    let pages = note::pages()?;
    let shown = found.into_iter().map(|(note, matched)| Found {
        head: Head::new(&note),
        snippet: matched.snippet,
        url: format!("{pages}{}", note.id),
    });
    Ok(Reply::new(
        text,
        Results {
            results: shown.collect(),
            more,
        },
    ))
}

/// The notes that Nextcloud finds, without their contents.
fn candidates(query: &Query, category: Option<&str>) -> Result<Vec<api::Note>, Failure> {
    let groups = query.asks();
    let searches = groups.iter().flatten().map(|term| {
        Request::ocs(PROVIDER)
            .query("term", term)
            .about("the search of the Notes app")
    });
    let mut answers = send_all(std::iter::once(api::list(category)).chain(searches)).into_iter();
    let mut notes: Vec<api::Note> = match answers.next() {
        Some(list) => list?.ok()?.json()?,
        None => Vec::new(),
    };
    for group in groups {
        let mut ids = BTreeSet::new();
        for answer in answers.by_ref().take(group.len()) {
            ids.extend(found_ids(&answer?.ok()?)?);
        }
        notes.retain(|note| ids.contains(&note.id));
    }
    Ok(notes)
}

/// The numbers of the notes in a search answer, which carries them only as links to their pages (recording `notes/059`).
fn found_ids(answer: &Response) -> Result<Vec<u64>, Failure> {
    #[derive(Deserialize)]
    struct Data {
        entries: Vec<Entry>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry {
        resource_url: String,
    }
    let entries = answer.ocs::<Data>()?.entries;
    let ids: Vec<u64> = entries
        .iter()
        .filter_map(|entry| entry.resource_url.rsplit('/').next()?.parse().ok())
        .collect();
    if ids.len() < entries.len() {
        log::warn(format!(
            "{} of {} search results link to no note",
            entries.len() - ids.len(),
            entries.len()
        ));
    }
    Ok(ids)
}

/// Reads the candidates side by side and keeps those that match the whole query, best first; says also how many could
/// not be read because they are too large together.
fn read_and_rank(
    query: &Query,
    candidates: Vec<api::Note>,
) -> Result<(Vec<(api::Note, Match)>, usize), Failure> {
    let answers = send_all(candidates.iter().map(|note| api::request(note.id)));
    let mut found = Vec::new();
    let mut unread = 0;
    for (head, answer) in candidates.into_iter().zip(answers) {
        let note = match answer {
            // Deleted since it was listed.
            Ok(answer) if answer.status() == 404 => continue,
            // A note that is locked now can still match by its title.
            Ok(answer) => answer.ok()?.json::<api::Note>()?.readable().unwrap_or(head),
            Err(failure) if failure.kind == FailureKind::Limited => {
                unread += 1;
                head
            }
            Err(failure) => return Err(failure),
        };
        if let Some(matched) = query.matches(&note.title, &note.category, &note.content) {
            found.push((note, matched));
        }
    }
    found.sort_by_key(|(note, matched)| std::cmp::Reverse((matched.score, note.modified)));
    Ok((found, unread))
}
