//! Prompts and completions at work: rendering a prompt, proposing values while a person fills it in.

use serde_json::Value;

use super::bindings::exports::nextcloud_mcp::plugin::completions as wit;
use super::catalogue::Plugin;
use super::engine::Sandbox;
use super::output::{CallError, Message};
use super::prompt::{self, Prompt};
use super::schema::JsonObject;
use super::task::{CallContext, Task};
use super::text::visible;
use crate::nextcloud::{Access, Caller};

/// Longest proposal in bytes: a line. A longer one would not fit the field, so it is left out.
const VALUE_BYTES: usize = 1024;

/// What a person is filling in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// Of what.
    pub target: Target,
    /// Which argument or variable.
    pub argument: String,
    /// What they typed of it so far.
    pub value: String,
    /// What they filled in already, by name.
    pub known: Vec<(String, String)>,
}

/// What the argument is one of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A prompt, by its name within the plugin.
    Prompt(String),
    /// A resource, by its template.
    Resource(String),
}

/// The prompt's messages for what a person filled in.
pub(super) async fn render(
    sandbox: &Sandbox,
    prompt: &Prompt,
    caller: &Caller,
    arguments: JsonObject,
    context: CallContext,
) -> Result<Vec<Message>, CallError> {
    let arguments =
        prompt::filled(&prompt.arguments, arguments).map_err(CallError::InvalidArguments)?;
    let arguments = Value::Object(arguments).to_string();
    let task = Task {
        plugin: &prompt.plugin,
        name: &prompt.name,
        access: Access::Read,
        caller,
    };
    let exports = &prompt.plugin.loaded.exports;
    let messages = task
        .run(sandbox, context, async |store| {
            exports.render(store, &prompt.name, &arguments).await
        })
        .await?;
    if messages.is_empty() {
        return Err(CallError::InvalidOutput("it has no message".to_owned()));
    }
    Ok(messages.into_iter().map(Into::into).collect())
}

/// Values that go on from what the person typed, best first.
pub(super) async fn complete(
    sandbox: &Sandbox,
    plugin: &Plugin,
    caller: &Caller,
    typing: Typing,
    context: CallContext,
) -> Result<Vec<String>, CallError> {
    let Typing {
        target,
        argument,
        value,
        known,
    } = typing;
    let target = match target {
        Target::Prompt(name) => wit::Target::Prompt(name),
        Target::Resource(template) => wit::Target::Resource(template),
    };
    let task = Task {
        plugin,
        name: "complete",
        access: Access::Read,
        caller,
    };
    let exports = &plugin.loaded.exports;
    let mut values = task
        .run(sandbox, context, async |store| {
            exports
                .complete(store, &target, &argument, &value, &known)
                .await
        })
        .await?;
    // What is shown and what is sent would not be the same.
    values.retain(|value| visible(value, VALUE_BYTES) == *value);
    Ok(values)
}
