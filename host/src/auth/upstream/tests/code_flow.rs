//! Departure, the code's way back, and refreshes.

use std::collections::HashMap;

use super::provider::TOKEN;
use super::*;

/// `oidc-flow/006`: no scope, and slashes escaped.
fn token_answer(id_token: &str) -> String {
    json!({"access_token": "their/access", "token_type": "Bearer", "expires_in": 900, "id_token": id_token,
        "refresh_token": "their-refresh", "refresh_expires_in": 900})
    .to_string()
}

async fn redeem(upstream: &Upstream) -> Result<Tokens, UpstreamError> {
    upstream
        .redeem(
            &credentials(),
            &"a-code".into(),
            &"a-verifier".into(),
            NONCE,
        )
        .await
}

async fn refresh(upstream: &Upstream) -> Result<Tokens, UpstreamError> {
    upstream.refresh(&credentials(), &"a-refresh".into()).await
}

#[tokio::test]
async fn a_departure_carries_everything_once() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let departure = upstream
        .departure(&credentials(), "a-state", &["openid", "offline_access"])
        .unwrap();
    assert!(
        departure
            .url
            .as_str()
            .starts_with(&format!("{}/apps/oidc/authorize?", provider.url()))
    );
    let pairs: Vec<(String, String)> = departure.url.query_pairs().into_owned().collect();
    let query: HashMap<String, String> = pairs.iter().cloned().collect();
    assert_eq!(pairs.len(), query.len(), "nothing twice");
    let challenge = openidconnect::PkceCodeChallenge::from_code_verifier_sha256(
        &openidconnect::PkceCodeVerifier::new(departure.verifier.expose_secret().to_owned()),
    );
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("state", "a-state"),
        ("scope", "openid offline_access"),
        ("redirect_uri", "https://mcp.example.com/oauth/callback"),
        ("resource", RESOURCE),
        ("nonce", &departure.nonce),
        ("code_challenge_method", "S256"),
        ("code_challenge", challenge.as_str()),
    ] {
        assert_eq!(query[name], value, "{name}");
    }
    assert_eq!(query.len(), 9);
    let other = upstream.departure(&credentials(), "a-state", &[]).unwrap();
    assert_ne!(other.nonce, departure.nonce);
    assert_ne!(
        other.verifier.expose_secret(),
        departure.verifier.expose_secret()
    );
}

#[tokio::test]
async fn a_code_becomes_tokens_of_whom_the_id_token_names() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let id_token = signer::first().id_token(&id_claims(&provider));
    provider.answer(TOKEN, 200, &token_answer(&id_token));
    let tokens = redeem(&upstream).await.unwrap();
    assert_eq!(tokens.subject, "alice");
    assert_eq!(tokens.access.expose_secret(), "their/access");
    assert_eq!(tokens.expires_in, Duration::from_mins(15));
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "their-refresh");
    assert_eq!(tokens.refresh_expires_in, Some(Duration::from_mins(15)));

    let sent = provider.seen(TOKEN).remove(0);
    assert_eq!(sent.header("ocs-apirequest"), Some("true"));
    assert_eq!(sent.header("authorization"), None, "client_secret_post");
    let form = sent.form();
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "a-code"),
        ("code_verifier", "a-verifier"),
        ("redirect_uri", "https://mcp.example.com/oauth/callback"),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
    ] {
        assert_eq!(form[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_refresh_repeats_the_first_nonce_and_may_never_end() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let claims = changed(id_claims(&provider), &json!({"nonce": "long forgotten"}));
    let answer = json!({"access_token": "a", "token_type": "bearer", "expires_in": 900, "refresh_token": "r",
        "refresh_expires_in": "never", "id_token": signer::first().id_token(&claims)});
    provider.answer(TOKEN, 200, &answer.to_string());
    let tokens = refresh(&upstream).await.unwrap();
    assert_eq!(tokens.subject, "alice");
    assert_eq!(tokens.refresh_expires_in, None);
    let form = provider.seen(TOKEN).remove(0).form();
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["refresh_token"], "a-refresh");
    assert_eq!(form["client_secret"], SECRET);
    // Everything else about it is verified as at first.
    let claims = changed(id_claims(&provider), &json!({"aud": "another-client"}));
    provider.answer(
        TOKEN,
        200,
        &token_answer(&signer::first().id_token(&claims)),
    );
    assert_eq!(
        refresh(&upstream).await.map(|_| ()),
        Err(UpstreamError::Invalid(Flaw::Audience))
    );
}

#[tokio::test]
async fn nobody_signs_in_with_an_id_token_that_is_not_what_it_must_be() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let claims = id_claims(&provider);
    let (ours, theirs) = (signer::first(), signer::second());
    let header = ours.header("JWT");
    let with = |change: Value| ours.id_token(&changed(claims.clone(), &change));
    let header_with = |change: Value| ours.sign(&changed(header.clone(), &change), &claims);
    let hs256 = changed(header.clone(), &json!({"alg": "HS256"}));
    for (token, flaw) in [
        (with(json!({"nonce": "another"})), Flaw::Nonce),
        (with(json!({"nonce": null})), Flaw::Nonce),
        (with(json!({"aud": "another-client"})), Flaw::Audience),
        (with(json!({"aud": [CLIENT, "another"]})), Flaw::Audience),
        (with(json!({"iss": "https://evil.example"})), Flaw::Issuer),
        (
            with(json!({"iss": format!("{}/", provider.url())})),
            Flaw::Issuer,
        ),
        (with(json!({"exp": now() - 62})), Flaw::Expired),
        (with(json!({"sub": ""})), Flaw::Claims),
        (theirs.sign(&header, &claims), Flaw::Signature),
        (theirs.id_token(&claims), Flaw::Key),
        (header_with(json!({"typ": "at+JWT"})), Flaw::Type),
        (header_with(json!({"crit": ["exp"]})), Flaw::Critical),
        (
            signer::unsigned(&changed(header.clone(), &json!({"alg": "none"})), &claims),
            Flaw::Algorithm,
        ),
        (
            signer::sign_with_secret(SECRET.as_bytes(), &hs256, &claims),
            Flaw::Algorithm,
        ),
        (ours.sign_with_public_key(&hs256, &claims), Flaw::Algorithm),
    ] {
        provider.answer(TOKEN, 200, &token_answer(&token));
        assert_eq!(
            redeem(&upstream).await.map(|_| ()),
            Err(UpstreamError::Invalid(flaw))
        );
    }
    let without = r#"{"access_token":"a","token_type":"Bearer","expires_in":900}"#;
    provider.answer(TOKEN, 200, without);
    assert_eq!(
        redeem(&upstream).await.map(|_| ()),
        Err(UpstreamError::Invalid(Flaw::Missing))
    );
    // Clocks may be a minute apart.
    provider.answer(TOKEN, 200, &token_answer(&with(json!({"exp": now() - 50}))));
    assert!(redeem(&upstream).await.is_ok());
}

#[tokio::test]
async fn refusals_are_told_from_outages() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let refused = |code: &str| UpstreamError::Refused {
        code: code.to_owned(),
    };
    for (status, code, expected) in [
        (400, "invalid_grant", refused("invalid_grant")),
        (400, "access_denied", refused("access_denied")),
        (400, "invalid_client", UpstreamError::UnknownClient),
        (400, "expired_client", UpstreamError::UnknownClient),
        (401, "invalid_client", UpstreamError::UnknownClient),
    ] {
        let body = json!({"error": code, "error_description": "Client not found."}).to_string();
        provider.answer(TOKEN, status, &body);
        assert_eq!(redeem(&upstream).await.map(|_| ()), Err(expected.clone()));
        assert_eq!(refresh(&upstream).await.map(|_| ()), Err(expected));
    }
    let outage = async |what: &str| {
        let error = redeem(&upstream).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, UpstreamError::Away(_)), "{what}: {error}");
        let text = error.to_string();
        assert!(!text.contains("canary"), "{text}");
    };
    for status in [200, 302, 400, 401, 404, 429, 500, 503] {
        provider.on(TOKEN, move |_| html(status));
        outage(&format!("a page with {status}")).await;
    }
    for code in ["temporarily_unavailable", "server_error", "slow_down"] {
        provider.answer(TOKEN, 400, &json!({"error": code}).to_string());
        outage(code).await;
    }
    for status in [302, 404, 429, 500, 503] {
        provider.answer(TOKEN, status, r#"{"error":"invalid_grant"}"#);
        outage(&format!("a refusal with {status}")).await;
    }
    let huge = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(300 * 1024));
    for body in [
        "",
        "[]",
        r#""canary""#,
        r#"{"access_token":"canary"}"#,
        r#"{"access_token":["canary"],"token_type":"Bearer"}"#,
        r#"{"access_token":"a","token_type":"Bearer","id_token":"canary"}"#,
        &huge,
    ] {
        provider.answer(TOKEN, 200, body);
        outage(body.get(..60).unwrap_or(body)).await;
    }
    for body in [
        "",
        "{}",
        r#"{"error":7}"#,
        r#"{"error":"canary with a blank"}"#,
    ] {
        provider.answer(TOKEN, 400, body);
        outage(body).await;
    }
}
