//! `plugins list` and `plugins inspect`: what an operator wants to know before serving a plugin.
//!
//! Everything that a plugin says about itself is shown in full, and as data: control characters are made visible.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::output::Output;
use super::table::Table;
use super::CommandError;
use crate::config::Settings;
use crate::plugin::{LoadError, LoadReport, MANIFEST_FILE, Manifest, PluginDescription, PluginName, Plugins, Tool, visible};

/// Shows every plugin in the folder.
pub(super) async fn list(settings: &Settings, json: bool, out: &mut Output) -> Result<(), CommandError> {
    let plugins = sandbox(settings)?;
    let folder = &settings.plugins.plugin_dir;
    let report = plugins.load(folder, &settings.plugins.selection()).await?;
    if json {
        out.json(&list_json(&plugins, &report))?;
    } else {
        list_text(&plugins, &report, folder, out)?;
    }
    if report.refused.is_empty() { Ok(()) } else { Err(CommandError::NotAll) }
}

fn list_text(plugins: &Plugins, report: &LoadReport, folder: &Path, out: &mut Output) -> Result<(), CommandError> {
    let mut table = Table::new(["PLUGIN", "VERSION", "TOOLS", "SHA-256"]);
    for plugin in &report.loaded {
        let tools = tools_of(plugins, &plugin.name).len();
        table.row([plugin.name.to_string(), shown(plugin.version()), tools.to_string(), plugin.digest().to_owned()]);
    }
    if report.loaded.is_empty() {
        out.line(&format!("No plugin in {} loads.", folder.display()))?;
    } else {
        out.table(&table)?;
    }
    let left_out = report.left_out.iter().map(|name| format!("{name} is left out by the configuration"));
    for sentence in left_out.chain(report.sentences()) {
        out.line(&shown(&sentence))?;
    }
    Ok(())
}

fn list_json(plugins: &Plugins, report: &LoadReport) -> Value {
    let loaded = report.loaded.iter().map(|plugin| {
        let tools: Vec<String> = tools_of(plugins, &plugin.name).into_iter().map(|tool| tool.full_name.clone()).collect();
        json!({ "name": plugin.name.as_str(), "version": plugin.version(), "sha256": plugin.digest(), "tools": tools, "warnings": plugin.warnings() })
    });
    let refused = report.refused.iter().map(|one| json!({ "folder": one.folder, "reason": one.reason.to_string() }));
    json!({
        "loaded": loaded.collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
        "left_out": report.left_out.iter().map(PluginName::as_str).collect::<Vec<_>>(),
        "missing": report.missing.iter().map(PluginName::as_str).collect::<Vec<_>>(),
    })
}

fn tools_of(plugins: &Plugins, name: &PluginName) -> Vec<Arc<Tool>> {
    plugins.catalogue().tools().filter(|tool| tool.plugin == *name).cloned().collect()
}

/// Shows one plugin.
pub(super) async fn inspect(settings: &Settings, plugin: &Path, json: bool, out: &mut Output) -> Result<(), CommandError> {
    let path = locate(plugin, &settings.plugins.plugin_dir)?;
    let description = sandbox(settings)?.inspect(&path).await?;
    if json { out.json(&inspect_json(&description))? } else { inspect_text(&description, out)? }
    Ok(())
}

fn sandbox(settings: &Settings) -> Result<Arc<Plugins>, CommandError> {
    Ok(Plugins::new(settings.limits.sandbox(settings.plugins.data_dir.clone()))?)
}

/// A plain name is a plugin of the folder, found by its manifest; anything else is a path.
fn locate(plugin: &Path, folder: &Path) -> Result<PathBuf, CommandError> {
    let name = plugin.to_str().and_then(|text| text.parse::<PluginName>().ok());
    let Some(name) = name.filter(|_| !plugin.join(MANIFEST_FILE).is_file()) else { return Ok(plugin.to_owned()) };
    let mut there = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|error| LoadError::Folder { folder: folder.to_owned(), error })?;
    for entry in entries.filter_map(Result::ok) {
        match Manifest::read(&entry.path()) {
            Ok(manifest) if manifest.name == name => return Ok(entry.path()),
            Ok(manifest) => there.push(manifest.name.to_string()),
            Err(_) => {}
        }
    }
    there.sort();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    Err(CommandError::NoPlugin { name: name.to_string(), folder: folder.display().to_string(), there })
}

fn inspect_text(plugin: &PluginDescription, out: &mut Output) -> Result<(), CommandError> {
    let manifest = &plugin.manifest;
    out.line(&format!("{} {}, for contract {}", manifest.name, shown(&manifest.version), shown(&manifest.wit)))?;
    out.line(&format!("SHA-256 {}", plugin.digest))?;
    section(out, "Needs on the user's Nextcloud", manifest.requires.iter().map(|key| shown(key)))?;
    section(out, "Asks for", plugin.allow.iter().map(|line| shown(line)))?;
    let settings = manifest.settings.iter().map(|(key, setting)| format!("{} = {:?}: {}", shown(key), setting.default, shown(&setting.description)));
    section(out, "Settings", settings)?;
    section(out, "Imports", plugin.imports.iter().map(|line| shown(line)))?;
    section(out, "Worth knowing", plugin.warnings.iter().map(|line| shown(line)))?;
    out.line("\nTools")?;
    let mut table = Table::new(["  NAME", "ACCESS", "IDEMPOTENT", "TITLE"]);
    for tool in &plugin.tools {
        let idempotent = if tool.idempotent { "yes" } else { "no" };
        table.row([format!("  {}", tool.full_name), tool.access.to_string(), idempotent.to_owned(), shown(&tool.title)]);
    }
    out.table(&table)?;
    out.line("\nWhat clients and models are told about them")?;
    for tool in &plugin.tools {
        out.line(&format!("  {}", tool.full_name))?;
        for line in tool.description.lines() {
            out.line(&format!("    {}", shown(line)))?;
        }
    }
    Ok(())
}

/// A heading and its lines, or nothing where there are none.
fn section(out: &mut Output, heading: &str, lines: impl Iterator<Item = String>) -> Result<(), CommandError> {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        out.line(&format!("\n{heading}"))?;
    }
    for line in lines {
        out.line(&format!("  {line}"))?;
    }
    Ok(())
}

fn inspect_json(plugin: &PluginDescription) -> Value {
    let manifest = &plugin.manifest;
    let settings = manifest.settings.iter().map(|(key, setting)| (key.clone(), json!({ "default": setting.default, "description": setting.description })));
    let tools = plugin.tools.iter().map(|tool| {
        json!({
            "name": tool.full_name, "title": tool.title, "description": tool.description, "access": tool.access, "idempotent": tool.idempotent,
            "input_schema": tool.input_schema.as_ref(), "output_schema": tool.output_schema.as_deref(),
        })
    });
    json!({
        "name": manifest.name.as_str(),
        "version": manifest.version,
        "wit": manifest.wit,
        "sha256": plugin.digest,
        "requires": manifest.requires,
        "allow": plugin.allow,
        "settings": settings.collect::<serde_json::Map<_, _>>(),
        "imports": plugin.imports,
        "warnings": plugin.warnings,
        "tools": tools.collect::<Vec<_>>(),
    })
}

/// A plugin's own words, without anything that a terminal would obey or that only a model would see.
fn shown(text: &str) -> String {
    visible(text, usize::MAX)
}
