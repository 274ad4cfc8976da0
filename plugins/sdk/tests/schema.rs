//! What clients and models get to see of an author's types.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![allow(dead_code, reason = "the types are only described")]

use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply, Text, Tool, Tools};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Shown nowhere: the tool has its own description.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// A property may be called like a keyword.
    title: String,
    /// May be left out.
    count: Option<u64>,
    /// Nested.
    place: Option<Place>,
    /// Where to.
    kind: Option<Kind>,
    #[serde(default)]
    tags: Vec<Place>,
}

#[derive(Deserialize, JsonSchema)]
struct Place {
    /// In degrees.
    latitude: f64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Stays.
    Here,
    /// Goes.
    There,
}

#[derive(Serialize, JsonSchema)]
struct Data {
    id: u32,
    /// Always written, so it may be null.
    parent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn described() -> (Value, Value) {
    fn run(_: Arguments) -> Result<Reply<Data>, Failure> {
        Err(Failure::other("not run here"))
    }
    let tool = &Tools::new()
        .add(Tool::read("t", "T", "Does it. Example: none.", run))
        .describe()[0];
    let output = tool.output_schema.as_deref().unwrap();
    (
        serde_json::from_str(&tool.input_schema).unwrap(),
        serde_json::from_str(output).unwrap(),
    )
}

#[test]
fn an_input_schema_is_small_flat_and_closed() {
    let place = json!({
        "type": "object",
        "properties": {"latitude": {"type": "number", "description": "In degrees."}},
        "required": ["latitude"],
        "additionalProperties": false
    });
    let mut optional_place = place.clone();
    optional_place["description"] = json!("Nested.");
    assert_eq!(
        described().0,
        json!({
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "A property may be called like a keyword."},
                "count": {"type": "integer", "minimum": 0, "description": "May be left out."},
                "place": optional_place,
                "kind": {
                    "type": "string",
                    "enum": ["here", "there"],
                    "description": "Where to. here: Stays. there: Goes."
                },
                "tags": {"type": "array", "items": place}
            },
            "required": ["title"],
            "additionalProperties": false
        })
    );
}

#[test]
fn an_output_schema_allows_exactly_what_serde_writes_and_explains_nothing() {
    assert_eq!(
        described().1,
        json!({
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "parent": {"type": ["integer", "null"]},
                "note": {"type": "string"}
            },
            "required": ["id", "parent"]
        })
    );
}

#[test]
fn a_tool_without_arguments_or_data_says_so() {
    #[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
    fn run(_: NoArguments) -> Result<Text, Failure> {
        Ok(Text("done".to_owned()))
    }
    let tools = Tools::new().add(Tool::delete("t", "T", "Does it. Example: none.", run));
    let tool = &tools.describe()[0];
    let input: Value = serde_json::from_str(&tool.input_schema).unwrap();
    assert_eq!(
        input,
        json!({"type": "object", "properties": {}, "additionalProperties": false})
    );
    assert_eq!(tool.output_schema, None);
    assert!(tools.call("t", "{}").is_ok());
    assert!(tools.call("t", r#"{"x":1}"#).is_err());
}
