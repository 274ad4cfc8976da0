//! What became of the plugins that there are, and what one plugin is made of: for the operator to read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::catalogue::{Claim, Denied, Offer, Plugin};
use super::limits::Limits;
use super::load::LoadError;
use super::manifest::Manifest;
use super::name::PluginName;
use super::prompt::Prompt;
use super::reload::Changes;
use super::shown::Shown;
use super::source::Source;
use super::template::Template;
use super::tool::Tool;
use crate::nextcloud::{Permission, Remaining};

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
    /// Not served, because `plugins disable` said so.
    pub disabled: Vec<PluginName>,
    /// Whether a lock file says what may be served.
    pub locked: bool,
    /// Tools that the operator takes away.
    pub denied: Vec<Denied>,
    /// Plugins that the operator names and that are not there.
    pub missing: Vec<PluginName>,
    /// Bundled plugins in whose place one of the operator's folder stands.
    pub replaced: Vec<PluginName>,
    /// What is different from what was served before.
    pub changes: Changes,
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
    pub(super) fn refuse(&mut self, source: Source, reason: impl Into<RefusedBecause>) {
        self.refused.push(Refused {
            source,
            reason: reason.into(),
        });
    }

    /// Tools that a rule of the policy takes away, with the rule.
    pub fn denied_by_policy(&self) -> impl Iterator<Item = (&Denied, &str)> {
        self.denied
            .iter()
            .filter_map(|one| Some((one, one.by.rule()?)))
    }

    /// How many tools are taken away because nothing but reading is served.
    pub fn hidden(&self) -> usize {
        self.denied.len() - self.denied_by_policy().count()
    }

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
            let text = format!("{} is not loaded: {}", one.source.subject(), one.reason);
            match self
                .loaded
                .iter()
                .find(|plugin| plugin.source == one.source)
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
        let hidden = self.hidden();
        if hidden > 0 {
            write!(
                f,
                "\n{hidden} tools that can write are hidden: the server is read-only"
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
    /// SHA-256 of the manifest, in hex.
    pub manifest_sha256: String,
    /// The manifest that all of this is about, byte for byte.
    pub manifest_bytes: Vec<u8>,
    /// And the component.
    pub component: Bytes,
    /// What it says of itself, in digests.
    pub shown: Shown,
    /// What its tools may send, as its manifest says it.
    pub allow: Vec<String>,
    /// The same in plain words.
    pub permissions: Vec<Permission>,
    /// What the operator's policy leaves of it.
    pub remaining: Vec<Remaining>,
    /// The tools that the operator takes away.
    pub denied: Vec<Denied>,
    /// The limits that hold for each of its calls.
    pub limits: Limits,
    /// The settings that it is given.
    pub values: BTreeMap<String, String>,
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

impl PluginDescription {
    pub(super) fn new(
        offer: Offer,
        denied: Vec<Denied>,
        manifest_bytes: Vec<u8>,
        component: Bytes,
    ) -> Self {
        let Offer {
            plugin,
            tools,
            prompts,
            ..
        } = offer;
        let loaded = &plugin.loaded;
        Self {
            denied,
            manifest: loaded.manifest.clone(),
            digest: loaded.digest.clone(),
            manifest_sha256: loaded.manifest_sha256.clone(),
            source: plugin.source.clone(),
            manifest_bytes,
            component,
            shown: loaded.shown.clone(),
            allow: loaded.allow.clone(),
            permissions: loaded.grant.rules().iter().map(Permission::of).collect(),
            remaining: loaded.grant.remaining(),
            limits: loaded.limits.clone(),
            values: loaded.settings.as_ref().clone(),
            imports: loaded.imports.clone(),
            warnings: loaded.warnings.clone(),
            templates: loaded.templates.clone(),
            completes: plugin.completes(),
            tools,
            prompts,
        }
    }
}
