//! The only way out: requests to the user's Nextcloud, as that user.
//!
//! [`Nextcloud`] is the instance (origin, TLS, limits, the pool of users); a [`Caller`] is one user of it with the
//! credential that came with their request. What a plugin may ask for is decided here too, because a rule that is
//! applied where the bytes leave cannot be gone around: the path is canonicalised once (`OriginPath`), matched
//! against what the manifest and the operator allow ([`Grant`]) for the running tool's [`Access`], and only our own
//! re-encoding of it is sent.
//!
//! Never here: WebAssembly, MCP, axum. Invariants, each held by a test:
//! - A credential is in a request header or in this module's memory, nowhere else; no type that holds one can be printed.
//! - One credential, one `Account`: its connections, cookies, cached answers and identity are shared with no other.
//! - A cookie is sent only beside the credential that earned it, and only for 60 s after that credential was last proven.
//! - A credential that Nextcloud refused is not sent again for half an hour, an access token never; their cookies never.
//! - A credential that was given for one user and turns out to be another's is used for nobody.
//! - A request that may have been processed is never sent twice.
//!
//! # The way of one request, and so the order in which to read
//! [`Caller::fetch`] (`caller`), `fetch` (one request from a plugin's words to its answer), parsed by `path`, `headers`
//! and `hrefs`, decided by `policy` (with `pattern`, `restriction` and `closed`; what it comes to in words: `permission`), saved a
//! body by `http_cache`, sent as the user by `account` (identity, proofs, 401) with what `session` signs, over `wire` with a client
//! from `tls`, or for an author's test onto a `tape` or from one.
//!
//! Beside it, for `auth/` and `doctor`: what this server asks Nextcloud as itself (`service`), and what it fetches from third parties
//! (`public`, judged by `public_address`), and its certificate (`certificate`). Neither ever carries what belongs to a user's account here.

mod access;
mod account;
mod app_password;
mod budget;
mod caller;
mod certificate;
mod closed;
mod credential;
mod documents;
mod error;
mod fetch;
mod flight;
mod headers;
mod hrefs;
mod http_cache;
mod instance;
mod message;
mod origin;
mod path;
mod pattern;
mod permission;
mod policy;
mod public;
mod public_address;
mod record;
mod refusal;
mod restriction;
mod scopes;
mod service;
mod session;
mod settings;
mod status;
mod tape;
mod tls;
mod wire;

pub use access::Access;
pub use budget::{Budget, UsedUp};
pub use caller::{Caller, Identity, ServerInfo};
pub use certificate::CertificateTrouble;
pub(crate) use certificate::days_since_1970;
pub use credential::{Credential, CredentialError, CredentialId};
pub use error::FetchError;
pub use instance::Nextcloud;
pub use message::{Request, Response};
pub use path::PathError;
pub use pattern::PatternError;
pub use permission::{Permission, Remaining};
pub use policy::{Grant, Rule, RuleError, access_of};
pub use public::{PublicClient, PublicError};
pub use refusal::{Layer, Refusal};
pub use restriction::{RequestPattern, Restriction, RestrictionError};
pub use scopes::Scopes;
pub use service::ServiceClient;
pub use settings::{CAPABILITIES_TTL, IDENTITY_TTL, Limits, SESSION_TRUST, Settings, SetupError};
pub use status::Status;
pub use tape::{Answered, Asked, Tape};

#[cfg(test)]
mod tests;
