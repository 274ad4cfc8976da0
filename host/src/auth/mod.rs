//! Who calls: a request's `Authorization` becomes a [`Caller`], or the request ends here.
//!
//! Invariants, each held by a test:
//! - Fails closed: whatever is not understood is refused.
//! - The header is taken out of the request, so that nothing behind this folder can see or log it.
//!
//! Today there is one way in, Basic mode's; sign-in by OAuth comes to stand beside it here.

mod basic;
mod bearer;
mod broker;
mod folder;
mod grant;
mod key;
mod key_file;
mod oauth;
mod place;
mod random;
mod registration;
mod resource;
mod scope;
mod seal;
mod start_up;
mod upstream;

use std::sync::Arc;

use http::HeaderMap;
use thiserror::Error;

pub use basic::{BasicMode, StaticToken, StaticTokenError};
pub use folder::{DataFolder, FolderError};
pub use key::KeyError;
pub use key_file::KeyFileError;
pub use oauth::{OAuth, OAuthError, OAuthParts, data_folder};
pub use place::Place;
pub use registration::HalfClient;
pub use scope::{KnownScopes, Scope};
pub use start_up::StartUp;

use crate::nextcloud::Caller;

/// Decides who calls.
#[derive(Clone)]
pub enum Authenticator {
    /// Everybody who may reach this server is the one user of Basic mode.
    Basic(BasicMode),
    /// Everybody signs in as themselves.
    OAuth(Arc<OAuth>),
}

impl Authenticator {
    /// Takes `Authorization` out of `headers` and says who calls.
    pub fn authenticate(&self, headers: &mut HeaderMap) -> Result<Caller, AuthError> {
        let credentials = bearer::take(headers);
        match self {
            Self::Basic(mode) => mode.admit(credentials),
            Self::OAuth(_) => credentials.and(Err(AuthError::Missing)),
        }
    }
}

/// Why a request is refused. HTTP: 401, or 400 for what no client should send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AuthError {
    /// Nothing was sent.
    #[error("this server expects a bearer token: send `Authorization: Bearer ...`")]
    Missing,
    /// Not a bearer token, or not one alone.
    #[error("the Authorization header is not `Bearer` and one token")]
    Malformed,
    /// More than one header: which one counts would be a guess.
    #[error("there is more than one Authorization header")]
    Several,
    /// A token that is not the right one.
    #[error("the bearer token is not the one that this server expects")]
    Wrong,
}
