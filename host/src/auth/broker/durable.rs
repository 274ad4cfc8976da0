//! Durable grants: an app password of Nextcloud's instead of its tokens, whose refresh tokens live 15 minutes by default.
//!
//! Nextcloud makes it for the fresh bearer token, lists it for the user under the client's and this server's name, and
//! there the user can delete it at any time; sealed into our tokens it is kept nowhere here. Access tokens last an hour
//! and refresh tokens [`GRANT_SECONDS`] from the sign-in, absolute: no refresh moves that.
//!
//! **No replay detection**: refreshing changes nothing at Nextcloud, so a copied refresh token is as good as the first
//! until the grant ends or is revoked. The consent page and the security notes say so.
//!
//! Nextcloud's own tokens, from which the app password was made, are in nobody's hands then and expire by themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use http::HeaderValue;
use secrecy::SecretString;
use tracing::Instrument as _;

use super::error::TokenError;
use super::token_answer::{ACCESS_SECONDS, Terms};
use crate::auth::grant::{Access, AppPassword, Grant, Renewal, Timestamp, now};
use crate::auth::oauth::OAuth;
use crate::nextcloud::{Credential, FetchError, Nextcloud, Scopes};

/// How long a grant lasts: 90 days, as the consent page says.
pub(super) const GRANT_SECONDS: u64 = 90 * 24 * 60 * 60;

/// Longest part of a client's name in that of an app password. Nextcloud keeps 120 characters of the whole.
const CLIENT_CHARACTERS: usize = 40;

/// Longest part of this server's name there.
const HOST_CHARACTERS: usize = 50;

/// When an unneeded app password is tried to be deleted, should Nextcloud be away: after these times, in seconds.
const DELETE_AFTER: [u64; 4] = [0, 5, 60, 600];

/// A new app password. Dropped without being [kept](Self::keep), it is deleted again.
pub(super) struct Minted {
    app_password: AppPassword,
    nextcloud: Nextcloud,
    grant: String,
    kept: bool,
}

impl Minted {
    pub(super) fn app_password(&self) -> &AppPassword {
        &self.app_password
    }

    /// It is in somebody's hands now.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Minted {
    fn drop(&mut self) {
        if !self.kept {
            tracing::info!(grant = %self.grant, "nobody takes a new app password; it is deleted again");
            delete_soon(&self.nextcloud, &self.app_password, &self.grant);
        }
    }
}

/// Turns a fresh bearer token into an app password of `grant`'s user and tries it. `None` if Nextcloud makes none: then
/// the grant rests on Nextcloud's tokens like any other, which is less than the user chose, but no harm.
pub(super) async fn mint(
    oauth: &OAuth,
    grant: &Grant,
    bearer: &SecretString,
    client_name: Option<&str>,
) -> Result<Option<Minted>, TokenError> {
    let nextcloud = &oauth.nextcloud;
    let device = device(client_name, oauth.place.host());
    let made = match nextcloud.make_app_password(bearer, &device).await {
        Ok(password) => Minted {
            app_password: AppPassword {
                // What Nextcloud takes for the user of a bearer token is the login name of the app password, too.
                login: grant.user.clone(),
                password,
            },
            nextcloud: nextcloud.clone(),
            grant: grant.id.clone(),
            kept: false,
        },
        Err(why) => {
            tracing::warn!(
                grant = %grant.id, user = %grant.user, %why, ?device,
                "Nextcloud made no app password, or its answer was lost (then it is in the user's security settings under \
                 that name, and of no use); this sign-in lasts only as long as Nextcloud's own tokens"
            );
            return Ok(None);
        }
    };
    match alive(nextcloud, &made.app_password, &grant.user).await {
        Ok(()) => Ok(Some(made)),
        Err(Lost::AnotherUser) => Err(TokenError::InvalidGrant(
            "Nextcloud signed in another user than before",
        )),
        Err(Lost::Refused | Lost::Away) => {
            tracing::warn!(
                grant = %grant.id, user = %grant.user,
                "Nextcloud does not take the app password that it made; this sign-in lasts only as long as its own tokens"
            );
            Ok(None)
        }
    }
}

/// Why an app password cannot be used (now).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    Refused,
    Away,
    /// Never seen; it would be the worst thing that could happen.
    AnotherUser,
}

/// Asks Nextcloud, now and without cookies, whether an app password is still `user`'s.
pub(super) async fn alive(
    nextcloud: &Nextcloud,
    app_password: &AppPassword,
    user: &str,
) -> Result<(), Lost> {
    let credential = credential(app_password).ok_or(Lost::Refused)?;
    let owner = nextcloud.caller(credential, Scopes::Only(BTreeSet::new()));
    match owner.prove().await {
        Ok(identity) if identity.id == user => Ok(()),
        Ok(_) => {
            tracing::error!(%user, "an app password turned out to be another user's; it is not used");
            Err(Lost::AnotherUser)
        }
        Err(FetchError::Unauthorized) => Err(Lost::Refused),
        Err(_) => Err(Lost::Away),
    }
}

/// What rests on an app password until `ends`.
pub(super) fn terms(grant: &Grant, app_password: &AppPassword, ends: Timestamp) -> Terms {
    Terms {
        grant: grant.clone(),
        scopes: grant.scopes.clone(),
        access: Access::AppPassword(app_password.clone()),
        access_until: ends.min(now() + ACCESS_SECONDS),
        renewal: Some((Renewal::AppPassword(app_password.clone()), ends)),
    }
}

/// Deletes an app password at Nextcloud; fine if there is none any more.
pub(super) async fn delete(
    nextcloud: &Nextcloud,
    app_password: &AppPassword,
) -> Result<(), FetchError> {
    let Some(credential) = credential(app_password) else {
        return Ok(());
    };
    match nextcloud.delete_app_password(&credential).await {
        Err(FetchError::Unauthorized) => Ok(()),
        other => other,
    }
}

/// Deletes an app password that nobody needs, in the background.
pub(super) fn delete_soon(nextcloud: &Nextcloud, app_password: &AppPassword, grant: &str) {
    let (nextcloud, app_password) = (nextcloud.clone(), app_password.clone());
    let grant = grant.to_owned();
    let deletion = async move {
        for seconds in DELETE_AFTER {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            if delete(&nextcloud, &app_password).await.is_ok() {
                return;
            }
        }
        tracing::error!(
            %grant, user = %app_password.login,
            "an app password that nobody has could not be deleted; the user can, in Nextcloud's security settings"
        );
    };
    // Without a runtime the server is about to end, and nothing can be sent any more.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(deletion.in_current_span());
    }
}

fn credential(app_password: &AppPassword) -> Option<Credential> {
    Credential::basic(&app_password.login, &app_password.password).ok()
}

/// The name by which the user finds the app password, such as `Claude via Nextcloud MCP (mcp.example.org)`. A client's
/// name is its own claim: it is cut, and cannot hold what would make it look like the rest.
fn device(client_name: Option<&str>, host: &str) -> HeaderValue {
    let name: String = client_name
        .unwrap_or_default()
        .chars()
        .filter(|character| matches!(character, ' '..='~') && !matches!(character, '(' | ')'))
        .take(CLIENT_CHARACTERS)
        .collect();
    let name = name.trim();
    let name = if name.is_empty() { "A client" } else { name };
    let host: String = host
        .chars()
        .filter(char::is_ascii_graphic)
        .take(HOST_CHARACTERS)
        .collect();
    HeaderValue::try_from(format!("{name} via Nextcloud MCP ({host})"))
        .unwrap_or(HeaderValue::from_static("Nextcloud MCP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_passwords_are_named_after_client_and_server_whatever_the_client_calls_itself() {
        for (name, found) in [
            (Some("Claude"), "Claude via Nextcloud MCP (mcp.example.org)"),
            (
                Some("x\r\nAuthorization: y"),
                "xAuthorization: y via Nextcloud MCP (mcp.example.org)",
            ),
            (
                Some("Mail (cloud.example.org)"),
                "Mail cloud.example.org via Nextcloud MCP (mcp.example.org)",
            ),
            (
                Some(" \u{202e}\u{1f600}"),
                "A client via Nextcloud MCP (mcp.example.org)",
            ),
            (None, "A client via Nextcloud MCP (mcp.example.org)"),
        ] {
            assert_eq!(device(name, "mcp.example.org"), found);
        }
        let longest = device(Some(&"n".repeat(999)), &"h".repeat(999));
        assert!(longest.len() <= 120);
    }
}
