//! `plugins list`: the plugins that there are, and what is wrong with those that do not load.

use serde_json::{Value, json};

use super::{sandbox, shown};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::cli::table::Table;
use crate::config::Settings;
use crate::plugin::{LoadReport, Plugin, PluginName, Plugins, Source};

/// Shows every plugin.
pub(in crate::cli) async fn list(
    settings: &Settings,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let plugins = sandbox(settings)?;
    let folder = settings.plugins.plugin_dir.as_deref();
    let report = plugins.load(folder, &settings.plugins.selection()).await?;
    if json {
        out.json(&list_json(&plugins, &report))?;
    } else {
        list_text(&plugins, &report, out)?;
    }
    if report.refused.is_empty() {
        Ok(())
    } else {
        Err(CommandError::NotAll)
    }
}

/// What the lock file says of it; of what came with the program it says nothing.
fn lock_of(plugin: &Plugin) -> &'static str {
    match plugin.source {
        Source::Bundled(_) => "-",
        Source::Folder(_) if plugin.is_pinned() => "pinned",
        Source::Folder(_) => "none",
    }
}

fn list_text(plugins: &Plugins, report: &LoadReport, out: &mut Output) -> Result<(), CommandError> {
    let mut table = Table::new([
        "PLUGIN",
        "VERSION",
        "TOOLS",
        "RESOURCES",
        "PROMPTS",
        "FROM",
        "LOCK",
        "SHA-256",
    ]);
    for plugin in &report.loaded {
        let tools = tools_of(plugins, &plugin.name).len();
        table.row([
            plugin.name.to_string(),
            shown(plugin.version()),
            tools.to_string(),
            plugin.templates().len().to_string(),
            prompts_of(plugins, &plugin.name).len().to_string(),
            plugin.source.to_string(),
            lock_of(plugin).to_owned(),
            plugin.digest().to_owned(),
        ]);
    }
    if report.loaded.is_empty() {
        out.line("No plugin loads.")?;
    } else {
        out.table(&table)?;
    }
    let left_out = report
        .left_out
        .iter()
        .map(|name| format!("{name} is left out by the configuration"));
    let disabled = report.disabled.iter();
    let disabled = disabled.map(|name| format!("{name} is switched off"));
    let denied = report
        .denied_by_policy()
        .map(|(one, rule)| format!("{} is taken away by the policy's rule `{rule}`", one.tool));
    let told = left_out.chain(disabled).chain(denied);
    for sentence in told.chain(report.sentences()) {
        out.line(&shown(&sentence))?;
    }
    Ok(())
}

fn list_json(plugins: &Plugins, report: &LoadReport) -> Value {
    let loaded = report.loaded.iter().map(|plugin| {
        let resources: Vec<_> = plugin.templates().iter().map(|template| &template.uri_template).collect();
        json!({
            "name": plugin.name.as_str(), "version": plugin.version(), "source": plugin.source.to_string(), "sha256": plugin.digest(),
            "tools": tools_of(plugins, &plugin.name), "resources": resources, "prompts": prompts_of(plugins, &plugin.name),
            "warnings": plugin.warnings(), "pinned": plugin.is_pinned(),
        })
    });
    let refused = report
        .refused
        .iter()
        .map(|one| json!({ "source": one.source.to_string(), "reason": one.reason.to_string() }));
    let denied = report
        .denied
        .iter()
        .map(|one| json!({ "tool": one.tool, "rule": one.by.rule(), "why": one.by.to_string() }));
    json!({
        "loaded": loaded.collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
        "disabled": report.disabled.iter().map(PluginName::as_str).collect::<Vec<_>>(),
        "denied": denied.collect::<Vec<_>>(),
        "left_out": report.left_out.iter().map(PluginName::as_str).collect::<Vec<_>>(),
        "missing": report.missing.iter().map(PluginName::as_str).collect::<Vec<_>>(),
        "replaced": report.replaced.iter().map(PluginName::as_str).collect::<Vec<_>>(),
    })
}

/// The full names of a plugin's tools.
fn tools_of(plugins: &Plugins, name: &PluginName) -> Vec<String> {
    let catalogue = plugins.catalogue();
    let tools = catalogue.tools().filter(|tool| tool.plugin == *name);
    tools.map(|tool| tool.full_name.clone()).collect()
}

/// The full names of a plugin's prompts.
fn prompts_of(plugins: &Plugins, name: &PluginName) -> Vec<String> {
    let catalogue = plugins.catalogue();
    let prompts = catalogue
        .prompts()
        .filter(|prompt| prompt.plugin.name == *name);
    prompts.map(|prompt| prompt.full_name.clone()).collect()
}
