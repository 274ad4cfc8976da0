use http::header::CACHE_CONTROL;
use http::{Method, Request};

use super::*;

#[tokio::test]
async fn metadata_say_where_everything_is_and_nothing_untrue() {
    let server = Server::new();
    let document = server.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(document.header("access-control-allow-origin"), "*");
    assert!(
        !document
            .headers
            .contains_key("access-control-allow-credentials")
    );
    assert_eq!(document.header(CACHE_CONTROL), "public, max-age=60");
    let auth_methods = json!(["none", "client_secret_post", "client_secret_basic"]);
    assert_eq!(
        document.json(),
        json!({
            "issuer": HERE,
            "authorization_endpoint": format!("{HERE}/oauth/authorize"),
            "token_endpoint": format!("{HERE}/oauth/token"),
            "registration_endpoint": format!("{HERE}/oauth/register"),
            "revocation_endpoint": format!("{HERE}/oauth/revoke"),
            "scopes_supported": ["calendar.read", "notes.read", "notes.write"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": auth_methods,
            "revocation_endpoint_auth_methods_supported": auth_methods,
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": true,
            "protected_resources": [format!("{HERE}/mcp")],
        })
    );
}

#[tokio::test]
async fn the_openid_form_has_what_its_clients_insist_on_and_promises_no_id_token() {
    let server = Server::new();
    let openid = server.get("/.well-known/openid-configuration").await.json();
    let oauth = server
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    for (name, value) in oauth.as_object().unwrap() {
        assert_eq!(&openid[name], value, "{name}");
    }
    assert_eq!(openid["subject_types_supported"], json!(["public"]));
    assert_eq!(openid["id_token_signing_alg_values_supported"], json!([]));
    assert_eq!(openid["jwks_uri"], json!(format!("{HERE}/oauth/jwks")));
    assert_eq!(
        server.get("/oauth/jwks").await.json(),
        json!({ "keys": [] })
    );
}

#[tokio::test]
async fn below_a_path_the_documents_are_where_rfc_8414_puts_them_too() {
    let server = Server::with(
        "https://example.com/assistant",
        &["--client-documents", "false"],
    );
    for path in [
        "/.well-known/oauth-authorization-server/assistant",
        "/.well-known/openid-configuration/assistant",
        "/assistant/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let document = server.get(path).await.json();
        assert_eq!(
            document["issuer"], "https://example.com/assistant",
            "{path}"
        );
        assert_eq!(
            document["token_endpoint"],
            "https://example.com/assistant/oauth/token"
        );
        assert_eq!(
            document["protected_resources"],
            json!(["https://example.com/assistant/mcp"])
        );
        assert_eq!(document["client_id_metadata_document_supported"], false);
    }
}

#[tokio::test]
async fn web_pages_may_speak_to_what_is_for_machines_and_to_nothing_else() {
    let server = Server::new();
    let asked = async |path: &str| {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header(ORIGIN, "https://inspector.example.com")
            .header("access-control-request-method", "POST");
        server.send(request.body(Body::empty()).unwrap()).await
    };
    for path in [
        "/oauth/register",
        "/oauth/token",
        "/oauth/revoke",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let answer = asked(path).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(
            answer
                .header("access-control-allow-headers")
                .contains("authorization")
        );
    }
    for path in ["/oauth/authorize", "/oauth/consent", "/oauth/callback"] {
        let answer = asked(path).await;
        assert!(
            !answer.headers.contains_key("access-control-allow-origin"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn where_nextcloud_itself_is_the_authorization_server_there_is_no_broker() {
    let server = Server::with(HERE, &["--authorization-server", "nextcloud"]);
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/oauth/authorize",
        "/oauth/callback",
        "/oauth/jwks",
    ] {
        assert_eq!(
            server.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        server.register(&json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_path_that_means_something_to_the_router_does_not_break_it() {
    let server = Server::with("https://example.com/:a/*b", &[]);
    let document = server.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(document.json()["issuer"], "https://example.com/:a/*b");
}
