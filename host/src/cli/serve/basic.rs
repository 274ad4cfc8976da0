//! Serving in Basic mode: one user of Nextcloud for everybody.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::reload::Watch;
use super::{Front, Shell, StartError, load, nextcloud, rules};
use crate::auth::{Authenticator, BasicMode, CallSeal, Place, StaticToken};
use crate::config::{BasicSignIn, Settings, Transport};
use crate::mcp::{self, Mcp};
use crate::nextcloud::{Caller, Credential, Nextcloud, Scopes};
use crate::plugin::Plugins;
use crate::server::{Entrance, Health, Server};

/// Serves until `stop`.
pub(super) async fn serve(
    settings: Settings,
    sign_in: &BasicSignIn,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let host = settings.nextcloud.nextcloud_host.as_ref();
    let nextcloud = nextcloud(&settings, host.ok_or(StartError::NoHost)?)?;
    // Nothing is sent yet.
    let user = nextcloud.caller(
        Credential::basic(&sign_in.username, &sign_in.password)?,
        Scopes::All,
    );
    tracing::warn!(
        "Basic mode: every client acts as the Nextcloud user {:?}. Basic mode is legacy, for one user on their own machine; OAuth mode lets \
         everybody sign in as themselves",
        sign_in.username
    );
    let plugins = Plugins::new(settings.limits.sandbox(settings.plugins.data_dir.clone()))?;
    match settings.server.transport {
        Transport::StreamableHttp => serve_http(&settings, plugins, (nextcloud, user), stop).await,
        Transport::Stdio => Box::pin(serve_stdio(&settings, plugins, user, stop)).await,
    }
}

fn seal(settings: &Settings) -> Result<CallSeal, StartError> {
    Ok(CallSeal::basic(settings.oauth.secret_key.as_ref())?)
}

/// Listens at once and loads beside it: watchers see a live process, and early requests wait for the catalogue.
async fn serve_http(
    settings: &Settings,
    plugins: Arc<Plugins>,
    (nextcloud, user): (Nextcloud, Caller),
    stop: CancellationToken,
) -> Result<(), StartError> {
    let token = settings.server.static_token.as_ref();
    let token = token.map(StaticToken::new).transpose()?;
    let server = Server::bind(&settings.server, token.is_some()).await?;
    let url = server.url();
    let shell = Shell::new(settings, &plugins);
    let here = settings.server.server_url.as_ref();
    let front = Front {
        address: here.map_or_else(|| format!("{url}/mcp"), |url| Place::new(url).resource()),
        nextcloud: nextcloud.public_url(),
        entrance: if token.is_some() {
            Entrance::Token
        } else {
            Entrance::Open
        },
        pages: None,
        rules: rules(settings, seal(settings)?, stop.clone()),
    };
    let app = shell.app(
        Health::basic(plugins.clone(), user.clone(), nextcloud.service_client()?),
        Authenticator::Basic(BasicMode::new(user, token)),
        front,
    );
    // Ends the server, too, when loading fails.
    let serving = stop.child_token();
    let watch = Watch::start(&settings.plugins);
    let load = async {
        if load(&settings.plugins, &plugins, &stop)
            .await
            .inspect_err(|_| serving.cancel())?
        {
            shell.loaded();
            tracing::info!("MCP server ready at {url}");
            watch.run(&settings.plugins, &plugins, &serving).await;
        }
        Ok(())
    };
    let (result, ()) = tokio::join!(load, server.run(app, serving.clone()));
    result
}

/// One client, which started this process and speaks for its user: no token, no port.
async fn serve_stdio(
    settings: &Settings,
    plugins: Arc<Plugins>,
    user: Caller,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let watch = Watch::start(&settings.plugins);
    if !load(&settings.plugins, &plugins, &stop).await? {
        return Ok(());
    }
    tracing::info!("MCP server ready on standard input and output");
    let serving = stop.child_token();
    let rules = rules(settings, seal(settings)?, stop.clone());
    let serve = async {
        let mcp = Mcp::for_one(Arc::clone(&plugins), rules, user);
        let ended = mcp::serve_stdio(mcp, stop).await;
        serving.cancel();
        ended
    };
    let (ended, ()) = tokio::join!(serve, watch.run(&settings.plugins, &plugins, &serving));
    Ok(ended?)
}
