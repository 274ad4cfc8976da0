//! What a list of events or tasks lacks, and what it shows of a long text.

use nextcloud_mcp_plugin::JsonSchema;
use serde::Serialize;

/// Characters of a description in a list; the tool for one item shows the whole.
const DESCRIPTION_LIMIT: usize = 300;

/// Something that is missing, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    pub(crate) calendar: String,
    /// The stored object; none: the calendar itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<String>,
    pub(crate) reason: String,
}

/// The calendars of these problems, for a sentence.
pub(super) fn calendars(problems: &[Problem]) -> String {
    let names: Vec<&str> = problems
        .iter()
        .map(|problem| problem.calendar.as_str())
        .collect();
    names.join(", ")
}

/// Cuts a long description, visibly; `whole` is the tool that shows all of it.
pub(super) fn shorten(description: &mut Option<String>, whole: &str) {
    if let Some(text) = description
        && let Some((end, _)) = text.char_indices().nth(DESCRIPTION_LIMIT)
    {
        text.truncate(end);
        text.push_str("… (cut; ");
        text.push_str(whole);
        text.push_str(" shows all)");
    }
}
