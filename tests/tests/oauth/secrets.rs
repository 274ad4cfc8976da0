//! Every secret of a run, found in what went over the wire, and a search for any part of them in any form.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use nextcloud_mcp_tests::nextcloud::Entry;
use serde_json::Value;

use crate::recorder::Exchange;

/// A part of a secret that is long enough to be told from chance and short enough to be worth something.
const PART: usize = 16;

/// The one place in the server's answers where a kind of secret belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Nowhere,
    Location,
    SetCookie,
    TokenAnswer,
    RegistrationAnswer,
}

/// Secrets by what they are.
#[derive(Debug, Default)]
pub(crate) struct Secrets(BTreeMap<&'static str, (Option<Place>, BTreeSet<String>)>);

impl Secrets {
    /// Takes a secret in; one that is too short is none.
    pub(crate) fn add(&mut self, kind: &'static str, place: Place, secret: &str) {
        if secret.len() >= PART {
            let entry = self.0.entry(kind).or_default();
            entry.0 = Some(place);
            entry.1.insert(secret.to_owned());
        }
    }

    /// The kinds that there is at least one of.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    /// What Nextcloud was sent and what it gave: none of it belongs in any answer of the server's.
    pub(crate) fn of_nextcloud(&mut self, entries: &[Entry]) {
        for entry in entries {
            let query = entry.target.split_once('?').map_or("", |(_, query)| query);
            let body = String::from_utf8_lossy(&entry.body);
            for (name, value) in pairs(query).into_iter().chain(pairs(&body)) {
                if let Some(kind) = upstream_kind(&name) {
                    self.add(kind, Place::Nowhere, &value);
                }
            }
            if let Some(credential) = entry.header("authorization") {
                self.credential(credential);
            }
            for cookie in entry.header("cookie").unwrap_or_default().split("; ") {
                let (_, value) = cookie.split_once('=').unwrap_or_default();
                // A browser sends them to every port of a host, so ours arrive there, too.
                if !value.starts_with("ncmcp") {
                    self.add("Nextcloud's cookie", Place::Nowhere, value);
                }
            }
            let answer: Value = serde_json::from_slice(&entry.answer).unwrap_or_default();
            for name in [
                "client_secret",
                "registration_access_token",
                "access_token",
                "refresh_token",
                "id_token",
            ] {
                if let (Some(kind), Some(value)) = (upstream_kind(name), answer[name].as_str()) {
                    self.add(kind, Place::Nowhere, value);
                }
            }
            if let Some(password) = answer["ocs"]["data"]["apppassword"].as_str() {
                self.add("app password", Place::Nowhere, password);
            }
        }
    }

    /// What clients and browsers sent to the server and got from it.
    pub(crate) fn of_clients(&mut self, exchanges: &[Exchange]) {
        for exchange in exchanges {
            let header = |headers: &http::HeaderMap, name: &str| {
                let value = headers.get(name).and_then(|value| value.to_str().ok());
                value.unwrap_or_default().to_owned()
            };
            for (name, value) in pairs(&String::from_utf8_lossy(&exchange.sent_body)) {
                match &*name {
                    "code_verifier" => self.add("client's verifier", Place::Nowhere, &value),
                    "code" | "refresh_token" | "token" => self.ours(&value),
                    "client_secret" => {
                        self.add("MCP client's secret", Place::RegistrationAnswer, &value);
                    }
                    _ => {}
                }
            }
            self.credential(&header(&exchange.sent, "authorization"));
            for cookie in header(&exchange.sent, "cookie").split("; ") {
                let (_, value) = cookie.split_once('=').unwrap_or_default();
                self.ours(value);
            }
            let got: Value = serde_json::from_slice(&exchange.got_body).unwrap_or_default();
            for name in ["access_token", "refresh_token"] {
                self.ours(got[name].as_str().unwrap_or_default());
            }
        }
    }

    /// By the name that it begins with, wherever it was sent; a client id (`i`) is no secret.
    fn ours(&mut self, sealed: &str) {
        match sealed.split_once("1_").map(|(name, _)| name) {
            Some("ncmcpa" | "ncmcpr") => self.add("our token", Place::TokenAnswer, sealed),
            Some("ncmcpc") => self.add("our code", Place::Location, sealed),
            Some("ncmcpt") => self.add("transaction", Place::SetCookie, sealed),
            _ => {}
        }
    }

    fn credential(&mut self, header: &str) {
        if let Some(token) = header.strip_prefix("Bearer ") {
            if token.starts_with("ncmcp") {
                self.ours(token);
            } else {
                self.add("token of Nextcloud's", Place::Nowhere, token);
            }
        } else if let Some(encoded) = header.strip_prefix("Basic ") {
            let pair = STANDARD.decode(encoded).unwrap_or_default();
            let pair = String::from_utf8_lossy(&pair).into_owned();
            let (_, password) = pair.split_once(':').unwrap_or_default();
            self.add("app password", Place::Nowhere, password);
        }
    }

    /// Looks for any part of any secret in a text where none belongs.
    pub(crate) fn search(&self) -> Search {
        Search(
            self.0
                .iter()
                .map(|(&kind, (place, secrets))| {
                    let parts = secrets
                        .iter()
                        .flat_map(|secret| forms(secret))
                        .flat_map(|form| parts(&form));
                    (kind, place.unwrap_or(Place::Nowhere), parts.collect())
                })
                .collect(),
        )
    }
}

/// All parts of all secrets in all forms.
pub(crate) struct Search(Vec<(&'static str, Place, HashSet<[u8; PART]>)>);

impl Search {
    /// What is found in a text in which no secret may be.
    pub(crate) fn anywhere(&self, text: &[u8]) -> Vec<String> {
        self.found(text, |_| true)
    }

    /// What is found in an answer where it does not belong.
    pub(crate) fn misplaced(&self, exchange: &Exchange) -> Vec<String> {
        let body = |place: Place| match place {
            Place::TokenAnswer => exchange.path == "/oauth/token" && exchange.status == 200,
            Place::RegistrationAnswer => {
                exchange.path == "/oauth/register" && exchange.status == 201
            }
            _ => false,
        };
        let mut found = self.found(&exchange.got_body, |place| !body(place));
        for (name, value) in &exchange.got {
            let fits = |place: Place| match place {
                Place::Location => exchange.path == "/oauth/callback" && name == "location",
                Place::SetCookie => name == "set-cookie",
                _ => false,
            };
            found.extend(self.found(value.as_bytes(), |place| !fits(place)));
        }
        let of = |found| {
            format!(
                "{found} in {} {} ({})",
                exchange.method, exchange.path, exchange.status
            )
        };
        found.into_iter().map(of).collect()
    }

    fn found(&self, text: &[u8], counts: impl Fn(Place) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        for (kind, place, parts) in &self.0 {
            let is_part = |part: &&[u8]| {
                <&[u8; PART]>::try_from(*part).is_ok_and(|part| parts.contains(part))
            };
            if counts(*place)
                && let Some(part) = text.windows(PART).find(is_part)
            {
                found.push(format!("{kind} ({})", String::from_utf8_lossy(part)));
            }
        }
        found
    }
}

/// What a parameter of Nextcloud's is.
fn upstream_kind(name: &str) -> Option<&'static str> {
    Some(match name {
        "code" => "Nextcloud's code",
        "code_verifier" => "upstream verifier",
        "client_secret" => "client secret",
        "registration_access_token" => "registration token",
        "refresh_token" => "Nextcloud's refresh token",
        "access_token" | "token" => "token of Nextcloud's",
        "id_token" => "ID token",
        "password" => "user's password",
        _ => return None,
    })
}

fn pairs(form: &str) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// As it is, percent-encoded, in hexadecimal, and in base64 however it is cut into groups of three.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        secret.to_owned(),
        url::form_urlencoded::byte_serialize(bytes).collect(),
        hex.concat(),
    ];
    for (before, lost) in [(0, 0), (1, 2), (2, 3)] {
        let shifted = [&vec![0; before], bytes].concat();
        for encoded in [
            STANDARD_NO_PAD.encode(&shifted),
            URL_SAFE_NO_PAD.encode(&shifted),
        ] {
            // The last group depends on what follows.
            forms.push(encoded[lost..encoded.len() - 4].to_owned());
        }
    }
    forms
}

fn parts(form: &str) -> Vec<[u8; PART]> {
    let parts = form.as_bytes().windows(PART);
    parts
        .map(|part| part.try_into().expect("that long"))
        .collect()
}
