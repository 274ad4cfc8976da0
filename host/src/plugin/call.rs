//! One call of one tool, from its arguments to what it ends in.

use serde_json::Value;

use super::bindings::nextcloud_mcp::plugin::types;
use super::engine::Sandbox;
use super::output::{CallError, Output};
use super::schema::JsonObject;
use super::task::{CallContext, Task};
use super::tool::Tool;
use crate::nextcloud::Caller;

pub(super) async fn call(
    sandbox: &Sandbox,
    tool: &Tool,
    caller: &Caller,
    arguments: JsonObject,
    context: CallContext,
) -> Result<Output, CallError> {
    let arguments = tool.check(arguments).await?.to_string();
    let task = Task {
        plugin: &tool.owner,
        name: &tool.name,
        access: tool.access,
        caller,
    };
    let exports = &tool.owner.loaded.exports;
    let output = task
        .run(sandbox, context, async |store| {
            exports.call(store, &tool.name, &arguments).await
        })
        .await?;
    accept(tool, output).await
}

/// An answer is passed on only if it is what the tool promised.
async fn accept(tool: &Tool, output: types::Output) -> Result<Output, CallError> {
    let types::Output {
        content,
        structured,
        extra: _,
    } = output;
    let structured = structured
        .map(|text| serde_json::from_str::<Value>(&text))
        .transpose()
        .map_err(|error| CallError::InvalidOutput(format!("`structured` is not JSON: {error}")))?;
    let structured = match (&tool.output, structured) {
        (Some(schema), Some(value)) => Some(
            schema
                .check(value)
                .await
                .map_err(CallError::InvalidOutput)?,
        ),
        (Some(_), None) => {
            return Err(CallError::InvalidOutput(
                "`structured` is missing".to_owned(),
            ));
        }
        (None, Some(value)) if !value.is_object() => {
            return Err(CallError::InvalidOutput(
                "`structured` is no JSON object".to_owned(),
            ));
        }
        (None, value) => value,
    };
    Ok(Output {
        content: content.into_iter().map(Into::into).collect(),
        structured,
    })
}
