//! The host, played by a test: tools run natively against answers that the test scripts.
//!
//! ```
//! use nextcloud_mcp_plugin::nextcloud::Request;
//! use nextcloud_mcp_plugin::testing::{Answer, Nextcloud};
//! use serde_json::json;
//!
//! let nextcloud = Nextcloud::start();
//! nextcloud.on("GET", "/index.php/apps/notes/api/v1/notes/118", Answer::json(200, &json!({"id": 118})));
//! let answer = Request::get("/index.php/apps/notes/api/v1/notes").segment(118).send().unwrap();
//! assert_eq!(answer.status(), 200);
//! assert_eq!(nextcloud.sent().len(), 1);
//! ```
//!
//! Strict on purpose: a request that no answer waits for panics, and so does an answer that nothing asked for.

mod recording;
mod stage;

pub(crate) use stage::host;

pub use recording::{Recording, recording, recordings};
pub use stage::{Answer, Nextcloud, Sent};

use serde_json::Value;

use crate::{Content, Failure, Tools};

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

/// Everything about the tools that the host or a model's provider would refuse, or that a model would miss: names,
/// descriptions without an example, schemas whose root is not a plain object, references. Empty is good.
pub fn problems(tools: &Tools) -> Vec<String> {
    let described = tools.describe();
    let mut found = Vec::new();
    for (index, tool) in described.iter().enumerate() {
        let mut wrong = |what: &str| found.push(format!("{}: {what}", tool.name));
        if !is_name(&tool.name) {
            wrong("a name is [a-z][a-z0-9_]*, at most 40 characters");
        }
        if described[..index]
            .iter()
            .any(|other| other.name == tool.name)
        {
            wrong("the name is taken");
        }
        if tool.title.is_empty() || !tool.description.contains("Example") {
            wrong("a title and a description with one example belong to every tool");
        }
        for schema in std::iter::once(&tool.input_schema).chain(&tool.output_schema) {
            let root: Value = serde_json::from_str(schema).unwrap_or_default();
            if root["type"] != "object"
                || ["anyOf", "oneOf", "allOf"]
                    .iter()
                    .any(|word| root.get(word).is_some())
            {
                wrong("the root of a schema is a plain object");
            }
            if schema.contains("\"$ref\"") {
                wrong("a reference in a schema is not followed by every client");
            }
        }
        let input: Value = serde_json::from_str(&tool.input_schema).unwrap_or_default();
        for (name, property) in input["properties"].as_object().into_iter().flatten() {
            if property.get("description").is_none() {
                wrong(&format!("the argument `{name}` has no description"));
            }
        }
    }
    found
}

fn is_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}
