//! Everything about a Nextcloud that can be set, with every limit and its reason.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use thiserror::Error;

use super::tape::Tape;

/// How long a session cookie is trusted after the last cookie-less proof of its credential. A session outlives the
/// credential that made it (recordings `bearer/041`, `errors/035`), so this is how long a revoked one may still answer.
pub const SESSION_TRUST: Duration = Duration::from_mins(1);

/// How long a user's capabilities are believed before they are asked for again.
pub const CAPABILITIES_TTL: Duration = Duration::from_mins(1);

/// How long an identity is believed without a new proof. While session cookies are in use it is renewed with every
/// proof anyway.
pub const IDENTITY_TTL: Duration = Duration::from_mins(10);

/// What is needed to speak to one Nextcloud. Not printable: a proxy's address may hold a password.
#[derive(Clone)]
pub struct Settings {
    /// `NEXTCLOUD_HOST`: scheme, host, port and, where Nextcloud lives in a folder, its path. A slash at the end means nothing.
    pub base_url: String,
    /// `NEXTCLOUD_PUBLIC_URL`: where people reach the same Nextcloud, if elsewhere. For links, and as an alias of the
    /// origin in redirects; requests never go there.
    pub public_url: Option<String>,
    /// `NEXTCLOUD_CA_BUNDLE`: a PEM file. If set, exactly these roots are trusted; else the system's, else Mozilla's.
    pub ca_bundle: Option<PathBuf>,
    /// Allows `http://` to a host that is not on loopback: every request carries the user's credential in the clear.
    pub allow_plain_http: bool,
    /// A proxy for all requests. Proxy variables of the environment are never read here.
    pub proxy: Option<SecretString>,
    /// What stands in the User-Agent's brackets, such as this server's own address: users see it in Nextcloud's list
    /// of devices and must recognise it.
    pub device: Option<String>,
    /// The private cache of answers with an `ETag`.
    pub http_cache: bool,
    /// For an author's test; never when serving.
    pub tape: Option<Arc<dyn Tape>>,
    /// See there.
    pub limits: Limits,
}

impl Settings {
    /// The defaults, for the Nextcloud at `base_url`.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            public_url: None,
            ca_bundle: None,
            allow_plain_http: false,
            proxy: None,
            device: None,
            http_cache: true,
            tape: None,
            limits: Limits::default(),
        }
    }
}

/// Every limit towards Nextcloud. What one call may use up is its [`Budget`](super::Budget), not here.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Until a connection stands, TLS included.
    pub connect_timeout: Duration,
    /// Without a byte of the answer. Nextcloud takes 14 s to say that a note is locked (recording `notes/084`).
    pub read_timeout: Duration,
    /// For one exchange with its redirects and its body.
    pub total_timeout: Duration,
    /// Requests in flight for one user; more wait. Spares a PHP server with few workers, bounds connections, and stays
    /// below the ten failed logins that lock everybody out, should all of them, and the proof that they then share, meet
    /// a password revoked that moment.
    pub in_flight: usize,
    /// Idle connections kept for one user: as many as can be in flight.
    pub idle_connections: usize,
    /// How long an idle connection is kept: below the 60-75 s after which common servers close theirs, so that a
    /// request rarely meets a connection that is just going away (it would not be sent again).
    pub connection_idle: Duration,
    /// Users whose connections, cookies and cached answers are held at once. More cost a new connection, nothing else.
    pub accounts: u64,
    /// How long a user may be idle before all of that is dropped.
    pub account_idle: Duration,
    /// Bytes of cached answers for one user.
    pub cache_per_account: usize,
    /// Bytes of cached answers for all users together.
    pub cache_total: usize,
    /// Redirects followed for one request.
    pub redirects: u32,
    /// How long session cookies are used after a proof; never more than [`SESSION_TRUST`], zero for not at all.
    pub session_trust: Duration,
    /// How long a refused credential is not sent again. Ten failed logins from one address within half an hour make
    /// Nextcloud refuse everybody behind it (recording `errors/074`).
    pub refused_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(1),
            in_flight: 8,
            idle_connections: 8,
            connection_idle: Duration::from_secs(30),
            accounts: 1_000,
            account_idle: Duration::from_mins(10),
            cache_per_account: 4 << 20,
            cache_total: 64 << 20,
            redirects: 3,
            session_trust: SESSION_TRUST,
            refused_for: Duration::from_mins(30),
        }
    }
}

/// Why a Nextcloud cannot be spoken to as configured. Each text ends with what to do.
#[derive(Debug, Error)]
pub enum SetupError {
    /// `NEXTCLOUD_HOST` or `NEXTCLOUD_PUBLIC_URL` is not a URL that fits.
    #[error(
        "{variable} is `{value}`: {problem}; write it like https://cloud.example.org or https://example.org/nextcloud"
    )]
    Address {
        /// Where it was set.
        variable: &'static str,
        /// Without any password.
        value: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// See [`Settings::allow_plain_http`].
    #[error(
        "NEXTCLOUD_HOST is `{0}`: over plain http anybody on the way reads the credentials; use https, or set \
         NEXTCLOUD_MCP_ALLOW_PLAIN_HTTP=true if the network between is trusted"
    )]
    PlainHttp(String),
    /// The file of [`Settings::ca_bundle`].
    #[error("NEXTCLOUD_CA_BUNDLE, {path}: {problem}; it must be a PEM file with at least one CERTIFICATE block", path = path.display())]
    CaBundle {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// [`Settings::device`] cannot stand in a header.
    #[error("`{0}` cannot be part of the User-Agent; use printable ASCII without brackets")]
    Device(String),
    /// [`Settings::proxy`] is not understood.
    #[error("the proxy's address is not understood; write it like http://proxy.example.org:3128")]
    Proxy,
    /// TLS or the HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}
