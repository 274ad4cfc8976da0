//! `search_notes`: words and parts of words in titles, categories and contents, whatever their case and accents.
//!
//! Two ways, one answer. Nextcloud's own search finds the candidates without sending any content here; the likeliest are
//! read side by side, ranked and shown with the place where they match ([`crate::index`]). What it cannot do, accents
//! inside texts, takes reading ([`crate::scan`]): done when asked for, for the notes changed since a day, and by itself
//! where nothing was found among few notes. How many requests a search takes does not depend on how many notes there
//! are, unless it was asked to read them all.

use std::cmp::Reverse;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::contents::{self, Read};
use crate::filter::Filter;
use crate::matching::{Match, Query};
use crate::note::{self, Head};
use crate::scan::{Rest, Scan, scan};
use crate::{api, cursor, index};

pub(crate) const DESCRIPTION: &str = "Finds notes that contain every word of the query, or it as part of a word, in title, \
category or content, in any case. Best first, each with the place where it matches. Example: query \"milk egg\", category \
\"Home/Groceries\".";

/// Results that a model reads whole.
const DEFAULT_LIMIT: usize = 20;

/// Largest page, and how many candidates are read at a time: what one call may ask of Nextcloud without holding up others.
const MOST: usize = 50;

/// So many notes are read for a query that found nothing; beyond, the model is told how to have them read. One chunk or
/// two: about what the list of 5 000 notes weighs.
const READ_UNASKED: usize = 750;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(length(min = 1))]
    query: String,
    category: Option<String>,
    #[serde(default)]
    include_subcategories: bool,
    /// Date or time; UTC without offset.
    modified_since: Option<String>,
    /// Reads every note: `cafe` finds `Café` in texts. Slow with thousands.
    #[serde(default)]
    thorough: bool,
    #[schemars(range(min = 1, max = 50))]
    #[schemars(extend("default" = DEFAULT_LIMIT))]
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Matches {
    results: Vec<Found>,
    /// There is more: repeat the search with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Page of the note with the number {id}.
    url: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    #[serde(flatten)]
    head: Head,
    /// Where the content matches.
    #[serde(skip_serializing_if = "String::is_empty")]
    snippet: String,
}

/// Where a search goes on. A page is a part of what one step found: `skip` of those were shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    #[serde(rename = "q")]
    query: String,
    #[serde(rename = "f")]
    filter: Filter,
    #[serde(rename = "p")]
    step: Step,
    #[serde(rename = "n")]
    skip: usize,
}

/// What is read next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    /// The next candidates after this one.
    #[serde(rename = "c")]
    Candidates(Option<Place>),
    /// Everything from this chunk on.
    #[serde(rename = "s")]
    Scan(Option<String>),
}

/// Where a candidate stands before it is read: best title first, then last changed first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place(Reverse<u32>, Reverse<i64>, Reverse<u64>);

/// What one step found.
struct Outcome {
    /// What was really done: a search that finds nothing may become a scan.
    step: Step,
    /// Best first.
    found: Vec<(api::Note, Match)>,
    next: Option<Step>,
    /// What the model should know besides; each sentence begins with a space.
    remarks: String,
}

pub(crate) fn search_notes(arguments: Arguments) -> Result<Reply<Matches>, Failure> {
    let limit = arguments.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST);
    let mut state = asked(arguments)?;
    let query = Query::new(&state.query)
        .ok_or_else(|| Failure::invalid("Give at least one word to look for."))?;
    let url = note::pages()? + "{id}";
    let Outcome {
        step,
        mut found,
        next,
        remarks,
    } = run(&query, &state.filter, state.step.clone())?;

    let skip = state.skip.min(found.len());
    let mut page = found.split_off(skip);
    let more_of_step = page.len() > limit;
    page.truncate(limit);
    let follows = if more_of_step {
        Some((step, skip + limit))
    } else {
        next.map(|step| (step, 0))
    };
    let first = state.skip == 0;
    let text = said(&state.query, page.len(), first, follows.is_some()) + &remarks;
    let next_cursor = match follows {
        None => None,
        Some((step, skip)) => {
            state.step = step;
            state.skip = skip;
            Some(cursor::write(&state)?)
        }
    };
    let results = page.into_iter().map(|(note, matched)| Found {
        head: Head::new(&note),
        snippet: matched.snippet,
    });
    Ok(Reply::new(
        text,
        Matches {
            results: results.collect(),
            next_cursor,
            url,
        },
    ))
}

/// What to search: as the arguments say, or as the cursor does.
fn asked(arguments: Arguments) -> Result<State, Failure> {
    let filter = Filter::new(
        arguments.category,
        arguments.include_subcategories,
        false,
        arguments.modified_since.as_deref(),
    )?;
    let query = arguments.query;
    if let Some(cursor) = arguments.cursor {
        let state: State = cursor::read(&cursor, "search_notes")?;
        let other_filter = filter != Filter::default() && filter != state.filter;
        if other_filter || query.trim() != state.query.trim() {
            return Err(cursor::refuse_others());
        }
        return Ok(state);
    }
    // Of the notes changed since a day Nextcloud sends the contents and leaves the others out.
    let step = if arguments.thorough || filter.since.is_some() {
        Step::Scan(None)
    } else {
        Step::Candidates(None)
    };
    Ok(State {
        query,
        filter,
        step,
        skip: 0,
    })
}

fn run(query: &Query, filter: &Filter, step: Step) -> Result<Outcome, Failure> {
    match step {
        Step::Candidates(after) => among_candidates(query, filter, after),
        Step::Scan(from) => by_reading(query, filter, from),
    }
}

fn among_candidates(
    query: &Query,
    filter: &Filter,
    after: Option<Place>,
) -> Result<Outcome, Failure> {
    let index::Candidates {
        mut notes,
        searched,
    } = index::candidates(query, filter)?;
    let place = |note: &api::Note| {
        let score = query.title_score(&note.title);
        Place(Reverse(score), Reverse(note.modified), Reverse(note.id))
    };
    notes.sort_by_cached_key(place);
    if let Some(after) = &after {
        notes.retain(|note| place(note) > *after);
    }
    let left = notes.len().saturating_sub(MOST);
    notes.truncate(MOST);
    let next = notes
        .last()
        .filter(|_| left > 0)
        .map(|last| Step::Candidates(Some(place(last))));
    let (found, mut remarks) = read_and_rank(query, &notes)?;

    if found.is_empty() && next.is_none() && after.is_none() && !query.is_exact() {
        if searched <= READ_UNASKED {
            return by_reading(query, filter, None);
        }
        remarks.push_str(
            " Texts were compared with the accents as given; thorough: true reads every note and finds other accents too.",
        );
    }
    Ok(Outcome {
        step: Step::Candidates(after),
        found,
        next,
        remarks,
    })
}

fn by_reading(query: &Query, filter: &Filter, from: Option<String>) -> Result<Outcome, Failure> {
    let Scan { mut found, rest } = scan(query, filter, from.as_deref())?;
    rank(&mut found);
    let remarks = rest
        .as_ref()
        .map_or_else(String::new, |Rest { notes, .. }| {
            format!(" {notes} notes are not read yet.")
        });
    Ok(Outcome {
        step: Step::Scan(from),
        found,
        next: rest.map(|rest| Step::Scan(Some(rest.chunk))),
        remarks,
    })
}

/// Reads the candidates and keeps those that match the whole query; says which ones could not be judged.
fn read_and_rank(
    query: &Query,
    candidates: &[api::Note],
) -> Result<(Vec<(api::Note, Match)>, String), Failure> {
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for read in contents::read(candidates)? {
        let (note, is_whole) = match read {
            Read::Whole(note) => (note, true),
            Read::HeadOnly(head) => (head, false),
            Read::Gone => continue,
        };
        match query.matches(&note.title, &note.category, &note.content) {
            Some(matched) => found.push((note, matched)),
            None if is_whole => {}
            None => unread.push(note.id.to_string()),
        }
    }
    rank(&mut found);
    let remarks = if unread.is_empty() {
        String::new()
    } else {
        format!(
            " These may match too, but cannot be read now: {}.",
            unread.join(", ")
        )
    };
    Ok((found, remarks))
}

fn rank(found: &mut [(api::Note, Match)]) {
    found.sort_by_key(|(note, matched)| Reverse((matched.score, note.modified, note.id)));
}

fn said(query: &str, shown: usize, first: bool, more: bool) -> String {
    match (shown, more) {
        (0, false) if first => format!("No note contains every word of \"{query}\"."),
        (0, false) => "No other note matches.".to_owned(),
        (0, true) => "No match among the notes so far: call again with next_cursor for the others."
            .to_owned(),
        (shown, false) => format!("Notes that match: {shown}, best first."),
        (shown, true) => format!(
            "Notes that match: {shown}, best first. There may be more: call again with next_cursor, or narrow it down."
        ),
    }
}
