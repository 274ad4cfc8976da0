//! The resource server as a whole, as far as no provider is needed: our own tokens with an app password inside, app
//! passwords by themselves, and everything that is refused without asking.

use std::time::Duration;

use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;

use super::super::grant::{self, Access, AccessToken};
use super::super::key::SecretKeys;
use super::super::seal::{Purpose, Sealer};
use super::super::{Admitted, AuthError, Authenticator, InvalidToken};
use super::testing::{
    APP_PASSWORD, PLACE, SmallNextcloud, access_token, authorization, good_token, oauth, sealed,
    sealer, server,
};
use super::*;

/// Long enough for a busy machine to answer on loopback.
const SHORT: Duration = Duration::from_millis(1100);

async fn send(server: &Arc<ResourceServer>, mut headers: HeaderMap) -> Result<Admitted, AuthError> {
    let authenticator = Authenticator::OAuth(server.clone());
    let answer = authenticator.authenticate(&mut headers).await;
    assert!(headers.is_empty(), "nothing behind sees the header");
    answer.map_err(|denied| denied.error)
}

async fn bearer(server: &Arc<ResourceServer>, token: &str) -> Result<Admitted, AuthError> {
    send(server, authorization(&format!("Bearer {token}"))).await
}

async fn basic(
    server: &Arc<ResourceServer>,
    login: &str,
    password: &str,
) -> Result<Admitted, AuthError> {
    let pair = STANDARD.encode(format!("{login}:{password}"));
    send(server, authorization(&format!("Basic {pair}"))).await
}

fn refused(answer: Result<Admitted, AuthError>) -> InvalidToken {
    match answer.map(|_| ()) {
        Err(AuthError::Invalid(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn is_unavailable(answer: &Result<Admitted, AuthError>) -> bool {
    matches!(answer, Err(AuthError::Unavailable { .. }))
}

#[tokio::test]
async fn a_token_of_ours_is_its_users_with_the_scopes_that_they_gave() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let Admitted { caller, sign_in } = bearer(&server, &good_token()).await.unwrap();
    assert!(caller.has_scope("notes.read") && !caller.has_scope("notes.write"));
    assert_eq!(caller.whoami().await.unwrap().id, "alice");
    let sign_in = sign_in.unwrap();
    assert_eq!(sign_in.grant.as_deref(), Some("grant-1"));
    assert!(!sign_in.client.unwrap().contains("client-1"));
}

#[tokio::test]
async fn what_was_found_is_believed_for_as_long_as_set_and_no_longer() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &["--token-cache=1"]);
    let token = good_token();
    for _ in 0..5 {
        bearer(&server, &token).await.unwrap();
    }
    assert_eq!(nextcloud.world.asked(), 1);
    tokio::time::sleep(SHORT).await;
    bearer(&server, &token).await.unwrap();
    assert_eq!(nextcloud.world.asked(), 2);
    nextcloud.world.revoke_all();
    tokio::time::sleep(SHORT).await;
    assert_eq!(refused(bearer(&server, &token).await), InvalidToken::Ended);
    let asked = nextcloud.world.asked();
    for again in [&token, &good_token()] {
        assert_eq!(refused(bearer(&server, again).await), InvalidToken::Ended);
    }
    assert_eq!(
        nextcloud.world.asked(),
        asked,
        "a refused password is not sent again, by whichever token"
    );
}

#[tokio::test]
async fn many_who_come_with_one_token_ask_once_even_if_the_first_goes_away() {
    let nextcloud = SmallNextcloud::start().await;
    nextcloud.world.slow_down(Duration::from_millis(200));
    let server = server(&nextcloud, &[]);
    let token = good_token();
    let first = tokio::spawn({
        let (server, token) = (server.clone(), token.clone());
        async move { bearer(&server, &token).await.map(|_| ()) }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.abort();
    let all = (0..50).map(|_| bearer(&server, &token));
    for answer in futures_util::future::join_all(all).await {
        answer.unwrap();
    }
    assert_eq!(nextcloud.world.asked(), 1);
}

#[tokio::test]
async fn a_401_in_the_middle_of_a_call_ends_the_belief_at_once() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let token = good_token();
    let Admitted { caller, sign_in } = bearer(&server, &token).await.unwrap();
    nextcloud.world.revoke_all();
    assert!(caller.prove().await.is_err());
    let asked = nextcloud.world.asked();
    // Also if whoever saw it could not say so.
    assert_eq!(refused(bearer(&server, &token).await), InvalidToken::Ended);
    server.forget(&sign_in.unwrap()).await;
    assert_eq!(refused(bearer(&server, &token).await), InvalidToken::Ended);
    assert_eq!(nextcloud.world.asked(), asked);
}

#[tokio::test]
async fn a_grant_that_ended_takes_its_tokens_along_and_no_others() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let mut other = access_token();
    other.grant.id = "grant-2".to_owned();
    let (one, other) = (good_token(), sealed(&other));
    for token in [&one, &other] {
        bearer(&server, token).await.unwrap();
    }
    let asked = nextcloud.world.asked();
    server.oauth.grant_watch.renewed("grant-1");
    tokio::time::sleep(Duration::from_millis(50)).await;
    bearer(&server, &other).await.unwrap();
    assert_eq!(nextcloud.world.asked(), asked);
    bearer(&server, &one).await.unwrap();
    assert_eq!(nextcloud.world.asked(), asked + 1, "it is asked for anew");
}

#[tokio::test]
async fn what_was_revoked_here_is_refused_whatever_is_believed_of_it() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let (one, two) = (good_token(), good_token());
    for token in [&one, &two] {
        bearer(&server, token).await.unwrap();
    }
    let denied = &server.oauth.denied;
    denied.deny(&one, grant::now() + 3600);
    assert_eq!(refused(bearer(&server, &one).await), InvalidToken::Ended);
    bearer(&server, &two).await.unwrap();
    denied.deny_grant("grant-1", grant::now() + 3600);
    assert_eq!(refused(bearer(&server, &two).await), InvalidToken::Ended);
    assert_eq!(
        refused(bearer(&server, &good_token()).await),
        InvalidToken::Ended
    );
}

#[tokio::test]
async fn a_credential_of_another_user_than_the_grants_is_refused() {
    let nextcloud = SmallNextcloud::start().await;
    nextcloud.world.add("alice", APP_PASSWORD, "bob");
    let server = server(&nextcloud, &[]);
    assert_eq!(
        refused(bearer(&server, &good_token()).await),
        InvalidToken::Ended
    );
}

#[tokio::test]
async fn a_token_says_what_is_wrong_with_it() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let changed = |change: fn(&mut AccessToken)| {
        let mut token = access_token();
        change(&mut token);
        sealed(&token)
    };
    let expired = changed(|token| token.expires = grant::now());
    let elsewhere = changed(|token| token.grant.resource.push('/'));
    let refresh = sealer().seal(Purpose::Refresh, &access_token()).unwrap();
    let other_key = SecretKeys::parse(&"b".repeat(64).into()).unwrap();
    let other_key = Sealer::new(other_key, PLACE);
    let foreign_key = other_key.seal(Purpose::Access, &access_token()).unwrap();
    let mut tampered = good_token();
    tampered.replace_range(40..41, if &tampered[40..41] == "A" { "B" } else { "A" });
    for (token, why) in [
        (expired, InvalidToken::Expired),
        (elsewhere, InvalidToken::Foreign),
        (refresh, InvalidToken::NotAccess),
        (foreign_key, InvalidToken::Unknown),
        (tampered, InvalidToken::Unknown),
    ] {
        assert_eq!(refused(bearer(&server, &token).await), why);
    }
    assert_eq!(nextcloud.world.asked(), 0);
}

#[tokio::test]
async fn a_token_is_not_believed_beyond_its_end() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let mut token = access_token();
    token.expires = grant::now() + 2;
    let token = sealed(&token);
    bearer(&server, &token).await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(
        refused(bearer(&server, &token).await),
        InvalidToken::Expired
    );
}

#[tokio::test]
async fn what_nextcloud_cannot_say_is_never_believed_and_never_kept() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let token = good_token();
    let page = || (StatusCode::OK, "<html>alice</html>").into_response();
    let other = |status: u16| move || StatusCode::from_u16(status).unwrap().into_response();
    let redirect = || (StatusCode::FOUND, [("location", "/login")]).into_response();
    let huge = || vec![b' '; 2 << 20].into_response();
    nextcloud.world.answer_instead(page);
    assert!(is_unavailable(&bearer(&server, &token).await));
    for status in [404, 429, 500, 503] {
        nextcloud.world.answer_instead(other(status));
        assert!(is_unavailable(&bearer(&server, &token).await), "{status}");
    }
    nextcloud.world.answer_instead(redirect);
    assert!(is_unavailable(&bearer(&server, &token).await));
    nextcloud.world.answer_instead(huge);
    assert!(is_unavailable(&bearer(&server, &token).await));
    nextcloud.world.answer_again();
    bearer(&server, &token).await.unwrap();
}

#[tokio::test]
async fn a_nextcloud_that_is_away_is_no_reason_to_sign_in_again() {
    let server = ResourceServer::new(oauth("http://127.0.0.1:9", PLACE, &[]));
    let authenticator = Authenticator::OAuth(server);
    let mut headers = authorization(&format!("Bearer {}", good_token()));
    let denied = authenticator
        .authenticate(&mut headers)
        .await
        .err()
        .unwrap();
    assert!(matches!(denied.error, AuthError::Unavailable { .. }));
    assert_eq!(denied.challenge, None);
}

#[tokio::test]
async fn what_only_the_provider_knows_waits_for_the_provider() {
    let nextcloud = SmallNextcloud::start().await;
    for arguments in [&[][..], &["--token-audience=any"]] {
        let server = server(&nextcloud, arguments);
        let mut by_token = access_token();
        by_token.upstream = Access::Token {
            token: SecretString::from("a".repeat(72)),
            client_id: "ours".to_owned(),
        };
        let at_jwt = "eyJ0eXAiOiJhdCtKV1QiLCJhbGciOiJSUzI1NiJ9.e30.c2ln";
        for token in [&"a".repeat(72), at_jwt, "x", &sealed(&by_token)] {
            assert!(is_unavailable(&bearer(&server, token).await), "{token}");
        }
        let id_token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.e30.c2ln";
        assert_eq!(
            refused(bearer(&server, id_token).await),
            InvalidToken::NotAccess,
            "in any mode"
        );
    }
    assert_eq!(nextcloud.world.asked(), 0);
}

#[tokio::test]
async fn an_app_password_is_let_through_where_the_operator_wants_it() {
    let nextcloud = SmallNextcloud::start().await;
    let closed = server(&nextcloud, &[]);
    assert_eq!(
        basic(&closed, "alice", APP_PASSWORD).await.err(),
        Some(AuthError::Malformed)
    );
    let open = server(&nextcloud, &["--accept-app-passwords"]);
    for _ in 0..3 {
        let admitted = basic(&open, "alice", APP_PASSWORD).await.unwrap();
        assert!(admitted.caller.has_scope("notes.write"));
    }
    assert_eq!(nextcloud.world.asked(), 1, "and cached like a token");
    assert_eq!(
        refused(basic(&open, "alice", "alice-pass-12345").await),
        InvalidToken::NotAnAppPassword
    );
    assert_eq!(
        nextcloud.world.asked(),
        1,
        "a login password is not sent on"
    );
}

#[tokio::test]
async fn a_wrong_app_password_costs_one_failed_login_and_strangers_a_few() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &["--accept-app-passwords"]);
    basic(&server, "alice", APP_PASSWORD).await.unwrap();
    for _ in 0..3 {
        assert_eq!(
            refused(basic(&server, "alice", &"x".repeat(72)).await),
            InvalidToken::AppPassword
        );
    }
    assert_eq!(nextcloud.world.asked(), 2);
    let mut put_off = 0;
    for n in 0..20 {
        let answer = basic(&server, "alice", &format!("{n:x>72}")).await;
        put_off += usize::from(is_unavailable(&answer));
        assert!(answer.is_err());
    }
    assert_eq!(put_off, 16, "five failed logins, the first one included");
    assert_eq!(nextcloud.world.asked(), 6);
    basic(&server, "alice", APP_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_app_password_is_not_taken_where_others_could_read_it() {
    let nextcloud = SmallNextcloud::start().await;
    for (place, taken) in [
        ("http://mcp.example.com", false),
        ("http://localhost:8000", true),
        ("http://[::1]:8000", true),
        ("https://mcp.example.com", true),
    ] {
        let oauth = oauth(&nextcloud.url, place, &["--accept-app-passwords"]);
        let server = ResourceServer::new(oauth);
        let answer = basic(&server, "alice", APP_PASSWORD).await;
        assert_eq!(answer.is_ok(), taken, "{place}");
    }
}

async fn challenge_of(server: &Arc<ResourceServer>, mut headers: HeaderMap) -> String {
    let authenticator = Authenticator::OAuth(server.clone());
    let denied = authenticator
        .authenticate(&mut headers)
        .await
        .err()
        .unwrap();
    denied.challenge.unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_challenge_says_where_to_sign_in_what_to_ask_for_and_what_was_wrong() {
    const START: &str = "Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\", \
                         scope=\"notes.read notes.write\"";
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    assert_eq!(challenge_of(&server, HeaderMap::new()).await, START);
    assert_eq!(
        challenge_of(&server, authorization("Bearer ncmcpr1_x")).await,
        format!(
            "{START}, error=\"invalid_token\", error_description=\"this is a token, but not an access token\""
        )
    );
    let malformed = challenge_of(&server, authorization("Basic YTpi")).await;
    assert!(malformed.starts_with(&format!("{START}, error=\"invalid_request\"")));
    let needed = vec!["notes.write".to_owned()];
    let authenticator = Authenticator::OAuth(server);
    let denied = authenticator.deny(AuthError::InsufficientScope(needed));
    let denied = denied.challenge.unwrap().to_str().unwrap().to_owned();
    assert!(
        denied.contains("scope=\"notes.write\", error=\"insufficient_scope\""),
        "{denied}"
    );
}

#[tokio::test]
async fn two_headers_are_refused_even_if_both_are_good() {
    let nextcloud = SmallNextcloud::start().await;
    let server = server(&nextcloud, &[]);
    let mut headers = authorization(&format!("Bearer {}", good_token()));
    headers.append(
        http::header::AUTHORIZATION,
        format!("Bearer {}", good_token()).parse().unwrap(),
    );
    assert_eq!(send(&server, headers).await.err(), Some(AuthError::Several));
    assert_eq!(nextcloud.world.asked(), 0);
}
