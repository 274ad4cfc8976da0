//! What a client carries from one request of a call to the next, and must not change: sealed, or marked.
//!
//! Every replica with the same key takes what another gave out. Without a key of the operator's there is one of this
//! process, which is enough for Basic mode, where there is one process.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

use super::key::SecretKeys;
use super::key_file::KeyFileError;
use super::oauth::OAuthError;
use super::seal::{Purpose, Sealer};

/// In place of an issuer, where nobody signs in here.
const BASIC: &str = "basic mode";

/// See the module's documentation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CallSeal(Sealer);

impl CallSeal {
    /// For Basic mode: with the operator's keys, if there are any.
    pub fn basic(keys: Option<&SecretString>) -> Result<Self, OAuthError> {
        let keys = match keys {
            Some(text) => SecretKeys::parse(text)?,
            None => SecretKeys::generate().map_err(KeyFileError::from)?.0,
        };
        Ok(Self(Sealer::new(keys, BASIC)))
    }

    pub(super) fn of(sealer: &Sealer) -> Self {
        Self(sealer.clone())
    }

    /// `content`, unreadable and unchangeable. `None` if the system gives no random numbers.
    pub fn seal(&self, content: &impl Serialize) -> Option<String> {
        self.0.seal(Purpose::Call, content).ok()
    }

    /// What was sealed here, or by another with the same key. `None` for everything else.
    pub fn open<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        self.0.open(Purpose::Call, text).ok()
    }

    /// A text of 22 characters that only this server can make for `content`.
    pub fn mark(&self, content: &str) -> String {
        let first = self.0.marks_of(content.as_bytes()).next();
        URL_SAFE_NO_PAD.encode(first.unwrap_or_default())
    }

    /// Whether `mark` is the one for `content`, by any of the keys.
    pub fn is_mark(&self, content: &str, mark: &str) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(mark) else {
            return false;
        };
        let mut marks = self.0.marks_of(content.as_bytes());
        marks.any(|mark| mark.ct_eq(&given).into())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn with(letter: &str) -> CallSeal {
        CallSeal::basic(Some(&letter.repeat(64).into())).unwrap()
    }

    #[test]
    fn replicas_with_one_key_understand_each_other_and_others_do_not() {
        let (one, replica, other) = (with("a"), with("a"), with("b"));
        let sealed = one.seal(&7).unwrap();
        assert_eq!(replica.open(&sealed), Some(7));
        assert_eq!(other.open::<u8>(&sealed), None);
        assert_eq!(one.open::<u8>(&format!("{sealed}x")), None);
        let mark = one.mark("delete 7");
        assert!(replica.is_mark("delete 7", &mark));
        assert!(!replica.is_mark("delete 8", &mark));
        assert!(!other.is_mark("delete 7", &mark) && !one.is_mark("delete 7", ""));
    }

    #[test]
    fn a_process_without_a_key_has_one_of_its_own() {
        let (one, other) = (
            CallSeal::basic(None).unwrap(),
            CallSeal::basic(None).unwrap(),
        );
        let sealed = one.seal(&7).unwrap();
        assert_eq!(
            (one.open(&sealed), other.open::<u8>(&sealed)),
            (Some(7), None)
        );
    }

    #[test]
    fn a_mark_is_made_anew_by_the_first_key_and_known_by_all() {
        let both = CallSeal::basic(Some(
            &format!("{} {}", "b".repeat(64), "a".repeat(64)).into(),
        ));
        let both = both.unwrap();
        assert!(both.is_mark("x", &with("a").mark("x")));
        assert_eq!(both.mark("x"), with("b").mark("x"));
    }
}
