//! Introspection and userinfo.

use super::provider::{INTROSPECT, USERINFO};
use super::*;

async fn introspect(upstream: &Upstream) -> Result<Introspection, UpstreamError> {
    upstream.introspect(&credentials(), &"a-token".into()).await
}

async fn userinfo(upstream: &Upstream) -> Result<Option<Userinfo>, UpstreamError> {
    upstream.userinfo(&"a-token".into()).await
}

#[tokio::test]
async fn introspection_asks_as_our_client_and_reads_what_nextcloud_says() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    // `oidc-flow/009` and `oidc-flow/013`.
    let active = r#"{"active":true,"scope":"openid notes.read","client_id":"their-client","username":"alice","token_type":"Bearer",
        "exp":1795281759,"iat":1795279959,"sub":"alice","aud":"their-client"}"#;
    provider.answer(INTROSPECT, 200, active);
    assert_eq!(
        introspect(&upstream).await,
        Ok(Introspection::Active {
            subject: "alice".to_owned(),
            client_id: "their-client".to_owned(),
            scope: "openid notes.read".to_owned(),
            expires: Some(1_795_281_759),
        })
    );
    let form = provider.seen(INTROSPECT).remove(0).form();
    assert_eq!(form["token"], "a-token");
    assert_eq!(form["client_id"], CLIENT);
    assert_eq!(form["client_secret"], SECRET);
    provider.answer(INTROSPECT, 200, r#"{"active":false}"#);
    assert_eq!(introspect(&upstream).await, Ok(Introspection::Inactive));
    let refusal =
        r#"{"error":"invalid_client","error_description":"Client authentication failed."}"#;
    provider.answer(INTROSPECT, 401, refusal);
    assert_eq!(
        introspect(&upstream).await,
        Err(UpstreamError::UnknownClient)
    );
}

#[tokio::test]
async fn no_answer_of_introspection_is_a_yes_by_accident() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let active = r#"{"active":true,"client_id":"c","sub":"alice"}"#;
    let huge = format!(
        r#"{{"active":true,"client_id":"c","sub":"alice","more":"{}"}}"#,
        "x".repeat(300 * 1024)
    );
    for (status, kind, body) in [
        (
            200,
            "application/json",
            r#"{"active":"true","client_id":"c","sub":"alice"}"#,
        ),
        (
            200,
            "application/json",
            r#"{"active":true,"client_id":"c"}"#,
        ),
        (200, "application/json", "garbage"),
        (200, "application/json", &huge),
        (200, "text/html", active),
        (201, "application/json", active),
        (204, "application/json", ""),
        (302, "application/json", active),
        (401, "text/html", active),
        (401, "application/json", active),
        (429, "application/json", active),
        (500, "application/json", active),
        (503, "text/html", active),
    ] {
        let body = body.to_owned();
        provider.on(INTROSPECT, move |_| {
            let elsewhere = ("location", "/apps/oidc/introspect-two");
            reply(status, &[("content-type", kind), elsewhere], &body)
        });
        let error = introspect(&upstream).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Away(_)), "{status}: {error}");
    }
    assert!(provider.seen("/apps/oidc/introspect-two").is_empty());
}

#[tokio::test]
async fn userinfo_names_the_user_or_says_that_the_token_is_unknown() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    // `oidc-flow/047`.
    let known = r#"{"sub":"alice","preferred_username":"alice","scope":"openid"}"#;
    provider.answer(USERINFO, 200, known);
    let found = |scope: &str| Userinfo {
        subject: "alice".to_owned(),
        scope: scope.to_owned(),
    };
    assert_eq!(userinfo(&upstream).await, Ok(Some(found("openid"))));
    let asked = provider.seen(USERINFO).remove(0);
    assert_eq!(asked.header("authorization"), Some("Bearer a-token"));
    provider.answer(USERINFO, 200, r#"{"sub":"alice"}"#);
    assert_eq!(userinfo(&upstream).await, Ok(Some(found(""))));
    // `bearer/031`, `errors/039`, `errors/052`.
    for (status, body) in [
        (
            400,
            r#"{"error":"invalid_request","error_description":"Could not find provided bearer token."}"#,
        ),
        (
            400,
            r#"{"error":"expired_client","error_description":"Client expired."}"#,
        ),
        (401, r#"{"message":"Account disabled"}"#),
    ] {
        provider.answer(USERINFO, status, body);
        assert_eq!(userinfo(&upstream).await, Ok(None));
    }
}

#[tokio::test]
async fn no_answer_of_userinfo_is_a_user_by_accident() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    for (status, kind, body) in [
        (200, "application/json", r#"{"preferred_username":"alice"}"#),
        (200, "application/json", r#"{"sub":""}"#),
        (200, "application/json", r#"{"sub":["alice"]}"#),
        (200, "text/html", r#"{"sub":"alice"}"#),
        (400, "text/html", "an untrusted domain, errors/028"),
        (401, "text/html", "a proxy that wants a password"),
        (403, "application/json", r#"{"sub":"alice"}"#),
        (302, "application/json", r#"{"sub":"alice"}"#),
        (429, "application/json", "{}"),
        (503, "text/html", ""),
    ] {
        provider.on(USERINFO, move |_| {
            reply(status, &[("content-type", kind)], body)
        });
        let error = userinfo(&upstream).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Away(_)), "{status}: {error}");
    }
}

#[tokio::test]
async fn what_the_provider_does_not_offer_is_not_asked_for() {
    let provider = Provider::start().await;
    provider.publish(&[signer::first()]);
    let change = json!({"userinfo_endpoint": null, "introspection_endpoint": null, "registration_endpoint": null});
    let document = changed(provider.document(), &change);
    provider.answer(provider::WELL_KNOWN, 200, &document.to_string());
    let upstream = Upstream::discover(
        &service(&provider.url(), None),
        &place(),
        &OAuthSettings::of_flags(&[]),
    )
    .await
    .unwrap();
    assert!(upstream.registration_endpoint().is_none());
    assert!(matches!(
        userinfo(&upstream).await,
        Err(UpstreamError::Away(_))
    ));
    assert!(matches!(
        introspect(&upstream).await,
        Err(UpstreamError::Away(_))
    ));
}
