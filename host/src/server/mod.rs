//! The HTTP edge: who may speak to this server at all, and how much at once.
//!
//! [`Server`] listens and `connections` serves, within its limits (`places`, `stream`); `router` says which request goes
//! where and through which guards. A request to `/mcp` passes, in this order: its id (`request_id`), whether anything is taken
//! any more (`drain`), whose it is (`address`), `Host` and `Origin`
//! (`hosts`), what this address may ask for (`throttle`), the cap on requests in flight and the time limit (`guard`), who
//! calls (`auth/`), what this caller may ask for, and then `mcp/`'s own layers. `pages` guards what people and clients
//! open to sign in, with budgets apart from those of `/mcp`.
//!
//! Never here: MCP, plugins, Nextcloud. Invariant: what answers without a caller (`/`, `/health/*`, 404) tells nothing about
//! anybody.

mod address;
mod answer;
mod connections;
mod cors;
mod drain;
mod guard;
mod health;
mod hosts;
mod landing;
mod metrics;
mod pages;
mod places;
mod request_id;
mod router;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod sign_in_tests;
mod stream;
#[cfg(test)]
mod tests;
mod throttle;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use health::Health;
pub use landing::{Entrance, Landing, ToolGroup};
pub use metrics::Metrics;
pub use router::App;

use crate::config::ServerSettings;
use connections::Connections;
use places::Places;
use router::Edge;

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
    /// The figures cannot be served.
    #[error(
        "cannot serve metrics on {address}: {why}. NEXTCLOUD_MCP_METRICS_LISTEN says where, such as 127.0.0.1:9090"
    )]
    Metrics {
        /// As it was set.
        address: SocketAddr,
        /// What the system says.
        why: String,
    },
}

/// A server that listens, and answers once it is [run](Self::run).
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    edge: Edge,
    connections: Connections,
}

impl Server {
    /// Listens where `settings` say; elsewhere than on loopback only if it is `guarded`, that is, if every request must
    /// prove who sends it: in OAuth mode always, in Basic mode with a token.
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
        let edge = Edge::new(settings);
        let places = usize::try_from(settings.connections).unwrap_or(usize::MAX);
        let places = Places::new(places, Arc::clone(&edge.proxies));
        Ok(Self {
            listener,
            address,
            edge,
            connections: Connections::new(places, settings.drain.into()),
        })
    }

    /// Where it listens, for people: `http://127.0.0.1:8000`, with the real port.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers until `stop`, then lets what is in flight end, for as long as the settings say.
    pub async fn run(self, app: App, stop: CancellationToken) {
        let router = router::router(app, &self.edge, &stop);
        self.connections.serve(self.listener, router, stop).await;
    }
}
