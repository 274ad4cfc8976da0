//! A calendar's colour.

use nextcloud_mcp_plugin::Failure;

/// `#rrggbb`, in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Color(String);

impl Color {
    /// `#RGB` or `#RRGGBB` as in CSS.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let invalid = || {
            Failure::invalid(format!(
                "color `{}` is no colour: write #RRGGBB or #RGB, such as #1976d2.",
                text.escape_default()
            ))
        };
        let digits = text.trim().strip_prefix('#').ok_or_else(invalid)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let digits = digits.to_ascii_lowercase();
        match digits.len() {
            6 => Ok(Self(format!("#{digits}"))),
            3 => Ok(Self(
                std::iter::once('#')
                    .chain(digits.chars().flat_map(|digit| [digit, digit]))
                    .collect(),
            )),
            _ => Err(invalid()),
        }
    }

    /// As it is stored: some clients add two digits of opacity, and any may write capitals.
    pub(super) fn of_stored(text: &str) -> String {
        text.chars().take(7).collect::<String>().to_lowercase()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_css_are_one_colour() {
        for (given, stored) in [("#1976D2", "#1976d2"), (" #0fA ", "#00ffaa")] {
            assert_eq!(Color::parse(given).unwrap().as_str(), stored);
        }
        assert_eq!(Color::of_stored("#E9D859FF"), "#e9d859");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", "red", "1976d2", "#12", "#12345", "#1234567", "#12345g", "#ä12",
        ] {
            assert!(
                Color::parse(text).unwrap_err().message.contains("#RRGGBB"),
                "{text}"
            );
        }
    }
}
