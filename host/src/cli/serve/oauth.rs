//! Serving in OAuth mode: everybody signs in at Nextcloud as themselves.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use url::Url;

use super::reload::Watch;
use super::{Front, Shell, StartError, load, nextcloud, rules, scopes};
use crate::auth::{self, Authenticator, OAuth, OAuthParts, Place, ResourceServer, StartUp};
use crate::config::{Authority, NextcloudSettings, Settings, Transport, default_data_dir};
use crate::plugin::Plugins;
use crate::server::{App, Entrance, Health, Server};

/// Serves until `stop`.
pub(super) async fn serve(
    settings: Settings,
    forced: bool,
    stop: CancellationToken,
) -> Result<(), StartError> {
    announce(&settings.nextcloud, forced);
    let host = settings.nextcloud.nextcloud_host.as_ref();
    let nextcloud = nextcloud(&settings, host.ok_or(StartError::OAuthWithoutHost)?)?;
    if settings.server.transport == Transport::Stdio {
        return Err(StartError::OAuthOverStdio);
    }
    let wanted = settings.plugins.data_dir.clone().or_else(default_data_dir);
    // Before the sandbox, which puts the folder's mode right and so would hide who could read it until now.
    let folder = auth::data_folder(&settings.oauth, wanted)?;
    let cache = folder.as_ref().map(|folder| folder.path().to_owned());
    let cache = settings.plugins.data_dir.clone().or(cache);
    let plugins = Plugins::new(settings.limits.sandbox(cache))?;
    let server = Server::bind(&settings.server, true).await?;
    let health = nextcloud.service_client()?;
    let people = nextcloud.public_url();
    let (oauth, start_up) = OAuth::new(OAuthParts {
        place: place(settings.server.server_url.as_ref(), &server.url()),
        settings: settings.oauth.clone(),
        known: scopes::of(Arc::clone(&plugins)),
        nextcloud,
        folder,
    })?;
    let health = Health::oauth(plugins.clone(), oauth.clone(), health);
    let front = Front {
        address: oauth.resource(),
        nextcloud: people,
        entrance: Entrance::SignIn,
        pages: Some(auth::routes(&oauth)),
        rules: rules(&settings, oauth.call_seal(), stop.clone()),
    };
    let shell = Shell::new(&settings, &plugins);
    let authenticator = Authenticator::OAuth(ResourceServer::new(Arc::clone(&oauth)));
    let app = shell.app(health, authenticator, front);
    run(&shell, (server, app), (oauth, start_up), stop).await
}

/// Listens at once; plugins are loaded and Nextcloud's provider is looked for beside it and beside each other.
async fn run(
    shell: &Shell<'_>,
    (server, app): (Server, App),
    (oauth, start_up): (Arc<OAuth>, StartUp),
    stop: CancellationToken,
) -> Result<(), StartError> {
    let url = server.url();
    // Ends everything when a part cannot go on.
    let serving = stop.child_token();
    let watch = Watch::start(&shell.settings.plugins);
    let load = async {
        let loaded = load(&shell.settings.plugins, shell.plugins, &serving);
        if !loaded.await.inspect_err(|_| serving.cancel())? {
            return Ok(());
        }
        shell.loaded();
        let ready = async {
            if serving.run_until_cancelled(oauth.ready()).await == Some(true) {
                tracing::info!("MCP server ready at {url}");
            }
        };
        let settings = &shell.settings.plugins;
        tokio::join!(ready, watch.run(settings, shell.plugins, &serving));
        Ok(())
    };
    let sign_in = async {
        let result = start_up.run(serving.clone()).await;
        result.inspect_err(|_| serving.cancel())
    };
    let (loaded, signed_in, ()) = tokio::join!(load, sign_in, server.run(app, serving.clone()));
    signed_in?;
    loaded
}

/// The first lines that guides show.
fn announce(settings: &NextcloudSettings, forced: bool) {
    let overridden = settings.nextcloud_username.is_some() || settings.nextcloud_password.is_some();
    if !forced {
        tracing::info!("OAuth mode detected (NEXTCLOUD_USERNAME/PASSWORD not set)");
    } else if overridden {
        tracing::warn!(
            "OAuth mode is forced: NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD have no effect"
        );
    }
}

/// Where this server is for clients and browsers. `listening` is where it listens.
fn place(configured: Option<&Url>, listening: &str) -> Place {
    let listening = Url::parse(listening).ok();
    if let Some(url) = configured {
        if url.scheme() == "http" && !Authority::from(url).is_loopback() {
            tracing::warn!(
                "NEXTCLOUD_MCP_SERVER_URL is plain http: whoever is on the way can read the codes and tokens of everybody who signs in. Put a \
                 proxy with TLS in front, and set it to the https address"
            );
        }
        return Place::new(url);
    }
    if listening
        .as_ref()
        .is_some_and(|url| !Authority::from(url).is_loopback())
    {
        tracing::warn!(
            "NEXTCLOUD_MCP_SERVER_URL is not set, so people can sign in on this machine only. Set it to the address under which they reach this \
             server, such as https://mcp.example.com"
        );
    }
    Place::local(listening.and_then(|url| url.port_or_known_default()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn without_an_address_it_is_this_machine_at_the_port_that_was_bound() {
        for (listening, issuer) in [
            ("http://127.0.0.1:8000", "http://localhost:8000"),
            ("http://0.0.0.0:9000", "http://localhost:9000"),
            ("http://[::]:80", "http://localhost"),
        ] {
            assert_eq!(place(None, listening).issuer(), issuer);
        }
        let url = "https://mcp.example.com/".parse().unwrap();
        let configured = place(Some(&url), "http://127.0.0.1:8000");
        assert_eq!(configured.issuer(), "https://mcp.example.com");
    }
}
