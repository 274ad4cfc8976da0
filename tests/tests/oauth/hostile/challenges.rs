//! What `/mcp` says before it knows who calls: always 401, whatever else is wrong with the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nextcloud_mcp_tests::harness::sign_in::{Answer, call, challenge};
use nextcloud_mcp_tests::harness::{Person, Server, SignIn};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::wire::{LIST, assert_challenge, assert_invalid_token, http, post, with_token};
use crate::{NOTES, stage};

/// A request that is wrong in some way, and what it is answered with once it is known who asks.
type Odd = (&'static str, fn(&Server) -> RequestBuilder, &'static [u16]);

fn request(server: &Server, method: Method) -> RequestBuilder {
    http()
        .request(method, server.endpoint())
        .header("Accept", "application/json, text/event-stream")
}

const ODD: [Odd; 11] = [
    ("GET", |server| request(server, Method::GET), &[405]),
    ("HEAD", |server| request(server, Method::HEAD), &[405]),
    (
        "DELETE",
        |server| request(server, Method::DELETE),
        &[405, 404],
    ),
    (
        "PUT",
        |server| request(server, Method::PUT).body(LIST),
        &[405],
    ),
    (
        "PATCH",
        |server| request(server, Method::PATCH).body(LIST),
        &[405],
    ),
    (
        "malformed JSON",
        |server| post(server).body("{\"jsonrpc\":"),
        &[400, 415],
    ),
    ("no body", |server| post(server).body(""), &[400, 415]),
    (
        "wrong Accept",
        |server| {
            request(server, Method::POST)
                .header("Accept", "text/html")
                .header("Content-Type", "application/json")
                .body(LIST)
        },
        // A tolerant server may answer in JSON all the same.
        &[200, 406],
    ),
    (
        "wrong Content-Type",
        |server| {
            request(server, Method::POST)
                .header("Content-Type", "text/plain")
                .body(LIST)
        },
        &[400, 415],
    ),
    (
        "odd MCP-Protocol-Version",
        |server| {
            request(server, Method::POST)
                .header("Content-Type", "application/json")
                .header("MCP-Protocol-Version", "1066-10-14")
                .body(LIST)
        },
        &[400],
    ),
    (
        "odd session id",
        |server| post(server).header("Mcp-Session-Id", "of somebody else"),
        &[200, 400, 404],
    ),
];

#[tokio::test]
async fn whoever_is_not_signed_in_gets_401_before_anything_else() {
    let (_nextcloud, server) = stage().await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    for (what, odd, known) in ODD {
        let nobody = Answer::of(odd(&server)).await;
        assert_eq!(nobody.status, 401, "{what}: {:?}", nobody.body);
        assert_challenge(&nobody, what);
        assert_eq!(nobody.parameter("error"), None, "{what}: nothing was sent");

        let stranger = odd(&server).bearer_auth("nobody-gave-this-out");
        assert_invalid_token(&Answer::of(stranger).await, what);

        let somebody = Answer::of(odd(&server).bearer_auth(&tokens.access)).await;
        assert!(
            known.contains(&somebody.status),
            "{what}: {} {:?}",
            somebody.status,
            somebody.body
        );
    }
}

#[tokio::test]
async fn the_challenge_names_what_there_is_to_ask_for_and_never_offline_access() {
    let (_nextcloud, server) = stage().await;
    let refusal = challenge(&server.endpoint()).await;
    let scope = refusal.parameter("scope").unwrap();
    let scopes: Vec<&str> = scope.split(' ').collect();
    assert!(scopes.contains(&"notes.read") && scopes.contains(&"notes.write"));
    assert!(!scopes.contains(&"offline_access"), "{scope}");
    let client = SignIn::discover(&server.endpoint()).await;
    let supported = client.resource["scopes_supported"].to_string();
    assert!(!supported.contains("offline_access"), "{supported}");
}

#[tokio::test]
async fn a_token_counts_in_one_header_alone() {
    let (nextcloud, server) = stage().await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    let good = format!("Bearer {}", tokens.access);
    let control = Answer::of(post(&server).header("Authorization", &good)).await;
    assert_eq!(control.status, 200, "{:?}", control.body);
    nextcloud.forget_requests();

    for other in [&*good, "Bearer nobody-gave-this-out", "Basic YTpi"] {
        for pair in [[&*good, other], [other, &*good]] {
            let [first, second] = pair;
            let twice = post(&server)
                .header("Authorization", first)
                .header("Authorization", second);
            let answer = Answer::of(twice).await;
            assert!(matches!(answer.status, 400 | 401), "{}", answer.status);
            let error = answer.parameter("error");
            assert_eq!(error.as_deref(), Some("invalid_request"));
        }
    }
    for odd in [
        tokens.access.clone(),
        format!("Bearer  {}", tokens.access),
        format!("Bearer {} {}", tokens.access, tokens.access),
        format!("Bearer {},{}", tokens.access, tokens.access),
        format!("Bearer \"{}\"", tokens.access),
        format!("Token {}", tokens.access),
        format!(
            "Basic {}",
            STANDARD.encode(format!("alice:{}", tokens.access))
        ),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
    ] {
        let answer = Answer::of(post(&server).header("Authorization", &odd)).await;
        assert_eq!(answer.status, 401, "{odd:?}");
        assert_challenge(&answer, "odd");
    }
    assert!(nextcloud.requests_to("/apps/oidc").is_empty());
}

#[tokio::test]
async fn a_token_in_the_address_or_the_body_or_a_cookie_is_not_seen() {
    let (nextcloud, server) = stage().await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    nextcloud.forget_requests();
    let token = &tokens.access;
    let at = |query: &str| {
        http()
            .post(format!("{}?{query}", server.endpoint()))
            .header("Accept", "application/json, text/event-stream")
            .header("Content-Type", "application/json")
            .body(LIST)
    };
    let form = http()
        .post(server.endpoint())
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("access_token={token}"));
    for request in [
        at(&format!("access_token={token}")),
        at(&format!("token={token}")),
        at(&format!("authorization=Bearer%20{token}")),
        form,
        post(&server).header("Cookie", format!("access_token={token}")),
        post(&server).header("X-Authorization", format!("Bearer {token}")),
        post(&server).header("Proxy-Authorization", format!("Bearer {token}")),
    ] {
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.parameter("error"), None, "no token was sent");
    }
    assert!(nextcloud.requests().is_empty(), "nobody was asked");
}

#[tokio::test]
async fn the_documents_are_open_to_everybody_whatever_they_send() {
    let (_nextcloud, server) = stage().await;
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let request = http()
            .get(format!("{}{path}", server.url()))
            .header("MCP-Protocol-Version", "never")
            .header("Origin", "https://inspector.example")
            .header("Authorization", "Bearer nobody-gave-this-out");
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*", "{path}");
        assert!(
            !answer
                .headers
                .contains_key("access-control-allow-credentials")
        );
    }
}

#[tokio::test]
async fn a_403_names_the_scopes_of_the_operation_and_no_others() {
    let (nextcloud, server) = stage().await;
    let person = Person::example("alice").choosing(&["notes.read"]);
    let (_, tokens) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    let call = async |tool: &str, arguments: serde_json::Value| {
        let params = json!({"name": tool, "arguments": arguments});
        call(
            &server.endpoint(),
            Some(&tokens.access),
            "tools/call",
            &params,
        )
        .await
    };
    let control = call("nc_notes_list_notes", json!({})).await;
    assert_eq!(control.status, 200, "{:?}", control.body);
    for (tool, arguments, needed) in [
        (
            "nc_notes_create_note",
            json!({"title": "x", "content": "y"}),
            "notes.write",
        ),
        ("nc_notes_create_note", json!({}), "notes.write"),
        ("nc_calendar_list_calendars", json!({}), "calendar.read"),
    ] {
        let answer = call(tool, arguments).await;
        assert_eq!(answer.status, 403, "{tool}: {:?}", answer.body);
        let error = answer.parameter("error");
        assert_eq!(error.as_deref(), Some("insufficient_scope"), "{tool}");
        assert_eq!(answer.parameter("scope").as_deref(), Some(needed), "{tool}");
        assert_challenge(&answer, tool);
    }
    assert_eq!(nextcloud.state().notes("alice").len(), 1);
}
