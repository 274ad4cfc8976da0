//! JSON Schemas of plugins: which ones are taken, and what a value that does not fit is told.
//!
//! A schema comes from a plugin and a value from a client or a plugin; together they must not be able to keep the host
//! busy. So a schema has a bounded cost with every reference written out, which also rules out recursion, its patterns
//! run in linear time, nothing is ever fetched for it, and a value too large for it is refused unchecked.

use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};
use thiserror::Error;

use super::explain::explain;
use super::schema_size::{self, DIALECT, SCHEMA_COST, SCHEMA_DEPTH, Size};
use super::text::visible;

/// A JSON object, as the protocol wants its schemas.
pub type JsonObject = Map<String, Value>;

/// Longest schema in bytes. Every client of every user reads it in each tools/list.
const SCHEMA_BYTES: usize = 64 * 1024;

/// Largest compiled regular expression in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// Most steps (schema's cost x value's size) in one check: 0.4 s at the 20 ns that a step was measured to take.
const CHECK_COST: u64 = 20_000_000;

/// Most steps of a check that also says what is wrong. Each alternative that does not fit is told as an error of its own,
/// which was measured to take 80 times as long and 260 bytes a step.
const EXPLAIN_COST: u64 = 100_000;

/// From this many steps on a check leaves the threads that serve others: with explanation some milliseconds.
const CHECK_ASIDE: u64 = 5_000;

/// A schema that was checked and compiled.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    document: Arc<JsonObject>,
    validator: Arc<Validator>,
    size: Size,
}

/// Why a schema is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// Longer than any schema needs to be.
    #[error("is longer than {SCHEMA_BYTES} bytes")]
    TooLong,
    /// Not JSON.
    #[error("is not JSON: {0}")]
    Json(String),
    /// Something else than `type: object` at the root.
    #[error("must have `\"type\": \"object\"` at its root")]
    NotObject,
    /// Another draft.
    #[error("names the dialect `{0}`; only {DIALECT} is understood")]
    Dialect(String),
    /// A reference that leaves the document or is not there.
    #[error("has the reference `{0}`, which is not in the same document")]
    Reference(String),
    /// A reference that leads back to itself.
    #[error(
        "is recursive through `{0}`; write the levels out, or take any JSON below a certain depth"
    )]
    Recursive(String),
    /// A keyword that is not supported.
    #[error("uses `{0}`, which is not supported")]
    Keyword(String),
    /// Too large once its references are written out.
    #[error(
        "is too large: with references written out at most {SCHEMA_COST} values and {SCHEMA_DEPTH} levels are taken"
    )]
    TooComplex,
    /// Not a JSON Schema.
    #[error("is not a JSON Schema: {0}")]
    Invalid(String),
}

impl Schema {
    /// Checks and compiles the text of a schema.
    pub(super) fn parse(text: &str) -> Result<Self, SchemaError> {
        if text.len() > SCHEMA_BYTES {
            return Err(SchemaError::TooLong);
        }
        let document: Value =
            serde_json::from_str(text).map_err(|error| SchemaError::Json(error.to_string()))?;
        if document.get("type") != Some(&Value::from("object")) {
            return Err(SchemaError::NotObject);
        }
        let size = schema_size::measure(&document)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(
                PatternOptions::regex()
                    .size_limit(PATTERN_BYTES)
                    .dfa_size_limit(PATTERN_BYTES),
            )
            .build(&document)
            .map_err(|error| SchemaError::Invalid(visible(&error.to_string(), 300)))?;
        let Value::Object(document) = document else {
            return Err(SchemaError::NotObject);
        };
        Ok(Self {
            document: Arc::new(document),
            validator: Arc::new(validator),
            size,
        })
    }

    /// The schema itself.
    pub(super) fn document(&self) -> &Arc<JsonObject> {
        &self.document
    }

    /// Keywords at the root that some model providers refuse in a tool's input.
    pub(super) fn unusual_at_root(&self) -> Vec<&'static str> {
        ["anyOf", "oneOf", "allOf"]
            .into_iter()
            .filter(|keyword| self.document.contains_key(*keyword))
            .collect()
    }

    /// Checks `value`; the error says field by field what is wrong and what would be right. Gives the value back.
    pub(super) async fn check(&self, value: Value) -> Result<Value, String> {
        let Weight { values, bytes } = weigh(&value);
        let steps = self.size.cost.saturating_mul(values);
        // A regular expression may look at every byte.
        if steps.saturating_add(self.size.patterns.saturating_mul(bytes)) > CHECK_COST {
            return Err("it is too large to be checked against its schema".to_owned());
        }
        if steps.saturating_add(bytes) < CHECK_ASIDE {
            return self.check_here(value, steps);
        }
        let schema = self.clone();
        let checked = tokio::task::spawn_blocking(move || schema.check_here(value, steps)).await;
        checked.unwrap_or_else(|_| Err("the check itself failed".to_owned()))
    }

    fn check_here(&self, value: Value, steps: u64) -> Result<Value, String> {
        if self.validator.is_valid(&value) {
            return Ok(value);
        }
        if steps > EXPLAIN_COST {
            return Err("it does not fit its schema, and is too large to say where".to_owned());
        }
        Err(explain(&self.validator, &self.document, &value))
    }
}

/// How large a value is.
#[derive(Default)]
struct Weight {
    /// JSON values, itself included.
    values: u64,
    /// Bytes of its strings and names.
    bytes: u64,
}

fn weigh(value: &Value) -> Weight {
    let mut weight = Weight::default();
    add_weight(value, &mut weight);
    weight
}

/// As deep as JSON parsers let a value be, which is 128 levels.
fn add_weight(value: &Value, weight: &mut Weight) {
    weight.values += 1;
    match value {
        Value::String(text) => weight.bytes += text.len() as u64,
        Value::Array(items) => items.iter().for_each(|item| add_weight(item, weight)),
        Value::Object(fields) => {
            for (name, field) in fields {
                weight.bytes += name.len() as u64;
                add_weight(field, weight);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(schema: &Value, because: &str) {
        let error = Schema::parse(&schema.to_string())
            .expect_err(&schema.to_string())
            .to_string();
        assert!(error.contains(because), "{schema}: {error}");
    }

    #[test]
    fn a_schema_with_local_references_is_taken() {
        let schema = json!({
            "$schema": DIALECT, "type": "object", "additionalProperties": false,
            "properties": { "day": {"$ref": "#/$defs/day"}, "end": {"$ref": "#later"}, "$id": {"type": "string"} },
            "$defs": { "day": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\d$"}, "later": {"$anchor": "later", "$ref": "#/$defs/day"} },
        });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        assert!(schema.unusual_at_root().is_empty());
    }

    #[test]
    fn what_is_no_object_at_its_root_is_refused() {
        refused(&json!({"type": "string"}), "\"type\": \"object\"");
        refused(&json!({"properties": {}}), "\"type\": \"object\"");
        refused(&json!(true), "\"type\": \"object\"");
        assert!(matches!(Schema::parse("{"), Err(SchemaError::Json(_))));
        refused(
            &json!({"type": "object", "properties": {"a": {"type": "strin"}}}),
            "not a JSON Schema",
        );
    }

    #[test]
    fn nothing_outside_the_document_is_named() {
        for reference in [
            "https://example.org/x",
            "other.json",
            "#/$defs/none",
            "#none",
            "file:///etc/passwd",
        ] {
            refused(
                &json!({"type": "object", "properties": {"a": {"$ref": reference}}}),
                "not in the same document",
            );
        }
        refused(
            &json!({"type": "object", "properties": {"a": {"$id": "http://x/", "type": "string"}}}),
            "$id",
        );
        refused(
            &json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}),
            "dialect",
        );
    }

    #[test]
    fn a_schema_cannot_make_checking_endless() {
        refused(
            &json!({"type": "object", "allOf": [{"$ref": "#"}]}),
            "recursive",
        );
        let both = json!({"anyOf": [{"$ref": "#/$defs/b"}, {"type": "null"}]});
        refused(
            &json!({"type": "object", "$defs": {"a": both, "b": {"$ref": "#/$defs/a"}}}),
            "recursive",
        );
        refused(
            &json!({"type": "object", "$dynamicRef": "#x"}),
            "$dynamicRef",
        );
        let mut defs = Map::new();
        for level in 0..20 {
            let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
            defs.insert(format!("l{level}"), json!({"allOf": [next, next]}));
        }
        defs.insert("l20".to_owned(), json!({"type": "string"}));
        refused(
            &json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/l0"}}, "$defs": defs}),
            "too large",
        );
        // Deepest first, so that no single reference is followed far.
        let mut chain = Map::new();
        chain.insert("l100".to_owned(), json!({"type": "string"}));
        for level in (0..100).rev() {
            chain.insert(
                format!("l{level}"),
                json!({"$ref": format!("#/$defs/l{}", level + 1)}),
            );
        }
        refused(&json!({"type": "object", "$defs": chain}), "too large");
    }

    #[test]
    fn a_pattern_runs_in_linear_time_or_not_at_all() {
        refused(
            &json!({"type": "object", "properties": {"a": {"pattern": "(?=x)y"}}}),
            "not a JSON Schema",
        );
        refused(
            &json!({"type": "object", "properties": {"a": {"pattern": "((a{900}){900}){900}"}}}),
            "not a JSON Schema",
        );
        let many: Vec<_> = (0..101)
            .map(|n| json!({"pattern": format!("a{n}")}))
            .collect();
        refused(
            &json!({"type": "object", "properties": {"a": {"anyOf": many}}}),
            "too large",
        );
    }

    #[tokio::test]
    async fn a_value_cannot_make_checking_endless() {
        let forms: Vec<_> = (0..1000).map(|n| json!({"const": n})).collect();
        let schema = json!({"type": "object", "properties": {"a": {"items": {"anyOf": forms}}}});
        let schema = Schema::parse(&schema.to_string()).unwrap();
        assert!(schema.check(json!({"a": [1, 2, 3]})).await.is_ok());
        assert!(schema.check(json!({"a": vec![999; 5_000]})).await.is_ok());
        let told = async |value| schema.check(json!({"a": value})).await.unwrap_err();
        assert!(
            told(vec!["x"; 3])
                .await
                .contains("none of the allowed forms")
        );
        assert_eq!(
            told(vec!["x"; 5_000]).await,
            "it does not fit its schema, and is too large to say where"
        );
        assert_eq!(
            told(vec!["x"; 20_000]).await,
            "it is too large to be checked against its schema"
        );
    }

    #[tokio::test]
    async fn a_long_text_meets_few_patterns_or_none() {
        let patterns: Vec<_> = (0..50)
            .map(|n| json!({"pattern": format!("{n}$")}))
            .collect();
        let schema = json!({"type": "object", "properties": {"a": {"not": {"anyOf": patterns}}, "b": {"type": "string"}}});
        let schema = Schema::parse(&schema.to_string()).unwrap();
        assert!(
            schema
                .check(json!({"a": "x".repeat(100_000)}))
                .await
                .is_ok()
        );
        assert!(
            schema
                .check(json!({"a": "x".repeat(1_000_000)}))
                .await
                .is_err()
        );
        let plain = Schema::parse(r#"{"type": "object", "required": ["c"]}"#).unwrap();
        let told = plain
            .check(json!({"b": "x".repeat(10_000_000)}))
            .await
            .unwrap_err();
        assert_eq!(told, "`/c` is required and missing");
    }

    #[test]
    fn root_forms_that_some_providers_refuse_are_named() {
        let schema = Schema::parse(
            r#"{"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#,
        )
        .unwrap();
        assert_eq!(schema.unusual_at_root(), ["oneOf"]);
    }
}
