//! Optional arguments that a client sends as `null` when it means "not given".
//!
//! Many clients fill in every property of a tool, and servers that these tools replace declared such properties nullable.
//! Declaring them so here would cost a type list in each schema, which some model providers refuse. So a `null` that the
//! schema has no meaning for is taken out before validation. Never here: a `null` for a required property, for one whose
//! schema says nothing about its type, or deeper inside; those are for validation to judge.

use serde_json::Value;

use super::schema::JsonObject;

/// Takes the `null`s out of `arguments` that can only mean "absent".
pub(super) fn drop_absent(arguments: &mut JsonObject, schema: &JsonObject) {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let has_no_null = |name: &str| {
        let declared = schema
            .get("properties")
            .and_then(|properties| properties.get(name)?.get("type"));
        match declared {
            Some(Value::String(one)) => one != "null",
            Some(Value::Array(several)) => several.iter().all(|one| one != "null"),
            _ => false,
        }
    };
    arguments.retain(|name, value| !value.is_null() || is_required(name) || !has_no_null(name));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_null_that_can_mean_nothing_else_is_taken_out() {
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": { "type": "integer" },
                "title": { "type": "string" },
                "limit": { "type": ["integer", "string"] },
                "favorite": { "type": ["boolean", "null"] },
                "nothing": { "type": "null" },
                "anything": { "description": "of any type" },
                "inner": { "type": "object" }
            }
        });
        let mut arguments = json!({
            "id": null, "title": null, "limit": null, "favorite": null, "nothing": null, "anything": null,
            "inner": { "a": null }, "unknown": null
        });
        drop_absent(
            arguments.as_object_mut().unwrap(),
            schema.as_object().unwrap(),
        );
        let left = json!({
            "id": null, "favorite": null, "nothing": null, "anything": null, "inner": { "a": null }, "unknown": null
        });
        assert_eq!(arguments, left);
    }
}
