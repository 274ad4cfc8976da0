//! Loading: everything of the folder that the operator wants, or one plugin for its author or for the operator's review.
//!
//! What is served changes here only, as a whole: see `Plugins::serve`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::Plugins;
use super::authority::Authority;
use super::catalogue::{Catalogue, Collision, Denied, DeniedBy, Offer, Plugin};
use super::changes::Changed;
use super::check::{self, Checkup};
use super::folder::{self, Found, Search};
use super::load::{self, LoadError, read_component};
use super::name::PluginName;
use super::policy::Policy;
use super::prompt::Prompt;
use super::reload::{self, Kept, MadeFrom, Served};
use super::report::{LoadReport, PluginDescription, Refused, RefusedBecause};
use super::selection::Selection;
use super::source::{Binary, Bundled, Source};
use super::tool::Tool;
use crate::measure;
use crate::nextcloud::Access;

impl Plugins {
    /// Loads what `selection` wants of what is bundled and of `folder`, then serves it in place of what was served before;
    /// calls in flight end as they began. Plugins that did not change are not loaded again. One that cannot be loaded keeps no other from it,
    /// and the version of it that was served so far serves on, if it still may: the report says which and why.
    pub async fn load(
        &self,
        folder: impl Into<Option<&Path>>,
        selection: &Selection,
    ) -> Result<LoadReport, LoadError> {
        let folder = folder.into();
        let mut kept = self.kept.lock().await;
        let Kept { served, known } = &mut *kept;
        let authority = Authority::read(folder, selection)?;
        let mut report = LoadReport {
            locked: authority.lock.is_some(),
            ..LoadReport::default()
        };
        let mut found = Vec::new();
        let search = Search {
            bundled: Bundled::all(),
            folder,
            selection,
            authority: &authority,
            known: &*known,
        };
        for one in folder::scan(&search, &mut report)? {
            let source = one.source.clone();
            match self.load_changed(one, selection, served).await {
                Ok(one) => found.push(one),
                Err(error) => report.refuse(source, error),
            }
        }
        let wanted = |one: &Served| {
            let name = &one.offer.plugin.name;
            selection.takes(name) && authority.upholds(&one.made_from, name)
        };
        let (catalogue, next) = reload::settle(served, found, wanted, &mut report);
        self.measure(&catalogue, report.refused.len());
        if !report.changes.is_none() {
            self.serve(catalogue);
        }
        known.extend(report.loaded.iter().map(|plugin| plugin.name.clone()));
        *served = next;
        Ok(report)
    }

    /// Everything about one plugin, without serving it. `path` is its folder or its component.
    pub async fn inspect(&self, path: &Path) -> Result<PluginDescription, LoadError> {
        self.examine(Source::Folder(path.to_owned()), &Selection::default())
            .await
    }

    /// The same of a bundled one as well, with what the operator decided about it, whether or not it was approved. Holds the
    /// bytes that were looked at, so that no others are installed.
    pub async fn examine(
        &self,
        source: Source,
        selection: &Selection,
    ) -> Result<PluginDescription, LoadError> {
        let _loading = self.kept.lock().await;
        let mut found = folder::find(source)?;
        if let Some(path) = &selection.policy {
            found.policy = Policy::read(path)?.of(&found.manifest.name);
        }
        let limit = self.settings.component_bytes;
        let (digest, component) = read_component(found.component, limit).await?;
        found.component = Binary::Digested(digest, component.clone());
        let manifest = found.manifest_bytes.clone();
        let offer = self.load_one(found, selection).await?;
        let denied = offer.denials(selection.read_only);
        Ok(PluginDescription::new(offer, denied, manifest, component))
    }

    /// Whether every rule of the policy is for a plugin that is there: one of the operator's `folder`, a bundled one, or `beside`.
    pub fn check_policy(
        folder: Option<&Path>,
        selection: &Selection,
        beside: &PluginName,
    ) -> Result<(), LoadError> {
        let search = Search {
            bundled: Bundled::all(),
            folder: folder.filter(|folder| folder.exists()),
            selection,
            authority: &Authority::read(folder, selection)?,
            known: &BTreeSet::from([beside.clone()]),
        };
        folder::scan(&search, &mut LoadReport::default()).map(drop)
    }

    /// Everything that is wrong with one plugin, without serving it. `path` is its folder or its component.
    pub async fn check(&self, path: &Path) -> Checkup {
        let _loading = self.kept.lock().await;
        Box::pin(check::check(&self.sandbox, &self.settings, path)).await
    }

    /// Loads one plugin, and from then on serves it and nothing else. `path` is its folder or its component.
    pub async fn serve_only(
        &self,
        path: &Path,
        selection: &Selection,
    ) -> Result<Arc<Plugin>, LoadError> {
        let mut kept = self.kept.lock().await;
        let offer = self
            .load_one(folder::find(Source::Folder(path.to_owned()))?, selection)
            .await?;
        let plugin = Arc::clone(&offer.plugin);
        kept.served.clear();
        self.serve(Catalogue::new(vec![offer]).0);
        Ok(plugin)
    }

    /// Serves `catalogue` from now on, and wakes those who [listen](Self::changes) if clients see a difference.
    fn serve(&self, catalogue: Catalogue) {
        let catalogue = Arc::new(catalogue);
        let before = self.catalogue.swap(Arc::clone(&catalogue));
        if Changed::between(&before, &catalogue).any() {
            self.generation.send_modify(|generation| *generation += 1);
        }
    }

    /// What is served from now on in place of what was, as figures.
    fn measure(&self, next: &Catalogue, refused: usize) {
        for plugin in self.catalogue.load().plugins() {
            measure::plugin_loaded(plugin.name.as_str(), false);
        }
        for plugin in next.plugins() {
            measure::plugin_loaded(plugin.name.as_str(), true);
        }
        measure::plugins_refused(refused);
    }

    /// What is served already, if it was made from the same; else the plugin as it is now.
    async fn load_changed(
        &self,
        mut found: Found,
        selection: &Selection,
        served: &[Served],
    ) -> Result<Served, LoadError> {
        let limit = self.settings.component_bytes;
        let (digest, component) = read_component(found.component, limit).await?;
        found.component = Binary::Digested(digest.clone(), component);
        let name = &found.manifest.name;
        let made_from = MadeFrom {
            source: found.source.clone(),
            manifest_sha256: found.manifest_sha256.clone(),
            digest,
            choice: selection.choice(name),
            approval: found.approval.clone(),
            policy: found.policy.clone(),
            read_only: selection.read_only,
        };
        if let Some(same) = served.iter().find(|one| one.made_from == made_from) {
            return Ok(same.clone());
        }
        let mut offer = self.load_one(found, selection).await?;
        offer.deny(selection.read_only);
        Ok(Served { offer, made_from })
    }

    pub(super) async fn load_one(
        &self,
        found: Found,
        selection: &Selection,
    ) -> Result<Offer, LoadError> {
        let (source, name) = (found.source.clone(), found.manifest.name.clone());
        let choice = selection.choice(&name);
        let loading = load::load(&self.sandbox, found, &self.settings, &choice);
        let (loaded, tools, prompts) = Box::pin(loading).await?;
        let plugin = Arc::new(Plugin {
            name,
            source,
            loaded,
        });
        let tools = tools
            .into_iter()
            .map(|one| Arc::new(Tool::new(&plugin, one)));
        let prompts = prompts
            .into_iter()
            .map(|one| Arc::new(Prompt::new(&plugin, one)));
        Ok(Offer {
            tools: tools.collect(),
            prompts: prompts.collect(),
            denied: Vec::new(),
            plugin,
        })
    }
}

impl Offer {
    /// Takes away every tool that the operator does not want to be served.
    fn deny(&mut self, read_only: bool) {
        let denied = self.denials(read_only);
        let is_denied = |tool: &Tool| denied.iter().any(|one| one.tool == tool.full_name);
        self.tools.retain(|tool| !is_denied(tool));
        self.denied = denied;
    }

    /// Which of its tools the operator takes away, and how: by a rule of the policy before anything else.
    fn denials(&self, read_only: bool) -> Vec<Denied> {
        let policy = &self.plugin.loaded.policy;
        let denied = self.tools.iter().filter_map(|tool| {
            let rule = policy.denies_tool(&tool.name, tool.access);
            let by = match rule {
                Some(rule) => DeniedBy::Rule(rule.to_owned()),
                None if read_only && tool.access > Access::Read => DeniedBy::ReadOnly,
                None => return None,
            };
            Some(Denied {
                plugin: tool.plugin.clone(),
                tool: tool.full_name.clone(),
                access: tool.access,
                by,
            })
        });
        denied.collect()
    }
}

impl From<Collision> for Refused {
    fn from(collision: Collision) -> Self {
        let Collision {
            plugin,
            claim,
            other,
        } = collision;
        Self {
            source: plugin.source.clone(),
            reason: RefusedBecause::Taken { claim, other },
        }
    }
}
