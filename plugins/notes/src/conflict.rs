//! What a caller gets whose write would have overwritten a change: the note now, and how far it is from what was to be
//! written, so that the two can be merged.

use std::fmt::Write;

use nextcloud_mcp_plugin::Failure;
use serde::Serialize;

use crate::api::{self, Fields};
use crate::diff;
use crate::note::{self, Note};

/// A conflict's data.
#[derive(Serialize)]
struct Conflict {
    #[serde(flatten)]
    now: Note,
    /// Makes the text that was to be written out of the one that is there; absent if the text was not to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

/// `wanted` was not written, because the note is `current` now; `tool` is what to call again. `pages` as [`note::pages`]
/// gives it.
pub(crate) fn conflict(
    current: api::Note,
    wanted: &Fields,
    tool: &str,
    pages: &str,
) -> Result<Failure, Failure> {
    let mut current = current.readable()?;
    if !wanted.only_marks() {
        current = current.writable()?;
    }
    let mut text = format!(
        "{} was changed since it was read, so nothing was written.",
        note::name(&current)
    );
    for (field, wanted, now) in [
        ("title", &wanted.title, &current.title),
        ("category", &wanted.category, &current.category),
    ] {
        if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != now) {
            // Writing to a String cannot fail.
            let _ = write!(text, " Its {field} is \"{now}\" now, not \"{wanted}\".");
        }
    }
    if wanted
        .favorite
        .is_some_and(|wanted| wanted != current.favorite)
    {
        let not = if current.favorite { "" } else { "no " };
        let _ = write!(text, " It is {not}favourite now.");
    }
    let differing = wanted
        .content
        .as_ref()
        .filter(|wanted| **wanted != current.content);
    let diff = differing.map(|wanted| diff::unified(&current.content, wanted));
    if diff.is_some() {
        text.push_str(
            " The result holds its text now and, in `diff`, what the refused text would have made of that: - lines would \
             have gone, + lines come.",
        );
    }
    let _ = write!(
        text,
        " Merge your change into what is there and call {tool} again with etag \"{}\".",
        current.etag
    );
    let now = Note::new(current, pages);
    Ok(Failure::conflict(text).with(&Conflict { now, diff }))
}

/// Whether the note holds already what was to be written, as it does when the answer to an earlier try got lost.
pub(crate) fn is_already(current: &api::Note, wanted: &Fields) -> bool {
    let same =
        |wanted: &Option<String>, now: &String| wanted.as_ref().is_none_or(|wanted| wanted == now);
    current.is_content()
        && same(&wanted.title, &current.title)
        && same(&wanted.content, &current.content)
        && same(&wanted.category, &current.category)
        && wanted
            .favorite
            .is_none_or(|wanted| wanted == current.favorite)
}
