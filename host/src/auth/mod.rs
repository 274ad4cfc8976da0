//! Who calls: a request's `Authorization` becomes a [`Caller`], or the request ends here.
//!
//! Invariants, each held by a test:
//! - Fails closed: whatever is not understood is refused.
//! - The header is taken out of the request, so that nothing behind this folder can see or log it.
//!
//! Two ways in: Basic mode's ([`BasicMode`]), and OAuth mode's, where this server is a resource server
//! ([`ResourceServer`]) and, for MCP clients, an authorization server, too (`broker`).

mod basic;
mod bearer;
mod broker;
mod call_seal;
mod challenge;
mod cors;
mod denied;
mod examine;
mod folder;
mod grant;
mod grant_watch;
mod key;
mod key_file;
mod oauth;
mod place;
mod registration;
mod resource;
mod scope;
mod seal;
mod start_up;
mod upstream;

use std::sync::Arc;

use axum::Router;
use http::HeaderMap;

pub use basic::{BasicMode, StaticToken, StaticTokenError};
pub use call_seal::CallSeal;
pub use challenge::{AuthError, Denied, InvalidToken};
pub(crate) use examine::{
    Examination, Kept, KeyFrom, Meant, Opener, OwnClient, SeenProvider, Standing, allowed,
    half_client,
};
pub use folder::{DataFolder, FolderError};
pub use key::KeyError;
pub use key_file::KeyFileError;
pub use oauth::{OAuth, OAuthError, OAuthParts, data_folder};
pub use place::Place;
pub use registration::HalfClient;
pub(crate) use registration::RegistrationError;
pub use resource::ResourceServer;
#[cfg(test)]
pub(crate) use resource::testing;
pub use scope::{KnownScopes, Scope};
pub use start_up::StartUp;
pub(crate) use upstream::DiscoveryError;

use crate::nextcloud::{Caller, CredentialId};

/// Decides who calls.
#[derive(Clone)]
pub enum Authenticator {
    /// Everybody who may reach this server is the one user of Basic mode.
    Basic(BasicMode),
    /// Everybody signs in as themselves.
    OAuth(Arc<ResourceServer>),
}

/// Somebody who may call.
pub struct Admitted {
    /// As whom to speak to Nextcloud, and what for.
    pub caller: Caller,
    /// Their own sign-in; nothing in Basic mode, where the operator signed in for everybody.
    pub sign_in: Option<SignedIn>,
}

/// A sign-in that was found valid. Holds no secret.
pub struct SignedIn {
    /// The name of the user's grant, for the log.
    pub grant: Option<String>,
    /// A digest that stands for the client, for the log.
    pub client: Option<String>,
    /// What was shown, in a word: `sign-in` (a token of ours), `nextcloud-token` or `app-password`.
    pub kind: &'static str,
    /// Under which it is believed for a while.
    token: CredentialId,
}

impl Authenticator {
    /// Takes `Authorization` out of `headers` and says who calls.
    pub async fn authenticate(&self, headers: &mut HeaderMap) -> Result<Admitted, Denied> {
        let sent = bearer::take(headers);
        let admitted = match self {
            Self::Basic(mode) => mode.admit(sent),
            Self::OAuth(server) => server.admit(sent).await,
        };
        admitted.map_err(|error| self.deny(error))
    }

    /// Nextcloud refused a sign-in that was found valid before: it is not believed any longer.
    pub async fn forget(&self, sign_in: &SignedIn) {
        match self {
            Self::Basic(_) => {}
            Self::OAuth(server) => server.forget(sign_in).await,
        }
    }

    /// What a client is told that is refused for this reason, also by others than this folder.
    pub fn deny(&self, error: AuthError) -> Denied {
        let challenge = match self {
            Self::Basic(_) => BasicMode::challenge(&error),
            Self::OAuth(server) => server.challenge(&error),
        };
        Denied { error, challenge }
    }
}

/// Everything that OAuth mode serves to whoever asks, besides `/mcp`: metadata, and the pages and endpoints of sign-in.
/// Never behind a check of who calls.
pub fn routes(oauth: &Arc<OAuth>) -> Router {
    resource::routes(oauth).merge(broker::routes(oauth.clone()))
}
