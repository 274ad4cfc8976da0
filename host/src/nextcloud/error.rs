//! Why there is no answer: the only error that leaves `nextcloud/` while serving.

use thiserror::Error;

use super::{Refusal, UsedUp};

/// One case for each of `fetch-error` in `wit/host.wit`; texts are for the plugin's author and the model, and carry
/// neither credential nor address beyond the path that the plugin itself named.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum FetchError {
    /// The request is malformed; the text says where.
    #[error("the request is malformed: {0}")]
    Malformed(String),
    /// The manifest, the operator or the tool's access does not allow it.
    #[error("not allowed: {0}")]
    Forbidden(Refusal),
    /// Nextcloud refused the credential; the user has to sign in again.
    #[error("Nextcloud does not accept this sign-in any more")]
    Unauthorized,
    /// The answer is larger than this many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The call has used up its requests or bytes.
    #[error("the call's budget is used up: {0}")]
    Limited(UsedUp),
    /// No answer in time.
    #[error("Nextcloud did not answer in time")]
    TimedOut,
    /// No connection.
    #[error("Nextcloud cannot be reached: {0}")]
    Unreachable(String),
    /// Nobody waits for the answer any more.
    #[error("cancelled")]
    Cancelled,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Longest piece of a plugin's own words that a refusal repeats, in characters.
const MAX_SHOWN: usize = 200;

/// What a plugin wrote, fit for an error text: no control character, and not longer than a line or two.
pub(super) fn shown(untrusted: &str) -> String {
    let mut text = String::new();
    for character in untrusted.chars().take(MAX_SHOWN) {
        match character {
            '"' | '\'' | '\\' => text.push(character),
            other => text.extend(other.escape_debug()),
        }
    }
    if untrusted.chars().nth(MAX_SHOWN).is_some() {
        text.push('\u{2026}');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_wrote_is_repeated_on_one_short_line() {
        assert_eq!(shown("a\r\nb\u{1b}[31m \"ü\""), "a\\r\\nb\\u{1b}[31m \"ü\"");
        assert_eq!(shown(&"x".repeat(MAX_SHOWN)).chars().count(), MAX_SHOWN);
        assert_eq!(shown(&"x".repeat(9_999)).chars().count(), MAX_SHOWN + 1);
    }
}
