//! What a client asks of this server's sign-in: it registers (that is stored nowhere) and sends a browser. Whether the page
//! comes on which a person allows it can be seen without anybody; what follows is `sign_in`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use secrecy::zeroize::Zeroizing;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::check::Check;
use super::finding::Findings;
use super::running::Running;
use crate::random;

/// Everything that the bundled tools need to read.
const SCOPE: &str = "notes.read calendar.read capabilities.read";

/// Where nobody is sent to: the look ends at the page before.
const NOWHERE: &str = "http://127.0.0.1/callback";

/// A client that registered, in the middle of a sign-in.
pub(super) struct Asking {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) verifier: Zeroizing<String>,
}

/// Registers and asks, to see that a client that does both as it should is taken.
pub(super) async fn look(running: &Running<'_>, findings: &mut Findings) {
    if let Err(why) = running.allows_sign_in() {
        findings.skipped(Check::SignIn, why);
        return;
    }
    match page(running).await {
        Ok(StatusCode::OK) => findings.ok(
            Check::SignIn,
            "a client that asks as it should gets the page where a person allows it; one that is refused asks for something else",
        ),
        Ok(status @ (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)) => findings.warning(
            Check::SignIn,
            format!("/oauth/authorize answered with status {}", status.as_u16()),
            "wait until /health/ready says ready, and a minute",
        ),
        Ok(status) => findings.problem(
            Check::SignIn,
            format!("/oauth/authorize answered with status {} in place of the page where a person allows it", status.as_u16()),
            PROXY,
        ),
        Err(why) => findings.problem(Check::SignIn, why, PROXY),
    }
}

const PROXY: &str = "the proxy in front must hand /oauth/ on, with bodies and queries as they are; else look at the server's log";

async fn page(running: &Running<'_>) -> Result<StatusCode, String> {
    let asking = Asking::begin(running, NOWHERE.to_owned()).await?;
    let address = asking.address(running)?;
    let answer = running.send(Method::GET, address.as_str(), &[], Vec::new());
    let answer = answer.await.map_err(|error| error.to_string())?;
    Ok(answer.status())
}

impl Asking {
    /// Registers.
    pub(super) async fn begin(running: &Running<'_>, redirect_uri: String) -> Result<Self, String> {
        let name = || random::name().map_err(|error| error.to_string());
        Ok(Self {
            client_id: register(running, &redirect_uri).await?,
            redirect_uri,
            state: name()?,
            verifier: Zeroizing::new(format!("{}{}", name()?, name()?)),
        })
    }

    /// Where the browser goes.
    pub(super) fn address(&self, running: &Running<'_>) -> Result<Url, String> {
        let place = &running.patient.place;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()));
        let address = Url::parse(&place.at("/oauth/authorize"));
        let mut address = address.map_err(|error| error.to_string())?;
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", SCOPE),
            ("state", &self.state),
            ("resource", &place.resource()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        Ok(address)
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
            "/oauth/register answered with status {}",
            answer.status().as_u16()
        )
    })
}
