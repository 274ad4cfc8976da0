//! Names that a plugin gives itself: parsed at the edge, trusted inside.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A plugin's name: `[a-z][a-z0-9]{1,15}`. No underscore, so that `nc_<plugin>_<tool>` of two plugins can never be equal.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String")]
pub struct PluginName(String);

impl PluginName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PluginName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = (2..=16).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Plugin(visible(text, NAME_SHOWN)))
        }
    }
}

impl TryFrom<String> for PluginName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that does not follow the rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// See [`PluginName`].
    #[error("`{0}` cannot be a plugin's name: 2 to 16 of a-z and 0-9, a letter first")]
    Plugin(String),
    /// See `wit/types.wit`, `tool.name`; resources, prompts and arguments are named like tools.
    #[error(
        "the {kind} name `{name}` is not allowed: at most 40 of a-z, 0-9 and _, a letter first"
    )]
    Item {
        /// Such as tool.
        kind: &'static str,
        /// What it would be called.
        name: String,
    },
    /// See [`Prefix`].
    #[error("`{0}` cannot be a prefix: at most 24 of a-z, 0-9 and _")]
    Prefix(String),
}

/// Longest name of a tool within its plugin, from `wit/types.wit`.
const ITEM_NAME_MAX: usize = 40;

/// Checks the name of a tool, a resource or a prompt within its plugin, or of an argument.
pub(super) fn check_name(kind: &'static str, text: &str) -> Result<(), NameError> {
    let fits = (1..=ITEM_NAME_MAX).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_name_byte);
    if fits {
        Ok(())
    } else {
        Err(NameError::Item {
            kind,
            name: visible(text, NAME_SHOWN),
        })
    }
}

/// What stands in front of the name of each tool and prompt of one plugin: `nc_<plugin>_`, unless the operator says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// `nc_<plugin>_`.
    pub(super) fn of(plugin: &PluginName) -> Self {
        Self(format!("nc_{plugin}_"))
    }

    /// The prefix as text; may be empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prefix {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = text.len() <= PREFIX_MAX && text.bytes().all(is_name_byte);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Prefix(visible(text, NAME_SHOWN)))
        }
    }
}

/// Longest prefix: with a tool's name of 40 it makes the 64 that model providers take.
const PREFIX_MAX: usize = 24;

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// How much of a wrong name a message repeats, in bytes.
const NAME_SHOWN: usize = 64;

use super::text::visible;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_name_can_never_make_two_full_names_equal() {
        for good in ["no", "notes", "a1", "abcdefghijklmnop"] {
            assert!(good.parse::<PluginName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "n",
            "Notes",
            "1notes",
            "no_tes",
            "no-tes",
            "nötes",
            "abcdefghijklmnopq",
            "no/tes",
            "..",
        ] {
            assert!(bad.parse::<PluginName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tool_name_holds_nothing_that_a_provider_refuses() {
        for good in ["a", "get_note", "v2", &"a".repeat(40)] {
            assert!(check_name("tool", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "_a",
            "2a",
            "getNote",
            "get-note",
            "get.note",
            &"a".repeat(41),
        ] {
            assert!(check_name("tool", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_longest_plugin_and_tool_stay_within_64() {
        let plugin: PluginName = "abcdefghijklmnop".parse().unwrap();
        assert_eq!(Prefix::of(&plugin).as_str().len() + ITEM_NAME_MAX, 60);
        assert_eq!(PREFIX_MAX + ITEM_NAME_MAX, 64);
    }

    #[test]
    fn a_message_about_a_name_shows_no_control_character() {
        let error = "a\u{1b}[31m".parse::<PluginName>().unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'));
    }
}
