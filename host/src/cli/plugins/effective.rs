//! What is left of a plugin's wishes: its manifest under the operator's policy, switches and limits.

use serde_json::{Map, Value, json};

use super::left::{Left, left};
use super::review::section;
use super::shown;
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::plugin::{Limit, Limits, PluginDescription, Selection, SetBy, Tool};

/// Why a tool is not served, as the end of "no, ...".
pub(super) fn not_served(plugin: &PluginDescription, tool: &Tool) -> Option<String> {
    let mut denied = plugin.denied.iter();
    let denied = denied.find(|one| one.tool == tool.full_name)?;
    Some(denied.by.to_string())
}

/// What holds when it is called.
pub(super) fn text(
    plugin: &PluginDescription,
    selection: &Selection,
    out: &mut Output,
) -> Result<(), CommandError> {
    if selection.policy.is_some() || selection.read_only {
        let heading = match &selection.policy {
            Some(policy) => format!(
                "What the policy {} leaves of what it asks for",
                policy.display()
            ),
            None => "What a read-only server leaves of what it asks for".to_owned(),
        };
        let left = left(plugin);
        section(out, &heading, left.iter().map(|one| shown(&one.line())))?;
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
        let why = not_served(plugin, tool);
        json!({ "name": tool.full_name, "served": why.is_none(), "why_not": why })
    });
    let requests = left(plugin);
    let limits = Limit::ALL.into_iter().map(|limit| {
        let value = limit.of(&plugin.limits);
        let set_by = plugin.limits.set_by(limit).to_string();
        (
            limit.key().to_owned(),
            json!({ "value": value, "set_by": set_by }),
        )
    });
    json!({
        "policy": selection.policy,
        "tools": tools.collect::<Vec<_>>(),
        "requests": requests.iter().map(Left::json).collect::<Vec<_>>(),
        "settings": plugin.values,
        "limits": limits.collect::<Map<_, _>>(),
    })
}

fn limits(limits: &Limits) -> Vec<String> {
    let line = |limit: Limit| {
        let what = match limit {
            Limit::WallClock => "s from start to end",
            Limit::Cpu => "ms of computing",
            Limit::Memory => "MiB of memory",
            Limit::Requests => "requests to Nextcloud",
            Limit::Answer => "MiB in one answer of Nextcloud",
            Limit::Answers => "MiB in all answers of Nextcloud",
            Limit::LogLines => "lines for the log",
        };
        let by = match limits.set_by(limit) {
            SetBy::Host => String::new(),
            by => format!(" ({by})"),
        };
        format!("{} {what}{by}", limit.of(limits))
    };
    Limit::ALL.into_iter().map(line).collect()
}
