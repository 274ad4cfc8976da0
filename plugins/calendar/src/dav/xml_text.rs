//! Text that a request's XML can carry and a server gives back as it was.
//!
//! quick-xml escapes markup; what XML 1.0 has no way to say (section 2.2: most control characters, U+FFFE, U+FFFF) it
//! writes all the same, and a carriage return is read back as a line feed (2.11). Such text is refused here, before
//! anything is sent.

use nextcloud_mcp_plugin::Failure;

/// As wide as the columns in which Nextcloud keeps a calendar's name and description, in characters.
const MOST: usize = 255;

/// Text without anything that XML cannot carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct XmlText(String);

impl XmlText {
    /// One line of text that is not empty; `what` names it in the refusal.
    pub(crate) fn line(what: &str, text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::invalid(format!("{what} is empty.")));
        }
        Self::checked(what, text.to_owned(), char::is_control)
    }

    /// Text of several lines, or none. Line breaks of every kind become line feeds.
    pub(crate) fn block(what: &str, text: &str) -> Result<Self, Failure> {
        let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
        Self::checked(what, text, |character| {
            character.is_control() && !matches!(character, '\n' | '\t')
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn checked(what: &str, text: String, refused: fn(char) -> bool) -> Result<Self, Failure> {
        if let Some(found) = text
            .chars()
            .find(|found| refused(*found) || !carried(*found))
        {
            return Err(Failure::invalid(format!(
                "{what} has a character that cannot be stored (U+{:04X}): leave it out.",
                u32::from(found)
            )));
        }
        if text.chars().count() > MOST {
            return Err(Failure::invalid(format!(
                "{what} is longer than the {MOST} characters that Nextcloud keeps."
            )));
        }
        Ok(Self(text))
    }
}

/// Whether text comes through as it is: for what is looked for and never stored, such as a UID.
pub(super) fn comes_through(text: &str) -> bool {
    text.chars()
        .all(|character| carried(character) && (!character.is_control() || character == '\t'))
}

/// Noncharacters that XML 1.0 leaves out besides control characters; a Rust character is no surrogate.
fn carried(character: char) -> bool {
    !matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn markup_and_every_script_are_text() {
        for text in ["R&D", "]]>", "<x/>", "\"'", "日本語 😀", "a\u{301}"] {
            assert_eq!(XmlText::line("display_name", text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_cannot_be_stored_is_refused_with_a_sentence() {
        for text in [
            "a\u{0}b",
            "a\nb",
            "a\u{1b}b",
            "a\u{ffff}",
            "a\u{85}b",
            " ",
            "",
        ] {
            let failure = XmlText::line("display_name", text).unwrap_err();
            assert!(failure.message.starts_with("display_name"), "{text:?}");
        }
        let long = "ä".repeat(256);
        assert!(
            XmlText::line("x", &long)
                .unwrap_err()
                .message
                .contains("255")
        );
        XmlText::line("x", &long[2..]).unwrap();
    }

    #[test]
    fn a_description_has_lines_of_one_kind() {
        let text = XmlText::block("description", "a\r\nb\rc\n\td ").unwrap();
        assert_eq!(text.as_str(), "a\nb\nc\n\td");
        assert_eq!(XmlText::block("description", " ").unwrap().as_str(), "");
    }
}
