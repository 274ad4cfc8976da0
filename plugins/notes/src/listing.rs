//! Names in the words of an answer, as many as are of use there.

/// So many are named; a model that needs more has a tool that lists them.
const NAMED: usize = 50;

/// Such as `"Home", "Work" and 3 more`.
pub(crate) fn quoted<T: AsRef<str>>(names: impl ExactSizeIterator<Item = T>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let named: Vec<_> = names
        .take(NAMED)
        .map(|name| format!("\"{}\"", name.as_ref()))
        .collect();
    let named = named.join(", ");
    if more > 0 {
        format!("{named} and {more} more")
    } else {
        named
    }
}
