//! The nearest known name to one that nobody knows, for messages.

/// The name of `known` that `name` was most likely meant to be, if any comes close.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the name may be wrong: enough for a slip, too little for another word.
    let most = name.len() / 3;
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in bytes; names of settings are ASCII.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, r) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let known = [
            "NEXTCLOUD_MCP_PORT",
            "NEXTCLOUD_MCP_HOST",
            "NEXTCLOUD_MCP_PLUGIN_DIR",
        ];
        let find = |name| nearest(name, known.into_iter());
        assert_eq!(find("NEXTCLOUD_MCP_PROT"), Some("NEXTCLOUD_MCP_PORT"));
        assert_eq!(
            find("NEXTCLOUD_MCP_PLUGINS_DIR"),
            Some("NEXTCLOUD_MCP_PLUGIN_DIR")
        );
        assert_eq!(find("SOMETHING_ELSE_ENTIRELY"), None);
    }

    #[test]
    fn distance_is_the_number_of_single_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
