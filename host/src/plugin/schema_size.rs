//! How large a schema is once its references are written out: what bounds the time of every check against it.

use std::collections::HashMap;

use serde_json::Value;

use super::schema::SchemaError;
use super::text::visible;

/// Deepest nesting, references written out: bounds the recursion of everything that walks a schema.
pub(super) const SCHEMA_DEPTH: usize = 64;

/// Most JSON values in a schema, references written out. The largest of the bundled plugins has some hundred.
pub(super) const SCHEMA_COST: u64 = 5_000;

/// What one regular expression counts as, beside its own value: it takes up to [`super::schema`]'s `PATTERN_BYTES`.
const PATTERN_COST: u64 = 50;

/// The only dialect, from `wit/types.wit`.
pub(super) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that make a reference depend on how it was reached. Nothing generates them, and they would hide recursion.
const DYNAMIC: [&str; 4] = [
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
];

/// How large a schema, or a part of it, is with its references written out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// JSON values, regular expressions counted at [`PATTERN_COST`].
    pub(super) cost: u64,
    /// Regular expressions.
    pub(super) patterns: u64,
    height: usize,
}

/// Measures `schema`. An error if it is too large or too deep, never ends, or leads out of the document.
pub(super) fn measure(schema: &Value) -> Result<Size, SchemaError> {
    Walk::new(schema)?.measure(schema, 0)
}

/// One pass over a schema, following references. It does not know which values are schemas and which only data
/// (`default`, `enum`), so it may refuse a strange piece of data, and never misses a schema.
struct Walk<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, &'a Value>,
    /// What each reference leads to; `None` while that is being measured, so a second visit is a cycle.
    known: HashMap<&'a str, Option<Size>>,
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
        let patterns = patterns(value);
        let mut size = Size {
            cost: 1 + patterns * PATTERN_COST,
            patterns,
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
        self.patterns += part.patterns;
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
