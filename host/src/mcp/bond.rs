//! What something that a client carries between two requests belongs to: one user's one call. Given with any other, it is
//! worth nothing.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::nextcloud::{Caller, FetchError};
use crate::plugin::{CallError, Failure, FailureKind, JsonObject};

/// How long a person has to answer, and a model to come back with a handle: a coffee, not a lunch. Whatever was true when
/// the question was asked may not be any more, and anybody who gets hold of what was given out can use it no longer.
pub(super) const LIVES: Duration = Duration::from_mins(10);

/// See the module's documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bond {
    /// Nextcloud's user id: the same in every replica, and after the client renewed its token.
    user: String,
    /// The protocol's method.
    method: String,
    /// What clients call the tool, the prompt or the resource.
    name: String,
    /// A digest.
    arguments: String,
    /// The plugin's digest: another version may mean something else by the same arguments.
    plugin: String,
}

/// A call, as far as it is known before anybody has to be asked who calls.
#[derive(Debug, Clone)]
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    pub(super) name: &'a str,
    /// A digest of the arguments; see [`digest`].
    pub(super) arguments: String,
    /// The component's digest.
    pub(super) plugin: &'a str,
}

impl Call<'_> {
    /// The same as `caller`'s.
    pub(super) async fn of(&self, caller: &Caller) -> Result<Bond, CallError> {
        let identity = caller.whoami().await.map_err(|error| match error {
            FetchError::Unauthorized => CallError::Unauthorized,
            error => CallError::Failed(Failure {
                kind: FailureKind::Unavailable,
                message: format!(
                    "Nextcloud does not say who the user is ({error}); nothing was done."
                ),
                structured: None,
                retry_after_s: None,
            }),
        })?;
        Ok(Bond {
            user: identity.id.clone(),
            method: self.method.to_owned(),
            name: self.name.to_owned(),
            arguments: self.arguments.clone(),
            plugin: self.plugin.to_owned(),
        })
    }
}

impl Bond {
    /// All of it as one text, in which no part can pass for another.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Of arguments, whatever the order of their names.
pub(super) fn digest(arguments: &JsonObject) -> String {
    let mut text = String::new();
    write_sorted(&Value::Object(arguments.clone()), &mut text);
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            text.push('{');
            for name in names {
                // Writing to a String cannot fail.
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                write_sorted(&fields[name.as_str()], text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_sorted(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

/// Seconds since 1970. A clock before that has everything expire.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(u64::MAX, |since| since.as_secs())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_the_same_in_any_order_and_nothing_else_is() {
        let of = |value: Value| digest(value.as_object().unwrap());
        assert_eq!(
            of(json!({"a": {"x": 1, "y": [1, 2]}, "b": null})),
            of(json!({"b": null, "a": {"y": [1, 2], "x": 1}}))
        );
        let all = [
            json!({}),
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": [1, 2]}),
            json!({"a": [2, 1]}),
            json!({"a": 1, "b": 2}),
            json!({"a": {"b": 1}}),
        ];
        let digests: std::collections::BTreeSet<_> = all.iter().cloned().map(of).collect();
        assert_eq!(digests.len(), all.len());
    }
}
