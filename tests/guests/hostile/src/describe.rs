//! The list of tools, and what can go wrong while it is asked for.

use crate::bindings::exports::nextcloud_mcp::plugin::tools::Tool;
use crate::bindings::nextcloud_mcp::plugin::nextcloud;
use crate::bindings::nextcloud_mcp::plugin::types::Access;
use crate::{burn, reach};

/// What `describe` does. A test changes these bytes in the built component (same length, so it stays valid) instead of
/// building one more.
static MODE: &str = "hostile-mode:normal__";

pub(crate) fn describe() -> Vec<Tool> {
    match std::hint::black_box(MODE) {
        "hostile-mode:spinning" => burn::spin().map(|_| Vec::new()).unwrap_or_default(),
        "hostile-mode:panicked" => burn::panic().map(|_| Vec::new()).unwrap_or_default(),
        "hostile-mode:nothing_" => Vec::new(),
        "hostile-mode:twice___" => [tools(), tools()].concat(),
        "hostile-mode:badname_" => vec![tool("Bad-Name", Access::Read, ANYTHING)],
        "hostile-mode:badscema" => {
            vec![tool("bad_schema", Access::Read, RECURSIVE)]
        }
        "hostile-mode:fetching" => vec![Tool {
            description: fetched(),
            ..tool("fetched", Access::Read, ANYTHING)
        }],
        _ => tools(),
    }
}

/// What the host says to a plugin that wants something of Nextcloud while there is no user.
fn fetched() -> String {
    let request = reach::get("/index.php/apps/hostile/api/items");
    let all = nextcloud::fetch_all(&[request.clone(), request.clone()]);
    let words = [
        reach::outcome(nextcloud::fetch(&request)).to_string(),
        all.into_iter()
            .map(|one| reach::outcome(one).to_string())
            .collect(),
        format!("{:?}", nextcloud::whoami().is_err()),
        format!("{:?}", nextcloud::where_am_i().is_err()),
    ];
    words.join("\n")
}

const RECURSIVE: &str = r##"{"type": "object", "allOf": [{"$ref": "#"}]}"##;
const ANYTHING: &str = r#"{"type": "object"}"#;
const NOTHING: &str = r#"{"type": "object", "additionalProperties": false}"#;
const COUNT: &str = r#"{"type": "object", "properties": {"count": {"type": "integer", "minimum": 1}}, "required": ["count"]}"#;
const PATH: &str = r#"{"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": false}"#;
const REQUEST: &str = r#"{"type": "object", "additionalProperties": false, "required": ["method", "path"], "properties": {
    "method": {"type": "string"}, "path": {"type": "string"}, "body": {"type": "string"},
    "headers": {"type": "array", "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}}}}"#;
const ANSWER: &str = r#"{"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"], "additionalProperties": false}"#;

fn tools() -> Vec<Tool> {
    let mut all: Vec<_> = [
        "spin",
        "spin_calls",
        "spin_clock",
        "sleep",
        "allocate",
        "recurse",
        "panic",
        "exit",
        "flood_log",
        "flood_stdout",
        "flood_stderr",
        "flood_progress",
        "huge_log",
        "machine",
        "whoami",
        "ask",
        "count",
    ]
    .map(|name| tool(name, Access::Read, NOTHING))
    .into();
    all.extend(
        ["huge_answer", "many_requests", "many_at_once"]
            .map(|name| tool(name, Access::Read, COUNT)),
    );
    all.extend(["echo", "fail", "setting"].map(|name| tool(name, Access::Read, ANYTHING)));
    all.push(tool("swallow", Access::Read, PATH));
    all.push(tool("fetch_read", Access::Read, REQUEST));
    all.push(tool("fetch_create", Access::Create, REQUEST));
    all.push(tool("fetch_update", Access::Update, REQUEST));
    all.push(tool("fetch_delete", Access::Delete, REQUEST));
    all.extend(
        ["break_schema", "break_json", "break_promise"].map(|name| Tool {
            output_schema: Some(ANSWER.to_owned()),
            ..tool(name, Access::Read, NOTHING)
        }),
    );
    all
}

fn tool(name: &str, access: Access, input_schema: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        title: format!("Hostile: {name}"),
        description: "Does what no plugin may.".to_owned(),
        input_schema: input_schema.to_owned(),
        output_schema: None,
        access,
        idempotent: true,
        extra: Vec::new(),
    }
}
