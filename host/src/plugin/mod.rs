//! The sandbox: loads plugins, keeps the catalogue of their tools, resources and prompts, and runs one call at a time in a
//! store of its own.
//!
//! [`Plugins`] is the entry. At load a component is compiled, asked once to describe itself under a host that refuses
//! everything, and what it says is checked and frozen in the [`Catalogue`]. A call finds its [`Tool`], waits for a
//! place ([`Plugins::admit`]), has its arguments validated, gets a fresh store and instance, runs under every limit,
//! has its structured result validated, and is thrown away with its store.
//!
//! Never here: MCP, axum, credentials, addresses. Invariants, each held by a test:
//! - One store per call: no guest state survives a call, none is shared between users.
//! - A guest that traps, spins, hogs or floods costs its caller one clear error and nobody else anything.
//! - What a plugin said at load is what clients see until the next load.
//!
//! # Reading order
//! Loading: `folder` -> `manifest` -> `load` -> `component` -> `describe` (with `name`, `schema`, `schema_size`, `template`,
//! `address`, `prompt`) -> `catalogue`.
//! Calling: `admission` -> `call` (with `absent`), `reading` or `rendering` -> `task` -> `store` (with `limits`, `console`) ->
//! `run` -> `exports` -> `imports` -> `convert` -> `output`.

mod absent;
mod address;
mod admission;
mod bindings;
mod call;
mod catalogue;
mod component;
mod console;
mod convert;
mod describe;
mod engine;
mod explain;
mod exports;
mod folder;
mod imports;
mod limits;
mod load;
mod manifest;
mod name;
mod output;
mod prompt;
mod reading;
mod rendering;
mod report;
mod run;
mod schema;
mod schema_size;
mod selection;
mod store;
mod task;
mod template;
mod text;
mod tool;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

pub use admission::{Admission, Busy};
pub use catalogue::{Catalogue, Claim, Plugin};
pub use component::ImportError;
pub use describe::DescribeError;
pub use engine::SetupError;
pub use limits::{Limits, Settings};
pub use load::LoadError;
pub use manifest::{
    AllowLine, CONTRACT, LowerLimits, MANIFEST_FILE, Manifest, ManifestError, Setting,
};
pub use name::{NameError, PluginName, Prefix};
pub use output::{
    Body, CallError, Content, Document, Failure, FailureKind, Message, Output, Role, StopReason,
};
pub use prompt::{Argument, Prompt};
pub use reading::{Entry, Page};
pub use rendering::{Target, Typing};
pub use report::{LoadReport, PluginDescription, Refused, RefusedBecause};
pub use schema::{JsonObject, SchemaError};
pub use selection::{Choice, Selection};
pub use task::{CallContext, ProgressSink};
pub use template::Template;
pub(crate) use text::visible;
pub use tool::Tool;

use crate::measure;
use crate::nextcloud::{Access, Caller};

/// All plugins of the process.
pub struct Plugins {
    sandbox: engine::Sandbox,
    settings: Settings,
    lanes: admission::Lanes,
    catalogue: ArcSwap<Catalogue>,
    /// One load at a time: the pool has one place beside those for calls, for a plugin that describes itself.
    loading: Mutex<()>,
}

impl Plugins {
    /// Sets up the engine, the pool of instances and the clock. No plugin is loaded yet.
    pub fn new(settings: Settings) -> Result<Arc<Self>, SetupError> {
        Ok(Arc::new(Self {
            sandbox: engine::Sandbox::new(&settings)?,
            lanes: admission::Lanes::new(&settings),
            catalogue: ArcSwap::default(),
            loading: Mutex::default(),
            settings,
        }))
    }

    /// Loads what `selection` wants of `folder`, then serves it in place of what was served before; calls in flight end
    /// as they began. A plugin that cannot be loaded keeps no other from it: the report says which and why.
    pub async fn load(
        &self,
        folder: &Path,
        selection: &Selection,
    ) -> Result<LoadReport, LoadError> {
        let _loading = self.loading.lock().await;
        let mut report = LoadReport::default();
        let mut loaded = Vec::new();
        for found in folder::scan(folder, selection, &mut report)? {
            let folder = found.folder.clone();
            match self.load_one(found, selection).await {
                Ok(one) => loaded.push(one),
                Err(error) => report.refused.push(Refused {
                    folder,
                    reason: error.into(),
                }),
            }
        }
        if selection.read_only {
            report.hidden = hide_writers(&mut loaded);
        }
        let (catalogue, collisions) = Catalogue::new(loaded);
        report
            .refused
            .extend(collisions.into_iter().map(Into::into));
        report.loaded = catalogue.plugins().to_vec();
        self.measure(&catalogue, report.refused.len());
        self.catalogue.store(Arc::new(catalogue));
        Ok(report)
    }

    /// Everything about one plugin, without serving it. `path` is its folder or its component.
    pub async fn inspect(&self, path: &Path) -> Result<PluginDescription, LoadError> {
        let _loading = self.loading.lock().await;
        let catalogue::Offer {
            plugin,
            tools,
            prompts,
        } = self
            .load_one(folder::find(path)?, &Selection::default())
            .await?;
        let loaded = &plugin.loaded;
        Ok(PluginDescription {
            manifest: loaded.manifest.clone(),
            digest: loaded.digest.clone(),
            allow: loaded.allow.clone(),
            imports: loaded.imports.clone(),
            warnings: loaded.warnings.clone(),
            templates: loaded.templates.clone(),
            completes: plugin.completes(),
            tools,
            prompts,
        })
    }

    /// What is served now.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.load_full()
    }

    /// A place for a call, waiting a bounded time for it.
    pub async fn admit(&self, plugin: &PluginName, caller: &Caller) -> Result<Admission, Busy> {
        self.lanes.admit(caller.key(), plugin).await
    }

    /// Runs `tool` for `caller` in a store of its own. The place is given back at the end.
    pub async fn call(
        &self,
        _place: Admission,
        tool: &Tool,
        caller: &Caller,
        arguments: JsonObject,
        context: CallContext,
    ) -> Result<Output, CallError> {
        call::call(&self.sandbox, tool, caller, arguments, context).await
    }

    /// A page of the caller's resources in `plugin`; as [`Plugins::call`].
    pub async fn enumerate(
        &self,
        _place: Admission,
        plugin: &Plugin,
        caller: &Caller,
        cursor: Option<&str>,
        context: CallContext,
    ) -> Result<Page, CallError> {
        reading::enumerate(&self.sandbox, plugin, caller, cursor, context).await
    }

    /// What is at `uri`, of which `plugin` is the owner; as [`Plugins::call`].
    pub async fn read(
        &self,
        _place: Admission,
        plugin: &Plugin,
        caller: &Caller,
        uri: &str,
        context: CallContext,
    ) -> Result<Vec<Document>, CallError> {
        reading::read(&self.sandbox, plugin, caller, uri, context).await
    }

    /// The messages of `prompt`; as [`Plugins::call`].
    pub async fn render(
        &self,
        _place: Admission,
        prompt: &Prompt,
        caller: &Caller,
        arguments: JsonObject,
        context: CallContext,
    ) -> Result<Vec<Message>, CallError> {
        rendering::render(&self.sandbox, prompt, caller, arguments, context).await
    }

    /// Proposals for what a person is filling in; as [`Plugins::call`].
    pub async fn complete(
        &self,
        _place: Admission,
        plugin: &Plugin,
        caller: &Caller,
        typing: Typing,
        context: CallContext,
    ) -> Result<Vec<String>, CallError> {
        rendering::complete(&self.sandbox, plugin, caller, typing, context).await
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

    async fn load_one(
        &self,
        found: folder::Found,
        selection: &Selection,
    ) -> Result<catalogue::Offer, LoadError> {
        let folder::Found { folder, manifest } = found;
        let name = manifest.name.clone();
        let choice = selection.choices.get(&name).cloned().unwrap_or_default();
        let loading = load::load(&self.sandbox, &folder, manifest, &self.settings, &choice);
        let (loaded, tools, prompts) = Box::pin(loading).await?;
        let plugin = Arc::new(Plugin {
            name,
            folder,
            loaded,
        });
        let tools = tools.into_iter().map(|one| Tool::new(&plugin, one));
        let prompts = prompts.into_iter().map(|one| Prompt::new(&plugin, one));
        Ok(catalogue::Offer {
            tools: tools.collect(),
            prompts: prompts.collect(),
            plugin,
        })
    }
}

/// Takes away every tool that does more than read; says how many those were.
fn hide_writers(offers: &mut [catalogue::Offer]) -> usize {
    let mut hidden = 0;
    for offer in offers {
        let before = offer.tools.len();
        offer.tools.retain(|tool| tool.access == Access::Read);
        hidden += before - offer.tools.len();
    }
    hidden
}

impl From<catalogue::Collision> for Refused {
    fn from(collision: catalogue::Collision) -> Self {
        let catalogue::Collision {
            plugin,
            claim,
            other,
        } = collision;
        Self {
            folder: plugin.folder.clone(),
            reason: RefusedBecause::Taken { claim, other },
        }
    }
}
