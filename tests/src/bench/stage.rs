//! The host's inside without its edges: plugins in their sandbox, and one user's way out, called directly.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use nextcloud_mcp_server::nextcloud::{
    Access, Budget, Caller, Credential, Grant, Nextcloud, Request, Scopes, Settings,
};
use nextcloud_mcp_server::plugin::{self, CallContext, CallError, Output, Plugins, Selection};
use secrecy::SecretString;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::floor::Recorded;
use crate::nextcloud::StandIn;

/// Headers that the plugins send; the others are the host's.
const PLUGINS_OWN: [&str; 3] = ["accept", "content-type", "depth"];

/// A sandbox with plugins, and alice.
pub(super) struct Stage {
    plugins: Arc<Plugins>,
    alice: Caller,
}

impl Stage {
    /// Loads a folder of plugins; how long that took.
    pub(super) async fn set(
        nextcloud: &StandIn,
        folder: &Path,
        compiled: &Path,
    ) -> Result<(Self, Duration)> {
        let password = SecretString::from(nextcloud.state().user("alice").password.clone());
        let connector = Nextcloud::new(Settings::new(nextcloud.url()))?;
        let alice = connector.caller(Credential::basic("alice", &password)?, Scopes::All);
        let plugins = Plugins::new(plugin::Settings {
            cache_dir: Some(compiled.to_owned()),
            ..plugin::Settings::default()
        })?;
        let begun = Instant::now();
        plugins.load(folder, &Selection::default()).await?;
        Ok((Self { plugins, alice }, begun.elapsed()))
    }

    /// One call from admission to its end.
    pub(super) async fn call(&self, tool: &str, arguments: Value) -> Result<Output, CallError> {
        let catalogue = self.plugins.catalogue();
        let tool = catalogue.tool(tool).expect("a tool that is loaded");
        let place = self.plugins.admit(&tool.plugin, &self.alice).await;
        let context = CallContext::new("bench".to_owned(), CancellationToken::new());
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let place = place.expect("a place: there is one call at a time");
        self.plugins
            .call(place, tool, &self.alice, arguments, context)
            .await
    }

    /// The recorded requests by the host's own way out.
    pub(super) async fn send(&self, grant: &Grant, recorded: &Recorded) -> Result<()> {
        let budget = Budget::new(100, 64 << 20, 8 << 20);
        for entry in recorded.entries() {
            let own = PLUGINS_OWN.iter().filter_map(|name| {
                let value = entry.header(name)?;
                Some(((*name).to_owned(), value.to_owned()))
            });
            let request = Request {
                method: entry.method.clone(),
                path: entry.target.clone(),
                headers: own.collect(),
                body: Some(entry.body.clone()).filter(|body| !body.is_empty()),
            };
            self.alice
                .fetch(grant, Access::Read, &budget, request)
                .await?;
        }
        Ok(())
    }
}
