//! The person's word before anything is deleted, where the operator asks for it (`NEXTCLOUD_MCP_CONFIRM_DELETE`).
//!
//! Who can be asked is asked, by the host and before the plugin runs. For everybody else the first call does nothing but say
//! what it would do, and gives a handle with which the same call goes through. A tool that takes a `confirm` of its own
//! gives its own handle, which also holds what it found to be there; until a call brings that handle back, as the host marked
//! it, the tool runs without the right to delete.

use serde_json::{Value, json};

use super::bond::{self, Call, LIVES, now};
use super::handle::{self, CONFIRM, Handles};
use super::run::Asker;
use crate::nextcloud::Access;
use crate::plugin::{
    Answer, Asked, CallContext, CallError, Failure, FailureKind, JsonObject, Question, Tool,
    visible,
};

/// The argument for the host's handle where the tool takes something else than a handle as `confirm`.
const HOST_CONFIRM: &str = "host_confirm";

/// How much of the arguments a question shows, in bytes: what a person reads before they agree.
const ARGUMENTS_SHOWN: usize = 1024;

/// What one call needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// It deletes nothing, or the operator does not ask for it.
    Unneeded,
    /// The tool has handles of its own; what the call brings as one, if anything.
    Own(Option<Value>),
    /// The host's own handle, if the call brings one, and the argument for it.
    Host(Option<String>, &'static str),
}

/// What a call goes on with.
pub(super) struct Granted<'a> {
    pub(super) context: CallContext,
    pub(super) arguments: JsonObject,
    /// Marks the handle that the tool itself gives out.
    pub(super) marks: Option<Handles<'a>>,
}

/// The argument for the host's handle, in the input schema of a tool that has none of its own.
pub(super) fn described(tool: &Tool, confirm_delete: bool) -> Option<JsonObject> {
    if !confirm_delete || tool.access < Access::Delete {
        return None;
    }
    let argument = argument(&tool.input_schema)?;
    let mut schema = JsonObject::clone(&tool.input_schema);
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties.as_object_mut()?.insert(
        argument.to_owned(),
        json!({"type": "string", "description": "Only once the user agreed: the handle that the first call gave."}),
    );
    Some(schema)
}

/// Where the host's handle comes back; nothing for a tool that takes a handle of its own. What cannot be a handle (such as
/// `true`) agrees to nothing.
fn argument(schema: &JsonObject) -> Option<&'static str> {
    let properties = schema.get("properties");
    let Some(own) = properties.and_then(|properties| properties.get(CONFIRM)) else {
        return Some(CONFIRM);
    };
    let takes_text = match &own["type"] {
        Value::String(kind) => kind == "string",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    (!takes_text).then_some(HOST_CONFIRM)
}

impl Consent {
    /// What a call of `tool` needs. Takes the host's handle out of the arguments, which the plugin does not know.
    pub(super) fn of(tool: &Tool, confirm_delete: bool, arguments: &mut JsonObject) -> Self {
        if !confirm_delete || tool.access < Access::Delete {
            return Self::Unneeded;
        }
        let is_given = |value: &Value| !value.is_null() && value != "";
        let Some(argument) = argument(&tool.input_schema) else {
            return Self::Own(arguments.get(CONFIRM).filter(|one| is_given(one)).cloned());
        };
        let given = arguments.shift_remove(argument).filter(is_given);
        let given = given.map(|value| match value {
            Value::String(handle) => handle,
            other => other.to_string(),
        });
        Self::Host(given, argument)
    }

    /// Gets it. `Err` if the call must not go on: the person is asked first, said no, or has to see what would be done.
    pub(super) async fn obtain<'a>(
        self,
        context: CallContext,
        (tool, call): (&Tool, &Call<'_>),
        arguments: JsonObject,
        asker: Asker<'a>,
    ) -> Result<Granted<'a>, CallError> {
        match self {
            Self::Unneeded => Ok(Granted {
                context,
                arguments,
                marks: None,
            }),
            Self::Own(given) => own(given, context, (tool, call), arguments, asker).await,
            Self::Host(handle, argument) => {
                // Nobody is asked about a call that would not run.
                tool.check(arguments.clone()).await?;
                if !is_agreed(&context, tool, &arguments).await? {
                    let bond = call.of(asker.caller).await?.text();
                    let handles = Handles::new(&*asker.rules.seal, bond);
                    let is_good = |handle: &String| handles.is_good(handle, now());
                    if !handle.as_ref().is_some_and(is_good) {
                        let fresh = handles.give(now());
                        let shown = (tool, &arguments);
                        return Err(needs_confirmation(
                            (argument, &fresh),
                            handle.is_some(),
                            shown,
                        ));
                    }
                }
                Ok(Granted {
                    context,
                    arguments,
                    marks: None,
                })
            }
        }
    }
}

/// A tool that gives out handles of its own. Until the call brings back one of those, it runs without the right to delete.
async fn own<'a>(
    given: Option<Value>,
    context: CallContext,
    (tool, call): (&Tool, &Call<'_>),
    mut arguments: JsonObject,
    asker: Asker<'a>,
) -> Result<Granted<'a>, CallError> {
    let call = Call {
        arguments: bond::digest(&handle::without(&arguments)),
        ..call.clone()
    };
    let marks = Handles::new(&*asker.rules.seal, call.of(asker.caller).await?.text());
    let text = given.as_ref().and_then(Value::as_str);
    let back = text.and_then(|text| marks.unmarked(text, now()));
    let is_back = back.is_some();
    if let Some(back) = back {
        arguments.insert(CONFIRM.to_owned(), Value::String(back));
    }
    let may_delete = given.is_some() && (is_agreed(&context, tool, &arguments).await? || is_back);
    let at_most = if may_delete {
        context.at_most
    } else {
        Access::Update
    };
    Ok(Granted {
        context: CallContext { at_most, ..context },
        arguments,
        marks: Some(marks),
    })
}

/// Whether the person agreed; not if nobody can be asked.
async fn is_agreed(
    context: &CallContext,
    tool: &Tool,
    arguments: &JsonObject,
) -> Result<bool, CallError> {
    let Some(person) = &context.person else {
        return Ok(false);
    };
    match person.ask(&question(tool, arguments)).await {
        Asked::Answered(Answer::Accepted(_)) => Ok(true),
        Asked::Answered(Answer::Declined | Answer::Cancelled) => Err(declined()),
        Asked::Later => Err(CallError::Asks),
        Asked::Nobody => Ok(false),
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
    (argument, handle): (&str, &str),
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
        "{begin} It would run {} ({}) with {}. To go through with it, call again with the same arguments and {argument} \"{handle}\".",
        tool.title,
        tool.full_name,
        shown(arguments)
    );
    CallError::Failed(Failure {
        kind: FailureKind::NeedsConfirmation,
        message,
        structured: Some(json!({argument: handle})),
        retry_after_s: None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn asked_for(confirm: &Value) -> Option<&'static str> {
        let schema = json!({"type": "object", "properties": {"id": {}, "confirm": confirm}});
        argument(schema.as_object().unwrap())
    }

    #[test]
    fn only_a_text_can_be_a_tools_own_handle() {
        assert_eq!(asked_for(&json!({"type": "string"})), None);
        assert_eq!(asked_for(&json!({"type": ["string", "null"]})), None);
        for other in [
            json!({"type": "boolean"}),
            json!({}),
            json!({"const": "yes"}),
            json!(true),
        ] {
            assert_eq!(asked_for(&other), Some(HOST_CONFIRM));
        }
        let none = json!({"properties": {"id": {}}});
        assert_eq!(argument(none.as_object().unwrap()), Some(CONFIRM));
    }
}
