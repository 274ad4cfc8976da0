//! The running server, asked at the address that clients are given: whatever stands in front of it is looked at, too.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::check::Check;
use super::finding::Findings;
use super::{DoctorOptions, Patient, access, sign_in};
use crate::config::{AuthorizationServer, Mode, Transport};
use crate::nextcloud::{self, FetchError, Nextcloud, ServiceClient};

/// Largest answer: a list of tools has less than 200 kB.
const ANSWER_BYTES: u64 = 4 << 20;

/// How long it may take: a call of a tool, and no more.
const WITHIN: Duration = Duration::from_secs(40);

/// What is looked at here.
const CHECKS: [Check; 4] = [
    Check::ServerReachable,
    Check::Metadata,
    Check::Endpoint,
    Check::Pages,
];

/// What tools are called that need one thing of Nextcloud each, behind whatever prefix.
const TRIED: [(&str, Check); 3] = [
    ("get_user", Check::Ocs),
    ("list_calendars", Check::Dav),
    ("list_notes", Check::Notes),
];

/// The running server, to ask.
pub(super) struct Running<'a> {
    pub(super) http: ServiceClient,
    pub(super) patient: &'a Patient<'a>,
}

pub(super) async fn look(patient: &Patient<'_>, options: DoctorOptions, findings: &mut Findings) {
    if patient.settings.server.transport == Transport::Stdio {
        findings.skip_all(
            &CHECKS,
            "over standard input and output there is no address",
        );
        return;
    }
    let Some(running) = reach(patient, findings).await else {
        findings.skip_all(&CHECKS, "the server does not answer at its address");
        return;
    };
    running.endpoint(findings).await;
    running.pages(findings).await;
    let Mode::OAuth { .. } = patient.mode else {
        return;
    };
    running.metadata(findings).await;
    let given = &patient.settings.nextcloud.doctor_token;
    if let Some(token) = given.as_ref().filter(|token| access::is_ours(token)) {
        running.use_tools(token, findings).await;
    }
    if options.sign_in {
        match sign_in::sign_in(&running).await {
            Ok(tokens) => {
                findings.ok(Check::RedirectUri, format!("{}, as Nextcloud has it", patient.place.redirect_uri()));
                findings.ok(Check::Audience, "a sign-in through this server");
                running.use_tools(&tokens.access, findings).await;
                tokens.give_back(&running).await;
            }
            Err(why) => findings.problem(
                Check::RedirectUri,
                format!("the sign-in did not come back: {why}"),
                format!("what the browser shows says where it ended; the client at Nextcloud must hold {} to the letter", patient.place.redirect_uri()),
            ),
        }
    }
}

/// Whether it answers, with the public authorities or with the operator's.
async fn reach<'a>(patient: &'a Patient<'a>, findings: &mut Findings) -> Option<Running<'a>> {
    let bundles = [None, patient.settings.nextcloud.ca_bundle.clone()];
    let mut last = "there is no client to ask with".to_owned();
    for ca_bundle in bundles {
        let settings = nextcloud::Settings {
            ca_bundle,
            // No secret goes there before it is looked at (`sign_in`).
            allow_plain_http: true,
            ..nextcloud::Settings::new(patient.place.issuer())
        };
        let http = match Nextcloud::new(settings).and_then(|here| here.service_client()) {
            Ok(http) => http,
            Err(error) => {
                last = error.to_string();
                continue;
            }
        };
        let running = Running { http, patient };
        match running.get("/health/ready").await {
            Ok(answer) => {
                return running.is_ready(&answer, findings).then_some(running);
            }
            // In the words of requests to Nextcloud.
            Err(error) => last = error.to_string().replace("Nextcloud", "this server"),
        }
    }
    findings.warning(
        Check::ServerReachable,
        format!("{}: {last}", patient.place.issuer()),
        "start the server and look again; if it runs: is NEXTCLOUD_MCP_SERVER_URL its address, and can this machine reach it?",
    );
    None
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

    /// Whether it is this server that answers.
    fn is_ready(&self, answer: &Response<Bytes>, findings: &mut Findings) -> bool {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        match (answer.status(), body["status"].as_str()) {
            (StatusCode::OK, Some("ready")) => {
                findings.ok(
                    Check::ServerReachable,
                    format!("ready, with {} tools", body["tools"]),
                );
                true
            }
            (_, Some(status)) => {
                findings.warning(
                    Check::ServerReachable,
                    format!("it answers, and is not ready: {status}"),
                    "wait a few seconds; if it stays so, its log says why",
                );
                true
            }
            (status, None) => {
                findings.problem(
                    Check::ServerReachable,
                    format!("{} answers with status {}, and is not this server", self.patient.place.issuer(), status.as_u16()),
                    "NEXTCLOUD_MCP_SERVER_URL must lead to this server, with its path; a proxy must hand all of it on",
                );
                false
            }
        }
    }

    /// What a client without a token is told.
    async fn endpoint(&self, findings: &mut Findings) {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
        let answer = self.ask(&message, None).await;
        let guarded = match &self.patient.mode {
            Mode::OAuth { .. } => true,
            Mode::Basic(_) => self.patient.settings.server.static_token.is_some(),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                findings.problem(
                    Check::Endpoint,
                    error.to_string(),
                    "look at the proxy in front",
                );
                return;
            }
        };
        let challenge = answer.headers().contains_key(WWW_AUTHENTICATE);
        match (answer.status(), guarded) {
            (StatusCode::UNAUTHORIZED, true) if challenge => {
                findings.ok(Check::Endpoint, "401 with a challenge for whoever sends no token");
            }
            (StatusCode::UNAUTHORIZED, true) => findings.problem(
                Check::Endpoint,
                "401 without WWW-Authenticate: clients cannot find out where to sign in",
                "have the proxy in front pass that header on",
            ),
            (StatusCode::OK, false) => findings.ok(Check::Endpoint, "it answers whoever reaches it"),
            (StatusCode::FORBIDDEN, _) => findings.problem(
                Check::Endpoint,
                "403: the address or web page is not on the list",
                "NEXTCLOUD_MCP_SERVER_URL, NEXTCLOUD_MCP_ALLOWED_HOSTS, NEXTCLOUD_MCP_ALLOWED_ORIGINS",
            ),
            (StatusCode::TOO_MANY_REQUESTS, _) => findings.warning(
                Check::Endpoint,
                "429: more requests a minute come from this address than may",
                "NEXTCLOUD_MCP_TRUSTED_PROXIES, NEXTCLOUD_MCP_RATE",
            ),
            (status, _) => findings.warning(
                Check::Endpoint,
                format!("it answers with status {}", status.as_u16()),
                "wait until /health/ready says ready; else look at its log",
            ),
        }
    }

    /// A policy that a proxy adds keeps browsers from leaving the consent page.
    async fn pages(&self, findings: &mut Findings) {
        let Ok(answer) = self.get("/").await else {
            return;
        };
        let policies = answer
            .headers()
            .get_all(CONTENT_SECURITY_POLICY)
            .iter()
            .count();
        match policies {
            1 => findings.ok(Check::Pages, "one Content-Security-Policy, this server's"),
            count => findings.warning(
                Check::Pages,
                format!("{count} Content-Security-Policy headers: something in front adds or drops them, and **Allow** may do nothing"),
                "leave this server's headers as they are in the proxy",
            ),
        }
    }

    /// RFC 9728, as clients compare it.
    async fn metadata(&self, findings: &mut Findings) {
        let place = &self.patient.place;
        let answer = self
            .send(Method::GET, &place.resource_metadata(), &[], Vec::new())
            .await;
        let remedy = "the proxy must hand /.well-known/ on; NEXTCLOUD_MCP_SERVER_URL of the running server must be this one";
        match answer {
            Ok(answer) => {
                let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
                let resource = place.resource();
                if body["resource"] == resource {
                    findings.ok(Check::Metadata, format!("resource {resource}"));
                } else {
                    let found = body["resource"].as_str().unwrap_or("nothing");
                    findings.problem(
                        Check::Metadata,
                        format!("it names the resource {found} instead of {resource}, and clients refuse that"),
                        remedy,
                    );
                }
            }
            Err(error) => findings.problem(Check::Metadata, error.to_string(), remedy),
        }
    }

    /// Calls a tool of each kind as whoever a token of this server's belongs to.
    async fn use_tools(&self, token: &SecretString, findings: &mut Findings) {
        let listed = self.call(token, "tools/list", &json!({})).await;
        let tools = match listed {
            Ok(listed) => listed["tools"].as_array().cloned().unwrap_or_default(),
            Err(why) => {
                findings.problem(
                    Check::Ocs,
                    why,
                    "look at the server's log, by the time of this look",
                );
                return;
            }
        };
        let names: Vec<&str> = tools
            .iter()
            .filter_map(|tool| tool["name"].as_str())
            .collect();
        for (end, check) in TRIED {
            let Some(name) = names.iter().find(|name| name.ends_with(end)) else {
                findings.skipped(check, "this sign-in is shown no tool that needs it");
                continue;
            };
            let called = self
                .call(token, "tools/call", &json!({"name": name, "arguments": {}}))
                .await;
            match called {
                Ok(result) if result["isError"] == json!(true) => {
                    let said = result["content"][0]["text"].as_str().unwrap_or_default();
                    findings.problem(check, format!("{name}: {said}"), "as it says");
                }
                Ok(_) => findings.ok(check, format!("{name}, through this server")),
                Err(why) => {
                    findings.problem(check, format!("{name}: {why}"), "look at the server's log");
                }
            }
        }
    }

    async fn call(
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

    async fn ask(
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
        let place = &self.patient.place;
        let settings = &self.patient.settings.oauth;
        if !place.is_secure() && !crate::config::Authority::any_port(place.host()).is_loopback() {
            return Err("this server's address is plain http".to_owned());
        }
        if settings.authorization_server == AuthorizationServer::Nextcloud {
            return Err("clients are sent to Nextcloud itself (NEXTCLOUD_MCP_AUTHORIZATION_SERVER), where a look would leave a client behind".to_owned());
        }
        Ok(())
    }
}
