//! Two clients.

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;

use super::super::claimed_client::ClaimedClient;
use super::super::error::TokenError;
use super::super::token::Directory;
use super::super::{Client, ClientAuth};
use super::{CONFIDENTIAL, PUBLIC, SECRET};

pub(super) struct Clients;

impl Directory for Clients {
    fn admit<'a>(
        &'a self,
        presented: &'a ClaimedClient,
    ) -> BoxFuture<'a, Result<Client, TokenError>> {
        let secret = presented.secret.as_ref().map(ExposeSecret::expose_secret);
        let auth = match (&*presented.client_id, secret) {
            // Some tests need another client, who is as good as this one.
            (PUBLIC | "other-client", None) => Some(ClientAuth::None),
            (CONFIDENTIAL, Some(SECRET)) => Some(ClientAuth::ClientSecretPost),
            _ => None,
        };
        let client = auth.map(|auth| Client {
            id: presented.client_id.clone(),
            name: None,
            uri: None,
            redirect_uris: Vec::new(),
            auth,
        });
        let basic = presented.basic;
        Box::pin(async move { client.ok_or(TokenError::InvalidClient { basic }) })
    }
}
