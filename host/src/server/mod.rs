//! The HTTP edge: who may speak to this server at all, and how much at once.
//!
//! [`Server`] listens, `router` says which request goes where and through which guards. A request to `/mcp` passes,
//! in this order: the cap on requests in flight and the time limit, `Host` and `Origin` (`hosts`), who calls
//! (`auth/`), and then `mcp/`'s own layers.
//!
//! Never here: MCP, plugins, Nextcloud. Invariant: what answers without a caller (`/`, `/health/*`, 404) tells nothing about
//! anybody.

mod answer;
mod connections;
mod guard;
mod health;
mod hosts;
mod landing;
mod router;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod sign_in_tests;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use health::Health;
pub use landing::{Entrance, Landing, ToolGroup};
pub use router::App;

use crate::config::{Authority, Origin, ServerSettings};

/// Why the server cannot listen.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The name to listen on means no address.
    #[error("NEXTCLOUD_MCP_HOST is `{host}`, which names no address of this machine: {source}")]
    Resolve {
        /// As it was set.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// Whoever reaches the port would act as the user of Basic mode.
    #[error(
        "NEXTCLOUD_MCP_HOST is `{0}`, which others can reach, and in Basic mode whoever reaches this server acts as \
         NEXTCLOUD_USERNAME. Set NEXTCLOUD_MCP_STATIC_TOKEN (`openssl rand -hex 32` makes one), or listen on 127.0.0.1"
    )]
    Unguarded(String),
    /// The address is taken or forbidden.
    #[error(
        "cannot listen on {host} port {port}: {source}. Another port can be set with NEXTCLOUD_MCP_PORT"
    )]
    Bind {
        /// As it was set.
        host: String,
        /// As it was set.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
}

/// A server that listens, and answers once it is [run](Self::run).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    allowed: hosts::Allowed,
    connections: usize,
    drain: Duration,
}

impl Server {
    /// Listens where `settings` say; elsewhere than on loopback only if it is `guarded`, that is, if every request must
    /// prove who sends it.
    pub async fn bind(settings: &ServerSettings, guarded: bool) -> Result<Self, ServerError> {
        let (host, port) = (&settings.listen_host, settings.listen_port);
        let resolved = tokio::net::lookup_host((host.as_str(), port)).await;
        let addresses: Vec<SocketAddr> = resolved
            .map_err(|source| ServerError::Resolve {
                host: host.clone(),
                source,
            })?
            .collect();
        if !guarded && !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err(ServerError::Unguarded(host.clone()));
        }
        let bind = async {
            let listener = TcpListener::bind(&*addresses).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bind.await.map_err(|source| ServerError::Bind {
            host: host.clone(),
            port,
            source,
        })?;
        Ok(Self {
            listener,
            address,
            allowed: allowed(settings),
            connections: usize::try_from(settings.connections).unwrap_or(usize::MAX),
            drain: settings.drain.into(),
        })
    }

    /// Where it listens, for people: `http://127.0.0.1:8000`, with the real port.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers until `stop`, then lets what is in flight end, for as long as the settings say.
    pub async fn run(self, app: App, stop: CancellationToken) {
        let Self {
            listener,
            allowed,
            connections,
            drain,
            ..
        } = self;
        connections::serve(
            listener,
            router::router(app, allowed),
            connections,
            drain,
            stop,
        )
        .await;
    }
}

/// What follows from the other settings; nothing does from an address that stands for all.
fn allowed(settings: &ServerSettings) -> hosts::Allowed {
    let mut hosts = settings.allowed_hosts.clone();
    let everywhere = settings
        .listen_host
        .parse()
        .is_ok_and(|address: IpAddr| address.is_unspecified());
    hosts.extend((!everywhere).then(|| Authority::any_port(&settings.listen_host)));
    hosts.extend(
        settings
            .server_url
            .as_ref()
            .map(|url| Authority::any_port(url.host_str().unwrap_or_default())),
    );
    let mut origins = settings.allowed_origins.clone();
    origins.extend(settings.server_url.as_ref().map(Origin::of));
    hosts::Allowed::new(hosts, origins)
}
