//! What a component exports, found once at load: tools always, the rest where it is there.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::exports::nextcloud_mcp::plugin::{completions, prompts, resources, tools};
use super::bindings::nextcloud_mcp::plugin::types::{Embedded, Failure, Output};
use super::describe::Raw;
use super::store::CallState;

/// What a guest's function gives: its answer or its failure, unless it did not survive.
pub(super) type Ended<T> = wasmtime::Result<Result<T, Failure>>;

/// A component that is ready to be instantiated.
pub(super) struct Exports {
    pre: InstancePre<CallState>,
    tools: tools::GuestIndices,
    resources: Option<resources::GuestIndices>,
    prompts: Option<prompts::GuestIndices>,
    completions: Option<completions::GuestIndices>,
}

impl Exports {
    /// An error is an interface that is there and has not the contract's types.
    pub(super) fn find(pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        // The lookup of a name takes any patch of the contract's minor version.
        let has = |interface: &str| pre.component().get_export_index(None, interface).is_some();
        Ok(Self {
            tools: tools::GuestIndices::new(&pre)?,
            resources: has("nextcloud-mcp:plugin/resources@0.1.0")
                .then(|| resources::GuestIndices::new(&pre))
                .transpose()?,
            prompts: has("nextcloud-mcp:plugin/prompts@0.1.0")
                .then(|| prompts::GuestIndices::new(&pre))
                .transpose()?,
            completions: has("nextcloud-mcp:plugin/completions@0.1.0")
                .then(|| completions::GuestIndices::new(&pre))
                .transpose()?,
            pre,
        })
    }

    /// Whether it can be asked for completions.
    pub(super) fn completes(&self) -> bool {
        self.completions.is_some()
    }

    /// Everything that the plugin says about itself, unchecked.
    pub(super) async fn describe(&self, store: &mut Store<CallState>) -> wasmtime::Result<Raw> {
        let instance = self.instantiate(store).await?;
        let guest = self.tools.load(&mut *store, &instance)?;
        let tools = guest.call_describe(&mut *store).await?;
        let mut raw = Raw {
            tools: tools.into_iter().map(Into::into).collect(),
            ..Raw::default()
        };
        if let Some(resources) = &self.resources {
            let guest = resources.load(&mut *store, &instance)?;
            let templates = guest.call_describe(&mut *store).await?;
            raw.templates = templates.into_iter().map(Into::into).collect();
        }
        if let Some(prompts) = &self.prompts {
            let guest = prompts.load(&mut *store, &instance)?;
            let prompts = guest.call_describe(&mut *store).await?;
            raw.prompts = prompts.into_iter().map(Into::into).collect();
        }
        Ok(raw)
    }

    pub(super) async fn call(
        &self,
        store: &mut Store<CallState>,
        tool: &str,
        arguments: &String,
    ) -> Ended<Output> {
        let instance = self.instantiate(store).await?;
        let guest = self.tools.load(&mut *store, &instance)?;
        guest.call_call(store, tool, arguments).await
    }

    /// A page of what there is; an empty one of a plugin without resources.
    pub(super) async fn enumerate(
        &self,
        store: &mut Store<CallState>,
        cursor: Option<&str>,
    ) -> Ended<resources::Page> {
        let Some(resources) = &self.resources else {
            return Ok(Ok(resources::Page {
                entries: Vec::new(),
                next: None,
            }));
        };
        let instance = self.instantiate(store).await?;
        let guest = resources.load(&mut *store, &instance)?;
        guest.call_enumerate(store, cursor).await
    }

    /// What is at `uri`; nothing in a plugin without resources.
    pub(super) async fn read(
        &self,
        store: &mut Store<CallState>,
        uri: &str,
    ) -> Ended<Vec<Embedded>> {
        let Some(resources) = &self.resources else {
            return Ok(Ok(Vec::new()));
        };
        let instance = self.instantiate(store).await?;
        let guest = resources.load(&mut *store, &instance)?;
        guest.call_read(store, uri).await
    }

    /// A prompt's messages; none in a plugin without prompts.
    pub(super) async fn render(
        &self,
        store: &mut Store<CallState>,
        prompt: &str,
        arguments: &String,
    ) -> Ended<Vec<prompts::Message>> {
        let Some(prompts) = &self.prompts else {
            return Ok(Ok(Vec::new()));
        };
        let instance = self.instantiate(store).await?;
        let guest = prompts.load(&mut *store, &instance)?;
        guest.call_render(store, prompt, arguments).await
    }

    /// Proposals; none of a plugin without completions.
    pub(super) async fn complete(
        &self,
        store: &mut Store<CallState>,
        target: &completions::Target,
        argument: &str,
        value: &str,
        known: &[(String, String)],
    ) -> Ended<Vec<String>> {
        let Some(completions) = &self.completions else {
            return Ok(Ok(Vec::new()));
        };
        let instance = self.instantiate(store).await?;
        let guest = completions.load(&mut *store, &instance)?;
        guest
            .call_complete(store, target, argument, value, known)
            .await
    }

    async fn instantiate(&self, store: &mut Store<CallState>) -> wasmtime::Result<Instance> {
        self.pre.instantiate_async(&mut *store).await
    }
}
