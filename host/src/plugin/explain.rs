//! What is wrong with a value, field by field, in words that a model can act on: where, what was expected, what came.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value;

use super::schema::JsonObject;
use super::text::visible;

/// Mistakes named in one message; a model that mends these sees the others next time.
const MISTAKES: usize = 5;

/// Names or values listed in one message.
const LISTED: usize = 20;

/// Bytes of one value or name in a message.
const SHOWN: usize = 80;

/// Bytes of one mistake in a message.
const MISTAKE_BYTES: usize = 600;

/// The first mistakes in `value`, which does not fit.
pub(super) fn explain(validator: &Validator, schema: &JsonObject, value: &Value) -> String {
    let given = Given { schema, value };
    let mut errors = validator.iter_errors(value);
    let mistakes: Vec<_> = errors
        .by_ref()
        .take(MISTAKES)
        .map(|error| mistake(&error, &given))
        .collect();
    let more = if errors.next().is_some() {
        "; and more"
    } else {
        ""
    };
    format!("{}{more}", mistakes.join("; "))
}

/// What an error refers to.
struct Given<'a> {
    schema: &'a JsonObject,
    value: &'a Value,
}

/// A field that is missing or unknown is the subject itself; else it is the value at fault.
fn mistake(error: &ValidationError<'_>, given: &Given<'_>) -> String {
    let place = error.instance_path().as_str();
    let text = match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            format!("`{place}/{}` is required and missing", visible(name, SHOWN))
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let fields = unexpected.iter().map(|name| format!("{place}/{name}"));
            let known = known_fields(error, given.schema)
                .map_or_else(String::new, |known| format!(" (known there: {known})"));
            let verb = if unexpected.len() == 1 { "is" } else { "are" };
            format!("{} {verb} not known{known}", listed(fields))
        }
        // What `additionalProperties: false` becomes where no properties are described at all.
        Kind::FalseSchema
            if error
                .schema_path()
                .as_str()
                .ends_with("/additionalProperties") =>
        {
            let fields = given.value.pointer(place).and_then(Value::as_object);
            let fields = fields.into_iter().flat_map(JsonObject::keys);
            let fields: Vec<_> = fields.map(|name| format!("{place}/{name}")).collect();
            format!("{} is not known; no fields are", listed(fields.into_iter()))
        }
        _ if place.is_empty() => format!("the whole {}", problem(error, given)),
        _ => format!("`{place}` {}", problem(error, given)),
    };
    visible(&text, MISTAKE_BYTES)
}

fn problem(error: &ValidationError<'_>, given: &Given<'_>) -> String {
    let came = || shown(error.instance());
    match error.kind() {
        Kind::Type { kind } => format!("must be {}, not {}", types(kind), came()),
        Kind::Enum { options } => format!("must be one of {}, not {}", values(options), came()),
        Kind::Constant { expected_value } => {
            format!("must be {}, not {}", shown(expected_value), came())
        }
        Kind::Minimum { limit } => format!("must be at least {limit}, not {}", came()),
        Kind::Maximum { limit } => format!("must be at most {limit}, not {}", came()),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}, not {}", came()),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}, not {}", came()),
        Kind::MultipleOf { multiple_of } => {
            format!("must be a multiple of {multiple_of}, not {}", came())
        }
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::UniqueItems => "has the same item twice".to_owned(),
        Kind::Pattern { pattern } => format!("must match the pattern `{pattern}`, not {}", came()),
        Kind::PropertyNames { error } => {
            format!("has a field whose name {}", problem(error, given))
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => match closest(context) {
            Some(branch) => format!(
                "fits none of the allowed forms; the closest: {}",
                branch_text(branch, given)
            ),
            None => "fits none of the allowed forms".to_owned(),
        },
        _ => error.masked_with("the value").to_string(),
    }
}

/// Of several allowed forms, the one that the value came closest to: it went wrong deepest inside, and least often.
fn closest<'a>(
    context: &'a [Vec<ValidationError<'static>>],
) -> Option<&'a [ValidationError<'static>]> {
    let depth = |branch: &[ValidationError<'_>]| {
        branch
            .iter()
            .map(|error| error.instance_path().as_str().matches('/').count())
            .max()
            .unwrap_or(0)
    };
    let rank = |branch: &[ValidationError<'_>]| {
        let wrong_type = branch
            .iter()
            .any(|error| matches!(error.kind(), Kind::Type { .. }));
        (depth(branch), !wrong_type, std::cmp::Reverse(branch.len()))
    };
    context
        .iter()
        .map(Vec::as_slice)
        .max_by_key(|branch| rank(branch))
}

fn branch_text(branch: &[ValidationError<'static>], given: &Given<'_>) -> String {
    let texts: Vec<_> = branch
        .iter()
        .take(MISTAKES)
        .map(|error| mistake(error, given))
        .collect();
    texts.join(", ")
}

/// The fields that the schema has beside the keyword that refused one.
fn known_fields(error: &ValidationError<'_>, schema: &JsonObject) -> Option<String> {
    let keyword = error.schema_path().as_str();
    let (parent, _) = keyword.rsplit_once('/')?;
    let properties = match parent.strip_prefix('/') {
        None => schema.get("properties"),
        Some(rest) => {
            let (first, rest) = rest
                .split_once('/')
                .map_or((rest, ""), |(first, rest)| (first, rest));
            let first = schema.get(&first.replace("~1", "/").replace("~0", "~"))?;
            if rest.is_empty() {
                Some(first)
            } else {
                first.pointer(&format!("/{rest}"))
            }?
            .get("properties")
        }
    };
    Some(listed(properties?.as_object()?.keys()))
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => with_article(*one),
        TypeKind::Multiple(several) => several
            .into_iter()
            .map(with_article)
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn with_article(json_type: JsonType) -> String {
    match json_type {
        JsonType::Null => "null".to_owned(),
        JsonType::Array | JsonType::Integer | JsonType::Object => format!("an {json_type}"),
        other => format!("a {other}"),
    }
}

fn values(options: &Value) -> String {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut text: Vec<_> = options.iter().take(LISTED).map(shown).collect();
    if options.len() > LISTED {
        text.push("…".to_owned());
    }
    text.join(", ")
}

fn listed<T: AsRef<str>>(names: impl ExactSizeIterator<Item = T>) -> String {
    let more = names.len() > LISTED;
    let names = names.take(LISTED);
    let mut text: Vec<_> = names
        .map(|name| format!("`{}`", visible(name.as_ref(), SHOWN)))
        .collect();
    if more {
        text.push("…".to_owned());
    }
    text.join(", ")
}

/// A value as JSON, short; of a container only what it is.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        // Cut before it is quoted: the text may be the largest that a client may send.
        Value::String(text) => format!("\"{}\"", visible(text, SHOWN)),
        other => other.to_string(),
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

    use super::super::schema::Schema;
    use super::*;

    async fn told(value: Value) -> String {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["title"],
            "properties": {
                "title": {"type": "string", "minLength": 1},
                "id": {"type": ["integer", "null"], "minimum": 1},
                "sort": {"enum": ["name", "date"]},
                "when": {"anyOf": [{"$ref": "#/$defs/when"}, {"type": "null"}]},
                "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
            },
            "$defs": {"when": {"type": "object", "additionalProperties": false, "required": ["day"], "properties": {"day": {"type": "string", "pattern": "^[0-9-]+$"}}}},
        });
        Schema::parse(&schema.to_string())
            .unwrap()
            .check(value)
            .await
            .expect_err("does not fit")
    }

    #[tokio::test]
    async fn a_missing_field_is_named() {
        assert_eq!(told(json!({})).await, "`/title` is required and missing");
    }

    #[tokio::test]
    async fn an_unknown_field_is_named_with_the_known_ones() {
        assert_eq!(
            told(json!({"title": "a", "tite": 1})).await,
            "`/tite` is not known (known there: `title`, `id`, `sort`, `when`, `tags`)"
        );
    }

    #[tokio::test]
    async fn a_wrong_type_says_what_is_allowed_and_what_came() {
        assert_eq!(
            told(json!({"title": 5})).await,
            "`/title` must be a string, not 5"
        );
        assert_eq!(
            told(json!({"title": "a", "id": "7"})).await,
            "`/id` must be null or an integer, not \"7\""
        );
        assert_eq!(
            told(json!({"title": "a", "tags": ["x", {}]})).await,
            "`/tags/1` must be a string, not an object"
        );
    }

    #[tokio::test]
    async fn a_value_out_of_range_says_the_range() {
        assert_eq!(
            told(json!({"title": "a", "id": 0})).await,
            "`/id` must be at least 1, not 0"
        );
        assert_eq!(
            told(json!({"title": "a", "sort": "size"})).await,
            "`/sort` must be one of \"name\", \"date\", not \"size\""
        );
        assert_eq!(
            told(json!({"title": ""})).await,
            "`/title` must have at least 1 characters"
        );
    }

    #[tokio::test]
    async fn of_several_forms_the_closest_is_explained() {
        assert_eq!(
            told(json!({"title": "a", "when": {"dy": "x"}})).await,
            "`/when` fits none of the allowed forms; the closest: `/when/dy` is not known (known there: `day`), `/when/day` is required and missing"
        );
    }

    #[tokio::test]
    async fn all_mistakes_come_at_once_and_stay_short() {
        let message = told(
            json!({"id": -1, "sort": 1, "tags": [1, 2, 3, 4], "x\u{1b}[2J": "y".repeat(100_000)}),
        )
        .await;
        assert!(message.ends_with("; and more"), "{message}");
        assert!(message.len() < 1000, "{}", message.len());
        let message = told(json!({"title": "a", "x\u{1b}[2J": 1})).await;
        assert!(message.contains("x\\u{1b}[2J"), "{message}");
    }
}
