//! Serving: builds every part from the settings, in the order of their dependencies, and runs them until told to stop.

mod basic;
mod oauth;
mod places;
mod reload;
pub(super) mod scopes;
mod seal;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::signals;
use crate::auth::{Authenticator, CallSeal, FolderError, OAuthError, StaticTokenError};
use crate::config::{Mode, ModeError, PluginSettings, Settings};
use crate::mcp::{self, Mcp, Rules, StdioError};
use crate::nextcloud::{self, CredentialError, Nextcloud, Tape};
use crate::plugin::{self, Denied, LoadError, LoadReport, Plugins};
use crate::server::{App, Entrance, Health, Landing, Metrics, ServerError, ToolGroup};

/// What a request may take besides its call and the wait for a place: its body, and asking Nextcloud what it has.
const REQUEST_MARGIN: Duration = Duration::from_mins(1);

/// Why serving did not begin, or ended.
#[derive(Debug, Error)]
pub enum StartError {
    /// See [`ModeError`].
    #[error(transparent)]
    Mode(#[from] ModeError),
    /// The documented text for OAuth mode.
    #[error("OAuth mode requires NEXTCLOUD_HOST")]
    OAuthWithoutHost,
    /// Whoever started the process has no token to send.
    #[error(
        "OAuth mode needs HTTP, and NEXTCLOUD_MCP_TRANSPORT is stdio. Set NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD (an app \
         password, made in Nextcloud under Settings > Security) to serve one user over stdio, or use streamable-http"
    )]
    OAuthOverStdio,
    /// See [`OAuthError`].
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Nothing to speak to.
    #[error(
        "NEXTCLOUD_HOST is not set. Set it to the address of your Nextcloud, such as https://cloud.example.com"
    )]
    NoHost,
    /// See [`nextcloud::SetupError`].
    #[error(transparent)]
    Nextcloud(#[from] nextcloud::SetupError),
    /// The sign-in of Basic mode.
    #[error("NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD cannot be used: {0}")]
    SignIn(#[from] CredentialError),
    /// See [`StaticTokenError`].
    #[error(transparent)]
    Token(#[from] StaticTokenError),
    /// See [`plugin::SetupError`].
    #[error(transparent)]
    Sandbox(#[from] plugin::SetupError),
    /// The plugin folder, the lock file or the policy.
    #[error("{what}{end}", what = .0, end = remedy(.0))]
    Plugins(#[from] LoadError),
    /// A server without a tool serves nobody.
    #[error("no plugin was loaded{from}, so there is nothing to serve: {why}")]
    NoPlugins {
        /// ` from` and a folder, if one is set.
        from: String,
        /// As the end of the sentence.
        why: String,
    },
    /// See [`ServerError`].
    #[error(transparent)]
    Server(#[from] ServerError),
    /// See [`StdioError`].
    #[error(transparent)]
    Stdio(#[from] StdioError),
}

impl StartError {
    /// Whether another setting would help, rather than another state of the world.
    pub fn is_misuse(&self) -> bool {
        match self {
            Self::OAuth(error) => error.is_misuse(),
            Self::Plugins(LoadError::Policy(_)) => true,
            Self::Sandbox(_)
            | Self::Plugins(_)
            | Self::NoPlugins { .. }
            | Self::Server(ServerError::Bind { .. } | ServerError::Metrics { .. })
            | Self::Stdio(_) => false,
            _ => true,
        }
    }
}

/// Where the folder comes from, where that is what is wrong.
fn remedy(error: &LoadError) -> &'static str {
    match error {
        LoadError::Folder { .. } => {
            ". NEXTCLOUD_MCP_PLUGIN_DIR says where it is; `just build-plugins` fills one"
        }
        _ => "",
    }
}

/// Serves until told to stop.
pub(super) async fn serve(settings: Settings) -> Result<(), StartError> {
    let stop = signals::stop();
    let mode = settings.nextcloud.mode()?;
    // Before everything else, so that nothing goes uncounted.
    let metrics = match settings.server.metrics_listen {
        Some(address) => Some(Metrics::bind(address).await?),
        None => None,
    };
    let serving = async {
        match mode {
            Mode::OAuth { forced } => Box::pin(oauth::serve(settings, forced, stop)).await,
            Mode::Basic(sign_in) => Box::pin(basic::serve(settings, &sign_in, stop)).await,
        }
    };
    match metrics {
        // Figures are there until the last call has ended.
        Some(metrics) => tokio::select! {
            served = serving => served,
            () = metrics.run(CancellationToken::new()) => Ok(()),
        },
        None => serving.await,
    }
}

/// The Nextcloud at `host`. Nothing is sent yet.
pub(super) fn nextcloud(settings: &Settings, host: &str) -> Result<Nextcloud, StartError> {
    Ok(Nextcloud::new(connector(settings, host))?)
}

/// The same, for one call that is recorded or replayed. What depends on earlier calls is left out: cached answers, and
/// sessions, which would need cookies.
pub(super) fn nextcloud_on_tape(
    settings: &Settings,
    host: &str,
    tape: Arc<dyn Tape>,
) -> Result<Nextcloud, StartError> {
    let mut connector = connector(settings, host);
    connector.http_cache = false;
    connector.limits.session_trust = Duration::ZERO;
    connector.tape = Some(tape);
    Ok(Nextcloud::new(connector)?)
}

fn connector(settings: &Settings, host: &str) -> nextcloud::Settings {
    let here = &settings.nextcloud;
    let device = settings.server.server_url.as_ref();
    let device = device.and_then(|url| url.host_str()).map(str::to_owned);
    nextcloud::Settings {
        public_url: here.public_url.clone(),
        ca_bundle: here.ca_bundle.clone(),
        allow_plain_http: here.allow_plain_http,
        proxy: here.proxy.clone(),
        device,
        http_cache: here.http_cache,
        ..nextcloud::Settings::new(host)
    }
}

/// What people and clients see before they sign in; each mode has its own.
struct Front {
    /// Where MCP is spoken, as clients are to be given it.
    address: String,
    /// Where people reach the Nextcloud.
    nextcloud: String,
    entrance: Entrance,
    /// Where they sign in.
    pages: Option<Router>,
    rules: Rules,
}

/// What MCP is served by, until `stop`.
fn rules(settings: &Settings, seal: CallSeal, stop: CancellationToken) -> Rules {
    Rules {
        confirm_delete: settings.plugins.confirm_delete,
        stop,
        ..Rules::new(seal)
    }
}

/// What both modes serve alike.
struct Shell<'a> {
    settings: &'a Settings,
    plugins: &'a Arc<Plugins>,
    loaded: watch::Sender<bool>,
}

impl<'a> Shell<'a> {
    fn new(settings: &'a Settings, plugins: &'a Arc<Plugins>) -> Self {
        Self {
            settings,
            plugins,
            loaded: watch::Sender::new(false),
        }
    }

    /// Lets requests go that waited for the catalogue.
    fn loaded(&self) {
        self.loaded.send_replace(true);
    }

    fn app(&self, health: Health, authenticator: Authenticator, front: Front) -> App {
        let Settings { server, limits, .. } = self.settings;
        let (call, queue): (Duration, Duration) =
            (limits.call_seconds.into(), limits.queue_seconds.into());
        App {
            endpoint: mcp::endpoint(
                Mcp::new(self.plugins.clone(), front.rules),
                self.loaded.subscribe(),
                usize::from(server.request_mib) << 20,
            ),
            health,
            authenticator,
            pages: front.pages,
            landing: Some(self.landing(front.address, front.nextcloud, front.entrance)),
            requests: usize::try_from(server.requests).unwrap_or(usize::MAX),
            request_within: call + queue + REQUEST_MARGIN,
        }
    }

    fn landing(&self, address: String, nextcloud: String, entrance: Entrance) -> Router {
        let plugins = Arc::clone(self.plugins);
        let groups = Arc::new(move || {
            let catalogue = plugins.catalogue();
            let groups = catalogue.plugins().iter().map(|plugin| ToolGroup {
                name: plugin.name.to_string(),
                version: plugin.version().to_owned(),
                tools: catalogue
                    .tools()
                    .filter(|tool| tool.plugin == plugin.name)
                    .count(),
            });
            groups.collect()
        });
        let landing = Landing {
            address,
            nextcloud,
            entrance,
            groups,
        };
        landing.routes()
    }
}

/// Loads what there is, says what became of it, and insists on at least one plugin. `false` if told to stop meanwhile.
async fn load(
    settings: &PluginSettings,
    plugins: &Plugins,
    stop: &CancellationToken,
) -> Result<bool, StartError> {
    let (folder, selection) = (settings.plugin_dir.as_deref(), settings.selection());
    let report = tokio::select! {
        report = plugins.load(folder, &selection) => report?,
        () = stop.cancelled() => return Ok(false),
    };
    for plugin in &report.loaded {
        let (name, version, digest) = (&plugin.name, plugin.version(), plugin.digest());
        tracing::info!(version, digest, from = %plugin.source, "plugin {name} is loaded");
    }
    for name in &report.replaced {
        tracing::info!(
            "{name}: the one in NEXTCLOUD_MCP_PLUGIN_DIR stands in place of the bundled one"
        );
    }
    for (denied, rule) in report.denied_by_policy() {
        tell_denied(denied, rule);
    }
    for name in &report.disabled {
        tracing::info!("plugin {name} is switched off (`plugins enable {name}` switches it on)");
    }
    if let Some(folder) = folder.filter(|_| !report.locked) {
        tracing::info!(
            "no lock file says which plugins were approved: whoever can write to {} decides what runs (`plugins install` makes one)",
            folder.display()
        );
    }
    let hidden = report.hidden();
    if hidden > 0 {
        tracing::info!("read-only: {hidden} tools that can write are left out");
    }
    if report.loaded.is_empty() {
        return Err(nothing_to_serve(folder, &report));
    }
    for sentence in report.sentences() {
        tracing::warn!("{sentence}");
    }
    Ok(true)
}

fn tell_denied(Denied { plugin, tool, .. }: &Denied, rule: &str) {
    tracing::info!(tool, rule, "the policy takes a tool of {plugin} away");
}

/// Why no plugin is left, as the server says it.
pub(in crate::cli) fn nothing_to_serve(folder: Option<&Path>, report: &LoadReport) -> StartError {
    let left_out = report.left_out.iter().map(|name| {
        format!("{name} is left out by NEXTCLOUD_MCP_ENABLE_PLUGIN or NEXTCLOUD_MCP_DISABLE_PLUGIN")
    });
    let disabled = report
        .disabled
        .iter()
        .map(|name| format!("{name} is switched off; `plugins enable {name}` switches it on"));
    let told = left_out.chain(disabled);
    let why: Vec<String> = report.sentences().into_iter().chain(told).collect();
    let why = match folder {
        _ if !why.is_empty() => why.join("; "),
        Some(_) => "no folder in it has a plugin.toml".to_owned(),
        None => "this program was built without any, and NEXTCLOUD_MCP_PLUGIN_DIR is not set; `just build-plugins` fills a folder for it".to_owned(),
    };
    let from = folder.map_or_else(String::new, |folder| format!(" from {}", folder.display()));
    StartError::NoPlugins { from, why }
}
