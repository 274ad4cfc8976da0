//! What is different about a plugin from what was there before: what a person decides about when it is updated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde_json::{Value, json};

use crate::nextcloud::{Permission, Rule};
use crate::plugin::{AllowLine, Locked, PluginDescription, ShownTool};

/// What was there before: the plugin in the folder, or what the lock file remembers of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    version: String,
    allow: Vec<AllowLine>,
    tools: BTreeMap<String, ShownTool>,
    /// As models were told, where it could be read.
    descriptions: BTreeMap<String, String>,
}

impl From<&PluginDescription> for Before {
    fn from(plugin: &PluginDescription) -> Self {
        let tools = plugin.tools.iter();
        Self {
            version: plugin.manifest.version.clone(),
            allow: plugin.manifest.allow.clone(),
            tools: plugin.shown.tools.clone(),
            descriptions: tools
                .map(|tool| (tool.name.clone(), tool.description.clone()))
                .collect(),
        }
    }
}

impl From<&Locked> for Before {
    fn from(entry: &Locked) -> Self {
        Self {
            version: entry.version.clone(),
            allow: entry.allow.clone(),
            tools: entry.tools.clone(),
            descriptions: BTreeMap::new(),
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// `+` for what is new, `-` for what is gone, `~` for what is otherwise.
    sign: char,
    what: &'static str,
    text: String,
    /// A tool's description as it was.
    was: Option<String>,
}

impl Change {
    fn new(sign: char, what: &'static str, text: impl Display) -> Self {
        Self {
            sign,
            what,
            text: text.to_string(),
            was: None,
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let was = self.was.iter().flat_map(|text| text.lines());
        let was = was.map(|line| format!("      it said: {line}"));
        let first = format!("{} {} {}", self.sign, self.what, self.text);
        std::iter::once(first).chain(was).collect()
    }

    pub(super) fn json(&self) -> Value {
        let change = match self.sign {
            '+' => "added",
            '-' => "removed",
            _ => "changed",
        };
        json!({ "change": change, "what": self.what, "text": self.text, "was": self.was })
    }
}

/// Everything that differs, permissions first.
pub(super) fn between(before: &Before, after: &PluginDescription) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.version != after.manifest.version {
        let versions = format!("{} -> {}", before.version, after.manifest.version);
        changes.push(Change::new('~', "version", versions));
    }
    let lines = |allow: &[AllowLine]| allow.iter().map(words).collect::<BTreeSet<_>>();
    let (old, new) = (lines(&before.allow), lines(&after.manifest.allow));
    changes.extend(
        new.difference(&old)
            .map(|one| Change::new('+', "permission:", one)),
    );
    changes.extend(
        old.difference(&new)
            .map(|one| Change::new('-', "permission:", one)),
    );
    let (old, new) = (&before.tools, &after.shown.tools);
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for name in names {
        changes.extend(tool(name, old.get(name), new.get(name), before));
    }
    changes
}

fn tool(
    name: &str,
    old: Option<&ShownTool>,
    new: Option<&ShownTool>,
    before: &Before,
) -> Option<Change> {
    let change = |sign, text: String| Some(Change::new(sign, "tool", text));
    match (old, new) {
        (None, Some(new)) => change('+', format!("{name} ({})", new.access)),
        (Some(old), None) => change('-', format!("{name} ({})", old.access)),
        (Some(old), Some(new)) if old.access != new.access => change(
            '~',
            format!("{name}: access {} -> {}", old.access, new.access),
        ),
        (Some(old), Some(new)) if old != new => Some(Change {
            was: before.descriptions.get(name).cloned(),
            ..Change::new('~', "tool", format!("{name}: it is described otherwise"))
        }),
        _ => None,
    }
}

/// An allow line in words; what cannot be parsed was approved by another version of this server.
fn words(line: &AllowLine) -> String {
    match Rule::parse(&line.methods, &line.path, line.access) {
        Ok(rule) => Permission::of(&rule).words,
        Err(_) => format!("{} on {}", line.methods.join(", "), line.path),
    }
}
