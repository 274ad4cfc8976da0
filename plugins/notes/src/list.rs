//! `list_notes`: the user's notes without their contents, last changed first, a page at a time.
//!
//! Nextcloud pages in its own order only, and a list without contents is small (some 250 bytes a note) and revalidated
//! by the host's cache, so it is read whole and paged here. The cursor is the last note shown, not a position: notes
//! that change between two pages are neither skipped nor shown twice, unless they moved to the front.

use std::collections::BTreeSet;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::api;
use crate::note::Head;

pub(crate) const DESCRIPTION: &str = "Lists notes without their content, last changed first. It says how many there are and \
gives a cursor where the list is cut. Example: category \"Work\", limit 20.";

/// A page that a model still reads whole.
const DEFAULT_LIMIT: usize = 100;

/// Largest page: about 30 kB.
const MAX_LIMIT: usize = 200;

/// So many categories are named when the one asked for is empty.
const NAMED_CATEGORIES: usize = 50;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Only notes in exactly this category: `Work` leaves `Work/Plans` out, and an empty text means notes without one.
    category: Option<String>,
    /// At most so many; 100 if absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Page {
    notes: Vec<Head>,
    /// How many there are in all, in the category if one was given.
    total: usize,
    /// For the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub(crate) fn list_notes(
    Arguments {
        category,
        limit,
        cursor,
    }: Arguments,
) -> Result<Reply<Page>, Failure> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let after = cursor.as_deref().map(Place::parse).transpose()?;
    let mut notes: Vec<api::Note> = api::list(category.as_deref()).send()?.ok()?.json()?;
    let total = notes.len();
    if total == 0 {
        return Ok(Reply::new(
            empty(category.as_deref())?,
            Page {
                notes: Vec::new(),
                total,
                next_cursor: None,
            },
        ));
    }
    notes.sort_by_key(|note| std::cmp::Reverse(Place::of(note)));
    notes.retain(|note| after.is_none_or(|after| Place::of(note) < after));
    let shown = &notes[..limit.min(notes.len())];
    let next_cursor = shown
        .last()
        .filter(|_| notes.len() > shown.len())
        .map(|last| Place::of(last).to_cursor());
    let rest = if next_cursor.is_some() {
        " There are more: call again with next_cursor."
    } else {
        ""
    };
    let text = format!(
        "{} of {total} notes, last changed first.{rest}",
        shown.len()
    );
    Ok(Reply::new(
        text,
        Page {
            notes: shown.iter().map(Head::new).collect(),
            total,
            next_cursor,
        },
    ))
}

/// Where a note stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    modified: i64,
    id: u64,
}

impl Place {
    fn of(note: &api::Note) -> Self {
        Self {
            modified: note.modified,
            id: note.id,
        }
    }

    fn parse(cursor: &str) -> Result<Self, Failure> {
        let parsed = cursor.split_once('.').and_then(|(modified, id)| {
            Some(Self {
                modified: modified.parse().ok()?,
                id: id.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| {
            Failure::invalid(
                "This is no cursor of list_notes. Give next_cursor as it was, or leave it out.",
            )
        })
    }

    fn to_cursor(self) -> String {
        format!("{}.{}", self.modified, self.id)
    }
}

/// Says what is there instead, so that a wrong category is noticed.
fn empty(category: Option<&str>) -> Result<String, Failure> {
    let Some(category) = category else {
        return Ok("There are no notes.".to_owned());
    };
    let all: Vec<api::Note> = api::list(None).send()?.ok()?.json()?;
    let categories: BTreeSet<_> = all
        .iter()
        .map(|note| note.category.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let named: Vec<_> = categories
        .iter()
        .take(NAMED_CATEGORIES)
        .map(|name| format!("\"{name}\""))
        .collect();
    let there = if named.is_empty() {
        "no categories".to_owned()
    } else {
        format!("categories {}", named.join(", "))
    };
    let what = if category.is_empty() {
        "without a category".to_owned()
    } else {
        format!("in category \"{category}\"")
    };
    Ok(format!(
        "There are no notes {what}. There are {} notes in all, and {there}.",
        all.len()
    ))
}
