//! Text that a plugin wrote, made fit for a log or a message.

use std::fmt::Write as _;

/// `text` without anything that could forge a line, move a cursor or reverse a line's direction, and at most `max` bytes
/// long (a cut is marked). Control characters and the invisible formatting ones become `\u{..}`.
pub(crate) fn visible(text: &str, max: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(max));
    for character in text.chars() {
        if shown.len() + character.len_utf8() > max {
            shown.push('…');
            break;
        }
        if is_hidden(character) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Control characters (C0, DEL, C1), line and paragraph separators, bidirectional controls (Unicode TR9, "Trojan
/// Source"), zero-width characters, and the tag block, in which text can be hidden from people but not from models.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// `text`, at most `max` bytes long; a cut is marked.
pub(super) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        assert_eq!(
            visible("a\r\nb\u{1b}[2Jc\0d\u{202e}e\u{9b}", 100),
            "a\\u{d}\\u{a}b\\u{1b}[2Jc\\u{0}d\\u{202e}e\\u{9b}"
        );
    }

    #[test]
    fn letters_of_every_language_come_through() {
        assert_eq!(visible("Grüße, 世界 🌍", 100), "Grüße, 世界 🌍");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        assert_eq!(visible("ääää", 5), "ää…");
    }
}
