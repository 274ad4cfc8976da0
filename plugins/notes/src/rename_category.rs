//! `rename_category`: gives a category another name or place, with all notes in it and below it.
//!
//! Notes API v1 knows no such request, so each note is moved by a write of its own, under its etag. One after the other:
//! Nextcloud looks for a free name and takes it in two steps, so of two notes that are moved at the same time one could be
//! written over the other. What did not move is named, and the same call again goes on where this one ended.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply, progress};
use serde::{Deserialize, Serialize};

use crate::api::{self, Fields};
use crate::categories;
use crate::land::{Landed, land};
use crate::{input, listing};

pub(crate) const DESCRIPTION: &str = "Renames or moves a category with the notes in and below it (Home to House: \
Home/Garden becomes House/Garden), or merges it into another. Only notes move; other files of its folder stay. Example: \
category \"Home\", new_category \"House\".";

/// Notes in one call: a few seconds, and an answer of some 10 kB.
const NOTES: usize = 100;

/// No further note is begun after this: a locked one takes Nextcloud 14 s (recording `notes/084`), and a call has 30 s.
const TIME: Duration = Duration::from_secs(12);

/// What Nextcloud takes out of names (recording `notes/009`). With them gone the name could be that of another category.
const STRIPPED: [char; 8] = ['*', '|', '\\', ':', '"', '<', '>', '?'];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Or what several begin with (`Home`).
    #[schemars(length(min = 1))]
    category: String,
    /// The whole path; empty: none.
    new_category: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Renamed {
    notes: Vec<Item>,
    /// Notes that did not fit into this call.
    left: usize,
}

/// A note as it is now.
#[derive(Debug, Serialize, JsonSchema)]
struct Item {
    id: u64,
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    category: String,
    /// Why it did not move.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) fn rename_category(
    Arguments {
        category,
        new_category,
    }: Arguments,
) -> Result<Reply<Renamed>, Failure> {
    let way = Way::new(&category, &new_category)?;
    let all: Vec<api::Note> = api::list(None).send()?.ok()?.json()?;
    let (mut notes, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|note| way.leads_to(&note.category).is_some());
    if notes.is_empty() {
        return Err(way.not_found(&others));
    }
    way.check(&notes)?;
    let goals: BTreeSet<_> = notes
        .iter()
        .filter_map(|note| way.leads_to(&note.category))
        .collect();
    let merged = others
        .iter()
        .filter(|note| goals.contains(&note.category))
        .count();
    // Those that cannot move come last, so that they never stand in the way of the others.
    notes.sort_by_key(|note| (note.readonly, note.category.clone(), note.id));

    let (count, begin) = (notes.len(), Instant::now());
    let mut items = Vec::new();
    for note in notes {
        if items.len() == NOTES || begin.elapsed() > TIME {
            break;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 100")]
        progress::report(items.len() as f64, Some(count.min(NOTES) as f64), None);
        items.push(moved(note, &way));
    }
    answer(&way, items, count, merged)
}

/// Moves one note, wherever in the old category it is by now.
fn moved(note: api::Note, way: &Way) -> Item {
    let mut item = Item {
        id: note.id,
        title: note.title.clone(),
        category: note.category.clone(),
        error: None,
    };
    let landed = land(note, |note| {
        let category = way.leads_to(&note.category).ok_or_else(|| {
            Failure::conflict(format!(
                "It was moved to category \"{}\" by someone else.",
                note.category
            ))
        })?;
        Ok(Fields {
            category: Some(category),
            ..Fields::default()
        })
    });
    match landed {
        Ok(Landed { after, fields, .. }) => {
            if fields.category.as_ref() != Some(&after.category) {
                item.error = Some("Nextcloud put it into another category.".to_owned());
            }
            item.title = after.title;
            item.category = after.category;
        }
        Err(failure) => item.error = Some(failure.message),
    }
    item
}

fn answer(
    way: &Way,
    items: Vec<Item>,
    count: usize,
    merged: usize,
) -> Result<Reply<Renamed>, Failure> {
    let left = count - items.len();
    let failed = items.iter().filter(|item| item.error.is_some()).count();
    let Way { from, to } = way;
    let to = if to.is_empty() {
        "no category".to_owned()
    } else {
        format!("category \"{to}\"")
    };
    let mut sentences = vec![format!(
        "{} of {count} notes were moved from category \"{from}\" to {to}.",
        items.len() - failed
    )];
    if merged > 0 {
        sentences.push(format!(
            "Notes that were there before: {merged}; titles that were taken got a number."
        ));
    }
    if failed > 0 {
        sentences.push(format!("{failed} could not be moved: see their `error`."));
    }
    if left > 0 {
        sentences.push(format!("{left} are left: make the same call again."));
    }
    let text = sentences.join(" ");
    let nothing = failed == items.len();
    let data = Renamed { notes: items, left };
    if nothing {
        return Err(Failure::other(text).with(&data));
    }
    Ok(Reply::new(text, data))
}

/// From one category to another, both without slashes at their ends.
struct Way {
    from: String,
    to: String,
}

impl Way {
    fn new(from: &str, to: &str) -> Result<Self, Failure> {
        let [from, to] = [from, to].map(|category| category.trim().trim_matches('/').to_owned());
        if from.is_empty() {
            return Err(Failure::invalid(
                "Name the category to rename. A note without a category gets one by update_note.",
            ));
        }
        if from == to {
            return Err(Failure::invalid(format!(
                "Category \"{from}\" has this name already."
            )));
        }
        input::category(&to)?;
        let is_odd = |folder: &str| {
            folder.is_empty()
                || folder.starts_with('.')
                || folder.trim() != folder
                || folder.contains(STRIPPED)
        };
        if !to.is_empty() && to.split('/').any(is_odd) {
            return Err(Failure::invalid(format!(
                "A category cannot be called \"{to}\": its parts are not empty, do not begin with a dot, and have neither \
                 blanks at their ends nor any of * | \\ : \" < > ?"
            )));
        }
        Ok(Self { from, to })
    }

    /// What becomes of a category; nothing if it is not the old one or below it.
    fn leads_to(&self, category: &str) -> Option<String> {
        let below = category.strip_prefix(&self.from)?;
        if !below.is_empty() && !below.starts_with('/') {
            return None;
        }
        let goal = format!("{}{below}", self.to);
        Some(goal.trim_start_matches('/').to_owned())
    }

    /// What is moved must not come to lie in what is moved: a second call would move it again.
    fn check(&self, notes: &[api::Note]) -> Result<(), Failure> {
        for note in notes {
            if let Some(goal) = self.leads_to(&note.category)
                && self.leads_to(&goal).is_some()
            {
                return Err(Failure::invalid(format!(
                    "Category \"{}\" would become \"{goal}\", which is part of what is renamed itself. Rename in two steps, \
                     by way of another name.",
                    note.category
                )));
            }
        }
        Ok(())
    }

    fn not_found(&self, others: &[api::Note]) -> Failure {
        let mut counts = categories::count(others);
        counts.remove("");
        let there = if counts.is_empty() {
            "There are no categories.".to_owned()
        } else {
            format!("There are: {}.", listing::quoted(counts.keys()))
        };
        Failure::not_found(format!(
            "No note is in category \"{}\" or below it. {there}",
            self.from
        ))
    }
}
