//! The only way out: requests to the user's Nextcloud, as that user.
//!
//! [`Nextcloud`] is the instance (origin, TLS, limits, the pool of users); a [`Caller`] is one user of it with the
//! credential that came with their request. What a plugin may ask for is decided here too, because a rule that is
//! applied where the bytes leave cannot be gone around: the path is canonicalised once ([`OriginPath`]), matched
//! against what the manifest and the operator allow ([`Grant`]) for the running tool's [`Access`], and only our own
//! re-encoding of it is sent.
//!
//! Never here: WebAssembly, MCP, axum. Invariants, each held by a test:
//! - A credential is in a request header or in this module's memory, nowhere else; no type that holds one can be printed.
//! - One credential, one [`Caller`] state: its connections, cookies, cached answers and identity are shared with no other.
//! - A cookie is sent only with the credential that earned it, and only for 60 s after that credential was last proven.
//! - A request that may have been processed is never sent twice.
//!
//! # The way of one request
//! `Caller::fetch` -> [`policy`] (path, method, access, closed paths, header lists, hrefs in the body) -> the private
//! cache (adds `If-None-Match`) -> the account (credential alive? session proven?) -> the wire (redirects by hand,
//! caps on time and size) -> header list for answers -> [`Response`].

mod access;
mod budget;
mod caller;
mod closed;
mod credential;
mod error;
mod instance;
mod message;
mod origin;
mod path;
mod pattern;
mod policy;
mod scopes;
mod settings;

pub use access::Access;
pub use budget::Budget;
pub use caller::{Caller, Identity, ServerInfo};
pub use credential::{Credential, CredentialError, CredentialId};
pub use error::FetchError;
pub use instance::Nextcloud;
pub use message::{Request, Response};
pub use path::PathError;
pub use pattern::PatternError;
pub use policy::{Grant, Rule, RuleError};
pub use scopes::Scopes;
pub use settings::{CAPABILITIES_TTL, IDENTITY_TTL, Limits, SESSION_TRUST, Settings, SetupError};
