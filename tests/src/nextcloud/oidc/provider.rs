//! Everything that the provider remembers, and its switches.

use super::client::{Client, Clients};
use super::consent::Consents;
use super::grant::Grants;
use super::keys::Signer;
use crate::nextcloud::request::Request;
use crate::nextcloud::time;

/// The provider's part of [`crate::nextcloud::State`].
#[derive(Debug, Default)]
pub(in crate::nextcloud) struct Oidc {
    pub(in crate::nextcloud) settings: OidcSettings,
    pub(super) clients: Clients,
    pub(super) grants: Grants,
    pub(super) consents: Consents,
    /// The key that signs now; made when first needed.
    signer: Option<Signer>,
    /// How many keys there were.
    keys: usize,
    /// When registrations came, for their rate limit.
    pub(super) registrations: Vec<i64>,
}

/// The provider's switches, as an administrator sets them (`occ config:app:set oidc ...`).
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the real app"
)]
pub struct OidcSettings {
    /// Whether the app is enabled.
    pub enabled: bool,
    /// `dynamic_client_registration`. Off on a fresh server; on here, as in the recordings.
    pub registration: bool,
    /// Whether an address may register ten times a minute only (errors/001). Off, as in the recordings' server.
    pub registration_limit: bool,
    /// `allow_user_settings`: people are asked before a client gets a code.
    pub consent: bool,
    /// `expire_time`, in seconds. Nextcloud honours access tokens for twice as long.
    pub token_lifetime: i64,
    /// `refresh_expire_time`, in seconds, counted from the end of `expire_time`; `None` for `never`.
    pub refresh_lifetime: Option<i64>,
    /// `client_expire_time`, in seconds, of clients that registered themselves.
    pub client_lifetime: i64,
    /// `code_challenge_methods_supported`; `None` leaves it out of the discovery document.
    pub pkce_methods: Option<Vec<String>>,
    /// An issuer other than the request's host, for servers that lie.
    pub issuer: Option<String>,
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            registration: true,
            registration_limit: false,
            consent: false,
            token_lifetime: 900,
            refresh_lifetime: Some(900),
            client_lifetime: 3600,
            pkce_methods: Some(vec!["S256".into(), "plain".into()]),
            issuer: None,
        }
    }
}

impl Oidc {
    /// The issuer follows the request's `Host` (oidc/004).
    pub(super) fn issuer(&self, request: &Request) -> String {
        self.settings
            .issuer
            .clone()
            .unwrap_or_else(|| request.base())
    }

    /// The key that signs now.
    pub(super) fn signer(&mut self) -> &Signer {
        let keys = self.keys;
        self.signer.get_or_insert_with(|| Signer::numbered(keys))
    }

    /// Another key from now on. The old one is forgotten at once, without overlap.
    pub(super) fn rotate_keys(&mut self) {
        self.keys += 1;
        self.signer = None;
    }

    /// The account that the APIs take a bearer token for: any live access token of any client, or an ID token for any
    /// client that names its user (bearer/016, 021; oidc-misc/015).
    pub(in crate::nextcloud) fn account_of(&mut self, token: &str) -> Option<String> {
        if let Some(grant) = self.grants.by_access_token(token) {
            return Some(grant.user.clone());
        }
        let (typ, claims) = self.signer().verified(token)?;
        let current = claims["exp"].as_i64().is_some_and(|end| end >= time::now());
        let known = claims["aud"]
            .as_str()
            .is_some_and(|client| self.clients.get(client).is_some());
        let user = claims["preferred_username"].as_str()?;
        (typ == "JWT" && current && known).then(|| user.to_owned())
    }

    /// Forgets the clients whose time is up, which every authorization and registration does on its way. Their access
    /// tokens live on (errors/044).
    pub(super) fn clean_up(&mut self) {
        self.clients.retain(|client| !client.is_expired());
    }

    /// The client that shows its secret; public ones have none to show.
    pub(super) fn authenticated(&self, id: &str, secret: Option<&str>) -> Option<&Client> {
        let client = self.clients.get(id)?;
        (client.secret.is_some() && client.secret.as_deref() == secret).then_some(client)
    }
}
