use http::header::CACHE_CONTROL;

use super::*;

#[tokio::test]
async fn a_public_client_is_told_what_was_registered() {
    let server = Server::new();
    // As mcp-remote sends it.
    let answer = server
        .register(&json!({
            "redirect_uris": ["http://localhost:3334/oauth/callback"],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "client_name": "MCP CLI Proxy",
            "client_uri": "https://github.com/modelcontextprotocol/mcp-cli",
            "software_id": "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
            "application_type": "native",
            "scope": "notes.read openid",
        }))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header(CACHE_CONTROL), "no-store");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let mut told = answer.json();
    let id = told.as_object_mut().unwrap().remove("client_id").unwrap();
    let issued = told
        .as_object_mut()
        .unwrap()
        .remove("client_id_issued_at")
        .unwrap();
    assert!(id.as_str().unwrap().len() <= 1024 && issued.as_u64().unwrap() > 1_700_000_000);
    assert_eq!(
        told,
        json!({
            "client_name": "MCP CLI Proxy",
            "client_uri": "https://github.com/modelcontextprotocol/mcp-cli",
            "redirect_uris": ["http://localhost:3334/oauth/callback"],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "application_type": "native",
            "scope": "notes.read",
        })
    );
}

#[tokio::test]
async fn a_client_that_asks_for_a_secret_gets_one_that_never_expires_and_others_none() {
    let server = Server::new();
    for (method, secret) in [
        (Some("client_secret_post"), true),
        (Some("client_secret_basic"), true),
        (Some("none"), false),
        (None, false),
    ] {
        let mut metadata = json!({ "redirect_uris": [CALLBACK] });
        if let Some(method) = method {
            metadata["token_endpoint_auth_method"] = json!(method);
        }
        let told = server.register(&metadata).await.json();
        assert_eq!(
            told["token_endpoint_auth_method"],
            json!(method.unwrap_or("none"))
        );
        assert_eq!(told["client_secret"].is_string(), secret);
        assert_eq!(
            told.get("client_secret_expires_at"),
            secret.then_some(&json!(0))
        );
    }
}

#[tokio::test]
async fn what_cannot_be_registered_is_refused_in_the_rfcs_words() {
    let server = Server::new();
    let refused = async |metadata: Value, code: &str| {
        let answer = server.register(&metadata).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{metadata}");
        assert_eq!(answer.header(CACHE_CONTROL), "no-store");
        assert_eq!(answer.json()["error"], code, "{metadata}");
        assert!(answer.json()["error_description"].is_string());
    };
    for uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://app.example.com/cb",
        "https://app.example.com/cb#fragment",
        "https://user@app.example.com/cb",
        "https://*.example.com/cb",
        "not a url",
    ] {
        refused(
            json!({ "redirect_uris": [CALLBACK, uri] }),
            "invalid_redirect_uri",
        )
        .await;
    }
    refused(json!({}), "invalid_redirect_uri").await;
    refused(json!({ "redirect_uris": [] }), "invalid_redirect_uri").await;
    refused(
        json!({ "redirect_uris": vec![CALLBACK; 11] }),
        "invalid_redirect_uri",
    )
    .await;
    let long: Vec<String> = (0..9)
        .map(|n| format!("https://app.example.com/{n}/{}", "a".repeat(100)))
        .collect();
    refused(json!({ "redirect_uris": long }), "invalid_redirect_uri").await;
    for (name, value) in [
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!("authorization_code")),
        ("response_types", json!(["token"])),
        ("application_type", json!("desktop")),
        ("client_name", json!(["a"])),
    ] {
        let mut metadata = json!({ "redirect_uris": [CALLBACK] });
        metadata[name] = value;
        refused(metadata, "invalid_client_metadata").await;
    }
    refused(json!(["x"]), "invalid_client_metadata").await;
    refused(
        json!({ "redirect_uris": [CALLBACK], "x": "a".repeat(16 * 1024) }),
        "invalid_client_metadata",
    )
    .await;
}

#[tokio::test]
async fn ten_redirect_uris_of_usual_length_fit() {
    let server = Server::new();
    let uris: Vec<String> = (0..10)
        .map(|n| format!("http://localhost:{}/oauth/callback", 30000 + n))
        .collect();
    let metadata = json!({ "redirect_uris": uris, "client_name": "x".repeat(5000) });
    let answer = server.register(&metadata).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert!(
        answer.json()["client_name"].as_str().unwrap().len() < 100,
        "the name is cut"
    );
}
