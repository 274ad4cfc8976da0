//! `list_notes`: the user's notes, a page at a time, without their contents unless asked.
//!
//! Nextcloud pages in its own order only, and a list without contents is small (some 250 bytes a note), so it is read
//! whole, filtered, sorted and paged here. The cursor is the last note shown, not a position: notes that change between
//! two pages are neither skipped nor shown twice, unless they moved to the front. Contents are read of one page's notes
//! only, and never to count.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use nextcloud_mcp_plugin::fold::fold;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::contents::{self, Read};
use crate::filter::Filter;
use crate::note::{self, Head};
use crate::{api, cursor};

pub(crate) const DESCRIPTION: &str = "Lists notes without their content, last changed first. It says how many there are and \
gives a cursor where the list is cut. Example: category \"Work\", modified_since \"2026-11-01\", limit 20.";

/// A page that a model still reads whole.
const DEFAULT_LIMIT: usize = 100;

/// Largest page: about 30 kB.
const MAX_LIMIT: usize = 200;

/// Largest page with contents.
const MAX_WITH_CONTENTS: usize = 50;

/// A page with contents ends before it is larger than this, after one note at least: some 60 000 tokens.
const CONTENTS_BYTES: usize = 256 << 10;

/// Contents are read so many at a time, as many as the host sends side by side: reading stops where the page ends.
const BATCH: usize = 8;

/// So many categories are named when the one asked for is empty.
const NAMED_CATEGORIES: usize = 50;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Exactly this one; empty: none.
    category: Option<String>,
    #[serde(default)]
    include_subcategories: bool,
    #[serde(default)]
    favorites_only: bool,
    /// Date or time; UTC without offset.
    modified_since: Option<String>,
    sort: Option<Sort>,
    #[serde(default)]
    include_content: bool,
    /// At most 50 with contents.
    #[schemars(range(min = 1, max = 200))]
    #[schemars(extend("default" = DEFAULT_LIMIT))]
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sort {
    #[default]
    Modified,
    Title,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Page {
    pub(crate) notes: Vec<Listed>,
    /// How many there are in all.
    total: usize,
    /// For the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    /// Page of the note with the number {id}.
    url: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) head: Head,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

/// What a cursor of this tool carries.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    #[serde(rename = "f")]
    filter: Filter,
    #[serde(rename = "o")]
    sort: Sort,
    #[serde(rename = "a")]
    after: Place,
}

pub(crate) fn list_notes(arguments: Arguments) -> Result<Reply<Page>, Failure> {
    let include_content = arguments.include_content;
    let most = if include_content {
        MAX_WITH_CONTENTS
    } else {
        MAX_LIMIT
    };
    let limit = arguments.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, most);
    let (filter, sort, after) = asked(arguments)?;
    let url = note::pages()? + "{id}";

    let mut notes: Vec<api::Note> = filter.heads().send()?.ok()?.json()?;
    let listed = notes.len();
    notes.retain(|note| filter.admits(note));
    let total = notes.len();
    if total == 0 {
        let page = Page {
            notes: Vec::new(),
            total,
            next_cursor: None,
            url,
        };
        return Ok(Reply::new(empty(&filter, listed)?, page));
    }
    notes.sort_by_cached_key(|note| Place::of(note, sort));
    if let Some(after) = after {
        notes.retain(|note| Place::of(note, sort) > after);
    }
    let rest = notes.len();
    notes.truncate(limit);
    let page = if include_content {
        with_contents(&notes)?
    } else {
        Shown::heads(notes)
    };
    let next_cursor = match page.last {
        Some(last) if page.taken < rest => Some(cursor::write(&State {
            after: Place::of(&last, sort),
            filter,
            sort,
        })?),
        _ => None,
    };
    let mut text = said(page.notes.len(), total, sort, next_cursor.is_some());
    if include_content && page.notes.iter().any(|note| note.content.is_none()) {
        text.push_str(" Those without content could not be read now: get_note says why.");
    }
    Ok(Reply::new(
        text,
        Page {
            notes: page.notes,
            total,
            next_cursor,
            url,
        },
    ))
}

/// All notes, last changed first: the first page, or the one that `cursor` leads to.
pub(crate) fn page(cursor: Option<String>) -> Result<Page, Failure> {
    let arguments = Arguments {
        cursor,
        ..Arguments::default()
    };
    Ok(list_notes(arguments)?.data)
}

fn said(shown: usize, total: usize, sort: Sort, more: bool) -> String {
    let order = match sort {
        Sort::Modified => "last changed first",
        Sort::Title => "by title",
    };
    let rest = if more {
        " There are more: call again with next_cursor."
    } else {
        ""
    };
    format!("{shown} of {total} notes, {order}.{rest}")
}

/// What to list: as the arguments say, or as the cursor does.
fn asked(arguments: Arguments) -> Result<(Filter, Sort, Option<Place>), Failure> {
    let given = Filter::new(
        arguments.category,
        arguments.include_subcategories,
        arguments.favorites_only,
        arguments.modified_since.as_deref(),
    )?;
    let Some(cursor) = arguments.cursor else {
        return Ok((given, arguments.sort.unwrap_or_default(), None));
    };
    let state: State = cursor::read(&cursor, "list_notes")?;
    let other_filter = given != Filter::default() && given != state.filter;
    if other_filter || arguments.sort.is_some_and(|sort| sort != state.sort) {
        return Err(cursor::refuse_others());
    }
    Ok((state.filter, state.sort, Some(state.after)))
}

/// A page's notes.
struct Shown {
    notes: Vec<Listed>,
    /// The last one that the page covers.
    last: Option<api::Note>,
    /// How many it covers: shown, or deleted meanwhile.
    taken: usize,
}

impl Shown {
    fn heads(mut notes: Vec<api::Note>) -> Self {
        let listed = |note: &api::Note| Listed {
            head: Head::new(note),
            content: None,
        };
        Self {
            notes: notes.iter().map(listed).collect(),
            taken: notes.len(),
            last: notes.pop(),
        }
    }
}

/// The notes with their contents, up to what a model can read.
fn with_contents(heads: &[api::Note]) -> Result<Shown, Failure> {
    let mut shown = Shown {
        notes: Vec::new(),
        last: None,
        taken: 0,
    };
    let mut bytes = 0;
    for batch in heads.chunks(BATCH) {
        for (head, read) in batch.iter().zip(contents::read(batch)?) {
            let listed = match read {
                Read::Gone => None,
                Read::HeadOnly(head) => Some(Listed {
                    head: Head::new(&head),
                    content: None,
                }),
                Read::Whole(note) => Some(Listed {
                    head: Head::new(&note),
                    content: Some(note.content),
                }),
            };
            let content = listed.as_ref().and_then(|note| note.content.as_deref());
            bytes += content.map_or(0, str::len);
            if bytes > CONTENTS_BYTES && !shown.notes.is_empty() {
                return Ok(shown);
            }
            shown.notes.extend(listed);
            // By what the list said of it: that is what the next page is compared with.
            shown.last = Some(head.clone());
            shown.taken += 1;
        }
    }
    Ok(shown)
}

/// Where a note stands in the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    /// Empty unless sorted by title.
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(rename = "m")]
    modified: Reverse<i64>,
    #[serde(rename = "i")]
    id: Reverse<u64>,
}

impl Place {
    fn of(note: &api::Note, sort: Sort) -> Self {
        let (title, modified) = match sort {
            Sort::Modified => (String::new(), note.modified),
            // A note that is only touched between two pages stays where it is.
            Sort::Title => (fold(&note.title), 0),
        };
        Self {
            title,
            modified: Reverse(modified),
            id: Reverse(note.id),
        }
    }
}

/// Says what is there instead, so that a wrong category is noticed. `listed` notes came before the filter.
fn empty(filter: &Filter, listed: usize) -> Result<String, Failure> {
    let Some(category) = filter.category.as_deref() else {
        return Ok(match listed {
            0 => "There are no notes.".to_owned(),
            _ => format!("None of the {listed} notes fits."),
        });
    };
    let what = match category {
        "" => "without a category".to_owned(),
        name => format!("in category \"{name}\""),
    };
    let all: Vec<api::Note> = api::list(None).send()?.ok()?.json()?;
    let inside = all.iter().filter(|note| filter.contains(note)).count();
    if inside > 0 {
        return Ok(format!("None of the {inside} notes {what} fits."));
    }
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
    Ok(format!(
        "There are no notes {what}. There are {} notes in all, and {there}.",
        all.len()
    ))
}
