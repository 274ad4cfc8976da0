//! The running server as `doctor` asks it: at the address that clients are given, as anybody or as a client with a token.
//!
//! Never here: what the answers mean.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::Patient;
use crate::config::AuthorizationServer;
use crate::nextcloud::{FetchError, ServiceClient};

/// Largest answer: a list of tools has less than 200 kB.
const ANSWER_BYTES: u64 = 4 << 20;

/// How long it may take: a call of a tool, and no more.
const WITHIN: Duration = Duration::from_secs(40);

/// The running server, to ask.
pub(super) struct Running<'a> {
    pub(super) http: ServiceClient,
    pub(super) patient: &'a Patient<'a>,
}

impl Running<'_> {
    fn at(&self, path: &str) -> String {
        self.patient.place.at(path)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Response<Bytes>, FetchError> {
        self.send(Method::GET, &self.at(path), &[], Vec::new())
            .await
    }

    pub(super) async fn send(
        &self,
        method: Method,
        address: &str,
        headers: &[(http::HeaderName, HeaderValue)],
        body: Vec<u8>,
    ) -> Result<Response<Bytes>, FetchError> {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request
            .body(body)
            .map_err(|error| FetchError::Malformed(error.to_string()))?;
        self.http.send(request, ANSWER_BYTES, WITHIN).await
    }

    /// A request of MCP's as whoever `token` belongs to.
    pub(super) async fn call(
        &self,
        token: &SecretString,
        method: &str,
        params: &Value,
    ) -> Result<Value, String> {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.ask(&message, Some(token)).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if answer.status() == StatusCode::OK && body["result"].is_object() {
            return Ok(body["result"].clone());
        }
        let said = body["message"]
            .as_str()
            .or(body["error"]["message"].as_str());
        Err(format!(
            "status {}: {}",
            answer.status().as_u16(),
            said.unwrap_or("no answer of this server's")
        ))
    }

    /// A message of MCP's, with or without a token.
    pub(super) async fn ask(
        &self,
        message: &Value,
        token: Option<&SecretString>,
    ) -> Result<Response<Bytes>, FetchError> {
        let mut headers = vec![
            (
                ACCEPT,
                HeaderValue::from_static("application/json, text/event-stream"),
            ),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        if let Some(token) = token {
            let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
            let mut bearer = bearer.map_err(|error| FetchError::Malformed(error.to_string()))?;
            bearer.set_sensitive(true);
            headers.push((AUTHORIZATION, bearer));
        }
        let body = message.to_string().into_bytes();
        self.send(Method::POST, &self.patient.place.resource(), &headers, body)
            .await
    }

    /// Whether a sign-in at this server can be tried: nothing secret goes over plain http, and nothing is registered at
    /// Nextcloud for a look.
    pub(super) fn allows_sign_in(&self) -> Result<(), String> {
        self.allows_secrets()?;
        let settings = &self.patient.settings.oauth;
        if settings.authorization_server == AuthorizationServer::Nextcloud {
            return Err("clients are sent to Nextcloud itself (NEXTCLOUD_MCP_AUTHORIZATION_SERVER), where a look would leave a client behind".to_owned());
        }
        Ok(())
    }

    /// Whether a token can be sent to this server's address without everybody on the way reading it.
    pub(super) fn allows_secrets(&self) -> Result<(), String> {
        let place = &self.patient.place;
        if place.is_secure() || crate::config::Authority::any_port(place.host()).is_loopback() {
            Ok(())
        } else {
            Err("this server's address is plain http".to_owned())
        }
    }
}
