//! The TEXT value type (RFC 5545, 3.3.11): escaping, unescaping, and lists of texts.

/// Text as it stands in a content line. Every kind of line break becomes `\n`; other control characters, which
/// TEXT cannot hold, are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                out.push_str("\\n");
            }
            '\n' => out.push_str("\\n"),
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(character);
            }
            '\t' => out.push('\t'),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

/// The meaning of a TEXT value. A backslash before anything that needs none is kept, as people write `C:\temp`.
pub(crate) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(escaped @ ('\\' | ';' | ',' | ':' | '"')) => out.push(escaped),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// The raw items of a list, split at commas that are not escaped.
pub(crate) fn split_unescaped(raw: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (index, character) in raw.char_indices() {
        if character == ',' && !escaped {
            items.push(&raw[start..index]);
            start = index + 1;
        }
        escaped = character == '\\' && !escaped;
    }
    items.push(&raw[start..]);
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_split_only_where_the_comma_separates() {
        let items: Vec<String> = split_unescaped(r"a\,b,c\\,d")
            .into_iter()
            .map(unescape)
            .collect();
        assert_eq!(items, ["a,b", "c\\", "d"]);
    }

    proptest! {
        #[test]
        fn escaping_loses_nothing_but_control_characters(text in any::<String>()) {
            let expected: String = text
                .replace("\r\n", "\n")
                .replace('\r', "\n")
                .chars()
                .filter(|character| matches!(character, '\n' | '\t') || !character.is_control())
                .collect();
            prop_assert_eq!(unescape(&escape(&text)), expected);
        }
    }
}
