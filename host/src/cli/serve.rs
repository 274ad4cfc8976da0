//! Serving: builds every part from the settings, in the order of their dependencies, and runs them until told to stop.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::signals;
use crate::auth::{Authenticator, BasicMode, StaticToken, StaticTokenError};
use crate::config::{
    BasicSignIn, Mode, ModeError, NextcloudSettings, PluginSettings, ServerSettings, Settings,
    Transport,
};
use crate::mcp::{self, Mcp, StdioError};
use crate::nextcloud::{self, Caller, Credential, CredentialError, Nextcloud, Scopes};
use crate::plugin::{self, LoadError, LoadReport, Plugins};
use crate::server::{App, Health, Server, ServerError};

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
    /// Not built yet.
    #[error(
        "OAuth mode is not in this version yet. Set NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD (an app password, made in \
         Nextcloud under Settings > Security) to run in Basic mode"
    )]
    OAuth,
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
    /// The plugin folder.
    #[error("{0}. NEXTCLOUD_MCP_PLUGIN_DIR says where it is; `just build-plugins` fills one")]
    Plugins(#[from] LoadError),
    /// A server without a tool serves nobody.
    #[error("no plugin was loaded from {folder}, so there is nothing to serve: {why}")]
    NoPlugins {
        /// Where from.
        folder: String,
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
        !matches!(
            self,
            Self::Sandbox(_)
                | Self::Plugins(_)
                | Self::NoPlugins { .. }
                | Self::Server(ServerError::Bind { .. })
                | Self::Stdio(_)
        )
    }
}

/// Serves until told to stop.
pub(super) async fn serve(settings: Settings) -> Result<(), StartError> {
    let stop = signals::stop();
    let sign_in = match settings.nextcloud.mode()? {
        Mode::OAuth { forced } => return Err(refuse_oauth(&settings.nextcloud, forced)),
        Mode::Basic(sign_in) => sign_in,
    };
    let user = basic_user(&settings, &sign_in)?;
    tracing::warn!(
        "Basic mode: every client acts as the Nextcloud user {:?}. Basic mode is legacy, for one user on their own machine; OAuth mode is to replace it",
        sign_in.username
    );
    let plugins = Plugins::new(settings.limits.sandbox(settings.plugins.data_dir.clone()))?;
    match settings.server.transport {
        Transport::StreamableHttp => serve_http(settings, plugins, user, stop).await,
        Transport::Stdio => serve_stdio(&settings, plugins, user, stop).await,
    }
}

/// The lines that guides for OAuth mode show, as far as they apply.
fn refuse_oauth(settings: &NextcloudSettings, forced: bool) -> StartError {
    if forced && (settings.nextcloud_username.is_some() || settings.nextcloud_password.is_some()) {
        tracing::warn!(
            "OAuth mode is forced: NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD have no effect"
        );
    } else if !forced {
        tracing::info!("OAuth mode detected (NEXTCLOUD_USERNAME/PASSWORD not set)");
    }
    if settings.nextcloud_host.is_none() {
        StartError::OAuthWithoutHost
    } else {
        StartError::OAuth
    }
}

/// The one user of Basic mode. Nothing is sent yet.
fn basic_user(settings: &Settings, sign_in: &BasicSignIn) -> Result<Caller, StartError> {
    let here = &settings.nextcloud;
    let host = here.nextcloud_host.as_ref().ok_or(StartError::NoHost)?;
    let nextcloud = Nextcloud::new(nextcloud::Settings {
        public_url: here.public_url.clone(),
        ca_bundle: here.ca_bundle.clone(),
        allow_plain_http: here.allow_plain_http,
        proxy: here.proxy.clone(),
        device: settings
            .server
            .server_url
            .as_ref()
            .and_then(|url| url.host_str())
            .map(str::to_owned),
        http_cache: here.http_cache,
        ..nextcloud::Settings::new(host)
    })?;
    Ok(nextcloud.caller(
        Credential::basic(&sign_in.username, &sign_in.password)?,
        Scopes::All,
    ))
}

/// Listens at once and loads beside it: watchers see a live process, and early requests wait for the catalogue.
async fn serve_http(
    settings: Settings,
    plugins: Arc<Plugins>,
    user: Caller,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let token = settings
        .server
        .static_token
        .as_ref()
        .map(StaticToken::new)
        .transpose()?;
    let server = Server::bind(&settings.server, token.is_some()).await?;
    let url = server.url();
    let (loaded, is_loaded) = watch::channel(false);
    let app = app(&settings, &plugins, user, token, is_loaded);
    // Ends the server, too, when loading fails.
    let serving = stop.child_token();
    let load = async {
        if load(&settings.plugins, &plugins, &stop)
            .await
            .inspect_err(|_| serving.cancel())?
        {
            loaded.send_replace(true);
            tracing::info!("MCP server ready at {url}");
        }
        Ok(())
    };
    let (result, ()) = tokio::join!(load, server.run(app, serving.clone()));
    result
}

fn app(
    settings: &Settings,
    plugins: &Arc<Plugins>,
    user: Caller,
    token: Option<StaticToken>,
    loaded: watch::Receiver<bool>,
) -> App {
    let ServerSettings {
        request_mib,
        requests,
        ..
    } = &settings.server;
    let (call, queue): (Duration, Duration) = (
        settings.limits.call_seconds.into(),
        settings.limits.queue_seconds.into(),
    );
    App {
        endpoint: mcp::endpoint(plugins.clone(), loaded, usize::from(*request_mib) << 20),
        health: Health::new(plugins.clone(), user.clone()),
        authenticator: Authenticator::Basic(BasicMode::new(user, token)),
        pages: None,
        landing: None,
        requests: usize::try_from(*requests).unwrap_or(usize::MAX),
        request_within: call + queue + REQUEST_MARGIN,
    }
}

/// One client, which started this process and speaks for its user: no token, no port.
async fn serve_stdio(
    settings: &Settings,
    plugins: Arc<Plugins>,
    user: Caller,
    stop: CancellationToken,
) -> Result<(), StartError> {
    if load(&settings.plugins, &plugins, &stop).await? {
        tracing::info!("MCP server ready on standard input and output");
        mcp::serve_stdio(Mcp::for_one(plugins, user), stop).await?;
    }
    Ok(())
}

/// Loads what there is, says what became of it, and insists on at least one plugin. `false` if told to stop meanwhile.
async fn load(
    settings: &PluginSettings,
    plugins: &Plugins,
    stop: &CancellationToken,
) -> Result<bool, StartError> {
    let (folder, selection) = (&settings.plugin_dir, settings.selection());
    let report = tokio::select! {
        report = plugins.load(folder, &selection) => report?,
        () = stop.cancelled() => return Ok(false),
    };
    for plugin in &report.loaded {
        let (name, version, digest) = (&plugin.name, plugin.version(), plugin.digest());
        tracing::info!(version, digest, "plugin {name} is loaded");
    }
    if report.hidden > 0 {
        tracing::info!(
            "read-only: {} tools that can write are left out",
            report.hidden
        );
    }
    if report.loaded.is_empty() {
        return Err(nothing_to_serve(folder, &report));
    }
    for sentence in report.sentences() {
        tracing::warn!("{sentence}");
    }
    Ok(true)
}

fn nothing_to_serve(folder: &Path, report: &LoadReport) -> StartError {
    let left_out = report.left_out.iter().map(|name| {
        format!("{name} is left out by NEXTCLOUD_MCP_ENABLE_PLUGIN or NEXTCLOUD_MCP_DISABLE_PLUGIN")
    });
    let why: Vec<String> = report.sentences().into_iter().chain(left_out).collect();
    let why = if why.is_empty() {
        "no folder in it has a plugin.toml".to_owned()
    } else {
        why.join("; ")
    };
    StartError::NoPlugins {
        folder: folder.display().to_string(),
        why,
    }
}
