//! What is left of each request that a manifest asks for: by the policy's lines about requests, and by what the tools that are
//! served may do, since no tool sends more than that.

use serde_json::{Value, json};

use super::effective::not_served;
use crate::nextcloud::{Access, Remaining};
use crate::plugin::PluginDescription;

/// What is left of an allow line, for methods that fare alike.
#[derive(Debug)]
pub(super) struct Left {
    methods: Vec<&'static str>,
    path: String,
    /// What leaves nothing of it.
    refused_by: Option<String>,
    /// What leaves some of it.
    narrowed_by: Vec<String>,
}

/// Line by line, as the manifest has them.
pub(super) fn left(plugin: &PluginDescription) -> Vec<Left> {
    let mut all: Vec<Left> = Vec::new();
    for one in &plugin.remaining {
        let one = fate(plugin, one);
        let alike = all.last_mut().filter(|last| {
            last.path == one.path
                && last.refused_by == one.refused_by
                && last.narrowed_by == one.narrowed_by
        });
        match alike {
            Some(last) => last.methods.extend(one.methods),
            None => all.push(one),
        }
    }
    all
}

impl Left {
    /// For people.
    pub(super) fn line(&self) -> String {
        let what = format!("{} on {}", self.methods.join(", "), self.path);
        match (&self.refused_by, &self.narrowed_by[..]) {
            (Some(why), _) => format!("{what}: nothing, because of {why}"),
            (None, []) => format!("{what}: all of it"),
            (None, why) => format!("{what}: some of it, because of {}", why.join(", ")),
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let left = match (&self.refused_by, &self.narrowed_by[..]) {
            (Some(_), _) => "nothing",
            (None, []) => "all",
            (None, _) => "some",
        };
        json!({
            "methods": self.methods, "path": self.path, "left": left,
            "refused_by": self.refused_by, "narrowed_by": self.narrowed_by,
        })
    }
}

fn fate(plugin: &PluginDescription, one: &Remaining) -> Left {
    let rule = |name: &String| format!("the rule `{name}`");
    let access = |needed| {
        Some(format!(
            "what its tools may do ({})",
            lacks(plugin, needed)?
        ))
    };
    let refused_by = one.refused_by.as_ref().map(rule);
    let refused_by = refused_by.or_else(|| access(one.least));
    let mut narrowed_by = Vec::new();
    if refused_by.is_none() {
        narrowed_by.extend(one.narrowed_by.iter().map(rule));
        narrowed_by.extend(access(one.most));
    }
    Left {
        methods: vec![one.method],
        path: one.path.clone(),
        refused_by,
        narrowed_by,
    }
}

/// Why nothing of the plugin that is served may do this much; `None` if something may.
fn lacks(plugin: &PluginDescription, access: Access) -> Option<String> {
    // Resources and prompts read.
    let reads = !plugin.templates.is_empty() || !plugin.prompts.is_empty();
    if access == Access::Read && reads {
        return None;
    }
    let able = plugin.tools.iter().filter(|tool| tool.access >= access);
    let reasons: Option<Vec<_>> = able.map(|tool| not_served(plugin, tool)).collect();
    let first = reasons?.into_iter().next();
    Some(first.unwrap_or_else(|| "none declares so much".to_owned()))
}
