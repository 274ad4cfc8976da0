//! What became of a folder of plugins, and what one plugin is made of: for the operator to read.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::catalogue::{Claim, Plugin};
use super::load::LoadError;
use super::manifest::Manifest;
use super::name::PluginName;
use super::prompt::Prompt;
use super::reload::Changes;
use super::template::Template;
use super::tool::Tool;

/// How much of a digest tells two versions apart in a sentence.
const DIGEST_SHOWN: usize = 12;

/// What loaded, and what did not and why.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// Served now, in order of their names.
    pub loaded: Vec<Arc<Plugin>>,
    /// Not served, though the operator wants them.
    pub refused: Vec<Refused>,
    /// Not served, because the operator does not want them.
    pub left_out: Vec<PluginName>,
    /// Tools that a read-only server hides, of the plugins that were loaded now.
    pub hidden: usize,
    /// Plugins that the operator names and that are not there.
    pub missing: Vec<PluginName>,
    /// What is different from what was served before.
    pub changes: Changes,
}

/// A plugin that was not loaded.
#[derive(Debug)]
pub struct Refused {
    /// Its folder.
    pub folder: PathBuf,
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
        let warnings = self.loaded.iter().flat_map(|plugin| {
            plugin
                .warnings()
                .iter()
                .map(move |text| format!("{}: {text}", plugin.name))
        });
        let missing = self.missing.iter().map(|name| {
            format!("{name} is named in the configuration, but no such plugin is there")
        });
        let mut sentences = self.refusals();
        sentences.extend(missing.chain(warnings));
        sentences
    }

    /// What is not loaded and why, and what serves on in its place.
    pub fn refusals(&self) -> Vec<String> {
        let refusal = |one: &Refused| {
            let text = format!("{} is not loaded: {}", one.folder.display(), one.reason);
            match self
                .loaded
                .iter()
                .find(|plugin| plugin.folder == one.folder)
            {
                None => text,
                Some(plugin) => {
                    let (name, version) = (&plugin.name, plugin.version());
                    let digest = plugin.digest().get(..DIGEST_SHOWN).unwrap_or_default();
                    format!("{text}; {name} {version} ({digest}) serves on")
                }
            }
        };
        self.refused.iter().map(refusal).collect()
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
    /// What it asks for, as written.
    pub manifest: Manifest,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// What its tools may send, in plain words.
    pub allow: Vec<String>,
    /// Its tools.
    pub tools: Vec<Arc<Tool>>,
    /// Its resources.
    pub templates: Vec<Template>,
    /// Its prompts.
    pub prompts: Vec<Arc<Prompt>>,
    /// Whether it proposes values while a person fills those in.
    pub completes: bool,
    /// What the component wants of the host.
    pub imports: Vec<String>,
    /// What is worth knowing, in sentences.
    pub warnings: Vec<String>,
}
