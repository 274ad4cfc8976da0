//! The operator's policy: what plugins may not do, whatever their manifests ask for and whatever was granted at install.
//!
//! A policy is a list of rules, and each rule takes away; none gives. So the order of rules means nothing, two rules about
//! one plugin both hold, and adding a rule never adds a permission (`tests` tries). Requests are decided by the
//! [`Restriction`]s made here, in `nextcloud/`; tools, limits and settings here.

mod error;
mod file;
mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::PolicyError;

use super::limit::SetBy;
use super::limits::Limits;
use super::lower_limits::LowerLimits;
use super::name::PluginName;
use crate::nextcloud::{Access, Restriction};
use pattern::NamePattern;

/// All rules of one file. The default has none and takes nothing away.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    path: PathBuf,
    rules: Vec<Arc<Rule>>,
}

/// One rule, checked.
#[derive(Debug, PartialEq, Eq)]
struct Rule {
    name: String,
    /// In the file, from 1.
    line: usize,
    /// `None` for all.
    plugin: Option<PluginName>,
    /// The most that a tool may declare to be served.
    access: Option<Access>,
    /// Only these tools are served.
    only: Option<Vec<NamePattern>>,
    /// These tools are not served.
    never: Vec<NamePattern>,
    requests: Option<Arc<Restriction>>,
    limits: LowerLimits,
    /// The values that a setting may have.
    settings: BTreeMap<String, Vec<String>>,
}

impl Policy {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        Ok(Self {
            rules: file::read(path)?,
            path: path.to_owned(),
        })
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether nothing is taken away.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// A rule for a plugin that is not there protects nothing, and looks as if it did.
    pub(super) fn check_plugins(&self, known: &BTreeSet<PluginName>) -> Result<(), PolicyError> {
        let unknown = self.rules.iter().find_map(|rule| {
            let plugin = rule.plugin.as_ref()?;
            (!known.contains(plugin)).then_some((rule, plugin))
        });
        let Some((rule, plugin)) = unknown else {
            return Ok(());
        };
        let there: Vec<_> = known.iter().map(PluginName::as_str).collect();
        let there = if there.is_empty() {
            "none".to_owned()
        } else {
            there.join(", ")
        };
        Err(PolicyError::Rule {
            path: self.path.clone(),
            line: rule.line,
            rule: rule.name.clone(),
            problem: format!("no plugin is called `{plugin}`. There: {there}"),
        })
    }

    /// The rules that speak of one plugin.
    pub(super) fn of(&self, plugin: &PluginName) -> PluginPolicy {
        let speaks = |rule: &&Arc<Rule>| rule.plugin.as_ref().is_none_or(|name| name == plugin);
        PluginPolicy {
            path: self.path.clone(),
            rules: self.rules.iter().filter(speaks).cloned().collect(),
        }
    }
}

/// What a policy says about one plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PluginPolicy {
    path: PathBuf,
    rules: Vec<Arc<Rule>>,
}

impl PluginPolicy {
    /// The first rule because of which a tool is not served.
    pub(super) fn denies_tool(&self, name: &str, access: Access) -> Option<&str> {
        let denies = |rule: &&Arc<Rule>| {
            let fits = |pattern: &NamePattern| pattern.fits(name);
            rule.access.is_some_and(|most| access > most)
                || rule
                    .only
                    .as_ref()
                    .is_some_and(|only| !only.iter().any(fits))
                || rule.never.iter().any(fits)
        };
        let rule = self.rules.iter().find(denies)?;
        Some(&rule.name)
    }

    /// What it says about requests.
    pub(super) fn restrictions(&self) -> impl Iterator<Item = Arc<Restriction>> {
        self.rules.iter().filter_map(|rule| rule.requests.clone())
    }

    /// The limits, lowered. A rule that allows more than the host or the manifest changes nothing.
    pub(super) fn lower(&self, limits: Limits) -> Limits {
        self.rules.iter().fold(limits, |limits, rule| {
            let by = SetBy::Rule(rule.name.clone());
            rule.limits.apply(&limits, &by).0
        })
    }

    /// Whether the plugin's settings have values that they may have.
    pub(super) fn check_settings(
        &self,
        values: &BTreeMap<String, String>,
    ) -> Result<(), PolicyError> {
        for rule in &self.rules {
            for (key, allowed) in &rule.settings {
                match values.get(key) {
                    Some(value) if !allowed.contains(value) => {
                        return Err(self.wrong(
                            rule,
                            format!(
                                "the setting `{key}` is {value:?}, and may be only {}",
                                allowed
                                    .iter()
                                    .map(|one| format!("{one:?}"))
                                    .collect::<Vec<_>>()
                                    .join(" or ")
                            ),
                        ));
                    }
                    None if rule.plugin.is_some() => {
                        return Err(self.wrong(rule, format!("the plugin has no setting `{key}`")));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Whether the tools that rules for this plugin alone name in full are there: a misspelt name protects nothing.
    pub(super) fn check_tools(&self, tools: &BTreeSet<&str>) -> Result<(), PolicyError> {
        for rule in self.rules.iter().filter(|rule| rule.plugin.is_some()) {
            let patterns = rule.only.iter().flatten().chain(&rule.never);
            let mut names = patterns.filter_map(NamePattern::whole);
            if let Some(name) = names.find(|name| !tools.contains(name)) {
                return Err(self.wrong(rule, format!("the plugin has no tool `{name}`")));
            }
        }
        Ok(())
    }

    fn wrong(&self, rule: &Rule, problem: String) -> PolicyError {
        PolicyError::Rule {
            path: self.path.clone(),
            line: rule.line,
            rule: rule.name.clone(),
            problem,
        }
    }
}

#[cfg(test)]
mod tests;
