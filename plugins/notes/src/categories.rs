//! `list_categories`: the folders that notes are in, counted in a list without contents.

use std::collections::BTreeMap;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::api;

pub(crate) const DESCRIPTION: &str = "Lists the categories that have notes, by name and with the number of notes in exactly \
each. Example: no arguments.";

/// A page that a model still reads whole, about 20 kB.
const PAGE: usize = 500;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Page {
    categories: Vec<Category>,
    /// Notes without a category.
    uncategorized: usize,
    /// For the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Category {
    category: String,
    notes: usize,
}

pub(crate) fn list_categories(Arguments { cursor }: Arguments) -> Result<Reply<Page>, Failure> {
    let mut counts = count(&api::list(None).send()?.ok()?.json::<Vec<api::Note>>()?);
    let uncategorized = counts.remove("").unwrap_or_default();
    let total = counts.len();
    let rest = match &cursor {
        Some(last) => counts.split_off(last.as_str()),
        None => counts,
    };
    let mut categories: Vec<_> = rest
        .into_iter()
        .filter(|(name, _)| cursor.as_ref() != Some(name))
        .map(|(category, notes)| Category { category, notes })
        .collect();
    let is_cut = categories.len() > PAGE;
    categories.truncate(PAGE);
    let next_cursor = categories
        .last()
        .filter(|_| is_cut)
        .map(|last| last.category.clone());
    let mut text = format!(
        "{} of {total} categories; {uncategorized} notes have none.",
        categories.len()
    );
    if is_cut {
        text.push_str(" There are more: call again with next_cursor.");
    }
    Ok(Reply::new(
        text,
        Page {
            categories,
            uncategorized,
            next_cursor,
        },
    ))
}

/// How many notes are in each category, those without one under the empty name.
pub(crate) fn count(notes: &[api::Note]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for note in notes {
        *counts.entry(note.category.clone()).or_default() += 1;
    }
    counts
}
