//! A sign-in at the running server, as a client of its own: what it asks for (`asking`), then browser, code, tokens. Nothing
//! of it stays: the tokens are revoked at the end.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::asking::Asking;
use super::running::Running;
use crate::cli::Output;

/// How long a person may take in the browser.
const PATIENCE: Duration = Duration::from_mins(5);

/// Longest head of the browser's request that is read, in bytes; a code of this server's takes some kB.
const HEAD_BYTES: usize = 32 * 1024;

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
    let asking = Asking::begin(running, redirect_uri).await?;
    let address = asking.address(running)?;
    Output::stderr()
        .line(&format!("Open this address in a browser on this machine and sign in (within 5 minutes):\n{address}"))
        .map_err(|error| error.to_string())?;
    let arrived = tokio::time::timeout(PATIENCE, arrival(&listener, &asking.state));
    let code = arrived
        .await
        .map_err(|_| "nobody came back within 5 minutes".to_owned())??;
    let place = &running.patient.place;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
        ("redirect_uri", &asking.redirect_uri),
        ("client_id", &asking.client_id),
        ("code_verifier", &asking.verifier),
        ("resource", &place.resource()),
    ];
    let answer = post(running, "/oauth/token", &form).await?;
    let access = answer["access_token"].as_str();
    let access = access.ok_or("the answer holds no token")?.to_owned().into();
    Ok(Tokens {
        access,
        client_id: asking.client_id,
    })
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
