//! ID tokens at the end of a sign-in: only the one that belongs to it, whatever the provider's answer holds besides.

use nextcloud_mcp_tests::harness::{Browser, Person, SignIn};
use nextcloud_mcp_tests::nextcloud::{Fault, TokenKind, Trouble, forge};
use serde_json::{Value, json};

use crate::wire::with_token;
use crate::{NOTES, stage};

/// What is done to claims.
type Change = fn(&mut Value);

/// What is wrong with an ID token, and whether it is good all the same.
const CASES: [(&str, Change, bool); 9] = [
    ("as it should be", |_| (), true),
    (
        "another nonce",
        |claims| claims["nonce"] = json!("another"),
        false,
    ),
    (
        "no nonce",
        |claims| {
            claims.as_object_mut().unwrap().remove("nonce");
        },
        false,
    ),
    (
        "another audience",
        |claims| claims["aud"] = json!("another"),
        false,
    ),
    (
        "another issuer",
        |claims| claims["iss"] = json!("https://evil.example"),
        false,
    ),
    (
        "expired",
        |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 600),
        false,
    ),
    ("no user", |claims| claims["sub"] = json!(""), false),
    ("signed by a stranger", |_| (), false),
    ("no ID token", |_| (), false),
];

#[tokio::test]
async fn an_id_token_that_is_not_of_this_sign_in_gives_no_tokens() {
    let (nextcloud, server) = stage().await;
    let own = nextcloud.clients()[0].clone();
    let client = SignIn::registered(&server.endpoint()).await;
    let signer = nextcloud.signer();
    let stranger = forge::Signer::stranger();
    for (what, change, good) in CASES {
        let departure = client.depart(NOTES);
        let mut browser = Browser::stopping_at(&client.redirect_uri);
        let alice = Person::example("alice");
        let at = browser
            .sign_in(departure.url.as_str(), &alice)
            .await
            .unwrap();
        let code = client.arrived(&departure, &at).unwrap();
        let nonces = browser.trail.iter().filter_map(|(_, url, _)| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(name, _)| name == "nonce")
                .map(|(_, nonce)| nonce.into_owned())
        });
        let nonce = nonces.into_iter().next_back().expect("a nonce upstream");
        let issued = nextcloud.issue_token(
            "alice",
            &own,
            "openid offline_access",
            None,
            TokenKind::Opaque,
        );
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut claims = json!({
            "iss": nextcloud.url(), "sub": "alice", "aud": own, "azp": own, "iat": now, "exp": now + 900,
            "auth_time": now, "nonce": nonce, "preferred_username": "alice",
        });
        change(&mut claims);
        let signer = if what.contains("stranger") {
            &stranger
        } else {
            &signer
        };
        let mut body = json!({
            "access_token": issued.access_token, "token_type": "Bearer", "expires_in": 900,
            "refresh_token": issued.refresh_token, "id_token": signer.sign("JWT", &claims),
        });
        if what == "no ID token" {
            body.as_object_mut().unwrap().remove("id_token");
        }
        nextcloud.inject(
            Fault::at(
                "/apps/oidc/token",
                Trouble::Answer {
                    status: 200,
                    headers: vec![("Content-Type".into(), "application/json".into())],
                    body: body.to_string(),
                },
            )
            .times(1),
        );
        let answer = client.redeem(&departure, &code).await;
        nextcloud.heal();
        if good {
            let tokens = answer.tokens();
            assert_eq!(
                with_token(&server, &tokens.access).await.status,
                200,
                "{what}"
            );
        } else {
            assert_eq!(answer.error(), "invalid_grant", "{what}: {:?}", answer.body);
            assert!(answer.body.get("access_token").is_none(), "{what}");
        }
    }
}
