//! What became of the plugins that there are, and what one plugin is made of: for the operator to read.

use std::fmt;
use std::sync::Arc;

use super::catalogue::{Claim, Plugin};
use super::load::LoadError;
use super::manifest::Manifest;
use super::name::PluginName;
use super::prompt::Prompt;
use super::source::Source;
use super::template::Template;
use super::tool::Tool;

/// What loaded, and what did not and why.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// Served now, in order of their names.
    pub loaded: Vec<Arc<Plugin>>,
    /// Not served, though the operator wants them.
    pub refused: Vec<Refused>,
    /// Not served, because the operator does not want them.
    pub left_out: Vec<PluginName>,
    /// Tools that a read-only server hides.
    pub hidden: usize,
    /// Plugins that the operator names and that are not there.
    pub missing: Vec<PluginName>,
    /// Bundled plugins in whose place one of the operator's folder stands.
    pub replaced: Vec<PluginName>,
}

/// A plugin that was not loaded.
#[derive(Debug)]
pub struct Refused {
    /// Where it is.
    pub source: Source,
    /// Why.
    pub reason: RefusedBecause,
}

/// Why a plugin was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum RefusedBecause {
    /// It cannot be loaded.
    #[error(transparent)]
    Error(#[from] LoadError),
    /// Which of two was meant cannot be known, so neither is loaded.
    #[error("two folders hold a plugin called `{0}`; remove one of them")]
    SameName(PluginName),
    /// Which of two a client means could not be known, so neither plugin is loaded.
    #[error("{claim} of `{other}`; {}", remedy(claim))]
    Taken {
        /// What both have.
        claim: Claim,
        /// The other plugin.
        other: PluginName,
    },
}

/// What the operator can do about it.
fn remedy(claim: &Claim) -> &'static str {
    match claim {
        Claim::Tool(_) | Claim::Prompt(_) => "give one of the two another prefix",
        Claim::Shelf(_) => "leave one of the two out",
    }
}

impl LoadReport {
    /// One sentence for each thing worth knowing; the first word of each is the plugin or the folder.
    pub fn sentences(&self) -> Vec<String> {
        let refused = self
            .refused
            .iter()
            .map(|one| format!("{} is not loaded: {}", one.source.subject(), one.reason));
        let warnings = self.loaded.iter().flat_map(|plugin| {
            plugin
                .warnings()
                .iter()
                .map(move |text| format!("{}: {text}", plugin.name))
        });
        let missing = self.missing.iter().map(|name| {
            format!("{name} is named in the configuration, but no such plugin is there")
        });
        refused.chain(missing).chain(warnings).collect()
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self
            .loaded
            .iter()
            .map(|plugin| format!("{} {}", plugin.name, plugin.version()))
            .collect();
        let names = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        write!(f, "plugins loaded: {names}")?;
        if self.hidden > 0 {
            write!(
                f,
                "\n{} tools that can write are hidden: the server is read-only",
                self.hidden
            )?;
        }
        self.sentences()
            .iter()
            .try_for_each(|sentence| write!(f, "\n{sentence}"))
    }
}

/// Everything about one plugin that an operator may want to know before serving it.
#[derive(Debug)]
pub struct PluginDescription {
    /// Where it comes from.
    pub source: Source,
    /// What it asks for, as written.
    pub manifest: Manifest,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// What its tools may send, in plain words.
    pub allow: Vec<String>,
    /// Its tools.
    pub tools: Vec<Tool>,
    /// Its resources.
    pub templates: Vec<Template>,
    /// Its prompts.
    pub prompts: Vec<Prompt>,
    /// Whether it proposes values while a person fills those in.
    pub completes: bool,
    /// What the component wants of the host.
    pub imports: Vec<String>,
    /// What is worth knowing, in sentences.
    pub warnings: Vec<String>,
}
