//! JSON Schemas (2020-12) of Rust types, made small: every client sends every schema to its model with each request.
//!
//! Subschemas are inlined, because several clients do not follow `$ref` (only a recursive type keeps `$defs`).
//! What carries nothing is removed: `$schema`, titles made of Rust names, formats such as `uint64`, `null` in a field
//! that may be left out, a default that is empty, the root's description (the tool has its own).
//!
//! The doc of an argument is its description, for the model; that of an argument's type is too, where the argument has
//! none (what only Rust's readers need there is a plain comment). Of a result only names and types are told: a model
//! reads the answer itself, with the line for people in front of it, and every conversation would pay for words on
//! answers that it may never ask for.
//!
//! An explicit `null` for an argument that may be left out never arrives here: the host takes it out before validation
//! (`host/src/plugin/absent.rs`). A `type` list that allowed it would have Gemini refuse every request of a client that has
//! this server, before any tool is called: its function declarations know one `type` ("Proto field is not repeating,
//! cannot start list": n8n-io/n8n issue 15553). `anyOf` with `null` is longer in every tools/list.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Formats that schemars derives from Rust's number types; none is of JSON Schema.
const RUST_FORMATS: [&str; 14] = [
    "int8", "int16", "int32", "int64", "int128", "int", "uint8", "uint16", "uint32", "uint64",
    "uint128", "uint", "float", "double",
];

/// The schema of arguments: what is not named is refused.
pub(crate) fn input<T: JsonSchema>() -> Value {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_deserialize());
    close(&mut schema);
    // Several providers refuse an object schema without it.
    if let Value::Object(root) = &mut schema {
        root.entry("properties").or_insert_with(|| json!({}));
    }
    schema
}

/// The schema of a result, without a word of prose. Open, so that a later version can say more.
pub(crate) fn output<T: JsonSchema>() -> Value {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_serialize());
    bare(&mut schema);
    schema
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    if let Value::Object(root) = &mut schema {
        root.remove("description");
    }
    slim(&mut schema);
    schema
}

/// Removes what carries nothing, from this schema and those inside it.
fn slim(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    schema.remove("title");
    schema.remove("$schema");
    if schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| RUST_FORMATS.contains(&format))
    {
        schema.remove("format");
    }
    if schema.get("default").is_some_and(is_empty) {
        schema.remove("default");
    }
    flatten_words(schema);
    drop_optional_null(schema);
    each_subschema(schema, slim);
}

/// A default that says no more than leaving the argument out does.
fn is_empty(default: &Value) -> bool {
    match default {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// Leaves names and types. The bounds of a number that is read, not written, are those of a Rust type.
fn bare(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    for keyword in ["description", "minimum", "maximum"] {
        schema.remove(keyword);
    }
    each_subschema(schema, bare);
}

/// Closes every object that lists its properties.
fn close(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    let lists_properties =
        schema.contains_key("properties") && !schema.contains_key("additionalProperties");
    if lists_properties {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    each_subschema(schema, close);
}

/// Calls `visit` on every schema directly inside this one. Names of properties are not schemas: a property may be
/// called `title`.
fn each_subschema(schema: &mut Map<String, Value>, visit: fn(&mut Value)) {
    for (keyword, value) in schema.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                named.values_mut().for_each(visit);
            }
            ("items" | "additionalProperties" | "not" | "propertyNames" | "contains", one) => {
                visit(one);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(several)) => {
                several.iter_mut().for_each(visit);
            }
            _ => {}
        }
    }
}

/// `null` says nothing in a field that may be left out.
fn drop_optional_null(schema: &mut Map<String, Value>) {
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for (name, property) in properties.iter_mut() {
        if required.iter().all(|required| required != name) {
            drop_null(property);
        }
    }
}

fn drop_null(property: &mut Value) {
    let Value::Object(property) = property else {
        return;
    };
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = property.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(branches)) = property.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            property.remove("anyOf");
            for (keyword, value) in only {
                property.entry(keyword).or_insert(value);
            }
        }
    }
}

/// An enum whose variants have descriptions comes as `oneOf` of constants: one `enum` and one description say the same.
fn flatten_words(schema: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = schema.get("oneOf") else {
        return;
    };
    let mut words = Vec::new();
    let mut meanings = Vec::new();
    for branch in branches {
        match (
            branch.get("const"),
            branch.get("enum").and_then(Value::as_array),
        ) {
            (Some(Value::String(word)), _) => {
                if let Some(meaning) = branch.get("description").and_then(Value::as_str) {
                    meanings.push(format!("{word}: {meaning}"));
                }
                words.push(Value::String(word.clone()));
            }
            (None, Some(several)) if several.iter().all(Value::is_string) => {
                words.extend(several.iter().cloned());
            }
            _ => return,
        }
    }
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), Value::Array(words));
    if !meanings.is_empty() {
        let own = schema
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let description = format!("{own} {}", meanings.join(" ")).trim().to_owned();
        schema.insert("description".to_owned(), Value::String(description));
    }
}
