//! Tokens that are none, or not for here. The commonest forgeries are in `direct.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nextcloud_mcp_tests::harness::{Browser, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn, TokenKind, forge};
use serde_json::{Value, json};

use crate::wire::{assert_invalid_token, with_token};
use crate::{NOTES, stage, unhurried};

/// What is done to a header.
type Change = fn(&mut Value);

/// The claims of a token that is good here, and a client that it was issued to.
fn claims(nextcloud: &StandIn, server: &Server) -> Value {
    let client = nextcloud
        .create_client(NewClient::at("http://127.0.0.1:33418/callback"))
        .id;
    let resource = server.endpoint();
    let issued = nextcloud.issue_token(
        "alice",
        &client,
        "openid notes.read",
        Some(&resource),
        TokenKind::Jwt,
    );
    payload(&issued.access_token)
}

fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A good token whose header is another one; the signature no longer fits, unless the verifier looks away.
fn with_header(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    change(&mut header);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[tokio::test]
async fn a_signed_token_with_a_claim_that_is_missing_or_odd_is_refused() {
    let (nextcloud, server) = stage().await;
    let (good, signer) = (claims(&nextcloud, &server), nextcloud.signer());
    let sign = |claims: &Value| signer.sign(forge::ACCESS_TOKEN, claims);
    let control = with_token(&server, &sign(&good)).await;
    assert_eq!(control.status, 200, "{:?}", control.body);

    for name in ["iss", "aud", "exp", "iat", "sub", "client_id"] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(name);
        let answer = with_token(&server, &sign(&bad)).await;
        assert_invalid_token(&answer, &format!("without {name}"));
    }
    let endpoint = server.endpoint();
    let now = good["iat"].as_i64().unwrap();
    let odd = [
        ("aud", json!(["https://other.example/mcp"])),
        ("aud", json!([])),
        ("aud", json!(format!("{endpoint}/"))),
        ("aud", json!(endpoint.to_uppercase())),
        ("aud", json!(format!("{endpoint}#x"))),
        ("aud", json!(server.url())),
        ("aud", json!(format!("{endpoint} https://other.example"))),
        ("iss", json!(format!("{}/", nextcloud.url()))),
        (
            "iss",
            json!(nextcloud.url().replace("127.0.0.1", "localhost")),
        ),
        ("iss", json!([nextcloud.url()])),
        ("sub", json!("")),
        ("sub", json!(["alice"])),
        ("exp", json!("tomorrow")),
        ("exp", json!(now - 61)),
        ("nbf", json!(now + 3600)),
    ];
    for (name, value) in odd {
        let mut bad = good.clone();
        bad[name] = value.clone();
        let answer = with_token(&server, &sign(&bad)).await;
        assert_invalid_token(&answer, &format!("{name}: {value}"));
    }
}

#[tokio::test]
async fn a_header_that_brings_its_own_key_or_rules_is_refused() {
    let (nextcloud, server) = stage().await;
    let good = claims(&nextcloud, &server);
    let ours = nextcloud.signer().sign(forge::ACCESS_TOKEN, &good);
    assert_eq!(with_token(&server, &ours).await.status, 200);
    let stranger = forge::Signer::stranger();
    let theirs = stranger.sign(forge::ACCESS_TOKEN, &good);
    let changes: [(&str, Change); 8] = [
        ("jku", |header| {
            header["jku"] = json!("http://127.0.0.1:9/keys");
        }),
        ("x5u", |header| {
            header["x5u"] = json!("http://127.0.0.1:9/cert");
        }),
        ("jwk", |header| {
            header["jwk"] = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
        }),
        ("crit", |header| {
            header["crit"] = json!(["b64"]);
            header["b64"] = json!(false);
        }),
        ("alg RS512", |header| header["alg"] = json!("RS512")),
        ("alg NONE", |header| header["alg"] = json!("NONE")),
        ("alg []", |header| header["alg"] = json!(["RS256"])),
        ("kid path", |header| {
            header["kid"] = json!("../../../../dev/null");
        }),
    ];
    for (what, change) in changes {
        for token in [&ours, &theirs] {
            let answer = with_token(&server, &with_header(token, change)).await;
            assert_invalid_token(&answer, what);
        }
    }
}

#[tokio::test]
async fn tokens_under_unknown_keys_do_not_make_this_server_flood_nextcloud() {
    let (nextcloud, server) = stage().await;
    let good = claims(&nextcloud, &server);
    let signer = nextcloud.signer();
    let token = signer.sign(forge::ACCESS_TOKEN, &good);
    assert_eq!(with_token(&server, &token).await.status, 200);
    nextcloud.forget_requests();
    for number in 0..20 {
        let unknown = signer.clone().named(&format!("unknown-{number}"));
        let answer = with_token(&server, &unknown.sign(forge::ACCESS_TOKEN, &good)).await;
        assert_invalid_token(&answer, "an unknown kid");
    }
    let asked = nextcloud.requests_to("/jwks").len();
    assert!(asked <= 1, "{asked} requests for keys");
    assert_eq!(with_token(&server, &token).await.status, 200);
}

#[tokio::test]
async fn what_this_server_got_for_itself_is_no_token_to_come_with() {
    let (nextcloud, server) = stage().await;
    let resource = server.endpoint();
    let own = nextcloud.clients()[0].clone();
    let other = nextcloud
        .create_client(NewClient::at("http://127.0.0.1:33418/callback"))
        .id;
    for kind in [TokenKind::Opaque, TokenKind::Jwt] {
        let issue = |client: &str| {
            let scopes = "openid notes.read";
            nextcloud.issue_token("alice", client, scopes, Some(&resource), kind)
        };
        let answer = with_token(&server, &issue(&own).access_token).await;
        assert_invalid_token(&answer, &format!("{kind:?} of this server's own client"));
        let control = with_token(&server, &issue(&other).access_token).await;
        assert_eq!(control.status, 200, "{kind:?}: {:?}", control.body);
    }
}

#[tokio::test]
async fn nothing_else_that_was_sealed_here_is_an_access_token() {
    let (nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    // At the consent page the browser holds the sealed transaction.
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    browser.open(departure.url.as_str()).await;
    let transaction = browser.jar.cookies()[0].value.clone();
    let at = browser
        .sign_in(departure.url.as_str(), &Person::example("alice"))
        .await
        .unwrap();
    let code = client.arrived(&departure, &at).unwrap();
    let tokens = client.redeem(&departure, &code).await.tokens();
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    nextcloud.forget_requests();
    let body = tokens.access.split_once('_').unwrap().1;
    let mut cut = tokens.access.clone();
    cut.pop();
    let others = [
        ("transaction", transaction),
        ("code", code.clone()),
        ("refresh token", tokens.refresh.unwrap()),
        ("client id", client.client_id.clone()),
        (
            "a code that calls itself a token",
            format!("ncmcpa1_{}", code.split_once('_').unwrap().1),
        ),
        ("a token without its name", body.to_owned()),
        ("a token of another format", format!("ncmcpa2_{body}")),
        ("a token that was cut", cut),
        ("a token and more", format!("{}A", tokens.access)),
        ("no token at all", "ncmcpa1_".to_owned()),
    ];
    for (what, token) in others {
        assert_invalid_token(&with_token(&server, &token).await, what);
    }
    assert!(
        nextcloud.requests_to("/apps/notes").is_empty()
            && nextcloud.requests_to("/cloud/user").is_empty(),
        "nothing of it was tried at Nextcloud's APIs"
    );
}

#[tokio::test]
async fn a_token_of_another_server_with_the_same_key_is_refused() {
    let (nextcloud, server) = stage().await;
    // The harness gives every server the same key, and each another address.
    let other = unhurried(&nextcloud).start().await;
    let alice = Person::example("alice");
    let (_, here) = SignIn::whole(&server.endpoint(), &alice, NOTES).await;
    let (_, there) = SignIn::whole(&other.endpoint(), &alice, NOTES).await;
    for (server, good, foreign) in [
        (&server, &here.access, &there.access),
        (&other, &there.access, &here.access),
    ] {
        assert_eq!(with_token(server, good).await.status, 200);
        assert_invalid_token(&with_token(server, foreign).await, "of another server");
    }
}

#[tokio::test]
async fn what_nextcloud_revoked_is_refused_as_soon_as_it_is_believed_no_longer() {
    let nextcloud = StandIn::with_two_users().await;
    let server = unhurried(&nextcloud)
        .with("NEXTCLOUD_MCP_TOKEN_CACHE_SECONDS", "1")
        .start()
        .await;
    let (_, of_alice) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    let (_, of_bob) = SignIn::whole(&server.endpoint(), &Person::example("bob"), NOTES).await;
    for tokens in [&of_alice, &of_bob] {
        assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    }
    nextcloud.state().revoke_user_tokens("alice");
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert_invalid_token(&with_token(&server, &of_alice.access).await, "revoked");
    assert_eq!(with_token(&server, &of_bob.access).await.status, 200);
}
