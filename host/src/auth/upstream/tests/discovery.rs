//! Finding the provider, and every way not to.

use super::provider::{JWKS, WELL_KNOWN};
use super::*;

const STOCK_TARGET: &str = "/index.php/.well-known/openid-configuration";
const OF_THE_APP: &str = "/index.php/apps/oidc/openid-configuration";

async fn provider() -> Provider {
    let provider = Provider::start().await;
    provider.publish(&[signer::first()]);
    provider
}

async fn discover(provider: &Provider, flags: &[&str]) -> Result<Upstream, DiscoveryError> {
    let client = service(&provider.url(), None);
    Upstream::discover(&client, &place(), &OAuthSettings::of_flags(flags)).await
}

/// With some of its members changed.
async fn discover_changed(
    provider: &Provider,
    change: &Value,
    flags: &[&str],
) -> Result<Upstream, DiscoveryError> {
    let document = changed(provider.document(), change);
    provider.answer(WELL_KNOWN, 200, &document.to_string());
    discover(provider, flags).await
}

fn refused(result: Result<Upstream, DiscoveryError>) -> DiscoveryError {
    let error = result.map(|_| ()).unwrap_err();
    let begins = if error.is_final() {
        "PKCE validation failed: "
    } else {
        "OIDC discovery failed: "
    };
    assert!(error.to_string().starts_with(begins), "{error}");
    error
}

#[tokio::test]
async fn the_provider_of_a_stock_nextcloud_is_found_behind_its_redirect() {
    let provider = provider().await;
    let document = provider.document().to_string();
    provider.answer(STOCK_TARGET, 200, &document);
    // Behind a proxy that speaks TLS, the web server knows neither its scheme nor its port.
    let absolute = format!("{}{STOCK_TARGET}", provider.url());
    for location in [
        absolute.as_str(),
        STOCK_TARGET,
        "http://127.0.0.1/index.php/.well-known/openid-configuration",
        "https://127.0.0.1:1/index.php/.well-known/openid-configuration",
    ] {
        let location = location.to_owned();
        provider.on(WELL_KNOWN, move |_| {
            reply(301, &[("location", &location)], "")
        });
        let upstream = discover(&provider, &[]).await.unwrap();
        assert_eq!(upstream.issuer(), provider.url());
        assert!(upstream.supports_s256());
        let registration = upstream.registration_endpoint().unwrap().as_str();
        assert_eq!(
            registration,
            format!("{}/apps/oidc/register", provider.url())
        );
    }
    for seen in provider.seen(STOCK_TARGET) {
        assert_eq!(seen.header("ocs-apirequest"), Some("true"));
        assert_eq!(seen.header("accept"), Some("application/json"));
        assert_eq!(seen.header("cookie"), None);
    }
}

#[tokio::test]
async fn below_a_folder_the_apps_own_route_is_tried_where_the_well_known_one_is_not_there() {
    let provider = Provider::start_below("/nextcloud").await;
    provider.publish(&[signer::first()]);
    let document = provider.document().to_string();
    provider.answer(OF_THE_APP, 200, &document);
    provider.on(WELL_KNOWN, |_| html(404));
    let upstream = discover(&provider, &[]).await.unwrap();
    assert!(upstream.issuer().ends_with("/nextcloud"));
    assert_eq!(provider.seen(OF_THE_APP).len(), 1);
}

#[tokio::test]
async fn no_redirect_leads_to_another_host_or_on_and_on() {
    let (provider, other) = (provider().await, provider().await);
    let elsewhere = other.url().replace("127.0.0.1", "localhost");
    for location in [
        elsewhere.as_str(),
        "https://login.example.org/",
        "//evil.example/",
        "",
    ] {
        let location = location.to_owned();
        provider.on(WELL_KNOWN, move |_| {
            reply(302, &[("location", &location)], "")
        });
        let error = refused(discover(&provider, &[]).await);
        assert!(matches!(error, DiscoveryError::Redirected(_)), "{error}");
    }
    assert!(other.seen("/").is_empty());
    provider.on(WELL_KNOWN, |_| reply(302, &[("location", "/one")], ""));
    provider.on("/one", |_| reply(302, &[("location", "/two")], ""));
    refused(discover(&provider, &[]).await);
    assert!(provider.seen("/two").is_empty());
}

#[tokio::test]
async fn each_trouble_has_a_name_and_is_worth_another_try() {
    let provider = provider().await;
    let mut troubles: Vec<(u16, &str, DiscoveryError)> = vec![
        (404, "text/html", DiscoveryError::NoProvider),
        (404, "application/json", DiscoveryError::NoProvider),
        (200, "text/html", DiscoveryError::NoProvider),
        (503, "text/html", DiscoveryError::Maintenance),
        (400, "text/html", DiscoveryError::UntrustedDomain),
        (500, "text/html", DiscoveryError::Status(500)),
        (403, "application/json", DiscoveryError::Status(403)),
    ];
    for (status, kind, expected) in troubles.drain(..) {
        provider.on(WELL_KNOWN, move |_| {
            reply(status, &[("content-type", kind)], "x")
        });
        assert_eq!(refused(discover(&provider, &[]).await), expected);
    }
    let huge = format!(r#"{{"issuer":"{}"}}"#, "x".repeat(300 * 1024));
    for document in ["", "[]", "{}", r#"{"issuer":7}"#, &huge] {
        provider.answer(WELL_KNOWN, 200, document);
        let error = refused(discover(&provider, &[]).await);
        assert!(matches!(error, DiscoveryError::Document(_)), "{error}");
    }
    let nobody = service("http://127.0.0.1:9", None);
    let error = refused(Upstream::discover(&nobody, &place(), &OAuthSettings::of_flags(&[])).await);
    assert!(matches!(error, DiscoveryError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn without_keys_there_is_no_provider() {
    let provider = provider().await;
    for body in [r#"{"keys":[]}"#, "[]"] {
        provider.answer(JWKS, 200, body);
        let error = refused(discover(&provider, &[]).await);
        assert!(matches!(error, DiscoveryError::Keys(_)), "{error}");
    }
}

#[tokio::test]
async fn the_issuer_is_compared_to_the_letter_and_the_error_says_what_to_set() {
    let provider = provider().await;
    let url = provider.url();
    for found in [
        format!("{url}/"),
        url.replace("127.0.0.1", "localhost"),
        url.replace("http:", "https:"),
        "https://evil.example".to_owned(),
    ] {
        let error = refused(discover_changed(&provider, &json!({"issuer": found}), &[]).await);
        let text = error.to_string();
        assert!(
            text.contains(&format!("`{found}`")) && text.contains(&format!("`{url}`")),
            "{text}"
        );
        assert!(text.contains("NEXTCLOUD_OIDC_ISSUER"), "{text}");
        let told = ["--oidc-issuer", &found];
        let change = json!({"issuer": found});
        assert!(discover_changed(&provider, &change, &told).await.is_ok());
    }
    // Once told, nothing else counts.
    let told = ["--oidc-issuer", "https://sign-in.example.org"];
    refused(discover_changed(&provider, &json!({}), &told).await);
}

#[tokio::test]
async fn requests_go_to_the_inner_address_and_browsers_to_the_public_one() {
    let provider = provider().await;
    let public = "https://cloud.example.org/nextcloud";
    let discover = async |document: &Value| {
        provider.answer(WELL_KNOWN, 200, &document.to_string());
        let client = service(&provider.url(), Some(public));
        let upstream = Upstream::discover(&client, &place(), &OAuthSettings::of_flags(&[])).await;
        upstream.unwrap()
    };
    let inner = provider.document();
    let outer: Value =
        serde_json::from_str(&inner.to_string().replace(&provider.url(), public)).unwrap();
    for document in [&inner, &outer] {
        let upstream = discover(document).await;
        assert_eq!(upstream.issuer(), document["issuer"]);
        let departure = upstream.departure(&credentials(), "state", &[]).unwrap();
        assert!(
            departure
                .url
                .as_str()
                .starts_with(&format!("{public}/apps/oidc/authorize?"))
        );
        let registration = upstream.registration_endpoint().unwrap().as_str();
        assert!(registration.starts_with(&provider.url()));
        let managed = format!("{public}/apps/oidc/register/abc");
        let reached = upstream.endpoint(&managed).unwrap().to_string();
        assert_eq!(
            reached,
            format!("{}/apps/oidc/register/abc", provider.url())
        );
        assert!(
            upstream
                .endpoint("https://evil.example/register/abc")
                .is_none()
        );
    }
}

#[tokio::test]
async fn no_endpoint_is_used_at_an_origin_that_nobody_allowed() {
    let provider = provider().await;
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "introspection_endpoint",
        "registration_endpoint",
    ] {
        let at = |address: &str| json!({name: address});
        let foreign = at("https://login.example.org/oidc");
        let error = refused(discover_changed(&provider, &foreign, &[]).await);
        let text = error.to_string();
        assert!(
            text.contains(name) && text.contains("https://login.example.org;"),
            "{text}"
        );
        let allowed = ["--oidc-endpoint-origin", "https://login.example.org"];
        let result = discover_changed(&provider, &foreign, &allowed).await;
        if name == "jwks_uri" {
            assert!(matches!(refused(result), DiscoveryError::Keys(_)));
        } else {
            assert!(result.is_ok());
        }
        let allowed = ["--oidc-endpoint-origin", "http://login.example.org"];
        let plain = at("http://login.example.org/oidc");
        let error = refused(discover_changed(&provider, &plain, &allowed).await);
        assert!(matches!(error, DiscoveryError::PlainHttp { .. }), "{error}");
        for malformed in [
            "ftp://127.0.0.1/x",
            "/apps/oidc/x",
            "https://u:p@login.example.org/x",
            "",
        ] {
            let error = refused(discover_changed(&provider, &at(malformed), &allowed).await);
            assert!(matches!(error, DiscoveryError::Document(_)), "{error}");
        }
    }
}

#[tokio::test]
async fn only_pkce_that_is_advertised_without_s256_is_final() {
    let provider = provider().await;
    let advertised = |methods: Value| json!({"code_challenge_methods_supported": methods});
    let without = discover_changed(&provider, &advertised(Value::Null), &[]).await;
    assert!(!without.unwrap().supports_s256());
    for methods in [json!(["plain"]), json!([]), json!(["s256"])] {
        let error = refused(discover_changed(&provider, &advertised(methods), &[]).await);
        assert!(error.is_final());
    }
}
