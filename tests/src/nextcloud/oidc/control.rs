//! What a test does to the provider behind everybody's back.

use std::time::Duration;

use super::claims::{self, Origin};
use super::client::{ClientKeys, NewClient, TokenKind};
use super::forge::Signer;
use super::grant::Grant;
use super::provider::OidcSettings;
use super::token;
use crate::nextcloud::StandIn;
use crate::nextcloud::state::State;

/// Tokens that nobody had to sign in for.
#[derive(Debug, Clone)]
pub struct Issued {
    /// `access_token`.
    pub access_token: String,
    /// `id_token`.
    pub id_token: String,
    /// `refresh_token`, with `offline_access` only.
    pub refresh_token: Option<String>,
}

impl StandIn {
    /// Changes the provider's switches.
    pub fn set_oidc(&self, change: impl FnOnce(&mut OidcSettings)) {
        change(&mut self.state().oidc.settings);
    }

    /// Whether clients may register themselves.
    pub fn allow_registration(&self, allowed: bool) {
        self.set_oidc(|settings| settings.registration = allowed);
    }

    /// Whether people are asked before a client gets a code (`allow_user_settings`).
    pub fn ask_for_consent(&self, asked: bool) {
        self.set_oidc(|settings| settings.consent = asked);
    }

    /// How long clients live that register from now on.
    pub fn client_lifetime(&self, lifetime: Duration) {
        self.set_oidc(|settings| settings.client_lifetime = seconds(lifetime));
    }

    /// What `expires_in` of tokens from now on says; Nextcloud honours them for twice as long.
    pub fn token_lifetime(&self, lifetime: Duration) {
        self.set_oidc(|settings| settings.token_lifetime = seconds(lifetime));
    }

    /// How long refresh tokens from now on live after the end of `expires_in`; `None` for ever.
    pub fn refresh_lifetime(&self, lifetime: Option<Duration>) {
        self.set_oidc(|settings| settings.refresh_lifetime = lifetime.map(seconds));
    }

    /// `code_challenge_methods_supported` of the discovery document; `None` leaves it out.
    pub fn advertise_pkce(&self, methods: Option<&[&str]>) {
        let methods = methods.map(|all| all.iter().map(|&one| one.to_owned()).collect());
        self.set_oidc(|settings| settings.pkce_methods = methods);
    }

    /// Another signing key from now on; the old one is no longer published.
    pub fn rotate_keys(&self) {
        self.state().oidc.rotate_keys();
    }

    /// The key that signs now, to sign what the provider never would.
    pub fn signer(&self) -> Signer {
        self.state().oidc.signer().clone()
    }

    /// Makes a client as an administrator does (`occ oidc:create`).
    pub fn create_client(&self, client: NewClient) -> ClientKeys {
        let mut state = self.state();
        let client = state.oidc.clients.create(client);
        ClientKeys {
            id: client.id.clone(),
            secret: client.secret.clone().unwrap_or_default(),
        }
    }

    /// The ids of the clients that there are, oldest first.
    pub fn clients(&self) -> Vec<String> {
        self.state()
            .oidc
            .clients
            .iter()
            .map(|client| client.id.clone())
            .collect()
    }

    /// How many registrations succeeded so far.
    pub fn registrations(&self) -> usize {
        self.state().oidc.clients.registrations
    }

    /// Ends the time of a client.
    pub fn expire_client(&self, id: &str) {
        let mut state = self.state();
        let client = state.oidc.clients.get_mut(id).expect("a client of this id");
        client.expires = Some(0);
    }

    /// Takes a client away with everything that it was given, as its administrator can.
    pub fn remove_client(&self, id: &str) {
        let mut state = self.state();
        state.oidc.clients.remove(id);
        state.oidc.grants.retain(|grant| grant.client != id);
    }

    /// Lets an account's tokens of a client be what a sign-in would have brought: scopes as given, without a filter.
    pub fn issue_token(
        &self,
        user: &str,
        client: &str,
        scopes: &str,
        resource: Option<&str>,
        kind: TokenKind,
    ) -> Issued {
        let (url, mut state) = (self.url(), self.state());
        assert!(state.users.contains_key(user), "no account {user}");
        let row = state
            .oidc
            .clients
            .get_mut(client)
            .expect("a client of this id");
        let usual = std::mem::replace(&mut row.kind, kind);
        let of_client = row.resource_url.clone();
        let grant = state.oidc.grants.add(Grant {
            client: client.to_owned(),
            user: user.to_owned(),
            scope: scopes.to_owned(),
            resource: resource.map(str::to_owned).or(of_client),
            ..Grant::default()
        });
        let id = grant.id;
        let issuer = state
            .oidc
            .settings
            .issuer
            .clone()
            .unwrap_or_else(|| url.clone());
        let body = token::issue(&mut state, id, &issuer, &url);
        state
            .oidc
            .clients
            .get_mut(client)
            .expect("looked up above")
            .kind = usual;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        Issued {
            access_token: text("access_token").expect("every answer has one"),
            id_token: text("id_token").expect("every answer has one"),
            refresh_token: text("refresh_token"),
        }
    }

    /// An ID token that names its user, which Nextcloud's APIs take as a bearer token (oidc-misc/015).
    pub fn issue_id_token_as_bearer(&self, user: &str, client: &str) -> String {
        let (url, mut state) = (self.url(), self.state());
        let grant = Grant {
            client: client.to_owned(),
            user: user.to_owned(),
            extra_claims: vec!["preferred_username".into()],
            created: crate::nextcloud::time::now(),
            ..Grant::default()
        };
        let account = state.users[user].clone();
        let origin = Origin {
            issuer: &url,
            base: &url,
            lifetime: state.oidc.settings.token_lifetime,
        };
        let (typ, claims) = claims::id_token(&grant, &account, &origin);
        state.oidc.signer().sign(typ, &claims)
    }

    /// Disables an account.
    pub fn disable_user(&self, user: &str) {
        self.state().user(user).enabled = false;
    }

    /// The requests so far whose path holds this text.
    pub fn requests_to(&self, path: &str) -> Vec<crate::nextcloud::Entry> {
        let path_of = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
        let all = self.requests().into_iter();
        all.filter(|entry| path_of(&entry.target).contains(path))
            .collect()
    }
}

impl State {
    /// The access token ends now; its refresh token does not. Sessions that it opened live on (errors/035).
    pub fn expire_token(&mut self, token: &str) {
        self.tokens.remove(token);
        for grant in self.oidc.grants.iter_mut() {
            if grant.access_token.as_deref() == Some(token) {
                grant.access_ends = 0;
            }
        }
    }

    /// The refresh token ends now.
    pub fn expire_refresh_token(&mut self, token: &str) {
        for grant in self.oidc.grants.iter_mut() {
            if grant.refresh_token.as_deref() == Some(token) {
                grant.refresh_ends = Some(0);
            }
        }
    }

    /// Ends every grant of an account, as a logout with an ID token does.
    pub fn revoke_user_tokens(&mut self, user: &str) {
        self.oidc.grants.retain(|grant| grant.user != user);
    }

    /// Makes a registration token of a client known.
    pub fn add_registration_token(&mut self, client: &str, token: &str) {
        self.oidc.clients.add_token(client, token);
    }

    /// Makes a consent of an account known.
    pub fn add_consent(&mut self, user: &str, client: &str, scopes: &str) {
        self.oidc.consents.grant(user, client, scopes, scopes);
    }

    /// Registers clients until no more may register.
    pub fn fill_registrations(&mut self) {
        while self.oidc.clients.registered() < super::client::MOST_REGISTERED {
            let client = self.oidc.clients.create(NewClient::at("http://127.0.0.1/"));
            client.registered = true;
        }
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).expect("a duration that a test means")
}
