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
//! Loading: `authority` (with `lock` and `policy`) -> `folder` -> `manifest` -> `load` -> `component` -> `describe` (with `name`,
//! `schema`, `schema_size`, `template`, `address`, `prompt`) -> `shown` -> `catalogue`. Approving: `install`.
//! Calling: `admission` -> `call` (with `absent`), `reading` or `rendering` -> `task` -> `store` (with `limits`, `console`) ->
//! `run` -> `exports` -> `imports` (with `question`, `form`) -> `convert` -> `output`.
//! Serving another catalogue: `changes`.

mod absent;
mod address;
mod admission;
mod authority;
mod bindings;
mod call;
mod catalogue;
mod changes;
mod component;
mod console;
mod convert;
mod describe;
mod engine;
mod explain;
mod exports;
mod folder;
mod form;
mod imports;
mod install;
mod limits;
mod load;
mod lock;
mod lower_limits;
mod manifest;
mod name;
mod output;
mod policy;
mod prompt;
mod question;
mod reading;
mod rendering;
mod report;
mod run;
mod schema;
mod schema_size;
mod selection;
mod shown;
mod store;
mod task;
mod template;
mod text;
mod tool;
mod verify;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};

pub use admission::{Admission, Busy};
pub use authority::Untrusted;
pub use catalogue::{Catalogue, Claim, Denied, Plugin};
pub use changes::Changed;
pub use component::ImportError;
pub use console::Level;
pub use describe::DescribeError;
pub use engine::SetupError;
pub use form::FormError;
pub use install::{InstallError, Placement, Removal, There, set_enabled};
pub use limits::{ANSWER_WITHIN, Limits, Settings};
pub use load::LoadError;
pub use lock::{Entry as Locked, LOCK_FILE, Lock, LockError};
pub use lower_limits::LowerLimits;
pub use manifest::{AllowLine, CONTRACT, MANIFEST_FILE, Manifest, ManifestError, Setting};
pub use name::{NameError, PluginName, Prefix};
pub use output::{
    Body, CallError, Content, Document, Failure, FailureKind, Message, Output, Role, StopReason,
};
pub use policy::{Policy, PolicyError};
pub use prompt::{Argument, Prompt};
pub use question::{Answer, Asked, Person, Question};
pub use reading::{Entry, Page};
pub use rendering::{Target, Typing};
pub use report::{LoadReport, PluginDescription, Refused, RefusedBecause};
pub use schema::{JsonObject, SchemaError};
pub use selection::{Choice, Selection};
pub use shown::{Shown, ShownTool};
pub use task::{CallContext, LogSink, ProgressSink};
pub use template::Template;
pub(crate) use text::visible;
pub use tool::Tool;
pub use verify::Verdict;

use authority::Authority;
use folder::Source;

use crate::nextcloud::{Access, Caller};

/// All plugins of the process.
pub struct Plugins {
    sandbox: engine::Sandbox,
    settings: Settings,
    lanes: admission::Lanes,
    catalogue: ArcSwap<Catalogue>,
    /// How many catalogues were served that clients see a difference in.
    generation: watch::Sender<u64>,
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
            generation: watch::Sender::default(),
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
        let authority = Authority::read(folder, selection)?;
        let mut report = LoadReport {
            locked: authority.lock.is_some(),
            ..LoadReport::default()
        };
        let mut loaded = Vec::new();
        for found in folder::scan(folder, selection, &authority, &mut report)? {
            let folder = found.folder.clone();
            match self.load_one(found, selection).await {
                Ok(one) => loaded.push(one),
                Err(error) => report.refuse(folder, error),
            }
        }
        if selection.read_only {
            report.hidden = hide_writers(&mut loaded);
        }
        report.denied = deny(&mut loaded);
        let (catalogue, collisions) = Catalogue::new(loaded, report.denied.clone());
        report
            .refused
            .extend(collisions.into_iter().map(Into::into));
        report.loaded = catalogue.plugins().to_vec();
        self.serve(catalogue);
        Ok(report)
    }

    /// Serves `catalogue` from now on, and wakes those who [listen](Self::changes) if clients see a difference.
    fn serve(&self, catalogue: Catalogue) {
        let catalogue = Arc::new(catalogue);
        let before = self.catalogue.swap(Arc::clone(&catalogue));
        if Changed::between(&before, &catalogue).any() {
            self.generation.send_modify(|generation| *generation += 1);
        }
    }

    /// Everything about one plugin, without serving it. `path` is its folder or its component.
    pub async fn inspect(&self, path: &Path) -> Result<PluginDescription, LoadError> {
        self.examine(path, &Selection::default()).await
    }

    /// The same with what the operator decided about it, whether or not it was approved. Holds the bytes that were
    /// looked at, so that no others are installed.
    pub async fn examine(
        &self,
        path: &Path,
        selection: &Selection,
    ) -> Result<PluginDescription, LoadError> {
        let _loading = self.loading.lock().await;
        let mut found = folder::find(path)?;
        if let Some(path) = &selection.policy {
            found.policy = Policy::read(path)?.of(&found.manifest.name);
        }
        let component = found.component.read(self.settings.component_bytes)?;
        found.component = Source::Memory(component.clone());
        let manifest = found.manifest_bytes.clone();
        let offer = self.load_one(found, selection).await?;
        Ok(PluginDescription::new(offer, manifest, component))
    }

    /// What is served now.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.load_full()
    }

    /// Grows whenever what is served changes; [`Changed::between`] says in what.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
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

    async fn load_one(
        &self,
        found: folder::Found,
        selection: &Selection,
    ) -> Result<catalogue::Offer, LoadError> {
        let (folder, name) = (found.folder.clone(), found.manifest.name.clone());
        let choice = selection.choices.get(&name).cloned().unwrap_or_default();
        let loading = load::load(&self.sandbox, found, &self.settings, &choice);
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

/// Takes away every tool that the operator's policy denies; says which and by which rule.
fn deny(offers: &mut [catalogue::Offer]) -> Vec<Denied> {
    let mut denied = Vec::new();
    for offer in offers {
        let policy = &offer.plugin.loaded.policy;
        offer.tools.retain(|tool| {
            let rule = policy.denies_tool(&tool.name, tool.access);
            denied.extend(rule.map(|rule| Denied {
                plugin: tool.plugin.clone(),
                tool: tool.full_name.clone(),
                rule: rule.to_owned(),
            }));
            rule.is_none()
        });
    }
    denied
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
