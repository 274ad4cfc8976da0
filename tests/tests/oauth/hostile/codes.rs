//! Codes: stolen, replayed, bent; and authorization requests that ask for less protection.

use nextcloud_mcp_tests::harness::sign_in::{Answer, Departure};
use nextcloud_mcp_tests::harness::{Arrival, Browser, Person, Server, SignIn};
use url::Url;

use crate::wire::{assert_invalid_token, with_token};
use crate::{NOTES, stage};

/// A request for tokens: what is wrong with it, the error, and its parameters besides the code.
type Try<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

/// A registered client, its request, and the code that it got for alice.
async fn code(server: &Server, person: &Person) -> (SignIn, Departure, String) {
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let at = browser
        .sign_in(departure.url.as_str(), person)
        .await
        .unwrap();
    let code = client.arrived(&departure, &at).unwrap();
    (client, departure, code)
}

fn refused(answer: &Answer, error: &str, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {:?}", answer.body);
    assert_eq!(answer.error(), error, "{what}: {:?}", answer.body);
    assert!(answer.body.get("access_token").is_none(), "{what}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
}

#[tokio::test]
async fn a_replayed_code_kills_both_tokens_although_they_worked() {
    let (nextcloud, server) = stage().await;
    let (client, departure, code) = code(&server, &Person::example("alice")).await;
    let tokens = client.redeem(&departure, &code).await.tokens();
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    refused(
        &client.redeem(&departure, &code).await,
        "invalid_grant",
        "the replay",
    );
    assert_invalid_token(
        &with_token(&server, &tokens.access).await,
        "after the replay",
    );
    let refresh = client.refresh(&tokens.refresh.unwrap()).await;
    refused(&refresh, "invalid_grant", "after the replay");
    // At Nextcloud, too.
    let own = nextcloud.requests_to("/apps/oidc/token");
    assert!(own.iter().filter(|entry| entry.status == 400).count() >= 1);
}

#[tokio::test]
async fn a_replayed_code_takes_the_app_password_of_a_lasting_grant_away() {
    let (nextcloud, server) = stage().await;
    let person = Person::example("alice").staying(true);
    let (client, departure, code) = code(&server, &person).await;
    let tokens = client.redeem(&departure, &code).await.tokens();
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    assert_eq!(nextcloud.state().app_passwords("alice").len(), 1);
    refused(
        &client.redeem(&departure, &code).await,
        "invalid_grant",
        "the replay",
    );
    assert_invalid_token(
        &with_token(&server, &tokens.access).await,
        "after the replay",
    );
    let gone = async {
        while !nextcloud.state().app_passwords("alice").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone)
        .await
        .expect("the app password is deleted");
}

#[tokio::test]
async fn two_who_redeem_one_code_at_once_do_not_both_get_tokens() {
    let (_nextcloud, server) = stage().await;
    let (client, departure, code) = code(&server, &Person::example("alice")).await;
    let (one, two) = tokio::join!(
        client.redeem(&departure, &code),
        client.redeem(&departure, &code)
    );
    let good = [&one, &two].iter().filter(|one| one.status == 200).count();
    assert_eq!(good, 1, "{} and {}", one.status, two.status);
    let winner = if one.status == 200 { one } else { two };
    assert_invalid_token(
        &with_token(&server, &winner.tokens().access).await,
        "the other was a replay",
    );
}

#[tokio::test]
async fn a_stolen_code_is_of_no_use_and_is_not_burnt_by_the_try() {
    let (nextcloud, server) = stage().await;
    let (client, departure, code) = code(&server, &Person::example("alice")).await;
    let mut thief = SignIn::discover(&server.endpoint()).await;
    thief.register().await;
    nextcloud.forget_requests();

    let verifier = departure.verifier.as_str();
    let redirect = client.redirect_uri.as_str();
    let short = &verifier[..42];
    let longer = format!("{verifier}A");
    let challenge = departure
        .url
        .query_pairs()
        .find(|(name, _)| name == "code_challenge")
        .unwrap()
        .1
        .into_owned();
    let other_port = redirect.replace("33418", "33419");
    let slash = format!("{redirect}/");
    let tries: [Try<'_>; 10] = [
        (
            "no verifier",
            "invalid_request",
            vec![("redirect_uri", redirect)],
        ),
        (
            "empty verifier",
            "invalid_request",
            vec![("redirect_uri", redirect), ("code_verifier", "")],
        ),
        (
            "wrong verifier",
            "invalid_grant",
            vec![("redirect_uri", redirect), ("code_verifier", &longer)],
        ),
        (
            "short verifier",
            "invalid_grant",
            vec![("redirect_uri", redirect), ("code_verifier", short)],
        ),
        (
            "the challenge as verifier",
            "invalid_grant",
            vec![("redirect_uri", redirect), ("code_verifier", &challenge)],
        ),
        (
            "no redirect URI",
            "invalid_request",
            vec![("code_verifier", verifier)],
        ),
        (
            "another port",
            "invalid_grant",
            vec![("redirect_uri", &other_port), ("code_verifier", verifier)],
        ),
        (
            "a slash more",
            "invalid_grant",
            vec![("redirect_uri", &slash), ("code_verifier", verifier)],
        ),
        (
            "another resource",
            "invalid_target",
            vec![
                ("redirect_uri", redirect),
                ("code_verifier", verifier),
                ("resource", "https://other.example/mcp"),
            ],
        ),
        (
            "two verifiers",
            "invalid_request",
            vec![
                ("redirect_uri", redirect),
                ("code_verifier", verifier),
                ("code_verifier", &longer),
            ],
        ),
    ];
    for (what, error, more) in tries {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
        ];
        form.extend(more);
        refused(&client.token(&form).await, error, what);
    }
    // Everything right, but another client.
    refused(
        &thief.redeem(&departure, &code).await,
        "invalid_grant",
        "another client",
    );
    assert!(
        nextcloud.requests_to("/apps/oidc").is_empty(),
        "nothing of it went to Nextcloud"
    );
    let tokens = client.redeem(&departure, &code).await.tokens();
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_stolen_refresh_token_is_of_no_use_to_another_client() {
    let (_nextcloud, server) = stage().await;
    let (client, departure, code) = code(&server, &Person::example("alice")).await;
    let tokens = client.redeem(&departure, &code).await.tokens();
    let mut thief = SignIn::discover(&server.endpoint()).await;
    thief.register().await;
    let stolen = tokens.refresh.unwrap();
    refused(
        &thief.refresh(&stolen).await,
        "invalid_grant",
        "another client's refresh",
    );
    let revoked = thief.revoke(&stolen).await;
    assert_ne!(revoked.status, 200, "another client's revocation");
    client.refresh(&stolen).await.tokens();
}

#[tokio::test]
async fn one_kind_of_sealed_thing_is_not_taken_for_another() {
    let (_nextcloud, server) = stage().await;
    let (client, departure, code) = code(&server, &Person::example("alice")).await;
    let tokens = client.redeem(&departure, &code).await.tokens();
    let refresh = tokens.refresh.clone().unwrap();
    for wrong in [&tokens.access, &code, &client.client_id] {
        refused(
            &client.refresh(wrong).await,
            "invalid_grant",
            "as refresh token",
        );
    }
    for wrong in [&tokens.access, &refresh, &client.client_id] {
        refused(
            &client.redeem(&departure, wrong).await,
            "invalid_grant",
            "as code",
        );
    }
    let mut nobody = client.clone();
    for wrong in [tokens.access.as_str(), &refresh, &code, "nobody"] {
        wrong.clone_into(&mut nobody.client_id);
        let answer = nobody.refresh(&refresh).await;
        assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
    }
    client.refresh(&refresh).await.tokens();
}

/// Where a request ends that was bent: at the client, with an error.
async fn error_of(client: &SignIn, departure: &Departure) -> Result<String, String> {
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let Arrival::Stopped(at) = browser.open(departure.url.as_str()).await else {
        return Ok("a page".into());
    };
    match client.arrived(departure, &at) {
        Ok(code) => panic!("a code: {}", code.len()),
        Err(error) => Err(error),
    }
}

fn set(pairs: &mut Vec<(String, String)>, name: &str, value: Option<&str>) {
    pairs.retain(|(one, _)| one != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_request_that_asks_for_less_protection_gets_an_error_and_no_page() {
    let (nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let control = error_of(&client, &client.depart(NOTES)).await;
    assert_eq!(control.as_deref(), Ok("a page"));

    let verifier = "A".repeat(43);
    let slash = format!("{}/", server.endpoint());
    let cases: [(&str, Option<&str>, &str); 16] = [
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some(""), "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", Some("s256"), "invalid_request"),
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        (
            "response_type",
            Some("code id_token"),
            "unsupported_response_type",
        ),
        ("response_mode", Some("fragment"), "invalid_request"),
        (
            "resource",
            Some("https://other.example/mcp"),
            "invalid_target",
        ),
        ("resource", Some(&slash), "invalid_target"),
        ("prompt", Some("none"), "interaction_required"),
        (
            "request",
            Some("eyJhbGciOiJub25lIn0.e30."),
            "request_not_supported",
        ),
        (
            "request_uri",
            Some("https://127.0.0.1/request"),
            "request_uri_not_supported",
        ),
        ("scope", Some("files.everything"), "invalid_scope"),
    ];
    for (name, value, error) in cases {
        let departure = client.depart_with(NOTES, |pairs| set(pairs, name, value));
        let found = error_of(&client, &departure).await;
        assert_eq!(found, Err(error.to_owned()), "{name}={value:?}");
    }
    for name in [
        "code_challenge",
        "code_challenge_method",
        "resource",
        "scope",
        "response_type",
    ] {
        let twice = client.depart_with(NOTES, |pairs| {
            let again = pairs.iter().find(|(one, _)| one == name).cloned().unwrap();
            pairs.push(again);
        });
        let found = error_of(&client, &twice).await;
        assert!(
            found
                .as_ref()
                .is_err_and(|error| matches!(&**error, "invalid_request" | "invalid_target")),
            "{name} twice: {found:?}"
        );
    }
    let plain = client.depart_with(NOTES, |pairs| {
        set(pairs, "code_challenge", Some(&verifier));
        set(pairs, "code_challenge_method", None);
    });
    assert_eq!(
        error_of(&client, &plain).await,
        Err("invalid_request".into())
    );
    assert!(nextcloud.requests_to("/apps/oidc/authorize").is_empty());
}

#[tokio::test]
async fn upstream_the_flow_is_protected_whatever_the_client_sent() {
    let (nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let person = Person::example("alice");
    browser
        .sign_in(departure.url.as_str(), &person)
        .await
        .unwrap();
    let upstream = browser.trail.iter().map(|(_, url, _)| url);
    let upstream: Vec<&Url> = upstream
        .filter(|url| url.path().ends_with("/apps/oidc/authorize") && url.query().is_some())
        .collect();
    let get = |name: &str| {
        let mut pairs = upstream[0].query_pairs();
        pairs
            .find(|(one, _)| one == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(get("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(get("resource"), Some(server.endpoint()));
    assert!(get("nonce").is_some_and(|nonce| nonce.len() >= 16));
    let (state, challenge) = (get("state").unwrap(), get("code_challenge").unwrap());
    assert!(
        state.len() >= 16 && state != departure.state,
        "a state of its own"
    );
    let of_client = departure
        .url
        .query_pairs()
        .find(|(name, _)| name == "code_challenge");
    assert_ne!(of_client.unwrap().1, challenge, "a challenge of its own");
    assert_eq!(get("client_id"), Some(nextcloud.clients()[0].clone()));
}
