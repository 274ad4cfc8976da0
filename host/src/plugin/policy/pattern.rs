//! Names of tools in a policy: `delete_note`, `delete_*`, `*`.

/// A name within the plugin, without the prefix that clients see. `*` stands for any run of characters, none included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamePattern(String);

impl NamePattern {
    /// Anything that a tool can be called, and `*`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'*');
        if text.is_empty() || !text.bytes().all(fits) {
            return Err(format!(
                "`{text}` is no tool's name: a to z, 0 to 9 and `_`, without the prefix, and `*` for any run of them"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The one name that it means, if it is one.
    pub(super) fn whole(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(&*self.0)
    }

    pub(super) fn fits(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == name;
        };
        let Some(mut left) = name.strip_prefix(first) else {
            return false;
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        for piece in middle.split('*') {
            match left.find(piece) {
                Some(at) => left = &left[at + piece.len()..],
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, fits, not) in [
            (
                "get_note",
                vec!["get_note"],
                vec!["get_notes", "a_get_note"],
            ),
            (
                "delete_*",
                vec!["delete_note", "delete_"],
                vec!["undelete_x"],
            ),
            ("*_delete", vec!["bulk_delete"], vec!["bulk_delete_x"]),
            ("*", vec!["a", "get_note"], vec![]),
            (
                "a*b*c",
                vec!["abc", "axbxc", "abbc"],
                vec!["acb", "ac", "abcx"],
            ),
            ("*ab*", vec!["ab", "xaby"], vec!["ba", "a_b"]),
            ("a*a", vec!["aa", "aba"], vec!["a"]),
        ] {
            let pattern = NamePattern::parse(pattern).unwrap();
            for name in fits {
                assert!(pattern.fits(name), "{pattern:?} {name}");
            }
            for name in not {
                assert!(!pattern.fits(name), "{pattern:?} {name}");
            }
        }
    }

    #[test]
    fn what_no_tool_is_called_is_refused() {
        for bad in ["", "Get", "nc-notes", "get?", "a b"] {
            assert!(NamePattern::parse(bad).is_err(), "{bad}");
        }
    }
}
