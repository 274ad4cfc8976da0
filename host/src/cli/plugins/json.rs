//! A plugin as programs read it.

use serde_json::{Value, json};

use super::effective;
use super::review::limits;
use crate::plugin::{PluginDescription, Selection};

/// Everything about it.
pub(super) fn description(plugin: &PluginDescription, selection: &Selection) -> Value {
    let manifest = &plugin.manifest;
    let settings = manifest.settings.iter().map(|(key, setting)| {
        (
            key.clone(),
            json!({ "default": setting.default, "description": setting.description }),
        )
    });
    let tools = plugin.tools.iter().map(|tool| {
        json!({
            "name": tool.full_name, "title": tool.title, "description": tool.description, "access": tool.access, "idempotent": tool.idempotent,
            "input_schema": tool.input_schema.as_ref(), "output_schema": tool.output_schema.as_deref(),
        })
    });
    let resources = plugin.templates.iter().map(|template| {
        json!({
            "uri_template": template.uri_template, "name": template.name, "title": template.title,
            "description": template.description, "mime_type": template.mime_type,
        })
    });
    let prompts = plugin.prompts.iter().map(|prompt| {
        let arguments = prompt.arguments.iter().map(|argument| {
            json!({ "name": argument.name, "description": argument.description, "required": argument.required })
        });
        json!({
            "name": prompt.full_name, "title": prompt.title, "description": prompt.description,
            "arguments": arguments.collect::<Vec<_>>(),
        })
    });
    let permissions = plugin.permissions.iter();
    let permissions = permissions.map(|one| json!({ "words": one.words, "caution": one.caution }));
    json!({
        "name": manifest.name.as_str(),
        "version": manifest.version,
        "wit": manifest.wit,
        "sha256": plugin.digest,
        "requires": manifest.requires,
        "manifest_sha256": plugin.manifest_sha256,
        "allow": plugin.allow,
        "permissions": permissions.collect::<Vec<_>>(),
        "effective": effective::json(plugin, selection),
        "lower_limits": limits(&manifest.limits),
        "settings": settings.collect::<serde_json::Map<_, _>>(),
        "imports": plugin.imports,
        "warnings": plugin.warnings,
        "tools": tools.collect::<Vec<_>>(),
        "resources": resources.collect::<Vec<_>>(),
        "prompts": prompts.collect::<Vec<_>>(),
        "completions": plugin.completes,
    })
}
