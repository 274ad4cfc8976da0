//! What is left of a plugin's wishes: its manifest under the operator's policy, switches and limits.

use serde_json::{Value, json};

use super::review::section;
use super::shown;
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::nextcloud::{Access, Remaining};
use crate::plugin::{Limits, PluginDescription, Selection, Tool};

const MIB: u64 = 1 << 20;

/// Why a tool is not served, as the end of "no, ...".
pub(super) fn not_served(
    plugin: &PluginDescription,
    tool: &Tool,
    selection: &Selection,
) -> Option<String> {
    let denied = plugin.denied.iter();
    let denied = denied.filter(|one| one.tool == tool.full_name);
    let mut rules = denied.map(|one| format!("policy rule `{}`", one.rule));
    let read_only = selection.read_only && tool.access > Access::Read;
    rules
        .next()
        .or_else(|| read_only.then(|| "the server is read-only".to_owned()))
}

/// What holds when it is called.
pub(super) fn text(
    plugin: &PluginDescription,
    selection: &Selection,
    out: &mut Output,
) -> Result<(), CommandError> {
    if let Some(policy) = &selection.policy {
        let heading = format!(
            "What the policy {} leaves of what it asks for",
            policy.display()
        );
        section(
            out,
            &heading,
            plugin.remaining.iter().map(|one| shown(&line(one))),
        )?;
    }
    let values = plugin.values.iter();
    section(
        out,
        "Settings in force",
        values.map(|(key, value)| format!("{} = {value:?}", shown(key))),
    )?;
    section(
        out,
        "Limits of each call",
        limits(&plugin.limits).into_iter(),
    )
}

/// The same for programs.
pub(super) fn json(plugin: &PluginDescription, selection: &Selection) -> Value {
    let tools = plugin.tools.iter().map(|tool| {
        let why = not_served(plugin, tool, selection);
        json!({ "name": tool.full_name, "served": why.is_none(), "why_not": why })
    });
    let requests = plugin.remaining.iter().map(|one| {
        json!({
            "methods": one.methods, "path": one.path,
            "refused_by": one.refused_by, "narrowed_by": one.narrowed_by,
        })
    });
    json!({
        "policy": selection.policy,
        "tools": tools.collect::<Vec<_>>(),
        "requests": requests.collect::<Vec<_>>(),
        "settings": plugin.values,
        "limits": limits(&plugin.limits),
    })
}

fn line(one: &Remaining) -> String {
    let what = format!("{} on {}", one.methods.join(", "), one.path);
    let quoted = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    match &one.refused_by {
        Some(rule) => format!("{what}: nothing, because of the rule `{rule}`"),
        None if one.narrowed_by.is_empty() => format!("{what}: all of it"),
        None => format!(
            "{what}: some of it, by the rules {}",
            quoted(&one.narrowed_by)
        ),
    }
}

fn limits(limits: &Limits) -> Vec<String> {
    vec![
        format!("{} s from start to end", limits.wall_clock.as_secs_f64()),
        format!("{} ms of computing", limits.cpu.as_millis()),
        format!("{} MiB of memory", limits.memory / MIB),
        format!("{} requests to Nextcloud", limits.requests),
        format!(
            "{} MiB in one answer of Nextcloud",
            limits.answer_bytes / MIB
        ),
        format!(
            "{} MiB in all answers of Nextcloud",
            limits.answers_bytes / MIB
        ),
        format!("{} lines for the log", limits.log_lines),
    ]
}
