//! Who a client id names: what was sealed into it at registration, or what its metadata document says.

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use thiserror::Error;
use url::Url;

use super::claimed_client::ClaimedClient;
use super::document::{self, DocumentError};
use super::error::TokenError;
use super::token::Directory;
use super::{Broker, Client, ClientAuth, redirect};
use crate::auth::seal::{Purpose, SealError, Sealer};

/// Longest client id that this server gives out, in characters.
pub(super) const CLIENT_ID_LENGTH: usize = 1024;

/// Longest name of a client that is kept, in bytes: a line on a phone, and in Nextcloud's list of app passwords.
const NAME_BYTES: usize = 96;

/// Longest address of a client's page that is kept, in bytes.
const URI_BYTES: usize = 128;

/// Why a client id names nobody. Everything but [`Self::Document`] is for good: `invalid_client`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ClientError {
    #[error(
        "this server does not know that client: it was registered elsewhere, or the server's key has changed; it must register again"
    )]
    Unknown,
    #[error("{0}")]
    Document(#[from] DocumentError),
}

/// A client did not prove itself as it registered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the client did not authenticate the way that it registered, or its secret is wrong")]
pub(super) struct NotAuthenticated;

/// What a client id of ours holds.
#[derive(Serialize, Deserialize)]
struct Registered {
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(rename = "r")]
    redirect_uris: Vec<String>,
    #[serde(rename = "a")]
    auth: ClientAuth,
}

/// The client that an id names. Asks the web if the id is the address of a metadata document.
pub(super) async fn find(broker: &Broker, id: &str) -> Result<Client, ClientError> {
    if Sealer::claims(Purpose::Client, id) {
        return open(&broker.oauth.sealer, id);
    }
    if !broker.oauth.settings.client_documents {
        return Err(ClientError::Unknown);
    }
    let Some(url) = document::address(id) else {
        return Err(ClientError::Unknown);
    };
    Ok(broker.documents.client(url).await?)
}

/// At the token endpoint.
impl Directory for Broker {
    fn admit<'a>(
        &'a self,
        presented: &'a ClaimedClient,
    ) -> BoxFuture<'a, Result<Client, TokenError>> {
        let admitted = self.holder(&presented.client_id).and_then(|client| {
            let secret = presented.secret.as_ref();
            let how = match (secret, presented.basic) {
                (None, _) => ClientAuth::None,
                (Some(_), true) => ClientAuth::ClientSecretBasic,
                (Some(_), false) => ClientAuth::ClientSecretPost,
            };
            authenticate(&self.oauth.sealer, &client, how, secret).ok()?;
            Some(client)
        });
        let basic = presented.basic;
        Box::pin(async move { admitted.ok_or(TokenError::InvalidClient { basic }) })
    }
}

impl Broker {
    /// Who redeems a code or a token. A document is not fetched again: such a client has no secret, what it holds was
    /// sealed for its address, and no refresh should depend on somebody else's web server.
    fn holder(&self, id: &str) -> Option<Client> {
        if Sealer::claims(Purpose::Client, id) {
            return open(&self.oauth.sealer, id).ok();
        }
        let described = self.oauth.settings.client_documents && document::address(id).is_some();
        described.then(|| Client {
            id: id.to_owned(),
            name: None,
            uri: None,
            redirect_uris: Vec::new(),
            auth: ClientAuth::None,
        })
    }
}

/// Makes a client out of what was checked; its id is the only place where that is kept.
pub(super) fn register(sealer: &Sealer, client: Client) -> Result<Client, SealError> {
    let registered = Registered {
        name: client.name.clone(),
        uri: client.uri.clone(),
        redirect_uris: client.redirect_uris.clone(),
        auth: client.auth,
    };
    let id = sealer.seal(Purpose::Client, &registered)?;
    Ok(Client { id, ..client })
}

fn open(sealer: &Sealer, id: &str) -> Result<Client, ClientError> {
    if id.len() > CLIENT_ID_LENGTH {
        return Err(ClientError::Unknown);
    }
    let registered: Registered = sealer
        .open(Purpose::Client, id)
        .map_err(|_| ClientError::Unknown)?;
    Ok(Client {
        id: id.to_owned(),
        name: registered.name,
        uri: registered.uri,
        redirect_uris: registered.redirect_uris,
        auth: registered.auth,
    })
}

/// Whether a client proves itself as it registered to: `how` it did, and the secret it sent.
pub(super) fn authenticate(
    sealer: &Sealer,
    client: &Client,
    how: ClientAuth,
    secret: Option<&SecretString>,
) -> Result<(), NotAuthenticated> {
    if how != client.auth {
        return Err(NotAuthenticated);
    }
    let Some(secret) = secret else {
        return if how == ClientAuth::None {
            Ok(())
        } else {
            Err(NotAuthenticated)
        };
    };
    // Digests are equally long, and every key is tried: the time says nothing.
    let digest = |secret: &SecretString| Sha256::digest(secret.expose_secret());
    let sent = digest(secret);
    let right = sealer
        .secrets_of(&client.id)
        .fold(Choice::from(0), |right, one| {
            right | digest(&one).ct_eq(&sent)
        });
    if how != ClientAuth::None && bool::from(right) {
        Ok(())
    } else {
        Err(NotAuthenticated)
    }
}

impl Client {
    /// The redirect URI that is asked for, if it is one of the client's.
    pub(super) fn admits(&self, asked: &str) -> Option<Url> {
        let registered = self.redirect_uris.iter();
        let matches = registered
            .into_iter()
            .any(|one| redirect::matches(one, asked));
        matches.then(|| redirect::check(asked).ok()).flatten()
    }

    /// Whether every answer goes to the computer on which the client says it runs.
    pub(super) fn is_loopback_only(&self) -> bool {
        let urls = self.redirect_uris.iter().map(|uri| redirect::check(uri));
        urls.into_iter()
            .all(|url| url.is_ok_and(|url| redirect::is_loopback(&url)))
    }

    /// The host that vouches for the client, if its id is the address of a metadata document.
    pub(super) fn vouched_by(&self) -> Option<String> {
        document::address(&self.id)?.host_str().map(str::to_owned)
    }
}

/// A name as people may be shown it: one line, nothing invisible, nothing that turns the direction of the text around it.
pub(super) fn shown_name(name: &str) -> Option<String> {
    let visible: String = name
        .chars()
        .map(|character| {
            if character.is_whitespace() {
                ' '
            } else {
                character
            }
        })
        .filter(|character| !is_hidden(*character))
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let mut name = words.join(" ");
    if name.len() > NAME_BYTES {
        name.truncate(name.floor_char_boundary(NAME_BYTES - '…'.len_utf8()));
        name.push('…');
    }
    (!name.is_empty()).then_some(name)
}

/// Control characters, and those that Unicode calls default-ignorable or that steer the direction of text (TR9, TR36).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// A client's page as people may be shown it: http(s), and short enough to be kept.
pub(super) fn shown_uri(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let fits = matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.as_str().len() <= URI_BYTES;
    fits.then(|| url.into())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;
    use crate::auth::key::SecretKeys;

    fn sealer(keys: &[&str], issuer: &str) -> Sealer {
        let keys: Vec<String> = keys.iter().map(|letter| letter.repeat(64)).collect();
        Sealer::new(SecretKeys::parse(&keys.join(" ").into()).unwrap(), issuer)
    }

    fn registered(sealer: &Sealer, auth: ClientAuth) -> Client {
        let client = Client {
            id: String::new(),
            name: Some("Test".to_owned()),
            uri: None,
            redirect_uris: vec!["http://localhost/cb".to_owned()],
            auth,
        };
        register(sealer, client).unwrap()
    }

    #[test]
    fn a_client_is_known_by_its_id_alone_and_only_where_it_registered() {
        let here = sealer(&["a"], "https://mcp.example.com");
        let client = registered(&here, ClientAuth::None);
        assert_eq!(open(&here, &client.id).unwrap(), client);
        let after_a_new_key = sealer(&["b", "a"], "https://mcp.example.com");
        assert_eq!(open(&after_a_new_key, &client.id).unwrap(), client);
        for elsewhere in [
            sealer(&["a"], "https://other.example.com"),
            sealer(&["b"], "https://mcp.example.com"),
        ] {
            assert_eq!(open(&elsewhere, &client.id), Err(ClientError::Unknown));
        }
    }

    #[test]
    fn a_client_proves_itself_with_its_secret_and_as_it_registered() {
        use ClientAuth::{ClientSecretBasic, ClientSecretPost, None as Public};
        let here = sealer(&["a"], "i");
        let client = registered(&here, ClientSecretPost);
        let secret = here.secrets_of(&client.id).next().unwrap();
        let tried =
            |how, secret: Option<&SecretString>| authenticate(&here, &client, how, secret).is_ok();
        assert!(tried(ClientSecretPost, Some(&secret)));
        assert!(!tried(ClientSecretBasic, Some(&secret)));
        assert!(!tried(Public, None) && !tried(Public, Some(&secret)));
        assert!(!tried(ClientSecretPost, None));
        assert!(!tried(ClientSecretPost, Some(&"wrong".into())));
        let other = registered(&here, ClientSecretPost);
        assert!(authenticate(&here, &other, ClientSecretPost, Some(&secret)).is_err());
        let after_a_new_key = sealer(&["b", "a"], "i");
        assert!(authenticate(&after_a_new_key, &client, ClientSecretPost, Some(&secret)).is_ok());

        let public = registered(&here, Public);
        assert!(authenticate(&here, &public, Public, None).is_ok());
        let secret = here.secrets_of(&public.id).next().unwrap();
        assert!(authenticate(&here, &public, Public, Some(&secret)).is_err());
    }

    #[test]
    fn names_are_one_short_visible_line() {
        assert_eq!(shown_name("Claude").as_deref(), Some("Claude"));
        assert_eq!(shown_name("  a\r\n\tb  ").as_deref(), Some("a b"));
        assert_eq!(shown_name("Grüße 世界").as_deref(), Some("Grüße 世界"));
        assert_eq!(
            shown_name("e\u{202e}xe\u{2066}.\u{200b}t\u{e0041}xt\u{7}").as_deref(),
            Some("exe.txt")
        );
        assert_eq!(shown_name(" \u{200b}\u{3164} "), None);
        let long = shown_name(&"ä".repeat(1000)).unwrap();
        assert!(long.len() <= NAME_BYTES && long.ends_with('…'));
    }

    #[test]
    fn only_web_addresses_are_shown() {
        assert!(shown_uri("https://app.example.com/about").is_some());
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://user@app.example.com",
            "app.example.com",
            &format!("https://app.example.com/{}", "a".repeat(URI_BYTES)),
        ] {
            assert_eq!(shown_uri(bad), None, "{bad}");
        }
    }
}
