//! What is asked of Nextcloud, which answers are taken, and what is said about the others.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::super::dynamic::{RegistrationError, Standing};
use super::*;

async fn refused(provider: &Provider) -> RegistrationError {
    match registrar(provider).await.register().await {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn it_asks_for_a_confidential_client_with_opaque_tokens_for_our_resource() {
    let provider = Provider::start().await;
    let found = registrar(&provider).await.register().await.unwrap();
    let asked = provider.asked.lock().unwrap()[0].clone();
    assert_eq!(
        asked,
        json!({
            "client_name": "Nextcloud MCP Server (mcp.example.com)",
            "redirect_uris": ["https://mcp.example.com/oauth/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "application_type": "web",
            "scope": "openid offline_access",
            "token_type": "opaque",
            "resource_url": "https://mcp.example.com/mcp",
        })
    );
    assert_eq!(provider.clients(), [&*found.client_id]);
    assert_eq!(found.secret.expose_secret(), "canary-secret-1");
    assert_eq!(found.expires, Some(found.issued + 3600));
}

#[tokio::test]
async fn an_end_is_told_by_our_clock_and_zero_means_never() {
    let provider = Provider::start().await;
    let registrar = registrar(&provider).await;
    // Nextcloud's clock is years behind.
    for (change, life) in [
        (
            json!({"client_id_issued_at": 1000, "client_secret_expires_at": 1600}),
            Some(600),
        ),
        (json!({"client_secret_expires_at": 0}), None),
    ] {
        *provider.change.lock().unwrap() = change;
        let found = registrar.register().await.unwrap();
        assert_eq!(found.expires.map(|at| at - found.issued), life);
    }
}

#[tokio::test]
async fn every_refusal_says_cause_and_remedy() {
    let provider = Provider::start().await;
    // `oidc/038`, `oidc-misc/016`, `oidc/025`, `oidc/020`, and what a proxy or a fallen server says.
    for (status, body, cause, remedy) in [
        (
            400,
            r#"{"error":"dynamic_registration_not_allowed","error_description":"Dynamic Client Registration is disabled."}"#,
            "does not allow it",
            "dynamic_client_registration --value true",
        ),
        (
            400,
            r#"{"error":"max_num_clients_exceeded","error_description":"Maximum number of dynamic registered clients exceeded."}"#,
            "as many registered clients as it takes",
            "occ oidc:remove",
        ),
        (
            400,
            r#"{"error":"invalid_resource_url","error_description":"Resource URL must be a valid URL (RFC 9728)."}"#,
            "invalid_resource_url: Resource URL must be",
            "NEXTCLOUD_OIDC_CLIENT_ID",
        ),
        (400, "", "status 400", "NEXTCLOUD_OIDC_CLIENT_ID"),
        (429, "", "429", "for a minute"),
        (502, "<html>", "502", "Nextcloud answers"),
    ] {
        *provider.refusal.lock().unwrap() = Some((status, body.to_owned()));
        let said = refused(&provider).await.to_string();
        assert!(
            said.starts_with("Dynamic registration failed")
                && said.contains(cause)
                && said.contains(remedy),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_nextcloud_that_does_not_offer_it_is_not_asked() {
    let provider = Provider::start().await;
    provider.closed.store(true, Ordering::Relaxed);
    assert_eq!(refused(&provider).await, RegistrationError::NotAllowed);
    assert_eq!(provider.registrations(), 0);
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_not_used() {
    let provider = Provider::start().await;
    for change in [
        json!({"client_id": ""}),
        json!({"client_id": "a b"}),
        json!({"client_id": "x".repeat(257)}),
        json!({"client_id": null}),
        json!({"client_secret": null}),
        json!({"client_secret": "line\nbreak"}),
        json!({"token_endpoint_auth_method": "none"}),
        json!({"redirect_uris": ["https://evil.example.com/oauth/callback"]}),
        json!({"resource_url": "https://evil.example.com/mcp"}),
    ] {
        *provider.change.lock().unwrap() = change.clone();
        let error = refused(&provider).await;
        assert!(matches!(error, RegistrationError::Odd(_)), "{change}");
        assert!(!error.to_string().contains("canary"));
    }
    *provider.change.lock().unwrap() = Value::Null;
    *provider.refusal.lock().unwrap() = Some((201, "[]".to_owned()));
    assert!(matches!(
        refused(&provider).await,
        RegistrationError::Odd(_)
    ));
}

#[tokio::test]
async fn a_registration_is_looked_at_and_given_back_with_its_own_token() {
    let provider = Provider::start().await;
    let registrar = registrar(&provider).await;
    let one = registrar.register().await.unwrap();
    assert_eq!(registrar.standing(&one).await, Standing::Known);
    provider.look.store(503, Ordering::Relaxed);
    assert_eq!(registrar.standing(&one).await, Standing::Unsure);
    provider.look.store(0, Ordering::Relaxed);
    registrar.delete(&one).await;
    assert!(provider.clients().is_empty());
    assert_eq!(registrar.standing(&one).await, Standing::Gone);
}

#[tokio::test]
async fn the_token_of_a_registration_goes_to_the_provider_and_nowhere_else() {
    let (provider, stranger) = (Provider::start().await, Provider::start().await);
    let elsewhere = format!("{}/apps/oidc/register/x", stranger.url());
    let registrar = registrar(&provider).await;
    *provider.change.lock().unwrap() = json!({"registration_client_uri": elsewhere});
    let one = registrar.register().await.unwrap();
    assert!(one.management.is_none(), "it is not even kept");
    assert_eq!(registrar.standing(&one).await, Standing::Unsure);
    // Kept from a time when the settings allowed it.
    let mut old = registration("old");
    old.management.as_mut().unwrap().uri = elsewhere;
    assert_eq!(registrar.standing(&old).await, Standing::Unsure);
}
