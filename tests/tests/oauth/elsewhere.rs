//! A Nextcloud that people reach at another address than this server does: `NEXTCLOUD_PUBLIC_URL` beside `NEXTCLOUD_HOST`, as behind a
//! reverse proxy or between containers. Browsers are sent to the one, requests of this server go to the other.

use nextcloud_mcp_tests::harness::{Browser, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use super::{NOTES, unhurried};

/// A Nextcloud and its two hosts: inner, public.
async fn stage() -> (StandIn, [String; 2]) {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let port = nextcloud.address().port();
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    (nextcloud, hosts)
}

/// Signs alice in, reads her note, and holds both sides to their own address.
async fn each_side_keeps_to_its_address(nextcloud: &StandIn, [inner, public]: &[String; 2]) {
    let server: Server = unhurried(nextcloud)
        .with("NEXTCLOUD_PUBLIC_URL", format!("http://{public}"))
        .start()
        .await;
    let client = SignIn::registered(&server.endpoint()).await;
    nextcloud.forget_requests();
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let tokens = client
        .tokens(&mut browser, &Person::example("alice"), NOTES)
        .await;
    let own = server.url().trim_start_matches("http://");
    let seen: Vec<String> = browser
        .trail
        .iter()
        .map(|(_, url, _)| url.authority().to_owned())
        .filter(|host| host != own)
        .collect();
    assert!(
        !seen.is_empty() && seen.iter().all(|host| host == public),
        "{seen:?}"
    );
    let requests = nextcloud.requests_to("/apps/oidc/token");
    assert!(!requests.is_empty(), "the code was traded in");
    for request in requests {
        assert_eq!(
            request.header("Host"),
            Some(inner.as_str()),
            "{}",
            request.line()
        );
    }

    nextcloud.forget_requests();
    let assistant = server.client_with(&tokens.access).await;
    let list = assistant.ok("nc_notes_list_notes", json!({})).await;
    let note = &list["notes"][0];
    assert_eq!(note["title"], "Of alice");
    let id = note["id"].clone();
    let note = assistant
        .ok("nc_notes_get_note", json!({"note_id": id}))
        .await;
    let link = note["url"].as_str().expect("a link for people");
    assert!(link.starts_with(&format!("http://{public}/")), "{link}");
    for request in nextcloud.requests() {
        assert_eq!(
            request.header("Host"),
            Some(inner.as_str()),
            "{}",
            request.line()
        );
    }

    let refreshed = client
        .refresh(&tokens.refresh.expect("a refresh token"))
        .await;
    assert_eq!(refreshed.status, 200, "{:?}", refreshed.body);
}

#[tokio::test]
async fn people_sign_in_at_their_address_and_this_server_keeps_to_its_own() {
    let (nextcloud, hosts) = stage().await;
    each_side_keeps_to_its_address(&nextcloud, &hosts).await;
}

#[tokio::test]
async fn the_same_where_nextcloud_names_the_public_address_to_everybody() {
    let (nextcloud, hosts) = stage().await;
    nextcloud.set(|settings| settings.overwrite_host = Some(hosts[1].clone()));
    each_side_keeps_to_its_address(&nextcloud, &hosts).await;
}
