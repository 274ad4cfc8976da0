//! Tokens that Nextcloud itself issued: accepted when they were issued for this server, and only then.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::harness::sign_in::call;
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn, TokenKind, forge};
use serde_json::json;

use super::titles;

/// Where the other client waits for its answers.
const ELSEWHERE: &str = "http://127.0.0.1:33418/callback";

/// A server that lets Nextcloud's tokens read notes, and another client of the same Nextcloud.
async fn stage() -> (StandIn, Server, String) {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let start = Server::oauth(&nextcloud).with("NEXTCLOUD_MCP_DEFAULT_SCOPES", "notes.read");
    let server = start.start().await;
    let client = nextcloud.create_client(NewClient::at(ELSEWHERE)).id;
    (nextcloud, server, client)
}

/// The status that a token gets at the endpoint.
async fn status(server: &Server, token: &str) -> u16 {
    call(&server.endpoint(), Some(token), "tools/list", &json!({}))
        .await
        .status
}

#[tokio::test]
async fn a_token_that_was_issued_for_this_server_is_taken_in_both_forms() {
    let (nextcloud, server, client) = stage().await;
    for kind in [TokenKind::Opaque, TokenKind::Jwt] {
        let resource = server.endpoint();
        let token =
            nextcloud.issue_token("alice", &client, "openid notes.read", Some(&resource), kind);
        assert_eq!(
            titles(&server, &token.access_token).await,
            ["Of alice"],
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused_although_nextcloud_takes_it() {
    let (nextcloud, server, client) = stage().await;
    let slash = format!("{}/", server.endpoint());
    for resource in [
        None,
        Some("https://other.example/mcp"),
        Some(slash.as_str()),
    ] {
        for kind in [TokenKind::Opaque, TokenKind::Jwt] {
            let token =
                nextcloud.issue_token("alice", &client, "openid notes.read", resource, kind);
            assert_eq!(
                status(&server, &token.access_token).await,
                401,
                "{resource:?} {kind:?}"
            );
        }
    }
}

#[tokio::test]
async fn id_tokens_and_forged_ones_are_refused() {
    let (nextcloud, server, client) = stage().await;
    let resource = server.endpoint();
    let good = nextcloud.issue_token(
        "alice",
        &client,
        "openid notes.read",
        Some(&resource),
        TokenKind::Jwt,
    );
    let signer = nextcloud.signer();
    let claims = forge::access_claims(
        &nextcloud.url(),
        "alice",
        &client,
        &resource,
        "openid notes.read",
    );
    let mut expired = claims.clone();
    expired["exp"] = json!(claims["iat"].as_i64().unwrap() - 61);
    let mut foreign = claims.clone();
    foreign["iss"] = json!("http://localhost:1");
    let tokens = [
        good.id_token,
        nextcloud.issue_id_token_as_bearer("alice", &client),
        forge::unsigned(&claims),
        forge::confused(&signer, &claims),
        forge::altered(&good.access_token, |claims| claims["sub"] = json!("bob")),
        forge::Signer::stranger().sign(forge::ACCESS_TOKEN, &claims),
        forge::Signer::stranger()
            .named(signer.kid())
            .sign(forge::ACCESS_TOKEN, &claims),
        signer.sign("JWT", &claims),
        signer.sign(forge::ACCESS_TOKEN, &expired),
        signer.sign(forge::ACCESS_TOKEN, &foreign),
    ];
    for token in tokens {
        assert_eq!(status(&server, &token).await, 401, "{token}");
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_without_a_restart() {
    let (nextcloud, server, client) = stage().await;
    let issue = || {
        let resource = server.endpoint();
        let token = nextcloud.issue_token(
            "alice",
            &client,
            "openid notes.read",
            Some(&resource),
            TokenKind::Jwt,
        );
        token.access_token
    };
    assert_eq!(status(&server, &issue()).await, 200);
    nextcloud.rotate_keys();
    assert_eq!(status(&server, &issue()).await, 200);
}

#[tokio::test]
async fn where_any_audience_will_do_a_token_may_do_what_userinfo_names_and_no_more() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let start = Server::oauth(&nextcloud).with("NEXTCLOUD_MCP_TOKEN_AUDIENCE", "any");
    let server = start.start().await;
    let client = nextcloud.create_client(NewClient::at(ELSEWHERE)).id;
    let token = |scope: &str| {
        let token = nextcloud.issue_token("alice", &client, scope, None, TokenKind::Opaque);
        token.access_token
    };
    let reader = token("openid notes.read");
    assert_eq!(titles(&server, &reader).await, ["Of alice"]);
    let arguments = json!({ "name": "nc_notes_create_note", "arguments": {} });
    let refusal = call(&server.endpoint(), Some(&reader), "tools/call", &arguments).await;
    assert_eq!(refusal.status, 403);
    assert_eq!(
        status(&server, &token("openid")).await,
        403,
        "it names no scope of ours"
    );
}
