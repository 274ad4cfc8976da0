//! A provider, or something in front of it, that answers what it must not: never taken for a yes, nor for a no.

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Browser, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::{Fault, NewClient, StandIn, TokenKind, Trouble};
use serde_json::json;

use crate::listener::Trap;
use crate::wire::{assert_away, assert_invalid_token, with_token};
use crate::{NOTES, unhurried};

/// Longer than anything is believed here.
const NOT_BELIEVED: Duration = Duration::from_millis(1100);
/// Longer than the server waits for an answer.
const TOO_LATE: Duration = Duration::from_secs(12);

fn says(status: u16, kind: &str, body: &str) -> Trouble {
    Trouble::Answer {
        status,
        headers: vec![("Content-Type".into(), kind.into())],
        body: body.into(),
    }
}

fn json_says(body: &str) -> Trouble {
    says(200, "application/json", body)
}

/// Answers that say nothing, whatever was asked.
fn nonsense(trap: &Trap) -> Vec<(&'static str, Trouble)> {
    let elsewhere = format!("http://127.0.0.1:{}/", trap.port);
    vec![
        ("500", Trouble::Status(500)),
        (
            "502 of a proxy",
            says(502, "text/html", "<h1>Bad Gateway</h1>"),
        ),
        ("429", says(429, "application/json", "[]")),
        ("a login portal", Trouble::Html),
        ("broken JSON", Trouble::BrokenJson),
        ("a body without end", Trouble::Huge(4 << 20)),
        ("302", Trouble::Redirect(302, elsewhere.clone())),
        ("307", Trouble::Redirect(307, elsewhere)),
        ("a cut connection", Trouble::Drop),
        ("nothing", json_says("")),
        ("an array", json_says("[]")),
    ]
}

/// A server that believes for a second, and a token of Nextcloud's and one of its own, both of alice.
async fn stage(more: &[(&str, &str)]) -> (StandIn, Server, Vec<(&'static str, String)>) {
    let nextcloud = StandIn::with_two_users().await;
    let mut start = unhurried(&nextcloud).with("NEXTCLOUD_MCP_TOKEN_CACHE_SECONDS", "1");
    for (name, value) in more {
        start = start.with(name, value);
    }
    let server = start.start().await;
    let client = nextcloud
        .create_client(NewClient::at("http://127.0.0.1:33418/callback"))
        .id;
    let resource = server.endpoint();
    let direct = nextcloud.issue_token(
        "alice",
        &client,
        "openid notes.read",
        Some(&resource),
        TokenKind::Opaque,
    );
    let (_, ours) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    let tokens = vec![("direct", direct.access_token), ("broker", ours.access)];
    (nextcloud, server, tokens)
}

#[tokio::test]
async fn introspection_that_says_nothing_is_503_also_for_a_token_that_was_good() {
    let (nextcloud, server, tokens) = stage(&[]).await;
    let trap = Trap::at("127.0.0.1", 0).await.unwrap();
    let own = nextcloud.clients()[0].clone();
    let mut lies = nonsense(&trap);
    lies.extend([
        (
            "active as text",
            json_says(&format!(
                r#"{{"active":"true","sub":"alice","client_id":"{own}"}}"#
            )),
        ),
        (
            "active as number",
            json_says(&format!(
                r#"{{"active":1,"sub":"alice","client_id":"{own}"}}"#
            )),
        ),
        (
            "active twice",
            json_says(r#"{"active":false,"active":true,"sub":"alice","client_id":"x"}"#),
        ),
        ("nobody's", json_says(r#"{"active":true}"#)),
        (
            "of an empty user",
            json_says(r#"{"active":true,"sub":"","client_id":"x"}"#),
        ),
        (
            "not JSON by its type",
            says(
                200,
                "text/html",
                r#"{"active":true,"sub":"alice","client_id":"x"}"#,
            ),
        ),
        (
            "200 behind a 302",
            says(
                302,
                "application/json",
                r#"{"active":true,"sub":"alice","client_id":"x"}"#,
            ),
        ),
    ]);
    for (what, trouble) in lies {
        for (kind, token) in &tokens {
            let what = format!("{what}, {kind}");
            assert_eq!(
                with_token(&server, token).await.status,
                200,
                "before {what}"
            );
            tokio::time::sleep(NOT_BELIEVED).await;
            nextcloud.inject(Fault::at("/apps/oidc/introspect", trouble.clone()));
            assert_away(&with_token(&server, token).await, &what);
            nextcloud.heal();
            let after = with_token(&server, token).await;
            assert_eq!(after.status, 200, "after {what}: it was not remembered");
        }
    }
    assert_eq!(trap.connections().await, 0, "no redirect was followed");
}

#[tokio::test]
async fn introspection_that_comes_too_late_is_503() {
    let (nextcloud, server, tokens) = stage(&[]).await;
    let slow = Fault::at("/apps/oidc/introspect", Trouble::Slow(TOO_LATE));
    nextcloud.inject(slow);
    let (one, two) = tokio::join!(
        with_token(&server, &tokens[0].1),
        with_token(&server, &tokens[1].1)
    );
    assert_away(&one, "direct");
    assert_away(&two, "broker");
    nextcloud.heal();
    for (kind, token) in &tokens {
        assert_eq!(with_token(&server, token).await.status, 200, "{kind}");
    }
}

#[tokio::test]
async fn introspection_that_names_another_user_or_client_ends_the_grant() {
    let (nextcloud, server, tokens) = stage(&[]).await;
    let (own, ours) = (nextcloud.clients()[0].clone(), &tokens[1].1);
    let says = |sub: &str, client: &str| {
        json_says(&json!({"active": true, "sub": sub, "client_id": client}).to_string())
    };
    // The honest answer by the same means.
    nextcloud.inject(Fault::at("/apps/oidc/introspect", says("alice", &own)));
    assert_eq!(with_token(&server, ours).await.status, 200);
    for (sub, client) in [("bob", &*own), ("alice", "another")] {
        let (nextcloud, server, tokens) = stage(&[]).await;
        let own = if client == own {
            nextcloud.clients()[0].clone()
        } else {
            client.to_owned()
        };
        nextcloud.inject(Fault::at("/apps/oidc/introspect", says(sub, &own)));
        assert_invalid_token(&with_token(&server, &tokens[1].1).await, sub);
        assert!(nextcloud.requests_to("/apps/notes").is_empty());
    }
}

#[tokio::test]
async fn userinfo_that_says_nothing_is_503_where_it_decides() {
    let settings = [
        ("NEXTCLOUD_MCP_TOKEN_AUDIENCE", "any"),
        ("NEXTCLOUD_MCP_DEFAULT_SCOPES", "notes.read"),
    ];
    let (nextcloud, server, tokens) = stage(&settings).await;
    let trap = Trap::at("127.0.0.1", 0).await.unwrap();
    let token = &tokens[0].1;
    let mut lies = nonsense(&trap);
    lies.extend([
        ("no user", json_says("{}")),
        ("an empty user", json_says(r#"{"sub":""}"#)),
        ("a number", json_says(r#"{"sub":5}"#)),
        (
            "null",
            json_says(r#"{"sub":null,"preferred_username":"alice"}"#),
        ),
    ]);
    for (what, trouble) in lies {
        assert_eq!(
            with_token(&server, token).await.status,
            200,
            "before {what}"
        );
        tokio::time::sleep(NOT_BELIEVED).await;
        nextcloud.inject(Fault::at("/apps/oidc/userinfo", trouble));
        assert_away(&with_token(&server, token).await, what);
        nextcloud.heal();
        assert_eq!(with_token(&server, token).await.status, 200, "after {what}");
    }
    assert_eq!(trap.connections().await, 0, "no redirect was followed");
    assert_invalid_token(
        &with_token(&server, "nobody-gave-this-out").await,
        "unknown",
    );
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_503_and_do_not_replace_good_ones() {
    let (nextcloud, server, _) = stage(&[]).await;
    let client = nextcloud.clients().last().unwrap().clone();
    let resource = server.endpoint();
    let issue = || {
        let scopes = "openid notes.read";
        let token =
            nextcloud.issue_token("alice", &client, scopes, Some(&resource), TokenKind::Jwt);
        token.access_token
    };
    assert_eq!(with_token(&server, &issue()).await.status, 200);
    for trouble in [
        Trouble::Status(500),
        json_says(r#"{"keys":[]}"#),
        Trouble::Huge(4 << 20),
    ] {
        nextcloud.inject(Fault::at("/apps/oidc/jwks", trouble));
        assert_eq!(
            with_token(&server, &issue()).await.status,
            200,
            "the keys are known"
        );
        nextcloud.heal();
    }
    // With keys that it does not know it must ask.
    nextcloud.rotate_keys();
    nextcloud.inject(Fault::at("/apps/oidc/jwks", Trouble::Status(500)));
    let unknown = issue();
    let refused = with_token(&server, &unknown).await;
    assert!(matches!(refused.status, 401 | 503), "{}", refused.status);
    nextcloud.heal();
    let known = async {
        while with_token(&server, &unknown).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let known = tokio::time::timeout(Duration::from_mins(1), known).await;
    known.expect("the new key is found by itself");
}

#[tokio::test]
async fn a_token_answer_that_is_none_gives_no_tokens_and_the_code_stays_good() {
    let (nextcloud, server, _) = stage(&[]).await;
    let trap = Trap::at("127.0.0.1", 0).await.unwrap();
    let client = SignIn::registered(&server.endpoint()).await;
    for (what, trouble) in nonsense(&trap) {
        let departure = client.depart(NOTES);
        let mut browser = Browser::stopping_at(&client.redirect_uri);
        let alice = Person::example("alice");
        let at = browser
            .sign_in(departure.url.as_str(), &alice)
            .await
            .unwrap();
        let code = client.arrived(&departure, &at).unwrap();
        nextcloud.inject(Fault::at("/apps/oidc/token", trouble));
        let answer = client.redeem(&departure, &code).await;
        assert!(answer.body.get("access_token").is_none(), "{what}");
        assert!(answer.status >= 400, "{what}: {}", answer.status);
        if matches!(
            what,
            "500" | "302" | "307" | "a login portal" | "a cut connection" | "429"
        ) {
            assert_eq!(answer.error(), "temporarily_unavailable", "{what}");
            assert_away(&answer, what);
        }
        nextcloud.heal();
        let tokens = client.redeem(&departure, &code).await.tokens();
        let refresh = tokens.refresh.unwrap();
        nextcloud.inject(Fault::at("/apps/oidc/token", Trouble::Status(503)));
        assert_away(&client.refresh(&refresh).await, "refresh");
        nextcloud.heal();
        client.refresh(&refresh).await.tokens();
    }
    assert_eq!(trap.connections().await, 0, "no redirect was followed");
}
