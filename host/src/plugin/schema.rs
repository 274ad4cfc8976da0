//! JSON Schemas of plugins: which ones are taken, and what a value that does not fit is told.
//!
//! A schema comes from a plugin and a value from a client or a plugin; together they must not be able to keep the host
//! busy. So a schema has a bounded cost with every reference written out, which also rules out recursion, its patterns
//! run in linear time, nothing is ever fetched for it, and a value too large for it is refused unchecked.

use std::collections::HashMap;
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};
use thiserror::Error;

use super::explain::explain;
use super::text::visible;

/// A JSON object, as the protocol wants its schemas.
pub type JsonObject = Map<String, Value>;

/// Longest schema in bytes. Every client of every user reads it in each tools/list.
const SCHEMA_BYTES: usize = 64 * 1024;

/// Deepest nesting, references written out: bounds the recursion of everything that walks a schema.
const SCHEMA_DEPTH: usize = 64;

/// Most JSON values in a schema, references written out. The largest of the bundled plugins has some hundred.
const SCHEMA_COST: u64 = 5_000;

/// What one regular expression counts as, beside its own value: it takes up to [`PATTERN_BYTES`].
const PATTERN_COST: u64 = 50;

/// Largest compiled regular expression in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// Most steps (schema's cost x value's size) in one check; about a second.
const CHECK_COST: u64 = 20_000_000;

/// From this many steps on a check leaves the threads that serve others.
const CHECK_ASIDE: u64 = 200_000;

/// The only dialect, from `wit/types.wit`.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that make a reference depend on how it was reached. Nothing generates them, and they would hide recursion.
const DYNAMIC: [&str; 4] = [
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
];

/// A schema that was checked and compiled.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    document: Arc<JsonObject>,
    validator: Arc<Validator>,
    cost: u64,
}

/// Why a schema is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// Longer than [`SCHEMA_BYTES`].
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
        let Size { cost, .. } = Walk::new(&document)?.measure(&document, 0)?;
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
            cost,
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
        let steps = self.cost.saturating_mul(count(&value));
        if steps > CHECK_COST {
            return Err("it is too large to be checked against its schema".to_owned());
        }
        if steps < CHECK_ASIDE {
            return self.check_here(value);
        }
        let schema = self.clone();
        let checked = tokio::task::spawn_blocking(move || schema.check_here(value)).await;
        checked.unwrap_or_else(|_| Err("the check itself failed".to_owned()))
    }

    fn check_here(&self, value: Value) -> Result<Value, String> {
        let message = explain(&self.validator, &self.document, &value);
        message.map_or(Ok(value), Err)
    }
}

/// JSON values in `value`, itself included.
fn count(value: &Value) -> u64 {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<u64>(),
        Value::Object(fields) => 1 + fields.values().map(count).sum::<u64>(),
        _ => 1,
    }
}

/// One pass over a schema, following references. It does not know which values are schemas and which only data
/// (`default`, `enum`), so it may refuse a strange piece of data, and never misses a schema.
struct Walk<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, &'a Value>,
    /// What each reference leads to; `None` while that is being measured, so a second visit is a cycle.
    known: HashMap<&'a str, Option<Size>>,
}

/// How large a part of a schema is with its references written out.
#[derive(Clone, Copy)]
struct Size {
    cost: u64,
    height: usize,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Value) -> Result<Self, SchemaError> {
        if let Some(dialect) = root.get("$schema") {
            let dialect = dialect.as_str().unwrap_or_default();
            if dialect.trim_end_matches('#') != DIALECT {
                return Err(SchemaError::Dialect(visible(dialect, 100)));
            }
        }
        let mut anchors = HashMap::new();
        collect_anchors(root, true, &mut anchors)?;
        Ok(Self {
            root,
            anchors,
            known: HashMap::new(),
        })
    }

    /// `depth` bounds this walk's own recursion; the heights bound that of whoever walks the schema later.
    fn measure(&mut self, value: &'a Value, depth: usize) -> Result<Size, SchemaError> {
        if depth > SCHEMA_DEPTH {
            return Err(SchemaError::TooComplex);
        }
        let mut size = Size {
            cost: 1 + patterns(value) * PATTERN_COST,
            height: 0,
        };
        if let Some(Value::String(reference)) = value.get("$ref") {
            size.add(self.reference(reference, depth)?)?;
        }
        for child in children(value) {
            size.add(self.measure(child, depth + 1)?)?;
        }
        Ok(size)
    }

    fn reference(&mut self, reference: &'a str, depth: usize) -> Result<Size, SchemaError> {
        match self.known.get(reference) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(SchemaError::Recursive(visible(reference, 100))),
            None => {}
        }
        let target = self
            .resolve(reference)
            .ok_or_else(|| SchemaError::Reference(visible(reference, 100)))?;
        self.known.insert(reference, None);
        let size = self.measure(target, depth + 1)?;
        self.known.insert(reference, Some(size));
        Ok(size)
    }

    fn resolve(&self, reference: &str) -> Option<&'a Value> {
        let fragment = reference.strip_prefix('#')?;
        if fragment.is_empty() || fragment.starts_with('/') {
            let pointer = percent_encoding::percent_decode_str(fragment)
                .decode_utf8()
                .ok()?;
            return self.root.pointer(&pointer);
        }
        self.anchors.get(fragment).copied()
    }
}

impl Size {
    fn add(&mut self, part: Self) -> Result<(), SchemaError> {
        self.cost += part.cost;
        self.height = self.height.max(part.height + 1);
        if self.cost > SCHEMA_COST || self.height > SCHEMA_DEPTH {
            Err(SchemaError::TooComplex)
        } else {
            Ok(())
        }
    }
}

fn collect_anchors<'a>(
    value: &'a Value,
    root: bool,
    anchors: &mut HashMap<&'a str, &'a Value>,
) -> Result<(), SchemaError> {
    if let Value::Object(fields) = value {
        // A field called `$id` may also be a property of that name; its value is an object then.
        if !root && fields.get("$id").is_some_and(Value::is_string) {
            return Err(SchemaError::Keyword("$id below the root".to_owned()));
        }
        if let Some(keyword) = DYNAMIC
            .into_iter()
            .find(|keyword| fields.get(*keyword).is_some_and(|v| !v.is_object()))
        {
            return Err(SchemaError::Keyword(keyword.to_owned()));
        }
        if let Some(Value::String(name)) = fields.get("$anchor") {
            anchors.insert(name, value);
        }
    }
    children(value).try_for_each(|child| collect_anchors(child, false, anchors))
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn patterns(value: &Value) -> u64 {
    let one = u64::from(value.get("pattern").is_some_and(Value::is_string));
    let named = value
        .get("patternProperties")
        .and_then(Value::as_object)
        .map_or(0, |fields| fields.len() as u64);
    one + named
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
    async fn a_value_too_large_for_its_schema_is_refused_unchecked() {
        let forms: Vec<_> = (0..1000).map(|n| json!({"const": n})).collect();
        let schema = json!({"type": "object", "properties": {"a": {"items": {"anyOf": forms}}}});
        let schema = Schema::parse(&schema.to_string()).unwrap();
        assert!(schema.check(json!({"a": [1, 2, 3]})).await.is_ok());
        let error = schema
            .check(json!({"a": vec![0; 20_000]}))
            .await
            .unwrap_err();
        assert!(error.contains("too large"), "{error}");
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
