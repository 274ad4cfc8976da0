//! A public OAuth client as MCP clients are: finds the authorization server from the 401, registers, sends a browser off,
//! trades the code in, refreshes, revokes. Each step can be called by itself and bent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::HeaderMap;
use rsa::rand_core::{OsRng, RngCore as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::browser::{Browser, Person};
use super::client::http;

/// Where the client waits for its answer; nothing listens there, the browser stops before it.
pub const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";

/// A client and what it found out.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The MCP endpoint.
    pub endpoint: String,
    /// RFC 9728.
    pub resource: Value,
    /// RFC 8414, or the discovery document.
    pub metadata: Value,
    /// What it registered as; empty before.
    pub client_id: String,
    /// Its secret, where it was given one.
    pub client_secret: Option<String>,
    /// Where it wants its answer.
    pub redirect_uri: String,
}

/// An authorization request on its way.
#[derive(Debug, Clone)]
pub struct Departure {
    /// Where the browser goes.
    pub url: Url,
    /// To be found again in the answer.
    pub state: String,
    /// PKCE.
    pub verifier: String,
}

/// What an endpoint answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body; a string where it is no JSON.
    pub body: Value,
}

/// Tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// `access_token`.
    pub access: String,
    /// `refresh_token`.
    pub refresh: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
}

impl SignIn {
    /// Asks the endpoint without a token and follows where it points.
    pub async fn discover(endpoint: &str) -> Self {
        let refusal = challenge(endpoint).await;
        let document = refusal.parameter("resource_metadata");
        let document = document.expect("a challenge that points to the resource's metadata");
        let resource = get(&document).await.body;
        let issuer = resource["authorization_servers"][0]
            .as_str()
            .expect("an authorization server");
        let metadata = server_metadata(issuer).await;
        assert_eq!(
            metadata["issuer"], issuer,
            "the issuer is the one that was asked for"
        );
        Self {
            endpoint: endpoint.to_owned(),
            resource,
            metadata,
            client_id: String::new(),
            client_secret: None,
            redirect_uri: REDIRECT_URI.to_owned(),
        }
    }

    /// Registers as a public client (RFC 7591).
    pub async fn register(&mut self) {
        let request = json!({
            "client_name": "Scripted client", "redirect_uris": [self.redirect_uri], "application_type": "native",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        let answer = self.register_as(&request).await;
        assert_eq!(answer.status, 201, "registration: {:?}", answer.body);
        answer.body["client_id"]
            .as_str()
            .expect("a client id")
            .clone_into(&mut self.client_id);
        self.client_secret = answer.body["client_secret"].as_str().map(str::to_owned);
    }

    /// Sends a registration as it stands.
    pub async fn register_as(&self, request: &Value) -> Answer {
        let url = self.at("registration_endpoint");
        Answer::of(http().post(url).json(request)).await
    }

    /// An authorization request for these scopes, as the specification asks for it.
    pub fn depart(&self, scope: &str) -> Departure {
        self.depart_with(scope, |_| ())
    }

    /// An authorization request whose parameters are changed before it goes.
    pub fn depart_with(
        &self,
        scope: &str,
        change: impl FnOnce(&mut Vec<(String, String)>),
    ) -> Departure {
        let (state, verifier) = (random(), random());
        let resource = self.resource["resource"].as_str().unwrap_or_default();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let pairs = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", scope),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", resource),
        ];
        let mut pairs: Vec<(String, String)> = pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        change(&mut pairs);
        let mut url: Url = self
            .at("authorization_endpoint")
            .parse()
            .expect("an address");
        url.query_pairs_mut().extend_pairs(pairs);
        Departure {
            url,
            state,
            verifier,
        }
    }

    /// The code that the browser brought, if the answer is to this request and from this server; or the error.
    pub fn arrived(&self, departure: &Departure, at: &Url) -> Result<String, String> {
        let get = |name: &str| {
            let found = at.query_pairs().find(|(one, _)| one == name);
            found.map(|(_, value)| value.into_owned())
        };
        if get("state").as_deref() != Some(&departure.state) {
            return Err("the state is not ours".into());
        }
        // RFC 9207.
        let promised = self.metadata["authorization_response_iss_parameter_supported"] == true;
        let issuer = get("iss");
        if (promised || issuer.is_some()) && issuer.as_deref() != self.metadata["issuer"].as_str() {
            return Err(format!("another issuer: {issuer:?}"));
        }
        match get("error") {
            Some(error) => Err(error),
            None => get("code").ok_or_else(|| "no code".into()),
        }
    }

    /// Trades a code in.
    pub async fn redeem(&self, departure: &Departure, code: &str) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &departure.verifier),
        ];
        let resource = self.resource["resource"].as_str().unwrap_or_default();
        form.push(("resource", resource));
        self.token(&form).await
    }

    /// Trades a refresh token in.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ])
        .await
    }

    /// Asks the token endpoint, as this client.
    pub async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.post("token_endpoint", form).await
    }

    /// Revokes a token (RFC 7009).
    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("revocation_endpoint", &[("token", token)]).await
    }

    /// From a registered client to tokens, by way of a browser and the person in front of it.
    pub async fn tokens(&self, browser: &mut Browser, person: &Person, scope: &str) -> Tokens {
        let departure = self.depart(scope);
        let arrived = browser.sign_in(departure.url.as_str(), person).await;
        let at = arrived.unwrap_or_else(|page| {
            panic!("stuck at {} ({}): {}", page.url, page.status, page.text())
        });
        let code = self.arrived(&departure, &at).expect("a code");
        self.redeem(&departure, &code).await.tokens()
    }

    /// A client that found its way and registered.
    pub async fn registered(endpoint: &str) -> Self {
        let mut client = Self::discover(endpoint).await;
        client.register().await;
        client
    }

    /// Everything: discovery, registration, a fresh browser, tokens.
    pub async fn whole(endpoint: &str, person: &Person, scope: &str) -> (Self, Tokens) {
        let client = Self::registered(endpoint).await;
        let mut browser = Browser::stopping_at(&client.redirect_uri);
        let tokens = client.tokens(&mut browser, person, scope).await;
        (client, tokens)
    }

    async fn post(&self, endpoint: &str, form: &[(&str, &str)]) -> Answer {
        let mut all = vec![("client_id", self.client_id.as_str())];
        all.extend(
            self.client_secret
                .as_deref()
                .map(|secret| ("client_secret", secret)),
        );
        all.extend(form);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(all)
            .finish();
        let request = http()
            .post(self.at(endpoint))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        Answer::of(request).await
    }

    fn at(&self, endpoint: &str) -> String {
        let found = self.metadata[endpoint].as_str();
        found
            .unwrap_or_else(|| panic!("no {endpoint} in the metadata"))
            .to_owned()
    }
}

impl Answer {
    /// Sends a request as it is.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The tokens of a good answer.
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "no tokens: {:?}", self.body);
        let text = |name: &str| self.body[name].as_str().map(str::to_owned);
        Tokens {
            access: text("access_token").expect("an access token"),
            refresh: text("refresh_token"),
            scope: text("scope"),
        }
    }

    /// `error` of a refusal.
    pub fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    /// A parameter of the challenge (`WWW-Authenticate: Bearer`).
    pub fn parameter(&self, name: &str) -> Option<String> {
        let header = self.headers.get("www-authenticate")?.to_str().ok()?;
        let rest = header.strip_prefix("Bearer")?;
        let (_, value) = rest.split_once(&format!(" {name}=\""))?;
        Some(value.split('"').next()?.to_owned())
    }
}

/// What the endpoint says to somebody without a token.
pub async fn challenge(endpoint: &str) -> Answer {
    call(endpoint, None, "tools/list", &json!({})).await
}

/// One request of MCP, by hand: what HTTP says to it, which a client library hides.
pub async fn call(endpoint: &str, token: Option<&str>, method: &str, params: &Value) -> Answer {
    let request = http()
        .post(endpoint)
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2025-11-25")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    Answer::of(request).await
}

/// Reads a public document.
pub async fn get(url: &str) -> Answer {
    Answer::of(http().get(url)).await
}

/// Metadata of an issuer where RFC 8414 says that they are, or else where `OpenID` Connect does.
pub async fn server_metadata(issuer: &str) -> Value {
    let issuer: Url = issuer.parse().expect("an issuer is an address");
    let path = issuer.path().trim_end_matches('/');
    let origin = issuer.origin().ascii_serialization();
    let places = [
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
        format!("{origin}{path}/.well-known/openid-configuration"),
    ];
    for place in places {
        let answer = get(&place).await;
        if answer.status == 200 && answer.body.is_object() {
            return answer.body;
        }
    }
    panic!("{issuer} has no metadata")
}

/// 256 random bits as text; as long as a verifier must be.
fn random() -> String {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
