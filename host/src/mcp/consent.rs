//! The person's word before anything is deleted, where the operator asks for it (`NEXTCLOUD_MCP_CONFIRM_DELETE`).
//!
//! Who can be asked is asked, by the host and before the plugin runs. For everybody else the first call does nothing but say
//! what it would do, and gives a handle with which the same call goes through. A tool that takes a `confirm` of its own
//! gives its own handle, which also holds what it found to be there; until it has one, it runs without the right to delete.

use serde_json::{Value, json};

use super::bond::{Call, LIVES, now};
use super::rules::Seal;
use super::run::Asker;
use crate::nextcloud::Access;
use crate::plugin::{
    Answer, Asked, CallContext, CallError, Failure, FailureKind, JsonObject, Question, Tool,
    visible,
};

/// The argument that a handle comes back in; the bundled plugins use the same for their own.
const CONFIRM: &str = "confirm";

/// How much of the arguments a question shows, in bytes: what a person reads before they agree.
const ARGUMENTS_SHOWN: usize = 1024;

/// What one call needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// It deletes nothing, or the operator does not ask for it.
    Unneeded,
    /// The tool has a handle of its own, and was not called with one.
    Unconfirmed,
    /// The tool has a handle of its own, and was called with it.
    Confirmed,
    /// The host's own handle, if the call brings one.
    Handle(Option<String>),
}

/// The argument for the host's handle, in the input schema of a tool that has none of its own.
pub(super) fn described(tool: &Tool, confirm_delete: bool) -> Option<JsonObject> {
    if !confirm_delete || tool.access < Access::Delete || has_own(tool) {
        return None;
    }
    let mut schema = JsonObject::clone(&tool.input_schema);
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties.as_object_mut()?.insert(
        CONFIRM.to_owned(),
        json!({"type": "string", "description": "Only once the user agreed: the handle that the first call gave."}),
    );
    Some(schema)
}

fn has_own(tool: &Tool) -> bool {
    let properties = tool.input_schema.get("properties");
    properties.is_some_and(|properties| properties.get(CONFIRM).is_some())
}

impl Consent {
    /// What a call of `tool` needs. Takes the host's handle out of the arguments, which the plugin does not know.
    pub(super) fn of(tool: &Tool, confirm_delete: bool, arguments: &mut JsonObject) -> Self {
        if !confirm_delete || tool.access < Access::Delete {
            return Self::Unneeded;
        }
        let is_given = |value: &Value| !value.is_null() && value != "";
        if has_own(tool) {
            return match arguments.get(CONFIRM) {
                Some(value) if is_given(value) => Self::Confirmed,
                _ => Self::Unconfirmed,
            };
        }
        let given = arguments.shift_remove(CONFIRM).filter(is_given);
        Self::Handle(given.map(|value| match value {
            Value::String(handle) => handle,
            other => other.to_string(),
        }))
    }

    /// Gets it. `Err` if the call must not go on: the person is asked first, said no, or has to see what would be done.
    pub(super) async fn obtain(
        self,
        context: CallContext,
        (tool, call, arguments): (&Tool, &Call<'_>, &JsonObject),
        asker: Asker<'_>,
    ) -> Result<CallContext, CallError> {
        let handle = match self {
            Self::Unneeded => return Ok(context),
            Self::Unconfirmed => {
                return Ok(CallContext {
                    at_most: Access::Update,
                    ..context
                });
            }
            Self::Confirmed => None,
            Self::Handle(handle) => {
                // Nobody is asked about a call that would not run.
                tool.check(arguments.clone()).await?;
                Some(handle)
            }
        };
        let word = match &context.person {
            Some(person) => person.ask(&question(tool, arguments)).await,
            None => Asked::Nobody,
        };
        match (word, handle) {
            (Asked::Answered(Answer::Declined | Answer::Cancelled), _) => Err(declined()),
            (Asked::Later, _) => Err(CallError::Asks),
            // Agreed, or with the plugin's own handle, which the plugin looks at.
            (Asked::Answered(Answer::Accepted(_)), _) | (Asked::Nobody, None) => Ok(context),
            (Asked::Nobody, Some(handle)) => {
                let handles = Handles {
                    seal: &*asker.rules.seal,
                    bond: call.of(asker.caller).await?.text(),
                };
                let now = now();
                match handle {
                    Some(handle) if handles.is_good(&handle, now) => Ok(context),
                    stale => {
                        let shown = (tool, arguments);
                        Err(needs_confirmation(
                            &handles.give(now),
                            stale.is_some(),
                            shown,
                        ))
                    }
                }
            }
        }
    }
}

/// The host's own handles for one call: the time until which they hold, and a mark of the call.
struct Handles<'a> {
    seal: &'a dyn Seal,
    /// What they are for; see [`Bond::text`](super::bond::Bond::text).
    bond: String,
}

impl Handles<'_> {
    fn give(&self, now: u64) -> String {
        let expires = now.saturating_add(LIVES.as_secs());
        let mark = self.seal.mark(&self.content(expires));
        format!("{expires:x}.{mark}")
    }

    fn is_good(&self, handle: &str, now: u64) -> bool {
        let Some((expires, mark)) = handle.trim().split_once('.') else {
            return false;
        };
        u64::from_str_radix(expires, 16)
            .is_ok_and(|expires| expires > now && self.seal.is_mark(&self.content(expires), mark))
    }

    fn content(&self, expires: u64) -> String {
        format!("delete {expires} {}", self.bond)
    }
}

fn question(tool: &Tool, arguments: &JsonObject) -> Question {
    Question::agreement(&format!(
        "May the assistant delete this in your Nextcloud?\n{} ({})\n{}",
        tool.title,
        tool.full_name,
        shown(arguments)
    ))
}

fn shown(arguments: &JsonObject) -> String {
    visible(
        &Value::Object(arguments.clone()).to_string(),
        ARGUMENTS_SHOWN,
    )
}

fn declined() -> CallError {
    CallError::Failed(Failure {
        kind: FailureKind::Denied,
        message: "The user was asked and did not agree. Nothing was done.".to_owned(),
        structured: None,
        retry_after_s: None,
    })
}

fn needs_confirmation(
    handle: &str,
    is_stale: bool,
    (tool, arguments): (&Tool, &JsonObject),
) -> CallError {
    let begin = if is_stale {
        let minutes = LIVES.as_secs() / 60;
        format!(
            "Nothing was done: the handle is not the one for this call and these arguments, or is older than {minutes} minutes."
        )
    } else {
        "Nothing was done yet: on this server the user agrees before anything is deleted."
            .to_owned()
    };
    let message = format!(
        "{begin} It would run {} ({}) with {}. To go through with it, call again with the same arguments and {CONFIRM} \"{handle}\".",
        tool.title,
        tool.full_name,
        shown(arguments)
    );
    CallError::Failed(Failure {
        kind: FailureKind::NeedsConfirmation,
        message,
        structured: Some(json!({CONFIRM: handle})),
        retry_after_s: None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::auth::CallSeal;

    #[test]
    fn a_handle_is_good_for_its_call_and_for_ten_minutes() {
        let seal = CallSeal::basic(None).unwrap();
        let handles = |bond: &str| Handles {
            seal: &seal,
            bond: bond.to_owned(),
        };
        let (one, other) = (handles("alice, 7"), handles("alice, 8"));
        let handle = one.give(1_000);
        assert!(one.is_good(&handle, 1_000) && one.is_good(&handle, 1_599));
        assert!(!one.is_good(&handle, 1_600), "too late");
        assert!(!other.is_good(&handle, 1_000), "another call");
        let (_, mark) = handle.split_once('.').unwrap();
        let longer = format!("{:x}.{mark}", 9_999);
        assert!(!one.is_good(&longer, 1_000), "its end is part of it");
        for wrong in ["", ".", "yes", mark, "-1.x"] {
            assert!(!one.is_good(wrong, 1_000), "{wrong}");
        }
        assert!(handle.len() < 40, "short enough to repeat: {handle}");
    }
}
