//! A sign-in at the running server, as a client of its own: registration, browser, code, tokens. Nothing of it stays: a
//! registration here is stored nowhere, and the tokens are revoked at the end.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use secrecy::SecretString;
use secrecy::{ExposeSecret as _, zeroize::Zeroizing};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::through::Running;
use crate::cli::Output;
use crate::random;

/// How long a person may take in the browser.
const PATIENCE: Duration = Duration::from_mins(5);

/// Longest head of the browser's request that is read, in bytes; a code of this server's takes some kB.
const HEAD_BYTES: usize = 32 * 1024;

/// Everything that the bundled tools need to read.
const SCOPE: &str = "notes.read calendar.read capabilities.read";

/// What the browser shows at the end.
const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThank you. Go on in the terminal; this page can be closed.\n";

/// Tokens of this server's.
pub(super) struct Tokens {
    pub(super) access: SecretString,
    client_id: String,
}

/// Has a person sign in.
pub(super) async fn sign_in(running: &Running<'_>) -> Result<Tokens, String> {
    running.allows_sign_in()?;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(|error| error.to_string())?;
    let port = listener
        .local_addr()
        .map_err(|error| error.to_string())?
        .port();
    let redirect_uri = format!("http://127.0.0.1:{port}/callback");
    let client_id = register(running, &redirect_uri).await?;
    let verifier = Zeroizing::new(format!(
        "{}{}",
        random::name().map_err(|error| error.to_string())?,
        random::name().map_err(|error| error.to_string())?
    ));
    let state = random::name().map_err(|error| error.to_string())?;
    let place = &running.patient.place;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let mut address =
        Url::parse(&place.at("/oauth/authorize")).map_err(|error| error.to_string())?;
    address.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", &client_id),
        ("redirect_uri", &redirect_uri),
        ("scope", SCOPE),
        ("state", &state),
        ("resource", &place.resource()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    Output::stderr()
        .line(&format!("Open this address in a browser on this machine and sign in (within 5 minutes):\n{address}"))
        .map_err(|error| error.to_string())?;
    let arrived = tokio::time::timeout(PATIENCE, arrival(&listener, &state));
    let code = arrived
        .await
        .map_err(|_| "nobody came back within 5 minutes".to_owned())??;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
        ("redirect_uri", &redirect_uri),
        ("client_id", &client_id),
        ("code_verifier", &verifier),
        ("resource", &place.resource()),
    ];
    let answer = post(running, "/oauth/token", &form).await?;
    let access = answer["access_token"].as_str();
    let access = access.ok_or("the answer holds no token")?.to_owned().into();
    Ok(Tokens { access, client_id })
}

impl Tokens {
    /// Ends what was begun for the look. If that fails the token ends by itself within the hour.
    pub(super) async fn give_back(&self, running: &Running<'_>) {
        let form = [
            ("token", self.access.expose_secret()),
            ("client_id", &*self.client_id),
        ];
        let _ = post(running, "/oauth/revoke", &form).await;
    }
}

async fn register(running: &Running<'_>, redirect_uri: &str) -> Result<String, String> {
    let registration = json!({
        "client_name": "nextcloud-mcp-server doctor",
        "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
    });
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let address = running.patient.place.at("/oauth/register");
    let body = registration.to_string().into_bytes();
    let answer = running.send(Method::POST, &address, &headers, body).await;
    let answer = answer.map_err(|error| error.to_string())?;
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let id = body["client_id"].as_str();
    id.map(str::to_owned).ok_or_else(|| {
        format!(
            "registering here was answered with status {}",
            answer.status().as_u16()
        )
    })
}

/// The code that a browser brings to `/callback`, with our state; other requests (an icon) are sent away.
async fn arrival(listener: &TcpListener, state: &str) -> Result<SecretString, String> {
    loop {
        let (mut browser, _) = listener.accept().await.map_err(|error| error.to_string())?;
        let Some(query) = head(&mut browser).await else {
            continue;
        };
        let _ = browser.write_all(DONE.as_bytes()).await;
        let _ = browser.shutdown().await;
        let value = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if value("state").as_deref() != Some(state) {
            continue;
        }
        if let Some(code) = value("code") {
            return Ok(code.into());
        }
        let error = value("error").unwrap_or_else(|| "no code".to_owned());
        let description = value("error_description").unwrap_or_default();
        return Err(format!("{error}: {description}"));
    }
}

/// The query of a GET for `/callback`.
async fn head(browser: &mut TcpStream) -> Option<Zeroizing<String>> {
    let mut read = Vec::new();
    while !read.windows(4).any(|end| end == b"\r\n\r\n") && read.len() < HEAD_BYTES {
        let mut piece = [0; 4096];
        let count = tokio::time::timeout(Duration::from_secs(5), browser.read(&mut piece)).await;
        match count {
            Ok(Ok(count)) if count > 0 => read.extend_from_slice(piece.get(..count)?),
            _ => break,
        }
    }
    let text = std::str::from_utf8(&read).ok()?;
    let target = text.strip_prefix("GET ")?.split(' ').next()?;
    let query = target.strip_prefix("/callback?")?;
    Some(Zeroizing::new(query.to_owned()))
}

async fn post(running: &Running<'_>, path: &str, form: &[(&str, &str)]) -> Result<Value, String> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let headers = [(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    )];
    let address = running.patient.place.at(path);
    let answer = running
        .send(Method::POST, &address, &headers, body.into_bytes())
        .await;
    let answer = answer.map_err(|error| error.to_string())?;
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    if answer.status() == StatusCode::OK {
        return Ok(body);
    }
    let said = body["error_description"]
        .as_str()
        .or(body["error"].as_str());
    Err(format!(
        "{path} answered with status {}: {}",
        answer.status().as_u16(),
        said.unwrap_or("nothing that it says")
    ))
}
