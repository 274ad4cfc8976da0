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
//! Loading: `loading` -> `authority` (with `lock` and `policy`) -> `folder` -> `source` -> `manifest` -> `load` -> `component`
//! -> `describe` (with `name`, `schema`, `schema_size`, `template`, `address`, `prompt`) -> `shown` -> `catalogue`. And again,
//! when something changed: `reload`. Approving: `install`, `verify`.
//! Calling: `admission` -> `call` (with `absent`), `reading` or `rendering` -> `task` -> `store` (with `limits`, `console`) ->
//! `run` -> `exports` -> `imports` (with `question`, `form`) -> `convert` -> `output`.
//! Serving another catalogue: `changes`. For authors: `bench`, `check`.

mod absent;
mod address;
mod admission;
mod authority;
mod bench;
mod bindings;
mod call;
mod catalogue;
mod changes;
mod check;
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
mod limit;
mod limits;
mod load;
mod loading;
mod lock;
mod lower_limits;
mod manifest;
mod name;
mod output;
mod policy;
mod prompt;
mod question;
mod reading;
mod reload;
mod rendering;
mod report;
mod run;
mod schema;
mod schema_size;
mod selection;
mod shown;
mod source;
mod store;
mod task;
mod template;
mod text;
mod tool;
mod verify;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};

pub use admission::{Admission, Busy};
pub use authority::Untrusted;
pub use bench::{Bench, Fetched, Spent, Still, Witness};
pub use catalogue::{Catalogue, Claim, Denied, DeniedBy, Plugin};
pub use changes::Changed;
pub use check::Checkup;
pub use component::ImportError;
pub use console::Level;
pub use describe::DescribeError;
pub use engine::SetupError;
pub use form::FormError;
pub use install::{InstallError, Placement, Removal, There, set_enabled};
pub use limit::{Limit, SetBy};
pub use limits::{ANSWER_WITHIN, Limits, Settings};
pub use load::LoadError;
pub(crate) use lock::folder_of;
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
pub use reload::Changes;
pub use rendering::{Target, Typing};
pub use report::{LoadReport, PluginDescription, Refused, RefusedBecause};
pub use schema::{JsonObject, SchemaError};
pub use selection::{Choice, Selection};
pub use shown::{Shown, ShownTool};
pub use source::{Bundled, Source};
pub use task::{CallContext, LogSink, ProgressSink};
pub use template::Template;
pub(crate) use text::visible;
pub use tool::Tool;
pub use verify::Verdict;

use crate::nextcloud::Caller;

/// All plugins of the process.
pub struct Plugins {
    sandbox: engine::Sandbox,
    settings: Settings,
    lanes: admission::Lanes,
    catalogue: ArcSwap<Catalogue>,
    /// How many catalogues were served that clients see a difference in.
    generation: watch::Sender<u64>,
    /// What the catalogue was made from. One load at a time: the pool has one place beside those for calls, for a plugin
    /// that describes itself.
    kept: Mutex<reload::Kept>,
}

impl Plugins {
    /// Sets up the engine, the pool of instances and the clock. No plugin is loaded yet.
    pub fn new(settings: Settings) -> Result<Arc<Self>, SetupError> {
        Ok(Arc::new(Self {
            sandbox: engine::Sandbox::new(&settings)?,
            lanes: admission::Lanes::new(&settings),
            catalogue: ArcSwap::default(),
            generation: watch::Sender::default(),
            kept: Mutex::default(),
            settings,
        }))
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
}
