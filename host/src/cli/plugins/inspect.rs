//! `plugins inspect`: everything about one plugin.

use std::path::Path;

use serde_json::{Value, json};

use super::{sandbox, shown};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::cli::table::Table;
use crate::config::Settings;
use crate::plugin::{
    Bundled, LoadError, LowerLimits, MANIFEST_FILE, PluginDescription, PluginName, Source,
};

/// Shows one plugin.
pub(in crate::cli) async fn inspect(
    settings: &Settings,
    plugin: &Path,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let plugins = sandbox(settings)?;
    let description = match locate(plugin, settings.plugins.plugin_dir.as_deref())? {
        Source::Folder(path) => plugins.inspect(&path).await?,
        Source::Bundled(plugin) => plugins.inspect_bundled(plugin).await?,
    };
    if json {
        out.json(&inspect_json(&description))?;
    } else {
        inspect_text(&description, out)?;
    }
    Ok(())
}

/// A plain name is a plugin of the folder, found by its manifest, or a bundled one; anything else is a path.
fn locate(plugin: &Path, folder: Option<&Path>) -> Result<Source, CommandError> {
    let name = plugin
        .to_str()
        .and_then(|text| text.parse::<PluginName>().ok());
    let Some(name) = name.filter(|_| !plugin.join(MANIFEST_FILE).is_file()) else {
        return Ok(Source::Folder(plugin.to_owned()));
    };
    let mut there = Vec::new();
    let bundled = Bundled::all().iter().map(Source::Bundled);
    for source in folder
        .map(folders)
        .transpose()?
        .into_iter()
        .flatten()
        .chain(bundled)
    {
        match source.manifest() {
            Ok(manifest) if manifest.name == name => return Ok(source),
            Ok(manifest) => there.push(manifest.name.to_string()),
            Err(_) => {}
        }
    }
    there.sort();
    there.dedup();
    let there = if there.is_empty() {
        "none".to_owned()
    } else {
        there.join(", ")
    };
    Err(CommandError::NoPlugin {
        name: name.to_string(),
        there,
    })
}

fn folders(folder: &Path) -> Result<Vec<Source>, LoadError> {
    let entries = std::fs::read_dir(folder).map_err(|error| LoadError::Folder {
        folder: folder.to_owned(),
        error,
    })?;
    let entries = entries.filter_map(Result::ok);
    Ok(entries.map(|entry| Source::Folder(entry.path())).collect())
}

fn inspect_text(plugin: &PluginDescription, out: &mut Output) -> Result<(), CommandError> {
    let manifest = &plugin.manifest;
    out.line(&format!(
        "{} {}, for contract {}",
        manifest.name,
        shown(&manifest.version),
        shown(&manifest.wit)
    ))?;
    out.line(&format!("From {}", plugin.source))?;
    out.line(&format!("SHA-256 {}", plugin.digest))?;
    section(
        out,
        "Needs on the user's Nextcloud",
        manifest.requires.iter().map(|key| shown(key)),
    )?;
    section(out, "Asks for", plugin.allow.iter().map(|line| shown(line)))?;
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
    out.line("\nTools")?;
    let mut table = Table::new(["  NAME", "ACCESS", "IDEMPOTENT", "TITLE"]);
    for tool in &plugin.tools {
        let idempotent = if tool.idempotent { "yes" } else { "no" };
        table.row([
            format!("  {}", tool.full_name),
            tool.access.to_string(),
            idempotent.to_owned(),
            shown(&tool.title),
        ]);
    }
    out.table(&table)?;
    resources_text(plugin, out)?;
    prompts_text(plugin, out)?;
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
fn section(
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

fn inspect_json(plugin: &PluginDescription) -> Value {
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
    json!({
        "name": manifest.name.as_str(),
        "version": manifest.version,
        "wit": manifest.wit,
        "source": plugin.source.to_string(),
        "sha256": plugin.digest,
        "requires": manifest.requires,
        "allow": plugin.allow,
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

/// What the plugin lowers for itself.
fn limits(limits: &LowerLimits) -> Vec<String> {
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
