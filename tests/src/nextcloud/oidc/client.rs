//! The clients of the provider, however they came to be: by `occ oidc:create` or by registration.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::nextcloud::reply::random;
use crate::nextcloud::time;

/// Length of client ids, secrets and registration tokens.
pub(super) const IDENTIFIER: usize = 64;
/// Clients that may register themselves, at most (oidc-misc/016).
pub(super) const MOST_REGISTERED: usize = 100;
/// Seconds that a registration token works after another took its place (oidc/035).
const OVERLAP: i64 = 60;

/// What access tokens look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenKind {
    /// 72 letters and digits.
    #[default]
    Opaque,
    /// RFC 9068.
    Jwt,
}

impl TokenKind {
    /// Anything unknown is opaque (oidc/016).
    pub(super) fn named(name: Option<&str>) -> Self {
        if name == Some("jwt") {
            Self::Jwt
        } else {
            Self::Opaque
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }
}

/// A client to be made, as by `occ oidc:create`.
#[derive(Debug, Clone, Default)]
pub struct NewClient {
    /// Its id; random where none is given.
    pub id: Option<String>,
    /// Its secret; random where none is given.
    pub secret: Option<String>,
    /// Its name.
    pub name: String,
    /// Where it may be sent back to.
    pub redirect_uris: Vec<String>,
    /// `--resource_url`: the default audience, and whose tokens it may introspect.
    pub resource_url: Option<String>,
    /// `--token_type`.
    pub kind: TokenKind,
    /// `--allowed_scopes`; empty allows every scope.
    pub scopes: String,
    /// `--type public`: it has no secret.
    pub public: bool,
    /// When its time is up; clients made by an administrator have no end.
    pub expires_in: Option<Duration>,
}

impl NewClient {
    /// A confidential client with opaque tokens that may ask for everything.
    pub fn at(redirect_uri: &str) -> Self {
        Self {
            name: "A client".into(),
            redirect_uris: vec![redirect_uri.to_owned()],
            ..Self::default()
        }
    }

    /// With this `resource_url`.
    #[must_use]
    pub fn for_resource(mut self, resource: &str) -> Self {
        self.resource_url = Some(resource.to_owned());
        self
    }

    /// With JWT access tokens.
    #[must_use]
    pub fn with_jwt(mut self) -> Self {
        self.kind = TokenKind::Jwt;
        self
    }
}

/// What a client proves itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKeys {
    /// `client_id`.
    pub id: String,
    /// `client_secret`; empty for a public client.
    pub secret: String,
}

/// A client of the provider.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// Its row.
    pub(super) number: i64,
    pub(super) id: String,
    pub(super) secret: Option<String>,
    pub(super) name: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) resource_url: Option<String>,
    pub(super) kind: TokenKind,
    /// Allowed scopes, separated by spaces; empty allows every scope.
    pub(super) scopes: String,
    /// Whether it asked for the implicit flow too (oidc/017).
    pub(super) implicit: bool,
    /// Whether it registered itself.
    pub(super) registered: bool,
    pub(super) issued: i64,
    /// When its time is up.
    pub(super) expires: Option<i64>,
}

impl Client {
    pub(super) fn is_expired(&self) -> bool {
        self.expires.is_some_and(|end| end <= time::now())
    }

    /// The scopes of a request that it may have: lower case, the others dropped without a word. Nothing asked for counts
    /// as everything usual within what is allowed; nothing left counts as everything usual (oidc-flow/052-056).
    pub(super) fn granted(&self, asked: Option<&str>) -> String {
        const USUAL: &str = "openid profile email roles";
        let allowed = |scope: &&str| {
            self.scopes.is_empty() || self.scopes.split_whitespace().any(|one| one == *scope)
        };
        let asked = asked.unwrap_or(USUAL).to_lowercase();
        let left: Vec<&str> = asked.split_whitespace().filter(allowed).collect();
        if left.is_empty() {
            return USUAL.to_owned();
        }
        left.join(" ")
    }
}

/// All clients, and the tokens that manage registered ones.
#[derive(Debug, Default)]
pub(super) struct Clients {
    all: BTreeMap<String, Client>,
    /// Registration token -> client id and, once another took its place, when it ends. Outlives its client (oidc/037).
    tokens: BTreeMap<String, (String, Option<i64>)>,
    /// Rows so far.
    rows: i64,
    /// How many registered themselves so far.
    pub(super) registrations: usize,
}

impl Clients {
    pub(super) fn get(&self, id: &str) -> Option<&Client> {
        self.all.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Client> {
        self.all.get_mut(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Client> {
        let mut all: Vec<&Client> = self.all.values().collect();
        all.sort_by_key(|client| client.number);
        all.into_iter()
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Client) -> bool) {
        self.all.retain(|_, client| keep(client));
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.all.remove(id);
    }

    /// How many live clients registered themselves.
    pub(super) fn registered(&self) -> usize {
        self.all.values().filter(|client| client.registered).count()
    }

    /// Adds a client.
    pub(super) fn create(&mut self, new: NewClient) -> &mut Client {
        self.rows += 1;
        let id = new.id.unwrap_or_else(|| random(IDENTIFIER));
        let secret = new.secret.unwrap_or_else(|| random(IDENTIFIER));
        let now = time::now();
        let expires_in = new.expires_in.map(|duration| {
            i64::try_from(duration.as_secs()).expect("a duration that a test means")
        });
        let client = Client {
            number: self.rows,
            secret: (!new.public).then_some(secret),
            name: new.name,
            redirect_uris: new.redirect_uris,
            resource_url: new.resource_url,
            kind: new.kind,
            scopes: new.scopes,
            implicit: false,
            registered: false,
            issued: now,
            expires: expires_in.map(|seconds| now + seconds),
            id: id.clone(),
        };
        self.all.insert(id.clone(), client);
        self.all.get_mut(&id).expect("the client just added")
    }

    /// A registration token for a client. Earlier ones end soon.
    pub(super) fn new_token(&mut self, client: &str) -> String {
        let token = random(IDENTIFIER);
        self.add_token(client, &token);
        token
    }

    /// Makes a registration token known.
    pub(super) fn add_token(&mut self, client: &str, token: &str) {
        let end = time::now() + OVERLAP;
        for (owner, ends) in self.tokens.values_mut() {
            if owner == client && ends.is_none() {
                *ends = Some(end);
            }
        }
        self.tokens
            .insert(token.to_owned(), (client.to_owned(), None));
    }

    /// The client id that a registration token is for, whether the client is still there or not.
    pub(super) fn of_token(&self, token: &str) -> Option<&str> {
        let (client, ends) = self.tokens.get(token)?;
        ends.is_none_or(|end| end >= time::now()).then_some(client)
    }
}
