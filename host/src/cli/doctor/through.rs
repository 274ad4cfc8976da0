//! The running server, asked at the address that clients are given: whatever stands in front of it is looked at, too.

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, WWW_AUTHENTICATE};
use http::{Method, Response, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::check::Check;
use super::finding::{Findings, Status};
use super::running::Running;
use super::{DoctorOptions, Patient, access, asking, sign_in};
use crate::config::{Mode, Transport};
use crate::nextcloud::{self, Nextcloud};

/// What is looked at here.
const CHECKS: [Check; 5] = [
    Check::ServerReachable,
    Check::Metadata,
    Check::Endpoint,
    Check::SignIn,
    Check::Pages,
];

/// What tools are called that need one thing of Nextcloud each, behind whatever prefix.
const TRIED: [(&str, Check); 3] = [
    ("get_user", Check::Ocs),
    ("list_calendars", Check::Dav),
    ("list_notes", Check::Notes),
];

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
    endpoint(&running, findings).await;
    pages(&running, findings).await;
    let Mode::OAuth { .. } = patient.mode else {
        return;
    };
    metadata(&running, findings).await;
    if findings.status(Check::Metadata) == Some(Status::Ok) {
        asking::look(&running, findings).await;
    } else {
        findings.skipped(
            Check::SignIn,
            "clients do not find out where to sign in, which comes first",
        );
    }
    let given = &patient.settings.nextcloud.doctor_token;
    if let Some(token) = given.as_ref().filter(|token| access::is_ours(token)) {
        match running.allows_secrets() {
            Ok(()) => use_tools(&running, token, findings).await,
            Err(why) => findings.skipped(
                Check::Scope,
                format!("{why}, so the token is not sent there"),
            ),
        }
    }
    if options.sign_in {
        match sign_in::sign_in(&running).await {
            Ok(tokens) => {
                findings.ok(Check::RedirectUri, format!("{}, as Nextcloud has it", patient.place.redirect_uri()));
                findings.ok(Check::Audience, "a sign-in through this server");
                use_tools(&running, &tokens.access, findings).await;
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
                return is_ready(&running, &answer, findings).then_some(running);
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

/// Whether it is this server that answers.
fn is_ready(running: &Running<'_>, answer: &Response<Bytes>, findings: &mut Findings) -> bool {
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
                format!("{} answers with status {}, and is not this server", running.patient.place.issuer(), status.as_u16()),
                "NEXTCLOUD_MCP_SERVER_URL must lead to this server, with its path; a proxy must hand all of it on",
            );
            false
        }
    }
}

/// What a client without a token is told.
async fn endpoint(running: &Running<'_>, findings: &mut Findings) {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let answer = running.ask(&message, None).await;
    let guarded = match &running.patient.mode {
        Mode::OAuth { .. } => true,
        Mode::Basic(_) => running.patient.settings.server.static_token.is_some(),
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
            findings.ok(
                Check::Endpoint,
                "401 with a challenge for whoever sends no token",
            );
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
async fn pages(running: &Running<'_>, findings: &mut Findings) {
    let Ok(answer) = running.get("/").await else {
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
async fn metadata(running: &Running<'_>, findings: &mut Findings) {
    let place = &running.patient.place;
    let answer = running
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
async fn use_tools(running: &Running<'_>, token: &SecretString, findings: &mut Findings) {
    let listed = running.call(token, "tools/list", &json!({})).await;
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
    if names.is_empty() {
        findings.problem(
            Check::Scope,
            "no tool is shown to this sign-in: what it may do belongs to no plugin that is loaded here",
            "sign in again and allow what the tools need",
        );
    } else {
        findings.ok(
            Check::Scope,
            format!("{} tools are shown to it", names.len()),
        );
    }
    for (end, check) in TRIED {
        let Some(name) = names.iter().find(|name| name.ends_with(end)) else {
            findings.skipped(check, "this sign-in is shown no tool that needs it");
            continue;
        };
        let called = running
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
