//! A provider that is away, unwilling or another one: said with cause and remedy, waited for, never guessed around.

use nextcloud_mcp_tests::harness::sign_in::get;
use nextcloud_mcp_tests::harness::{Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::{Fault, Options, StandIn, Trouble};

use super::{readiness, says};
use crate::wire::{assert_away, http, with_token};
use crate::{NOTES, titles, unhurried};

/// Insists that everything works now.
async fn works(nextcloud: &StandIn, server: &Server) {
    server.ready().await;
    assert_eq!(readiness(server).await, 200);
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(titles(server, &tokens.access).await, ["Of alice"]);
}

#[tokio::test]
async fn while_nextcloud_is_away_it_listens_says_so_and_becomes_ready_by_itself() {
    let mut nextcloud = StandIn::with_two_users().await;
    let port = nextcloud.address().port();
    let start = unhurried(&nextcloud);
    nextcloud.stop().await;
    let server = start.launch();
    server.listening().await;
    says(&server, "OIDC discovery failed").await;

    assert_eq!(readiness(&server).await, 503);
    assert_away(&with_token(&server, "a-token-of-somebody").await, "/mcp");
    let base = server.url();
    let page = http()
        .get(format!("{base}/oauth/authorize?client_id=x"))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 503);
    assert!(page.headers().contains_key("retry-after"));
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
    ] {
        assert_eq!(get(&format!("{base}{path}")).await.status, 200, "{path}");
    }
    assert_eq!(get(&format!("{base}/health/live")).await.status, 200);

    let again = Options {
        port,
        ..Options::with_two_users()
    };
    let nextcloud = StandIn::start(again).await.unwrap();
    works(&nextcloud, &server).await;
}

#[tokio::test]
async fn a_client_that_waited_through_an_outage_at_start_goes_on_with_its_old_tokens() {
    let (nextcloud, server) = crate::stage().await;
    let alice = Person::example("alice");
    let (client, tokens) = SignIn::whole(&server.endpoint(), &alice, NOTES).await;
    nextcloud.inject(Fault::at(".well-known", Trouble::Status(503)));
    let server = server.kill().await.launch();
    server.listening().await;
    says(&server, "OIDC discovery failed").await;
    assert_away(&with_token(&server, &tokens.access).await, "meanwhile");
    let refresh = tokens.refresh.unwrap();
    assert_away(&client.refresh(&refresh).await, "a refresh meanwhile");
    nextcloud.heal();
    server.ready().await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    client.refresh(&refresh).await.tokens();
}

#[tokio::test]
async fn in_maintenance_it_waits() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.set(|settings| settings.maintenance = true);
    let server = unhurried(&nextcloud).launch();
    let line = says(&server, "OIDC discovery failed").await;
    assert!(line.contains("maintenance"), "{line}");
    nextcloud.set(|settings| settings.maintenance = false);
    works(&nextcloud, &server).await;
}

#[tokio::test]
async fn a_provider_that_does_not_speak_of_pkce_is_a_warning_and_pkce_is_sent_all_the_same() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.advertise_pkce(None);
    let server = unhurried(&nextcloud).start().await;
    let text = server.logs.text();
    let warning = text
        .lines()
        .find(|line| line.contains("WARN") && line.contains("PKCE"));
    let warning = warning.unwrap_or_else(|| panic!("no warning:\n{text}"));
    assert!(
        warning.contains("stolen"),
        "it says what that means: {warning}"
    );
    assert!(!text.contains("PKCE support validated"), "{text}");
    works(&nextcloud, &server).await;
    let codes = nextcloud.requests_to("/apps/oidc/token");
    let form = String::from_utf8_lossy(&codes[0].body).into_owned();
    assert!(form.contains("code_verifier="));
}

#[tokio::test]
async fn pkce_without_s256_ends_the_process() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.advertise_pkce(Some(&["plain"]));
    let (status, log) = unhurried(&nextcloud).run().await;
    assert!(!status.success(), "{log}");
    let line = log
        .lines()
        .find(|line| line.contains("PKCE validation failed"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("S256") && line.contains("plain"), "{line}");
    assert_eq!(nextcloud.registrations(), 0);
}

#[tokio::test]
async fn without_permission_to_register_it_says_how_and_waits_for_it() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.allow_registration(false);
    let server = unhurried(&nextcloud).launch();
    let line = says(&server, "Dynamic registration failed").await;
    for remedy in [
        "dynamic_client_registration",
        "NEXTCLOUD_OIDC_CLIENT_ID",
        "occ",
    ] {
        assert!(line.contains(remedy), "{line}");
    }
    assert_eq!(readiness(&server).await, 503);
    nextcloud.allow_registration(true);
    works(&nextcloud, &server).await;
    let said = server.logs.all();
    let said = said
        .iter()
        .filter(|line| line.contains("WARN") && line.contains("Dynamic registration failed"));
    assert_eq!(said.count(), 1, "said once");
}

#[tokio::test]
async fn a_nextcloud_that_holds_too_many_clients_is_named_as_that() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().fill_registrations();
    let server = unhurried(&nextcloud).launch();
    let line = says(&server, "Dynamic registration failed").await;
    assert!(
        line.contains("as many registered clients as it takes"),
        "{line}"
    );
}

#[tokio::test]
async fn a_provider_under_another_name_is_not_believed() {
    let nextcloud = StandIn::with_two_users().await;
    let evil = "https://evil.example".to_owned();
    nextcloud.set_oidc(|settings| settings.issuer = Some(evil));
    let server = unhurried(&nextcloud).launch();
    let line = says(&server, "OIDC discovery failed").await;
    assert!(
        line.contains("https://evil.example") && line.contains(&nextcloud.url()),
        "{line}"
    );
    assert!(line.contains("NEXTCLOUD_OIDC_ISSUER"), "{line}");
    assert_eq!(nextcloud.registrations(), 0);
    nextcloud.set_oidc(|settings| settings.issuer = None);
    works(&nextcloud, &server).await;
}

#[tokio::test]
async fn endpoints_elsewhere_and_documents_that_are_none_are_refused() {
    let nextcloud = StandIn::with_two_users().await;
    let document = get(&format!(
        "{}/index.php/apps/oidc/openid-configuration",
        nextcloud.url()
    ))
    .await;
    let mut elsewhere = document.body.clone();
    elsewhere["token_endpoint"] = "https://evil.example/token".into();
    let answer = |body: String| Trouble::Answer {
        status: 200,
        headers: vec![("Content-Type".into(), "application/json".into())],
        body,
    };
    for (trouble, word) in [
        (answer(elsewhere.to_string()), "token_endpoint"),
        (answer("{}".into()), "document"),
        (Trouble::Html, "OIDC discovery failed"),
        (
            Trouble::Redirect(302, "https://evil.example/".into()),
            "evil.example",
        ),
        (Trouble::Huge(4 << 20), "OIDC discovery failed"),
    ] {
        nextcloud.inject(Fault::at("openid-configuration", trouble));
        let server = unhurried(&nextcloud).launch();
        let line = says(&server, "OIDC discovery failed").await;
        assert!(line.contains(word), "{line}");
        nextcloud.heal();
    }
    assert_eq!(nextcloud.registrations(), 0);
    // The same document unchanged, by the same means.
    nextcloud.inject(Fault::at(
        "openid-configuration",
        answer(document.body.to_string()),
    ));
    let server = unhurried(&nextcloud).start().await;
    works(&nextcloud, &server).await;
}

#[tokio::test]
async fn a_nextcloud_without_the_app_is_told_apart() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.set_oidc(|settings| settings.enabled = false);
    let server = unhurried(&nextcloud).launch();
    let line = says(&server, "OIDC discovery failed").await;
    assert!(line.contains("occ app:install oidc"), "{line}");
    nextcloud.set_oidc(|settings| settings.enabled = true);
    works(&nextcloud, &server).await;
}
