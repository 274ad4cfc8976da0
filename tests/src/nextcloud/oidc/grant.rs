//! What the provider gave out: one row a grant, rewritten by every refresh, so that the old access token dies with it
//! (oidc-flow/016-019).

use crate::nextcloud::reply::random;
use crate::nextcloud::time;

/// Length of codes and refresh tokens.
const LONG: usize = 128;

/// PKCE of an authorization request.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    pub(super) value: String,
    pub(super) plain: bool,
}

/// What a user let a client have.
#[derive(Debug, Clone, Default)]
pub(super) struct Grant {
    /// The row, which is the `jti` of its tokens for as long as it lives.
    pub(super) id: i64,
    pub(super) client: String,
    pub(super) user: String,
    /// Separated by spaces.
    pub(super) scope: String,
    /// The audience that was asked for, or that of the client.
    pub(super) resource: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) challenge: Option<Challenge>,
    /// Claims that the ID token carries besides its own (`claims` of the request).
    pub(super) extra_claims: Vec<String>,
    pub(super) code: String,
    pub(super) code_used: bool,
    pub(super) access_token: Option<String>,
    pub(super) refresh_token: Option<String>,
    pub(super) created: i64,
    /// When the access token ends, twice as late as `expires_in` says.
    pub(super) access_ends: i64,
    /// When the refresh token ends; `None` for never.
    pub(super) refresh_ends: Option<i64>,
}

impl Grant {
    /// Whether a list of scopes has this one.
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.scope.split_whitespace().any(|one| one == scope)
    }

    pub(super) fn refresh_is_expired(&self) -> bool {
        self.refresh_ends.is_some_and(|end| end < time::now())
    }
}

/// All rows.
#[derive(Debug, Default)]
pub(super) struct Grants {
    rows: Vec<Grant>,
    last: i64,
}

impl Grants {
    /// Adds a row with a fresh code; its number, code and time are set here.
    pub(super) fn add(&mut self, grant: Grant) -> &mut Grant {
        self.last += 1;
        self.rows.push(Grant {
            id: self.last,
            code: random(LONG),
            created: time::now(),
            ..grant
        });
        self.rows.last_mut().expect("the row just added")
    }

    /// A fresh refresh token.
    pub(super) fn new_refresh_token() -> String {
        random(LONG)
    }

    pub(super) fn by_code(&self, code: &str) -> Option<&Grant> {
        self.rows.iter().find(|grant| grant.code == code)
    }

    pub(super) fn by_refresh_token(&self, token: &str) -> Option<&Grant> {
        self.rows
            .iter()
            .find(|grant| grant.refresh_token.as_deref() == Some(token))
    }

    /// The row of an access token that is still good.
    pub(super) fn by_access_token(&self, token: &str) -> Option<&Grant> {
        let found = self
            .rows
            .iter()
            .find(|grant| grant.access_token.as_deref() == Some(token));
        found.filter(|grant| grant.access_ends >= time::now())
    }

    pub(super) fn get_mut(&mut self, id: i64) -> Option<&mut Grant> {
        self.rows.iter_mut().find(|grant| grant.id == id)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Grant> {
        self.rows.iter_mut()
    }

    pub(super) fn remove(&mut self, id: i64) {
        self.retain(|grant| grant.id != id);
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Grant) -> bool) {
        self.rows.retain(keep);
    }
}
