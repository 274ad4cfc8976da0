//! Nextcloud's own search of titles, categories and contents, so that a search need not read every note.
//!
//! The Notes app answers with every note that contains all words of the term, without pages (its provider takes neither
//! `limit` nor `cursor`: recording `notes/060`). It compares bytes, folding ASCII letters only, so it is asked for less
//! than the query ([`Query::terms`]) and what it finds is held against the whole query here.

use std::collections::BTreeSet;

use nextcloud_mcp_plugin::nextcloud::{Request, Response, send_all};
use nextcloud_mcp_plugin::{Failure, log};
use serde::Deserialize;

use crate::api;
use crate::filter::Filter;
use crate::matching::Query;

const PROVIDER: &str = "/ocs/v2.php/search/providers/notes/search";

/// What may match, without contents.
pub(crate) struct Candidates {
    pub(crate) notes: Vec<api::Note>,
    /// How many notes the filter lets through.
    pub(crate) searched: usize,
}

/// The notes that Nextcloud finds, and those whose title and category alone match the query, in no order.
pub(crate) fn candidates(query: &Query, filter: &Filter) -> Result<Candidates, Failure> {
    let asked = query.terms().into_iter().map(|term| {
        Request::ocs(PROVIDER)
            .query("term", term)
            .about("the search of the Notes app")
    });
    let mut answers = send_all(std::iter::once(filter.heads()).chain(asked)).into_iter();
    let mut notes: Vec<api::Note> = match answers.next() {
        Some(list) => list?.ok()?.json()?,
        None => Vec::new(),
    };
    let mut ids = BTreeSet::new();
    for answer in answers {
        ids.extend(found(&answer?.ok()?)?);
    }
    notes.retain(|note| filter.admits(note));
    let searched = notes.len();
    notes.retain(|note| ids.contains(&note.id) || query.is_in_head(&note.title, &note.category));
    Ok(Candidates { notes, searched })
}

/// The numbers of the notes in an answer, which carries them only as links to their pages (recording `notes/059`).
fn found(answer: &Response) -> Result<Vec<u64>, Failure> {
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
