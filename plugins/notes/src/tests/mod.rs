//! What the tools send and what they make of the answers, against recorded answers where they are and scripted ones
//! in their spirit everywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod adding;
mod attachments;
mod organising;
mod reading;
mod refusals;
mod resources;
mod searching;
mod writing;

use nextcloud_mcp_plugin::{Failure, testing};
use serde_json::{Value, json};

use crate::tools;

const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

fn call(name: &str, arguments: Value) -> Result<(String, Value), Failure> {
    testing::call(&tools(), name, arguments)
}

fn note(id: u64, title: &str, content: &str, etag: &str) -> Value {
    json!({
        "id": id, "title": title, "modified": 1_795_280_054, "category": "", "favorite": false, "readonly": false,
        "internalPath": format!("/Notes/{title}.md"), "shareTypes": [], "isShared": false, "error": false,
        "errorType": "", "content": content, "etag": etag,
    })
}

fn with(mut note: Value, field: &str, value: impl Into<Value>) -> Value {
    note[field] = value.into();
    note
}

fn head(id: u64) -> String {
    format!("{NOTES}/{id}?exclude=content")
}

fn whole(id: u64) -> String {
    format!("{NOTES}/{id}")
}

#[test]
fn tools_are_described_as_hosts_and_models_need_it() {
    assert_eq!(testing::problems(&tools()), Vec::<String>::new());
}

#[test]
fn descriptions_are_small() {
    let described = tools().describe();
    let inputs: usize = described
        .iter()
        .map(|tool| tool.description.len() + tool.input_schema.len())
        .sum();
    let outputs: usize = described
        .iter()
        .filter_map(|tool| tool.output_schema.as_ref())
        .map(String::len)
        .sum();
    // With the names, titles and annotations, this share keeps tools/list of all plugins below 40,000 bytes (70,000 with
    // output schemas): tests/tests/e2e/catalogue.rs.
    assert!(
        inputs < 7_300 && outputs < 4_700,
        "{inputs} and {outputs} bytes"
    );
}
