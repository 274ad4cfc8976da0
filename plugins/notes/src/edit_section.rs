//! `edit_section`: changes the text under one heading, whatever others write in the rest of the note meanwhile.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::api::{self, Fields};
use crate::conflict::conflict;
use crate::land::{Landed, land};
use crate::note::{self, Saved};
use crate::section::{Document, Edit, Refusal};
use crate::{input, listing};

pub(crate) const NAME: &str = "edit_section";

pub(crate) const DESCRIPTION: &str = "Changes the text under one Markdown heading only. The section ends at the next \
heading of the same or a higher level: replace takes its sub-sections too, append adds before the first of them. \
Example: note_id 118, heading \"Shopping\", mode append, content \"- eggs\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
    /// `Shopping`; if several: `## Shopping` or `Home > Shopping`.
    #[schemars(length(min = 1))]
    heading: String,
    mode: Mode,
    /// Markdown without the heading.
    content: String,
    /// If changed since: refused.
    etag: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Replace,
    Append,
    Prepend,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Edited {
    #[serde(flatten)]
    saved: Saved,
    /// The text that was there, if it was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
}

pub(crate) fn edit_section(arguments: Arguments) -> Result<Reply<Edited>, Failure> {
    let Arguments {
        note_id,
        heading,
        mode,
        content,
        etag,
    } = arguments;
    let (edit, done) = match mode {
        Mode::Replace => (Edit::Replace, "replaced"),
        Mode::Append => (Edit::Append, "added to"),
        Mode::Prepend => (Edit::Prepend, "put in front of"),
    };
    if edit != Edit::Replace && content.trim().is_empty() {
        return Err(Failure::invalid("There is nothing to add."));
    }
    input::content(&content)?;
    let etag = input::etag(etag.as_deref());
    let pages = note::pages()?;
    let mut replaced: Option<String> = None;
    let Landed { after, fields, .. } = land(api::read(note_id)?, |before| {
        let document = Document::new(&before.content);
        let refused = |refusal| explain(refusal, &heading, before);
        let section = document.find(&heading).map_err(refused)?;
        let whole = document.edited(&section, edit, &content).map_err(refused)?;
        input::content(&whole)?;
        let wanted = Fields::content(whole);
        let there = document.text(&section);
        // What is replaced has to be what it was at first; what is added to may have changed.
        let is_other =
            edit == Edit::Replace && *replaced.get_or_insert_with(|| there.to_owned()) != there;
        if is_other || etag.is_some_and(|etag| etag != before.etag) {
            return Err(conflict(before.clone(), &wanted, NAME, &pages)?);
        }
        Ok(wanted)
    })?;
    let text = format!(
        "The section \"{heading}\" of {} was {done}.{}",
        note::name(&after),
        note::differences(&fields, &after)
    );
    let edited = Edited {
        saved: Saved::new(&after, &pages),
        replaced: replaced.filter(|text| !text.trim().is_empty()),
    };
    Ok(Reply::new(text, edited))
}

fn explain(refusal: Refusal, heading: &str, note: &api::Note) -> Failure {
    let name = note::name(note);
    match refusal {
        Refusal::Missing(there) if there.is_empty() => Failure::not_found(format!(
            "{name} has no headings. append_content adds text, with a heading if it begins with one."
        )),
        Refusal::Missing(there) => Failure::not_found(format!(
            "{name} has no heading \"{heading}\". There are: {}. append_content can add a new one at the end.",
            listing::quoted(there.iter())
        )),
        Refusal::Ambiguous(places) => {
            let places = places
                .iter()
                .map(|(line, path)| format!("{path} (line {line})"));
            Failure::invalid(format!(
                "{name} has several headings \"{heading}\": {}. Name the one with the headings above it, as they are here, \
                 or with its level (`## {heading}`). Where these are the same too, update_note can change the whole text.",
                listing::quoted(places)
            ))
        }
        Refusal::EndsSection(inner) => Failure::invalid(format!(
            "The content has the heading \"{}\" of level {}, which would end the section \"{heading}\". Use headings of a \
             deeper level, or update_note for the whole text.",
            inner.text, inner.level
        )),
        Refusal::ChangesOthers => Failure::invalid(
            "With this content, headings of the note would be gone or others come up: it opens a code block or comment \
             without an end, or ends in a way that runs into what follows. Close what it opens.",
        ),
    }
}
