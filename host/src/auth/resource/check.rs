//! Asks Nextcloud about a token: whose it is, whether it was issued for this server, and whether it still stands.
//!
//! Each kind is confirmed by Nextcloud itself, because nothing else knows of a revocation, a disabled account or a
//! deleted client:
//! - Ours: the credential sealed in it. An access token is introspected as the client that it was issued to, an app
//!   password is proven (one request without cookies that says whose it is).
//! - A JWT of Nextcloud's is verified first, so that a forged one costs no request, and then proven like an app password:
//!   its signature stays good after its revocation. Not by userinfo, since a proof also shows that Nextcloud takes the
//!   token at its APIs (`errors/055`), and makes the session that the next requests use anyway.
//! - An opaque token of Nextcloud's is introspected as our own client, which is told of it only if it was issued for our
//!   resource (`oidc-flow/011`, `oidc-flow/050`).
//! - With `NEXTCLOUD_MCP_TOKEN_AUDIENCE=any` userinfo is enough for both.

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use super::super::InvalidToken;
use super::super::grant::{self, Access, AccessToken, AppPassword, ClientDigest, Grant, Timestamp};
use super::super::oauth::{NotReady, OAuth, Provider};
use super::super::scope::ScopeSet;
use super::super::seal::Purpose;
use super::super::upstream::{
    AccessClaims, ClientCredentials, Flaw, Introspection, UpstreamError, Userinfo,
};
use super::cache::Failure;
use super::granted::{Found, Granted};
use super::lanes::{Lanes, OTHERS_WAIT};
use super::presented::Presented;
use super::strangers::Strangers;
use crate::config::TokenAudience;
use crate::measure;
use crate::nextcloud::{Caller, Credential, CredentialError, FetchError, Scopes};

/// See the module's documentation.
pub(super) struct Checker {
    oauth: Arc<OAuth>,
    strangers: Strangers,
    pub(super) lanes: Lanes,
}

impl Checker {
    pub(super) fn new(oauth: Arc<OAuth>) -> Self {
        Self {
            oauth,
            strangers: Strangers::new(),
            lanes: Lanes::new(OTHERS_WAIT),
        }
    }

    /// What Nextcloud says about it now.
    pub(super) async fn check(&self, presented: Presented) -> Result<Found, Failure> {
        let kind = presented.kind();
        let found = self.look(presented).await;
        measure::checked(kind, found.as_ref().err().map_or("ok", Failure::label));
        found
    }

    async fn look(&self, presented: Presented) -> Result<Found, Failure> {
        let _place = self.lanes.place(&presented).await?;
        let any = self.oauth.settings.token_audience == TokenAudience::Any;
        let found = match presented {
            Presented::Ours(token) => self.ours(&token).await,
            Presented::Jwt(token) | Presented::Opaque(token) if any => self.anybodys(token).await,
            Presented::Jwt(token) => self.jwt(token).await,
            Presented::Opaque(token) => self.opaque(token).await,
            Presented::AppPassword { login, password } => self.app_password(login, password).await,
        }?;
        if found.expires.is_some_and(|end| end <= grant::now()) {
            return Err(Failure::Invalid(InvalidToken::Expired));
        }
        tracing::debug!(
            "Token validated successfully for user: {}",
            found.user.escape_debug()
        );
        Ok(found)
    }

    async fn ours(&self, token: &SecretString) -> Result<Found, Failure> {
        use secrecy::ExposeSecret as _;
        let AccessToken {
            grant,
            expires,
            upstream,
        } = self
            .oauth
            .sealer
            .open(Purpose::Access, token.expose_secret())
            .map_err(|_| Failure::Invalid(InvalidToken::Unknown))?;
        if grant.resource != self.oauth.place.resource() {
            return Err(Failure::Dead(InvalidToken::Foreign, expires));
        }
        if expires <= grant::now() {
            return Err(Failure::Invalid(InvalidToken::Expired));
        }
        let credential = match upstream {
            Access::Token { token, client_id } => {
                self.ours_by_token(&grant, expires, token, &client_id).await
            }
            Access::AppPassword(app_password) => {
                self.ours_by_app_password(&grant, expires, &app_password)
                    .await
            }
        }?;
        Ok(Found {
            credential,
            user: grant.user.into(),
            granted: Granted::Consented(grant.scopes),
            expires: Some(expires),
            grant: Some(grant.id),
            client: Some(grant.client),
        })
    }

    /// Nextcloud's access token inside ours must be the one that our client got for this user, and live.
    async fn ours_by_token(
        &self,
        grant: &Grant,
        expires: Timestamp,
        token: SecretString,
        client_id: &str,
    ) -> Result<Credential, Failure> {
        let ended = Failure::Dead(InvalidToken::Ended, expires);
        let credential = Credential::bearer(&token).map_err(unusable)?;
        let credential = credential.of_user(&grant.user).until(expires);
        if self.caller(&credential).is_refused() {
            return Err(ended);
        }
        let provider = self.provider()?;
        // A client that is gone took its grants with it.
        let client = provider.clients.of_grant(client_id).ok_or(ended.clone())?;
        match introspect(&provider, &client, &token, ended.clone()).await? {
            Introspection::Inactive => Err(ended),
            Introspection::Active {
                subject, client_id, ..
            } if subject == grant.user && client_id == client.id => Ok(credential),
            Introspection::Active { .. } => {
                tracing::error!(
                    grant = grant.id,
                    "Nextcloud says that a grant's token belongs to another user or client; the grant is not used any more"
                );
                Err(ended)
            }
        }
    }

    async fn ours_by_app_password(
        &self,
        grant: &Grant,
        expires: Timestamp,
        app_password: &AppPassword,
    ) -> Result<Credential, Failure> {
        let AppPassword { login, password } = app_password;
        // Not `until` the access token's end: the password outlives it, and serves the one after it, too.
        let credential = Credential::basic(login, password).map_err(unusable)?;
        let credential = credential.of_user(&grant.user);
        let ended = Failure::Dead(InvalidToken::Ended, expires);
        self.prove(&credential, ended).await?;
        Ok(credential)
    }

    async fn jwt(&self, token: SecretString) -> Result<Found, Failure> {
        let provider = self.provider()?;
        let resource = self.oauth.place.resource();
        let claims = provider.upstream.verify(&token, &resource).await;
        let AccessClaims {
            subject,
            client_id,
            scope,
            expires,
        } = claims.map_err(|error| match error {
            UpstreamError::Invalid(flaw) => {
                tracing::debug!("a token was not accepted: {flaw}");
                Failure::Invalid(flawed(flaw))
            }
            other => unsaid(&other),
        })?;
        // Those are sealed in tokens of ours; whoever sends one as it is did not get it from us.
        if provider.clients.is_ours(&client_id) {
            return Err(Failure::Dead(InvalidToken::Foreign, expires));
        }
        let credential = Credential::bearer(&token).map_err(unusable)?;
        let credential = credential.of_user(&subject).until(expires);
        let ended = Failure::Dead(InvalidToken::Ended, expires);
        self.prove(&credential, ended).await?;
        Ok(direct(
            credential,
            subject,
            &scope,
            Some(expires),
            Some(&client_id),
        ))
    }

    async fn opaque(&self, token: SecretString) -> Result<Found, Failure> {
        let credential = Credential::bearer(&token).map_err(unusable)?;
        if self.caller(&credential).is_refused() {
            return Err(Failure::Invalid(InvalidToken::Ended));
        }
        let provider = self.provider()?;
        let client = provider.clients.current();
        let unknown = Failure::Invalid(InvalidToken::Unknown);
        match introspect(&provider, &client, &token, unknown.clone()).await? {
            Introspection::Inactive => Err(unknown),
            Introspection::Active { client_id, .. } if provider.clients.is_ours(&client_id) => {
                Err(Failure::Invalid(InvalidToken::Foreign))
            }
            Introspection::Active {
                subject,
                client_id,
                scope,
                expires,
            } => {
                let mut credential = credential.of_user(&subject);
                if let Some(end) = expires {
                    credential = credential.until(end);
                }
                Ok(direct(
                    credential,
                    subject,
                    &scope,
                    expires,
                    Some(&client_id),
                ))
            }
        }
    }

    /// Whoever it was issued to. When it ends, userinfo does not say.
    async fn anybodys(&self, token: SecretString) -> Result<Found, Failure> {
        let credential = Credential::bearer(&token).map_err(unusable)?;
        if self.caller(&credential).is_refused() {
            return Err(Failure::Invalid(InvalidToken::Ended));
        }
        let provider = self.provider()?;
        let unknown = Failure::Invalid(InvalidToken::Unknown);
        let answer = provider.upstream.userinfo(&token).await;
        let Userinfo { subject, scope } = answer.map_err(|error| unsaid(&error))?.ok_or(unknown)?;
        let credential = credential.of_user(&subject);
        Ok(direct(credential, subject, &scope, None, None))
    }

    async fn app_password(&self, login: String, password: SecretString) -> Result<Found, Failure> {
        let wrong = Failure::Invalid(InvalidToken::AppPassword);
        let credential = Credential::basic(&login, &password).map_err(unusable)?;
        let caller = self.caller(&credential);
        if caller.is_refused() {
            return Err(wrong);
        }
        let attempt = self.strangers.attempt(credential.id()).await;
        let attempt = attempt.map_err(|retry_after| Failure::Away {
            why: "too many wrong app passwords were sent to this server lately, and it tries no more new ones for now",
            retry_after,
        })?;
        match caller.prove().await {
            Ok(identity) => {
                attempt.worked().await;
                Ok(Found {
                    credential: credential.of_user(&identity.id),
                    user: identity.id.as_str().into(),
                    granted: Granted::Everything,
                    expires: None,
                    grant: None,
                    client: None,
                })
            }
            Err(FetchError::Unauthorized) => {
                attempt.refused().await;
                Err(wrong)
            }
            Err(error) => {
                attempt.said_nothing();
                Err(unsaid(&error))
            }
        }
    }

    /// Nextcloud takes the credential now, for whom it must be; else `dead`.
    async fn prove(&self, credential: &Credential, dead: Failure) -> Result<(), Failure> {
        match self.caller(credential).prove().await {
            Ok(_) => Ok(()),
            Err(FetchError::Unauthorized) => Err(dead),
            Err(error) => Err(unsaid(&error)),
        }
    }

    /// May do nothing: for asking about the credential only.
    fn caller(&self, credential: &Credential) -> Caller {
        let nothing = Scopes::from(ScopeSet::default());
        self.oauth.nextcloud.caller(credential.clone(), nothing)
    }

    fn provider(&self) -> Result<Arc<Provider>, Failure> {
        self.oauth.provider().map_err(|NotReady| Failure::Away {
            why: "this server has not reached Nextcloud's sign-in yet",
            retry_after: NotReady::RETRY_AFTER,
        })
    }
}

fn direct(
    credential: Credential,
    user: String,
    scope: &str,
    expires: Option<Timestamp>,
    client_id: Option<&str>,
) -> Found {
    Found {
        credential,
        user: user.into(),
        granted: Granted::Named(ScopeSet::parse(scope)),
        expires,
        grant: None,
        client: client_id.map(ClientDigest::of),
    }
}

/// Asks as `client`. If Nextcloud does not know that one any more: as long as it is the current one, nothing can be said
/// until there is another; one before it took its tokens with it.
async fn introspect(
    provider: &Provider,
    client: &ClientCredentials,
    token: &SecretString,
    no: Failure,
) -> Result<Introspection, Failure> {
    let answer = provider.upstream.introspect(client, token).await;
    answer.map_err(|error| {
        if error == UpstreamError::UnknownClient {
            provider.clients.report_unknown(&client.id);
            if provider.clients.current().id != client.id {
                return no;
            }
        }
        unsaid(&error)
    })
}

/// What a client is told of what is wrong with a JWT: whether a new one helps, and not which check it failed.
fn flawed(flaw: Flaw) -> InvalidToken {
    match flaw {
        Flaw::Expired => InvalidToken::Expired,
        Flaw::Audience => InvalidToken::Foreign,
        Flaw::Type => InvalidToken::NotAccess,
        Flaw::Malformed
        | Flaw::Algorithm
        | Flaw::Critical
        | Flaw::Key
        | Flaw::Signature
        | Flaw::Claims
        | Flaw::Issuer
        | Flaw::NotYet
        | Flaw::Nonce
        | Flaw::Missing => InvalidToken::Unverified,
    }
}

/// Whatever went wrong, it says nothing about the token.
fn unsaid(error: &impl fmt::Display) -> Failure {
    tracing::warn!("whether a sign-in is valid cannot be said now: {error}");
    Failure::UNSAID
}

/// It cannot even be sent.
fn unusable(error: CredentialError) -> Failure {
    match error {
        CredentialError::NoRandomness => Failure::UNSAID,
        CredentialError::ColonInUser
        | CredentialError::Control
        | CredentialError::Empty
        | CredentialError::NotAToken => Failure::Invalid(InvalidToken::Unknown),
    }
}
