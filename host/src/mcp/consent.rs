//! The person's word before anything is deleted, where the operator asks for it (`NEXTCLOUD_MCP_CONFIRM_DELETE`).
//!
//! Who can be asked is asked, by the host and before the plugin runs. For everybody else the first call does nothing but say
//! what it would do, and gives a handle with which the same call goes through. A tool that takes a `confirm` of its own
//! gives its own handle, which also holds what it found to be there; until it has one, it runs without the right to delete.

use serde_json::{Value, json};

use super::bond::{Call, LIVES, now};
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
        let asked = match &context.person {
            Some(person) => person.ask(&question(tool, arguments)).await,
            None => Asked::Nobody,
        };
        match (asked, handle) {
            (Asked::Answered(Answer::Accepted(_)), _) => Ok(context),
            (Asked::Answered(Answer::Declined | Answer::Cancelled), _) => Err(declined()),
            (Asked::Later, _) => Err(CallError::Asks),
            // The plugin's own handle, which the plugin looks at.
            (Asked::Nobody, None) => Ok(context),
            (Asked::Nobody, Some(handle)) => {
                let handles = Handles { call, asker };
                handles.check(handle, tool, arguments).await?;
                Ok(context)
            }
        }
    }
}

/// Handles of the host's own: the time until which they hold, and a mark of the call.
struct Handles<'a> {
    call: &'a Call<'a>,
    asker: Asker<'a>,
}

impl Handles<'_> {
    async fn check(
        &self,
        given: Option<String>,
        tool: &Tool,
        arguments: &JsonObject,
    ) -> Result<(), CallError> {
        let bond = self.call.of(self.asker.caller).await?.text();
        let seal = &self.asker.rules.seal;
        let content = |expires: u64| format!("delete {expires} {bond}");
        let now = now();
        let holds = given.as_deref().is_some_and(|given| {
            let Some((expires, mark)) = given.trim().split_once('.') else {
                return false;
            };
            u64::from_str_radix(expires, 16)
                .is_ok_and(|expires| expires > now && seal.is_mark(&content(expires), mark))
        });
        if holds {
            return Ok(());
        }
        let expires = now.saturating_add(LIVES.as_secs());
        let handle = format!("{expires:x}.{}", seal.mark(&content(expires)));
        Err(needs_confirmation(
            &handle,
            given.is_some(),
            tool,
            arguments,
        ))
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
    tool: &Tool,
    arguments: &JsonObject,
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
