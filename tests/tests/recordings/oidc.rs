//! What happened at the OIDC provider between the recordings: people signed in, clients were made, codes were handed out
//! that no recording shows.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nextcloud_mcp_tests::nextcloud::{NewClient, TokenKind, set_clock};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::browser::{
    CALLBACK, CONSENT, agree, authorize, consent_request, sign_in, token_of_browser, visit,
};
use crate::canon::Canon;
use crate::recording::Recording;
use crate::replay::{CLOCK, Replay};

/// The client of `oidc-misc/`, and what it registered.
const REDIRECTS: &str = "rnXNgEKcOIw4PTj6O8hCuqe1APjVx5BNgavimMxBV8FYa5119ZE2EkInjJqvszEV";
/// The public client of `oidc-misc/010`.
const PUBLIC: &str = "mcp-static-public-client-00000000001";
/// The client of errors/038-046, whose time is up.
const EXPIRED: &str = "OWqrK7Pkh4tCQVame8YZS7T0b4yVK2ZIC2S6Bd0H5ASZQk5swZ33gthKt2zNF4Hb";
/// Registrations that the recorder sent before errors/001.
const REGISTRATIONS: usize = 10;

/// Scope and resource of the authorization behind a token request; nothing where the recorder named no scope.
const ASKED: [(&str, Option<&str>, Option<&str>); 10] = [
    ("oidc-flow/023", Some("openid profile email"), None),
    (
        "oidc-flow/043",
        Some("openid profile email groups roles"),
        None,
    ),
    (
        "oidc-flow/046",
        Some("openid"),
        Some("http://127.0.0.1:8000/other"),
    ),
    (
        "oidc-flow/048",
        Some("openid"),
        Some("http://127.0.0.1:8000/mcp"),
    ),
    (
        "oidc-flow/051",
        Some("openid Offline_Access calendar:read"),
        None,
    ),
    ("oidc-flow/053", Some("calendar:read"), None),
    ("oidc-flow/055", None, None),
    ("oidc-flow/027", Some("openid"), None),
    ("oidc-flow/032", Some("openid"), None),
    ("oidc-misc/010", Some("openid"), None),
];
/// Token requests whose code was made for another client or verifier than they show: those of the later recording.
const MADE_FOR: [(&str, &str); 3] = [
    (
        "oidc-flow/027",
        "oidc-flow/028-token-right-verifier-after-wrong",
    ),
    (
        "oidc-flow/029",
        "oidc-flow/028-token-right-verifier-after-wrong",
    ),
    ("oidc-flow/032", "oidc-flow/035-token-client-secret-basic"),
];

/// What happened before a recording was made.
pub(crate) async fn prepare(replay: &mut Replay, number: &str, name: &str) {
    match number {
        "oidc/038" => replay.stand_in.allow_registration(false),
        "oidc-flow/057" => earlier_login(replay, name).await,
        "oidc-consent/001" => {
            replay.stand_in.ask_for_consent(true);
            earlier_consents(replay);
            create(
                replay,
                CONSENT,
                "Consent Client",
                "openid profile email notes:read offline_access",
            );
        }
        "oidc-consent/009" => {
            let token = token_of_browser(replay, "openid profile email notes:read").await;
            pair_bearer(replay, name, &token);
        }
        "oidc-consent/015" => {
            agree(
                replay,
                "notes:read openid profile",
                "scopes=openid%20notes:read",
            )
            .await;
            let token = token_of_browser(replay, "notes:read openid profile").await;
            pair_bearer(replay, name, &token);
        }
        "oidc-consent/016" => {
            authorize(replay, &consent_request("openid")).await;
            visit(replay, "/apps/oidc/consent", None).await;
        }
        "oidc-misc/001" => {
            create(replay, REDIRECTS, "Redirects", "");
            sign_in(replay, "alice", "client_id=x").await;
        }
        "oidc-misc/010" => {
            let public = NewClient {
                public: true,
                id: Some(PUBLIC.into()),
                ..NewClient::at(CALLBACK)
            };
            replay.stand_in.create_client(public);
        }
        "oidc-misc/016" => replay.stand_in.state().fill_registrations(),
        "errors/001" => {
            replay
                .stand_in
                .set_oidc(|settings| settings.registration_limit = true);
            for _ in 0..REGISTRATIONS {
                replay.send(&replay.all[name]).await;
            }
        }
        "errors/002" => replay
            .stand_in
            .set_oidc(|settings| settings.registration_limit = false),
        "errors/036" => drop(client_of_refresh(replay, name)),
        "errors/037" => expired_refresh_token(replay, name),
        "errors/038" => expired_client(replay, name).await,
        _ => {}
    }
    hand_out_code(replay, number, name).await;
}

/// The request of an earlier login, which oidc-flow/063 finds again.
async fn earlier_login(replay: &mut Replay, name: &str) {
    let client = replay
        .recorded
        .translate(&client_of(&replay.all[name]), &replay.ours);
    let earlier = format!(
        "client_id={client}&response_type=code&redirect_uri={CALLBACK}&scope=openid&state=Ja_TlBAMF1BBzqRa"
    );
    sign_in(replay, "alice", &earlier).await;
}

/// The client of a refresh request, as it was recorded; its id.
fn client_of_refresh(replay: &mut Replay, name: &str) -> String {
    let client = client_of(&replay.all[name]);
    let secret = parameter(&replay.all[name], "client_secret").expect("a secret");
    let new = NewClient {
        id: Some(client.clone()),
        secret: Some(secret),
        ..NewClient::at(CALLBACK)
    };
    replay.stand_in.create_client(new);
    client
}

/// The same, and a refresh token of its that has expired.
fn expired_refresh_token(replay: &mut Replay, name: &str) {
    let client = client_of_refresh(replay, name);
    let issued =
        replay
            .stand_in
            .issue_token("alice", &client, "offline_access", None, TokenKind::Opaque);
    let token = issued.refresh_token.expect("asked for");
    replay.stand_in.state().expire_refresh_token(&token);
    let recorded = parameter(&replay.all[name], "refresh_token").expect("a refresh token");
    pair(replay, &recorded, &token);
}

/// A body that the recorder did not keep, or that must carry what our page asks for.
pub(crate) fn body(replay: &Replay, recording: &Recording) -> Option<Vec<u8>> {
    if recording.name.starts_with("oidc-misc/010") {
        let code = replay.codes.get("oidc-misc/010")?;
        return Some(
            format!("grant_type=authorization_code&code={code}&client_id={PUBLIC}").into(),
        );
    }
    if recording.name.starts_with("oidc-misc/016") {
        return Some(format!("redirect_uris[]={CALLBACK}").into());
    }
    parameter(recording, "requesttoken")?;
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(recording.body.as_bytes())
        .map(|(name, value)| {
            let value = if name == "requesttoken" {
                replay.browser.token.clone()
            } else {
                value.into_owned()
            };
            (name.into_owned(), value)
        })
        .collect();
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    Some(body.into())
}

/// Gives the browser's user the code that a recorded token request trades in, where no recording shows its making.
async fn hand_out_code(replay: &mut Replay, number: &str, name: &str) {
    let recording = &replay.all[name];
    let public = number == "oidc-misc/010";
    let recorded = parameter(recording, "code").filter(|code| code.len() == 128);
    let known = recorded.as_ref().is_some_and(|code| {
        replay
            .recorded
            .counterpart("secret", code, &replay.ours)
            .is_some()
    });
    if !number.starts_with("oidc-") || known || (recorded.is_none() && !public) {
        return;
    }
    let made_for = MADE_FOR.iter().find(|(one, _)| *one == number);
    let source = made_for.map_or(recording, |(_, source)| &replay.all[*source]);
    let client = if public {
        PUBLIC.to_owned()
    } else {
        replay.recorded.translate(&client_of(source), &replay.ours)
    };
    let asked = ASKED.iter().find(|(one, _, _)| *one == number);
    let (scope, resource) = asked.map_or((Some("openid"), None), |(_, scope, resource)| {
        (*scope, *resource)
    });
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", &client)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", CALLBACK);
    if let Some(scope) = scope {
        query.append_pair("scope", scope);
    }
    if let Some(resource) = resource {
        query.append_pair("resource", resource);
    }
    if let Some(nonce) = nonce(&recording.answer_body).or_else(|| nonce(&source.answer_body)) {
        query.append_pair("nonce", &nonce);
    }
    if let Some(verifier) = parameter(source, "code_verifier") {
        query.append_pair(
            "code_challenge",
            &URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        );
    }
    let query = query.finish();
    let code = authorize(replay, &query).await.expect("a code");
    replay.codes.insert(number.to_owned(), code.clone());
    if let Some(recorded) = recorded {
        pair(replay, &recorded, &code);
    }
}

/// The client whose time was up, what it had been given, and the time that went by.
async fn expired_client(replay: &mut Replay, name: &str) {
    let after = &replay.all["errors/040-client-expired-refresh"];
    let (secret, refresh) = (
        parameter(after, "client_secret"),
        parameter(after, "refresh_token"),
    );
    let management = replay.all["errors/041-client-expired-mgmt-get"].header("Authorization");
    let management = management
        .and_then(|value| value.split_once(' '))
        .expect("a token")
        .1
        .to_owned();
    set_clock(CLOCK);
    replay.stand_in.create_client(NewClient {
        id: Some(EXPIRED.into()),
        secret,
        name: "get_token.py".into(),
        expires_in: Some(Duration::from_secs(5)),
        ..NewClient::at(CALLBACK)
    });
    let issued = replay.stand_in.issue_token(
        "alice",
        EXPIRED,
        "openid offline_access",
        None,
        TokenKind::Opaque,
    );
    replay
        .stand_in
        .state()
        .add_registration_token(EXPIRED, &management);
    pair(
        replay,
        &refresh.expect("a refresh token"),
        &issued.refresh_token.expect("asked for"),
    );
    pair_bearer(replay, name, &issued.access_token);
    set_clock(CLOCK + 10);
    sign_in(replay, "alice", "client_id=x").await;
}

/// What bob had agreed to before the recorded walks (oidc-consent/017).
fn earlier_consents(replay: &Replay) {
    let list =
        &replay.all["oidc-consent/017-consent-deny-step2-GET-apps_oidc_api_consents"].answer_body;
    let list: Vec<Value> = serde_json::from_str(list).expect("a list of consents");
    for consent in list {
        let id = consent["clientIdentifier"].as_str().expect("an id");
        if id == CONSENT {
            continue;
        }
        create(
            replay,
            id,
            consent["clientName"].as_str().expect("a name"),
            "",
        );
        let scopes = consent["scopesGranted"].as_str().expect("scopes");
        replay.stand_in.state().add_consent("bob", id, scopes);
    }
}

fn create(replay: &Replay, id: &str, name: &str, scopes: &str) {
    let redirect_uris = if id == REDIRECTS {
        vec![
            "http://127.0.0.1/callback",
            "http://localhost:*/cb",
            "https://app.example/base/*",
            "cursor://anysphere.cursor/oauth",
            "app.mcp:///cb",
        ]
    } else {
        vec![CALLBACK]
    };
    replay.stand_in.create_client(NewClient {
        id: Some(id.into()),
        secret: Some("secret".into()),
        name: name.into(),
        scopes: scopes.into(),
        redirect_uris: redirect_uris.into_iter().map(str::to_owned).collect(),
        ..NewClient::default()
    });
}

fn pair(replay: &mut Replay, recorded: &str, ours: &str) {
    Canon::pair(
        &mut replay.recorded,
        &mut replay.ours,
        "secret",
        recorded,
        ours,
    );
}

fn pair_bearer(replay: &mut Replay, name: &str, ours: &str) {
    let header = replay.all[name]
        .header("Authorization")
        .and_then(|value| value.split_once(' '));
    let recorded = header.expect("a bearer token").1.to_owned();
    pair(replay, &recorded, ours);
}

/// The client that a recorded request names, in its query, body or header.
fn client_of(recording: &Recording) -> String {
    if let Some(id) = parameter(recording, "client_id") {
        return id;
    }
    let query = recording
        .target
        .split_once('?')
        .map_or("", |(_, query)| query);
    let pair = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "client_id");
    if let Some((_, id)) = pair {
        return id.into_owned();
    }
    let header = recording
        .header("Authorization")
        .and_then(|value| value.strip_prefix("Basic "));
    let plain = base64::engine::general_purpose::STANDARD
        .decode(header.expect("a client"))
        .expect("base64");
    let plain = String::from_utf8(plain).expect("text");
    plain.split(':').next().unwrap_or_default().to_owned()
}

/// A parameter of a recorded body, form or JSON.
fn parameter(recording: &Recording, name: &str) -> Option<String> {
    if let Ok(body) = serde_json::from_str::<Value>(&recording.body) {
        return body[name].as_str().map(str::to_owned);
    }
    let mut pairs = url::form_urlencoded::parse(recording.body.as_bytes());
    pairs
        .find(|(one, _)| one == name)
        .map(|(_, value)| value.into_owned())
}

/// The nonce of the ID token in a recorded answer.
fn nonce(answer: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let claims = answer["id_token"].as_str()?.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims["nonce"].as_str().map(str::to_owned)
}
