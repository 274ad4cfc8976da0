//! Input schemas that must arrive at a client as they were written.

use nextcloud_mcp_plugin::bindings::nextcloud_mcp::plugin::types::{self, Output};
use nextcloud_mcp_plugin::{Access, Answer as _, Failure, JsonSchema, Text, Tool};
use serde::Deserialize;
use serde_json::json;

/// The tool with the keywords of JSON Schema 2020-12.
pub(crate) const KEYWORDS: &str = "json_schema_2020_12_tool";

/// Described by hand: the SDK writes small schemas, without `$schema` and with references inlined.
pub(crate) fn keywords() -> types::Tool {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
            }
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"}
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false
    });
    types::Tool {
        name: KEYWORDS.to_owned(),
        title: "JSON Schema 2020-12".to_owned(),
        description: "Tool with JSON Schema 2020-12 features.".to_owned(),
        input_schema: schema.to_string(),
        output_schema: None,
        access: Access::Read,
        idempotent: true,
        extra: Vec::new(),
    }
}

/// A call of [`KEYWORDS`].
pub(crate) fn called() -> Result<Output, Failure> {
    Text("The arguments fit.".to_owned()).into_output()
}

/// Its argument is repeated in an HTTP header, which must say the same (MCP 2026-07-28, SEP-2243).
pub(crate) fn custom_header() -> Tool {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Headed {
        /// Repeated in the header `Mcp-Param-Value`.
        #[schemars(extend("x-mcp-header" = "Value"))]
        value: String,
    }
    Tool::read(
        "test_custom_header",
        "Argument in a header",
        "Repeats its argument, which a client sends in a header, too.",
        |Headed { value }| Ok(Text(value)),
    )
}
