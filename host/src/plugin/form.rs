//! The form of a question: which schemas a plugin may ask with. Only what every client can show, which is what MCP's
//! elicitation has (2026-07-28, client/elicitation): flat, of texts, numbers, yes or no, and choices.
//!
//! What is taken comes out in the same words, so that the person, the client and the host hold an answer to the same form.

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::schema::{JsonObject, Schema};
use super::text::visible;

/// Most fields: what a person fills in while a call waits.
const FIELDS: usize = 32;

/// Most choices in one field.
const CHOICES: usize = 256;

/// Longest name of a field, in bytes.
const NAME_BYTES: usize = 64;

/// Longest title or description of a field, in bytes.
const WORDS_BYTES: usize = 1024;

/// Formats of text that clients know.
const FORMATS: [&str; 4] = ["email", "uri", "date", "date-time"];

/// Why a schema is no form. `at` is a field's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormError {
    /// Not JSON, or not a schema that any check could be made of.
    #[error("the schema of the question {0}")]
    Schema(String),
    /// A keyword that a form cannot have.
    #[error("the form uses `{keyword}` at `{at}`, which clients cannot show")]
    Keyword {
        /// Which field; empty for the form itself.
        at: String,
        /// Which.
        keyword: String,
    },
    /// A field that is none of the known kinds.
    #[error(
        "the field `{0}` is no text, number, yes or no, or choice; a form is flat and has nothing else"
    )]
    Field(String),
    /// Too many fields or choices, or a name that is too long or hides something.
    #[error(
        "the form is too large, or has a name that cannot be shown: {FIELDS} fields with names of {NAME_BYTES} bytes and \
         {CHOICES} choices are taken"
    )]
    Size,
}

/// The form that is shown, and the schema that its answer is held to.
pub(super) fn parse(text: &str) -> Result<(JsonObject, Schema), FormError> {
    // Bounds it before anything walks through it.
    let given = Schema::parse(text).map_err(|error| FormError::Schema(error.to_string()))?;
    let form = form(given.document())?;
    let text = Value::Object(form.clone()).to_string();
    let schema = Schema::parse(&text).map_err(|error| FormError::Schema(error.to_string()))?;
    Ok((form, schema))
}

fn form(given: &JsonObject) -> Result<JsonObject, FormError> {
    let mut form = Map::new();
    form.insert("type".to_owned(), json!("object"));
    let mut fields = Map::new();
    for (keyword, value) in given {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, schema) in properties {
                    fields.insert(shown_name(name)?, field(name, schema)?);
                }
            }
            ("required", Value::Array(_)) => {
                form.insert(keyword.clone(), value.clone());
            }
            // What is not asked for is taken out of every answer, whatever these say.
            ("type" | "$schema" | "additionalProperties" | "title" | "description", _) => {}
            _ => return Err(keyword_error("", keyword)),
        }
    }
    if fields.len() > FIELDS {
        return Err(FormError::Size);
    }
    if let Some(Value::Array(required)) = form.get_mut("required") {
        required.retain(|name| name.as_str().is_some_and(|name| fields.contains_key(name)));
    }
    form.insert("properties".to_owned(), Value::Object(fields));
    Ok(form)
}

/// An answer names its fields, so a name is passed on as it is or not at all.
fn shown_name(name: &str) -> Result<String, FormError> {
    let fits = !name.is_empty() && name.len() <= NAME_BYTES && visible(name, NAME_BYTES) == name;
    fits.then(|| name.to_owned()).ok_or(FormError::Size)
}

fn field(name: &str, schema: &Value) -> Result<Value, FormError> {
    let unknown = || FormError::Field(visible(name, NAME_BYTES));
    let given = schema.as_object().ok_or_else(unknown)?;
    let kind = given
        .get("type")
        .and_then(Value::as_str)
        .ok_or_else(unknown)?;
    let known: &[&str] = match kind {
        "string" => &[
            "minLength",
            "maxLength",
            "format",
            "default",
            "enum",
            "enumNames",
            "oneOf",
        ],
        "number" | "integer" => &["minimum", "maximum", "default"],
        "boolean" => &["default"],
        "array" => &["minItems", "maxItems", "items", "default"],
        _ => return Err(unknown()),
    };
    if kind == "array" && !given.contains_key("items") {
        return Err(unknown());
    }
    let mut field = Map::new();
    for (keyword, value) in given {
        let value = match (keyword.as_str(), value) {
            ("type", value) => value.clone(),
            ("title" | "description", Value::String(words)) => {
                json!(visible(words, WORDS_BYTES))
            }
            ("format", Value::String(format)) if FORMATS.contains(&format.as_str()) => {
                value.clone()
            }
            ("enum" | "enumNames", Value::Array(values)) => {
                json!(texts(values).ok_or_else(unknown)?)
            }
            ("oneOf", Value::Array(values)) => json!(titled(values).ok_or_else(unknown)?),
            ("items", Value::Object(items)) => items_of(items).ok_or_else(unknown)?,
            ("format" | "enum" | "enumNames" | "oneOf" | "items", _) => {
                return Err(keyword_error(name, keyword));
            }
            (keyword, value) if known.contains(&keyword) => value.clone(),
            _ => return Err(keyword_error(name, keyword)),
        };
        if !known.contains(&keyword.as_str())
            && !["type", "title", "description"].contains(&keyword.as_str())
        {
            return Err(keyword_error(name, keyword));
        }
        field.insert(keyword.clone(), value);
    }
    Ok(Value::Object(field))
}

/// What can be chosen several of.
fn items_of(items: &JsonObject) -> Option<Value> {
    let only = |keywords: &[&str]| {
        items
            .keys()
            .all(|keyword| keywords.contains(&keyword.as_str()))
    };
    if let Some(Value::Array(values)) = items.get("enum") {
        return only(&["type", "enum"])
            .then(|| texts(values))
            .flatten()
            .map(|values| json!({"type": "string", "enum": values}));
    }
    let titled_values = items
        .get("anyOf")
        .or_else(|| items.get("oneOf"))?
        .as_array()?;
    only(&["type", "anyOf", "oneOf"])
        .then(|| titled(titled_values))
        .flatten()
        .map(|values| json!({"anyOf": values}))
}

fn texts(values: &[Value]) -> Option<Vec<&str>> {
    if values.is_empty() || values.len() > CHOICES {
        return None;
    }
    values.iter().map(Value::as_str).collect()
}

/// Choices with a text to show for each: its title, else what describes it, else itself.
fn titled(values: &[Value]) -> Option<Vec<Value>> {
    if values.is_empty() || values.len() > CHOICES {
        return None;
    }
    let one = |value: &Value| {
        let chosen = value.get("const")?.as_str()?;
        let words = ["title", "description"]
            .into_iter()
            .find_map(|keyword| value.get(keyword)?.as_str())
            .unwrap_or(chosen);
        Some(json!({"const": chosen, "title": visible(words, WORDS_BYTES)}))
    };
    values.iter().map(one).collect()
}

fn keyword_error(at: &str, keyword: &str) -> FormError {
    FormError::Keyword {
        at: visible(at, NAME_BYTES),
        keyword: visible(keyword, NAME_BYTES),
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

    fn parsed(schema: &Value) -> Result<(JsonObject, Schema), FormError> {
        parse(&schema.to_string())
    }

    fn with(field: &Value) -> Value {
        json!({"type": "object", "properties": {"a": field}})
    }

    #[test]
    fn everything_that_clients_can_show_is_taken_as_it_is() {
        let fields = json!({
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 9, "default": "Ada"},
            "mail": {"type": "string", "format": "email"},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "share": {"type": "number", "default": 0.5},
            "sure": {"type": "boolean", "description": "Really?", "default": false},
            "color": {"type": "string", "enum": ["red", "blue"]},
            "old": {"type": "string", "enum": ["r"], "enumNames": ["Red"]},
            "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}]},
            "days": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["mo", "tu"]}},
            "tags": {"type": "array", "items": {"anyOf": [{"const": "x", "title": "X"}]}},
        });
        let schema = json!({"type": "object", "properties": fields, "required": ["name"]});
        let (form, _) = parsed(&schema).unwrap();
        assert_eq!(Value::Object(form), schema);
    }

    #[test]
    fn what_a_generator_adds_does_not_keep_a_form_from_being_shown() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Order", "type": "object",
            "additionalProperties": false, "required": ["a", "b"],
            "properties": {"a": {"type": "string", "oneOf": [{"const": "x", "type": "string", "description": "An x"}]}},
        });
        let (form, _) = parsed(&schema).unwrap();
        let field = json!({"type": "string", "oneOf": [{"const": "x", "title": "An x"}]});
        assert_eq!(
            Value::Object(form),
            json!({"type": "object", "required": ["a"], "properties": {"a": field}})
        );
    }

    #[test]
    fn whatever_no_client_can_show_is_refused() {
        for wrong in [
            with(&json!({"type": "object", "properties": {}})),
            with(&json!({"type": "array", "items": {"type": "string"}})),
            with(&json!({"type": "array"})),
            with(&json!({"type": ["string", "null"]})),
            with(&json!({"type": "string", "pattern": "^a$"})),
            with(&json!({"type": "string", "format": "password"})),
            with(&json!({"type": "string", "enum": [1]})),
            with(&json!({"type": "boolean", "minimum": 1})),
            with(&json!({"type": "null"})),
            with(&json!(true)),
            json!({"type": "object", "anyOf": [{}]}),
            json!({"type": "object", "properties": {"a\u{202e}b": {"type": "string"}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string"}}}),
            json!({"type": "string"}),
        ] {
            assert!(parsed(&wrong).is_err(), "{wrong}");
        }
        let many: Map<_, _> = (0..=FIELDS)
            .map(|n| (format!("f{n}"), json!({"type": "string"})))
            .collect();
        assert!(parsed(&json!({"type": "object", "properties": many})).is_err());
    }

    #[test]
    fn what_a_person_reads_hides_nothing() {
        let (form, _) = parsed(&with(&json!({"type": "string", "title": "a\u{1b}[2Jb"}))).unwrap();
        assert_eq!(form["properties"]["a"]["title"], "a\\u{1b}[2Jb");
    }

    #[tokio::test]
    async fn an_answer_is_held_to_the_form() {
        let (_, schema) = parsed(&json!({
            "type": "object", "required": ["color"],
            "properties": {"color": {"type": "string", "enum": ["red"]}, "days": {"type": "array", "maxItems": 1, "items": {"enum": ["mo"]}}},
        }))
        .unwrap();
        assert!(
            schema
                .check(json!({"color": "red", "days": ["mo"]}))
                .await
                .is_ok()
        );
        for wrong in [
            json!({}),
            json!({"color": "green"}),
            json!({"color": "red", "days": ["tu"]}),
        ] {
            assert!(schema.check(wrong.clone()).await.is_err(), "{wrong}");
        }
    }
}
