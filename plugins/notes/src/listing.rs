//! Names in the words of an answer, as many as are of use there.

use std::fmt::Write;

/// So many are named; a model that needs more has a tool that lists them.
const NAMED: usize = 50;

/// Such as `"Home", "Work" and 3 more`.
pub(crate) fn quoted<T: AsRef<str>>(names: impl ExactSizeIterator<Item = T>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let quoted: Vec<_> = names
        .take(NAMED)
        .map(|name| format!("\"{}\"", name.as_ref()))
        .collect();
    let mut text = quoted.join(", ");
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, " and {more} more");
    }
    text
}
