//! Calls tools, resources, prompts and completions as the host would.

use serde_json::Value;

use crate::bindings::completions::exported::Target;
use crate::{Body, Completions, Content, Failure, Page, Prompts, Resources, Tools, Typed};

/// Calls a tool as the host would, and gives its text and its structured result.
pub fn call(
    tools: &Tools,
    name: &str,
    arguments: impl Into<Value>,
) -> Result<(String, Value), Failure> {
    let output = tools.call(name, &arguments.into().to_string())?;
    let text = output.content.iter().find_map(|content| match content {
        Content::Text(text) => Some(text.clone()),
        _ => None,
    });
    let structured = output
        .structured
        .map_or(Ok(Value::Null), |json| serde_json::from_str(&json));
    let structured = structured.map_err(|error| Failure::internal(error.to_string()))?;
    Ok((text.unwrap_or_default(), structured))
}

/// What is at `uri`: its media type, and its text (empty for bytes). Of several parts, the first.
pub fn read(resources: &Resources, uri: &str) -> Result<(Option<String>, String), Failure> {
    let mut parts = resources.read(uri)?.into_iter();
    let first = parts
        .next()
        .ok_or_else(|| Failure::internal("reading gave nothing"))?;
    let text = match first.body {
        Body::Text(text) => text,
        Body::Bytes(_) => String::new(),
    };
    Ok((first.mime_type, text))
}

/// One page of the list.
pub fn enumerate(resources: &Resources, cursor: Option<&str>) -> Result<Page, Failure> {
    resources.enumerate(cursor.map(str::to_owned))
}

/// The texts of a prompt's messages, one after the other. `arguments` is an object of texts.
pub fn render(
    prompts: &Prompts,
    name: &str,
    arguments: impl Into<Value>,
) -> Result<Vec<String>, Failure> {
    let messages = prompts.render(name, &arguments.into().to_string())?;
    let text = |content| match content {
        Content::Text(text) => text,
        Content::Embedded(embedded) => match embedded.body {
            Body::Text(text) => text,
            Body::Bytes(_) => String::new(),
        },
        Content::Link(link) => link.uri,
        Content::Image(_) | Content::Audio(_) => String::new(),
    };
    Ok(messages
        .into_iter()
        .map(|message| text(message.content))
        .collect())
}

/// What is proposed for an argument of a prompt, of which `value` is typed.
pub fn complete_prompt(
    completions: &Completions,
    prompt: &str,
    argument: &str,
    value: &str,
) -> Result<Vec<String>, Failure> {
    complete(
        completions,
        &Target::Prompt(prompt.to_owned()),
        argument,
        value,
    )
}

/// What is proposed for a variable of an address, of which `value` is typed.
pub fn complete_resource(
    completions: &Completions,
    template: &str,
    variable: &str,
    value: &str,
) -> Result<Vec<String>, Failure> {
    complete(
        completions,
        &Target::Resource(template.to_owned()),
        variable,
        value,
    )
}

fn complete(
    completions: &Completions,
    target: &Target,
    argument: &str,
    value: &str,
) -> Result<Vec<String>, Failure> {
    let typed = Typed {
        value: value.to_owned(),
        known: Vec::new(),
    };
    completions.complete(target, argument, &typed)
}
