//! A stand-in Nextcloud: a small HTTP server that answers like the recorded Nextcloud 33 for what the plugins use
//! (Notes, `CalDAV`, OCS, the OIDC provider), with its quirks. It never talks to the network and keeps everything in memory.
//!
//! `tests/tests/recordings/` replays the recordings against it; what a real server answers is decided there.

mod account;
mod activity;
mod auth;
mod caldav;
mod capabilities;
mod carddav;
mod elsewhere;
mod etag;
mod faults;
mod files;
mod html;
mod log;
mod login;
mod login_flow;
mod notes;
mod ocs;
mod oidc;
mod reply;
mod request;
mod routes;
mod search;
mod server;
mod session;
mod sharees;
mod state;
mod throttle;
mod time;
mod user;
mod user_status;
mod xml;

use std::net::SocketAddr;
use std::sync::Arc;

pub use caldav::store::StoredObject;
pub use elsewhere::CalendarServer;
pub use faults::{Fault, Trouble};
pub use log::Entry;
pub use notes::store::Note;
pub use oidc::{ClientKeys, Issued, NewClient, OidcSettings, TokenKind, forge};
pub use state::{Settings, State};
pub use user::User;
pub use xml::Element;

use server::Inner;

/// How to start a stand-in.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Sub-path that this Nextcloud lives under, such as `/nextcloud`; empty for none.
    pub web_root: String,
    /// The accounts to begin with.
    pub users: Vec<User>,
    /// Who keeps the calendars, if not the stand-in itself.
    pub calendars: Option<CalendarServer>,
}

impl Options {
    /// alice and bob, as in the recordings.
    pub fn with_two_users() -> Self {
        Self {
            users: vec![User::example("alice"), User::example("bob")],
            ..Self::default()
        }
    }

    /// The same Nextcloud below a sub-path.
    #[must_use]
    pub fn at(mut self, web_root: &str) -> Self {
        web_root.clone_into(&mut self.web_root);
        self
    }
}

/// A running stand-in. It stops when it is dropped.
#[derive(Debug)]
pub struct StandIn {
    inner: Arc<Inner>,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl StandIn {
    /// Starts a stand-in on loopback.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let (inner, address, server) = server::start(options).await?;
        Ok(Self {
            inner,
            address,
            server,
        })
    }

    /// alice and bob on a free port.
    pub async fn with_two_users() -> Self {
        Self::start(Options::with_two_users())
            .await
            .expect("a free port on loopback")
    }

    /// What `NEXTCLOUD_HOST` would be: `http://127.0.0.1:PORT`, with the web root.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.inner.web_root)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it remembers, to look at and to change behind the client's back.
    pub fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.inner.state()
    }

    /// Changes the server-wide switches (maintenance, brute-force protection, the Notes app...).
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state().settings);
    }

    /// Makes matching requests go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.inner.faults().push(fault);
    }

    /// Ends all injected faults.
    pub fn heal(&self) {
        self.inner.faults().clear();
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Entry> {
        self.inner.log().clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.inner.log().clear();
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.inner.connections()
    }

    /// Closes the port and every open connection, as a server that goes away does. The state stays readable.
    pub async fn stop(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
        self.inner.close_connections();
    }
}

/// Lets the clock of every stand-in of this process run from this Unix time on.
pub fn set_clock(now: i64) {
    time::set(now);
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
        self.inner.close_connections();
    }
}
