//! What the host would refuse to load, or a model would miss, found by a test of the plugin.

use serde_json::Value;

use crate::{Prompts, Resources, Tools, UriTemplate};

/// Everything about the tools that the host or a model's provider would refuse, or that a model would miss: names,
/// descriptions without an example, schemas whose root is not a plain object, references. Empty is good. An argument
/// needs no description: its name, its type and the tool's example may say it all.
pub fn problems(tools: &Tools) -> Vec<String> {
    let described = tools.describe();
    let mut found = Vec::new();
    for (index, tool) in described.iter().enumerate() {
        let mut wrong = |what: &str| found.push(format!("{}: {what}", tool.name));
        if !is_name(&tool.name) {
            wrong("a name is [a-z][a-z0-9_]*, at most 40 characters");
        }
        if described[..index]
            .iter()
            .any(|other| other.name == tool.name)
        {
            wrong("the name is taken");
        }
        if tool.title.is_empty() || !tool.description.contains("Example") {
            wrong("a title and a description with one example belong to every tool");
        }
        for schema in std::iter::once(&tool.input_schema).chain(&tool.output_schema) {
            let root: Value = serde_json::from_str(schema).unwrap_or_default();
            if root["type"] != "object"
                || ["anyOf", "oneOf", "allOf"]
                    .iter()
                    .any(|word| root.get(word).is_some())
            {
                wrong("the root of a schema is a plain object");
            }
            if schema.contains("\"$ref\"") {
                wrong("a reference in a schema is not followed by every client");
            }
        }
    }
    found
}

/// Everything about the resources that the host would refuse: names, addresses that are no `nc://<shelf>/...` templates of
/// level 1, missing texts. Empty is good.
pub fn resource_problems(resources: &Resources) -> Vec<String> {
    let described = resources.describe();
    let mut found = Vec::new();
    for (index, one) in described.iter().enumerate() {
        let mut wrong = |what: &str| found.push(format!("{}: {what}", one.uri_template));
        let twice = |other: &str| described[..index].iter().any(|one| one.name == other);
        if !is_name(&one.name) || twice(&one.name) {
            wrong("a name is [a-z][a-z0-9_]*, at most 40 characters, and its own");
        }
        if one.title.is_empty() || one.description.is_empty() {
            wrong("a title and a description belong to every resource");
        }
        if !is_address(&one.uri_template) {
            wrong("an address is nc://<shelf>/..., and no variable {name} stands beside another");
        }
    }
    found
}

/// Everything about the prompts that the host would refuse, or a person would miss. Empty is good.
pub fn prompt_problems(prompts: &Prompts) -> Vec<String> {
    let described = prompts.describe();
    let mut found = Vec::new();
    for (index, prompt) in described.iter().enumerate() {
        let mut wrong = |what: &str| found.push(format!("{}: {what}", prompt.name));
        let twice = |other: &str| described[..index].iter().any(|one| one.name == other);
        if !is_name(&prompt.name) || twice(&prompt.name) {
            wrong("a name is [a-z][a-z0-9_]*, at most 40 characters, and its own");
        }
        if prompt.title.is_empty() || prompt.description.is_empty() {
            wrong("a title and a description belong to every prompt");
        }
        for argument in &prompt.arguments {
            if !is_name(&argument.name) || argument.description.is_empty() {
                wrong(&format!(
                    "the argument `{}` has no good name or no description",
                    argument.name
                ));
            }
        }
    }
    found
}

/// See `wit/plugin.wit`, `resources.template`.
fn is_address(template: &str) -> bool {
    let Some(rest) = template.strip_prefix("nc://") else {
        return false;
    };
    let shelf = rest.split('/').next().unwrap_or_default();
    let starts_well = shelf.starts_with(|first: char| first.is_ascii_lowercase());
    let in_shelf =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/".contains(letter);
    let template = UriTemplate::new(rest);
    starts_well
        && shelf.chars().all(in_shelf)
        && !rest.contains("}{")
        && template.variables().all(is_name)
        && template.literals().all(|text| text.chars().all(is_plain))
}

fn is_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}
