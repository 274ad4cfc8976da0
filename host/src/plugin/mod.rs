//! The sandbox: loads plugins, keeps the catalogue of their tools, and runs one call at a time in a store of its own.
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
//! Loading: `folder` -> `manifest` -> `load` -> `component` -> `describe` (with `name`, `schema`, `schema_size`) -> `catalogue`.
//! Calling: `admission` -> `call` (with `absent`) -> `store` (with `limits`, `console`) -> `run` -> `imports` -> `convert` -> `output`.

mod absent;
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
mod folder;
mod imports;
mod limits;
mod load;
mod manifest;
mod name;
mod output;
mod report;
mod run;
mod schema;
mod schema_size;
mod selection;
mod store;
mod text;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

pub use admission::{Admission, Busy};
pub use call::{CallContext, ProgressSink};
pub use catalogue::{Catalogue, Plugin, Tool};
pub use component::ImportError;
pub use describe::DescribeError;
pub use engine::SetupError;
pub use limits::{Limits, Settings};
pub use load::LoadError;
pub use manifest::{
    AllowLine, CONTRACT, LowerLimits, MANIFEST_FILE, Manifest, ManifestError, Setting,
};
pub use name::{NameError, PluginName, Prefix};
pub use output::{Body, CallError, Content, Failure, FailureKind, Output, StopReason};
pub use report::{LoadReport, PluginDescription, Refused, RefusedBecause};
pub use schema::{JsonObject, SchemaError};
pub use selection::{Choice, Selection};
pub(crate) use text::visible;

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
        self.catalogue.store(Arc::new(catalogue));
        Ok(report)
    }

    /// Everything about one plugin, without serving it. `path` is its folder or its component.
    pub async fn inspect(&self, path: &Path) -> Result<PluginDescription, LoadError> {
        let _loading = self.loading.lock().await;
        let (plugin, tools) = self
            .load_one(folder::find(path)?, &Selection::default())
            .await?;
        let loaded = &plugin.loaded;
        Ok(PluginDescription {
            manifest: loaded.manifest.clone(),
            digest: loaded.digest.clone(),
            allow: loaded.allow.clone(),
            imports: loaded.imports.clone(),
            warnings: loaded.warnings.clone(),
            tools: tools.into_iter().map(Arc::new).collect(),
        })
    }

    /// What is served now.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.load_full()
    }

    /// A place for a call, waiting a bounded time for it.
    pub async fn admit(&self, tool: &Tool, caller: &Caller) -> Result<Admission, Busy> {
        self.lanes.admit(caller.key(), &tool.plugin).await
    }

    /// Runs `tool` for `caller` in a store of its own. The place is given back at the end.
    pub async fn call(
        &self,
        admission: Admission,
        tool: &Arc<Tool>,
        caller: &Caller,
        arguments: JsonObject,
        context: CallContext,
    ) -> Result<Output, CallError> {
        let result = call::call(&self.sandbox, tool, caller, arguments, context).await;
        drop(admission);
        result
    }

    async fn load_one(
        &self,
        found: folder::Found,
        selection: &Selection,
    ) -> Result<(Arc<Plugin>, Vec<Tool>), LoadError> {
        let folder::Found { folder, manifest } = found;
        let name = manifest.name.clone();
        let choice = selection.choices.get(&name).cloned().unwrap_or_default();
        let loading = load::load(&self.sandbox, &folder, manifest, &self.settings, &choice);
        let (loaded, described) = Box::pin(loading).await?;
        let plugin = Arc::new(Plugin {
            name,
            folder,
            loaded,
        });
        let tools = described
            .into_iter()
            .map(|one| Tool::new(&plugin, one))
            .collect();
        Ok((plugin, tools))
    }
}

/// Takes away every tool that does more than read; says how many those were.
fn hide_writers(loaded: &mut [(Arc<Plugin>, Vec<Tool>)]) -> usize {
    let count = |loaded: &[(Arc<Plugin>, Vec<Tool>)]| {
        loaded.iter().map(|(_, tools)| tools.len()).sum::<usize>()
    };
    let before = count(loaded);
    for (_, tools) in loaded.iter_mut() {
        tools.retain(|tool| tool.access == Access::Read);
    }
    before - count(loaded)
}

impl From<catalogue::Collision> for Refused {
    fn from(collision: catalogue::Collision) -> Self {
        let catalogue::Collision {
            plugin,
            tool,
            other,
        } = collision;
        Self {
            folder: plugin.folder.clone(),
            reason: RefusedBecause::SameTool { tool, other },
        }
    }
}
