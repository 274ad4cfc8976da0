//! The recorder's browser, at our side: it signs in and walks through the provider's pages as the recorder's did.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::recording::Recording;
use crate::replay::Replay;

/// Where every recorded client is sent back to.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9999/callback";
/// The client of `oidc-consent/`.
pub(crate) const CONSENT: &str = "ZgnSgILKugrHCye5DLBfxPtoFRIig8dmLVqoxvIKtdFyQWistWuUlCh92h6X7FNt";
/// What a walk through several pages is at its first.
const FIRST_STEP: &str = "-step1-";

/// The browser of the recorder.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
    /// What its last page asked its form to carry.
    pub(crate) token: String,
}

impl Browser {
    /// The `Cookie` header.
    pub(crate) fn header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// Keeps what an answer brought.
    pub(crate) fn keep(&mut self, headers: &[(String, String)], body: &str) {
        for (_, value) in headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        {
            let pair = value
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let field = Regex::new("name=\"requesttoken\" value=\"([^\"]+)\"").expect("a pattern");
        if let Some(found) = field.captures(body) {
            found[1].clone_into(&mut self.token);
        }
    }
}

/// Lets the recorder's browser see the answer to a step of a walk.
pub(crate) fn seen(
    replay: &mut Replay,
    recording: &Recording,
    headers: &[(String, String)],
    body: &str,
) {
    if !recording.area().starts_with("oidc-") {
        return;
    }
    if recording.name.contains(FIRST_STEP) && recording.header("Cookie").is_none() {
        replay.browser = Browser::default();
    } else if recording.header("Cookie").is_none() {
        return;
    }
    replay.browser.keep(headers, body);
}

/// Signs the browser in anew, by way of an authorization request.
pub(crate) async fn sign_in(replay: &mut Replay, user: &str, request: &str) {
    replay.browser = Browser::default();
    let to = visit(
        replay,
        &format!("/index.php/apps/oidc/authorize?{request}"),
        None,
    )
    .await;
    let login = to.0.expect("to the login page");
    visit(replay, &login, None).await;
    let token: String =
        url::form_urlencoded::byte_serialize(replay.browser.token.as_bytes()).collect();
    let form = format!("user={user}&password={user}-pass-12345&requesttoken={token}");
    visit(replay, &login, Some(form)).await;
    replay.cookies = Some(replay.browser.header());
}

/// Sends the browser to the authorization endpoint; the code that it comes back with.
pub(crate) async fn authorize(replay: &mut Replay, query: &str) -> Option<String> {
    let to = visit(
        replay,
        &format!("/index.php/apps/oidc/authorize?{query}"),
        None,
    )
    .await
    .0?;
    let code = to.split_once("code=")?.1;
    Some(code.split('&').next()?.to_owned())
}

/// Agrees to what the consent page asks.
pub(crate) async fn agree(replay: &mut Replay, scope: &str, chosen: &str) {
    authorize(replay, &consent_request(scope)).await;
    visit(replay, "/apps/oidc/consent", None).await;
    let token: String =
        url::form_urlencoded::byte_serialize(replay.browser.token.as_bytes()).collect();
    let form = format!("requesttoken={token}&{chosen}");
    visit(replay, "/index.php/apps/oidc/consent/grant", Some(form)).await;
}

/// The consent client's request for these scopes.
pub(crate) fn consent_request(scope: &str) -> String {
    let scope: String = url::form_urlencoded::byte_serialize(scope.as_bytes()).collect();
    format!("client_id={CONSENT}&response_type=code&redirect_uri={CALLBACK}&state=s&scope={scope}")
}

/// An access token of the browser's user for the consent client.
pub(crate) async fn token_of_browser(replay: &mut Replay, scope: &str) -> String {
    let code = authorize(replay, &consent_request(scope))
        .await
        .expect("a code");
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id={CONSENT}&client_secret=secret"
    );
    let (_, body) = visit(replay, "/index.php/apps/oidc/token", Some(form)).await;
    let body: Value = serde_json::from_str(&body).expect("JSON");
    body["access_token"].as_str().expect("a token").to_owned()
}

/// One request of the browser, without following anything: where it is sent, and the page.
pub(crate) async fn visit(
    replay: &mut Replay,
    target: &str,
    form: Option<String>,
) -> (Option<String>, String) {
    let url = format!("http://{}{target}", replay.stand_in.address());
    let request = match form {
        None => replay.client.get(url),
        Some(form) => replay
            .client
            .post(url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form),
    };
    let answer = request
        .header("Cookie", replay.browser.header())
        .send()
        .await
        .expect("an answer");
    let headers: Vec<(String, String)> = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let location = headers
        .iter()
        .find(|(name, _)| name == "location")
        .map(|(_, value)| value.clone());
    let body = answer.text().await.expect("a body");
    replay.browser.keep(&headers, &body);
    (location, body)
}
