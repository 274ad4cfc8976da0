//! A plugin as a person reads it before deciding about it: what it may do, what its tools are, and every word that clients
//! and models are told about them.

use super::effective;
use super::shown;
use super::standing::Standing;
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::cli::table::Table;
use crate::plugin::{LowerLimits, PluginDescription, Selection};

/// What the patterns in permissions mean.
const LEGEND: &str = "({user} is the signed-in user, * one name, ** everything from there on)";

/// Everything about it.
pub(super) fn whole(
    plugin: &PluginDescription,
    standing: &Standing,
    selection: &Selection,
    out: &mut Output,
) -> Result<(), CommandError> {
    asked(plugin, standing, out)?;
    tools_text(plugin, out)?;
    resources_text(plugin, out)?;
    prompts_text(plugin, out)?;
    effective::text(plugin, selection, out)?;
    words_text(plugin, out)
}

/// What it is and what it asks for.
fn asked(
    plugin: &PluginDescription,
    standing: &Standing,
    out: &mut Output,
) -> Result<(), CommandError> {
    let manifest = &plugin.manifest;
    out.line(&format!(
        "{} {}, for contract {}",
        manifest.name,
        shown(&manifest.version),
        shown(&manifest.wit)
    ))?;
    out.line(&format!("SHA-256 {}", plugin.digest))?;
    out.line(&format!(
        "SHA-256 of its manifest {}",
        plugin.manifest_sha256
    ))?;
    out.line(&standing.to_string())?;
    section(
        out,
        "Needs on the user's Nextcloud",
        manifest.requires.iter().map(|key| shown(key)),
    )?;
    let permissions = plugin.permissions.iter().map(|one| shown(&one.words));
    let legend = (!plugin.permissions.is_empty()).then(|| LEGEND.to_owned());
    let heading = "Asks for, in the name of the user who calls";
    section(out, heading, permissions.chain(legend))?;
    let cautions = plugin
        .permissions
        .iter()
        .filter_map(|one| one.caution.as_ref());
    section(out, "Look twice", cautions.map(|text| shown(text)))?;
    let settings = manifest.settings.iter().map(|(key, setting)| {
        format!(
            "{} = {:?}: {}",
            shown(key),
            setting.default,
            shown(&setting.description)
        )
    });
    section(out, "Settings", settings)?;
    section(out, "Lower limits", limits(&manifest.limits).into_iter())?;
    section(
        out,
        "Imports",
        plugin.imports.iter().map(|line| shown(line)),
    )?;
    section(
        out,
        "Worth knowing",
        plugin.warnings.iter().map(|line| shown(line)),
    )?;
    Ok(())
}

fn tools_text(plugin: &PluginDescription, out: &mut Output) -> Result<(), CommandError> {
    out.line("\nTools")?;
    let mut table = Table::new(["  NAME", "ACCESS", "IDEMPOTENT", "SERVED", "TITLE"]);
    for tool in &plugin.tools {
        let idempotent = if tool.idempotent { "yes" } else { "no" };
        let served = effective::not_served(plugin, tool);
        table.row([
            format!("  {}", tool.full_name),
            tool.access.to_string(),
            idempotent.to_owned(),
            served.map_or_else(|| "yes".to_owned(), |why| format!("no, {}", shown(&why))),
            shown(&tool.title),
        ]);
    }
    out.table(&table)?;
    Ok(())
}

fn words_text(plugin: &PluginDescription, out: &mut Output) -> Result<(), CommandError> {
    out.line("\nWhat clients and models are told about them")?;
    for tool in &plugin.tools {
        told(&tool.full_name, &tool.description, out)?;
    }
    for template in &plugin.templates {
        told(&template.uri_template, &template.description, out)?;
    }
    for prompt in &plugin.prompts {
        told(&prompt.full_name, &prompt.description, out)?;
        for argument in &prompt.arguments {
            let text = format!("{}: {}", argument.name, argument.description);
            out.line(&format!("      {}", shown(&text)))?;
        }
    }
    Ok(())
}

fn told(name: &str, description: &str, out: &mut Output) -> Result<(), CommandError> {
    out.line(&format!("  {name}"))?;
    for line in description.lines() {
        out.line(&format!("    {}", shown(line)))?;
    }
    Ok(())
}

fn resources_text(plugin: &PluginDescription, out: &mut Output) -> Result<(), CommandError> {
    if plugin.templates.is_empty() {
        return Ok(());
    }
    out.line("\nResources, which only read")?;
    let mut table = Table::new(["  ADDRESS", "NAME", "TYPE", "TITLE"]);
    for template in &plugin.templates {
        table.row([
            format!("  {}", template.uri_template),
            template.name.clone(),
            template
                .mime_type
                .as_deref()
                .map_or_else(|| "any".to_owned(), shown),
            shown(&template.title),
        ]);
    }
    out.table(&table)?;
    Ok(())
}

fn prompts_text(plugin: &PluginDescription, out: &mut Output) -> Result<(), CommandError> {
    if plugin.prompts.is_empty() {
        return Ok(());
    }
    out.line("\nPrompts, which only read")?;
    let mut table = Table::new(["  NAME", "ARGUMENTS", "TITLE"]);
    for prompt in &plugin.prompts {
        let arguments = prompt.arguments.iter().map(|argument| {
            let optional = if argument.required { "" } else { "?" };
            format!("{}{optional}", argument.name)
        });
        let arguments: Vec<_> = arguments.collect();
        table.row([
            format!("  {}", prompt.full_name),
            arguments.join(" "),
            shown(&prompt.title),
        ]);
    }
    out.table(&table)?;
    Ok(())
}

/// A heading and its lines, or nothing where there are none.
pub(super) fn section(
    out: &mut Output,
    heading: &str,
    lines: impl Iterator<Item = String>,
) -> Result<(), CommandError> {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        out.line(&format!("\n{heading}"))?;
    }
    for line in lines {
        out.line(&format!("  {line}"))?;
    }
    Ok(())
}

/// What the plugin lowers for itself.
pub(super) fn limits(limits: &LowerLimits) -> Vec<String> {
    let lowered = [
        (limits.wall_clock_s, "s from start to end of a call"),
        (limits.cpu_ms, "ms of computing"),
        (limits.memory_mib, "MiB of memory"),
        (limits.requests, "requests to Nextcloud"),
        (limits.answer_mib, "MiB in one answer of Nextcloud"),
        (limits.answers_mib, "MiB in all answers of Nextcloud"),
        (limits.log_lines, "lines for the log"),
    ];
    lowered
        .into_iter()
        .filter_map(|(limit, what)| Some(format!("{} {what}", limit?)))
        .collect()
}
