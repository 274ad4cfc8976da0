//! Faults of Nextcloud's provider and of this server's client there.

use nextcloud_mcp_tests::harness::http;
use nextcloud_mcp_tests::nextcloud::{Fault, NewClient, Trouble};
use serde_json::{Value, json};

use super::{before, oauth, report};

#[tokio::test]
async fn each_fault_of_the_provider_is_its_own_check() {
    let (nextcloud, start) = oauth().await;
    nextcloud.set_oidc(|settings| settings.enabled = false);
    let found = before(&start).await;
    found.problems(&["oidc.provider"]);
    found.tells("has no OpenID Connect provider", "oidc.provider");

    let (nextcloud, start) = oauth().await;
    nextcloud.set_oidc(|settings| settings.issuer = Some("https://other.example".into()));
    let found = before(&start).await;
    found.problems(&["oidc.issuer"]);
    assert!(
        found
            .detail("oidc.issuer")
            .contains("https://other.example")
    );
    found.tells("the provider calls itself", "oidc.issuer");

    let (nextcloud, start) = oauth().await;
    let document = format!(
        "{}/index.php/apps/oidc/openid-configuration",
        nextcloud.url()
    );
    let document = http().get(document).send().await.unwrap();
    let mut document: Value = document.json().await.unwrap();
    document["token_endpoint"] = json!("https://other.example/token");
    nextcloud.inject(Fault::at(
        "openid-configuration",
        Trouble::Answer {
            status: 200,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: document.to_string(),
        },
    ));
    let found = before(&start).await;
    found.problems(&["oidc.endpoints"]);
    found.tells("the provider's ... is at", "oidc.endpoints");

    let (nextcloud, start) = oauth().await;
    nextcloud.advertise_pkce(Some(&["plain"]));
    let found = before(&start).await;
    found.problems(&["oidc.pkce"]);
    found.tells("code challenge methods without S256", "oidc.pkce");
    nextcloud.advertise_pkce(None);
    let found = before(&start).await;
    found.problems(&[]);
    assert_eq!(found.status("oidc.pkce"), "warning");
    found.tells("does not say that it checks PKCE", "oidc.pkce");
}

#[tokio::test]
async fn closed_registration_is_a_problem_without_a_client_and_a_virtue_with_one() {
    let (nextcloud, start) = oauth().await;
    nextcloud.allow_registration(false);
    let found = before(&start).await;
    found.problems(&["oidc.registration"]);
    found.tells("Nextcloud does not allow it", "oidc.registration");
    assert_eq!(found.status("oidc.consent"), "ok");

    let redirect_uri = format!("{}/oauth/callback", start.server_url());
    let client = nextcloud.create_client(NewClient::at(&redirect_uri));
    let start = start
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &client.id)
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &client.secret);
    let found = before(&start).await;
    found.problems(&[]);
    assert_eq!(
        found.status("oidc.client"),
        "ok",
        "{}",
        found.detail("oidc.client")
    );
    assert!(found.detail("server.redirect-uri").contains(&redirect_uri));

    let start = start.with(
        "NEXTCLOUD_OIDC_CLIENT_SECRET",
        "not-the-secret-of-this-client",
    );
    before(&start).await.problems(&["oidc.client"]);
}

#[tokio::test]
async fn open_registration_is_a_note_because_consent_cannot_be_seen() {
    let (_nextcloud, start) = oauth().await;
    let found = before(&start).await;
    assert_eq!(found.status("oidc.consent"), "note");
    let remedy = found.check("oidc.consent")["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("allow_user_settings --value enabled"),
        "{remedy}"
    );
}

#[tokio::test]
async fn a_registration_for_a_look_tells_how_long_it_lasts_and_is_given_back() {
    let (nextcloud, start) = oauth().await;
    let found = report(start.command(&["doctor", "--json", "--register"])).await;
    found.problems(&[]);
    assert_eq!(found.status("oidc.registration"), "ok");
    assert_eq!(
        found.status("oidc.client-lifetime"),
        "warning",
        "an hour, by default"
    );
    assert!(
        found.check("oidc.client-lifetime")["remedy"]
            .as_str()
            .unwrap()
            .contains("client_expire_time")
    );
    assert_eq!(
        (nextcloud.registrations(), nextcloud.clients().len()),
        (1, 0)
    );

    nextcloud.client_lifetime(std::time::Duration::from_hours(365 * 24));
    let found = report(start.command(&["doctor", "--json", "--register"])).await;
    assert_eq!(found.status("oidc.client-lifetime"), "ok");

    nextcloud.state().fill_registrations();
    let found = report(start.command(&["doctor", "--json", "--register"])).await;
    found.problems(&["oidc.registration"]);
    assert!(
        found
            .detail("oidc.registration")
            .contains("as many registered clients as it takes")
    );
    found.tells(
        "as many registered clients as it takes",
        "oidc.registration",
    );
}

#[tokio::test]
async fn an_address_that_registered_too_often_is_told() {
    let (nextcloud, start) = oauth().await;
    nextcloud.set_oidc(|settings| settings.registration_limit = true);
    for _ in 0..10 {
        let found = report(start.command(&["doctor", "--json", "--register"])).await;
        found.problems(&[]);
    }
    let found = report(start.command(&["doctor", "--json", "--register"])).await;
    found.problems(&["oidc.registration"]);
    found.tells(
        "no more registrations from this address",
        "oidc.registration",
    );
}
