//! What the stand-in does besides answering like the recordings: the switches and troubles that other tests rely on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::time::{Duration, Instant};

use nextcloud_mcp_tests::nextcloud::{Fault, Options, StandIn, Trouble};
use reqwest::{Client, Response, StatusCode};

const USER: &str = "/ocs/v2.php/cloud/user?format=json";
const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

async fn get(stand_in: &StandIn, user: &str, path: &str) -> reqwest::Result<Response> {
    let url = format!("{}{path}", stand_in.url());
    let password = format!("{user}-pass-12345");
    client()
        .get(url)
        .basic_auth(user, Some(password))
        .header("OCS-APIRequest", "true")
        .send()
        .await
}

async fn user_id(response: Response) -> String {
    let value: serde_json::Value = response.json().await.unwrap();
    value["ocs"]["data"]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_cookie_wins_over_the_credential_that_comes_with_it() {
    let stand_in = StandIn::with_two_users().await;
    let first = get(&stand_in, "alice", USER).await.unwrap();
    let cookies: Vec<String> = first
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .filter(|value| !value.contains("=deleted"))
        .filter_map(|value| value.split(';').next().map(str::to_owned))
        .collect();
    let mixed = client()
        .get(format!("{}{USER}", stand_in.url()))
        .basic_auth("bob", Some("bob-pass-12345"))
        .header("OCS-APIRequest", "true")
        .header("Cookie", cookies.join("; "))
        .send()
        .await
        .unwrap();
    assert_eq!(user_id(mixed).await, "alice");
    assert_eq!(
        stand_in.requests().last().unwrap().user.as_deref(),
        Some("alice")
    );
}

#[tokio::test]
async fn each_trouble_befalls_the_requests_it_names_as_often_as_it_says() {
    let stand_in = StandIn::with_two_users().await;
    stand_in.inject(Fault::at("/apps/notes", Trouble::Status(423)).times(1));
    assert_eq!(
        get(&stand_in, "alice", NOTES).await.unwrap().status(),
        StatusCode::LOCKED
    );
    assert_eq!(
        get(&stand_in, "alice", NOTES).await.unwrap().status(),
        StatusCode::OK
    );
    stand_in.inject(Fault::everywhere(Trouble::Drop).after(1));
    assert_eq!(
        get(&stand_in, "alice", NOTES).await.unwrap().status(),
        StatusCode::OK
    );
    assert!(
        get(&stand_in, "alice", NOTES).await.is_err(),
        "the connection is cut"
    );
    stand_in.heal();
    stand_in.inject(Fault::everywhere(Trouble::Slow(Duration::from_millis(300))));
    let before = Instant::now();
    assert_eq!(
        get(&stand_in, "alice", NOTES).await.unwrap().status(),
        StatusCode::OK
    );
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_request_cut_after_it_was_carried_out_was_carried_out() {
    let stand_in = StandIn::with_two_users().await;
    stand_in.inject(Fault::at(NOTES, Trouble::DropAfter).on("POST"));
    let url = format!("{}{NOTES}", stand_in.url());
    let sent = client()
        .post(url)
        .basic_auth("alice", Some("alice-pass-12345"))
        .body("{\"title\": \"There\"}")
        .send()
        .await;
    assert!(sent.is_err());
    assert_eq!(stand_in.state().notes("alice").len(), 1);
}

#[tokio::test]
async fn a_stopped_stand_in_answers_nobody() {
    let mut stand_in = StandIn::with_two_users().await;
    let client = client();
    let url = format!("{}/status.php", stand_in.url());
    assert!(client.get(&url).send().await.is_ok());
    stand_in.stop().await;
    assert!(client.get(&url).send().await.is_err());
}

#[tokio::test]
async fn below_a_sub_path_nothing_is_served_beside_it() {
    let stand_in = StandIn::start(Options::with_two_users().at("/nextcloud"))
        .await
        .unwrap();
    assert_eq!(
        get(&stand_in, "alice", USER).await.unwrap().status(),
        StatusCode::OK
    );
    let beside = format!("http://{}{USER}", stand_in.address());
    assert_eq!(
        client().get(beside).send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    let home = format!("{}/remote.php/dav/calendars/alice/", stand_in.url());
    let propfind = reqwest::Method::from_bytes(b"PROPFIND").unwrap();
    let answer = client()
        .request(propfind, home)
        .basic_auth("alice", Some("alice-pass-12345"))
        .header("Depth", "0")
        .send();
    let text = answer.await.unwrap().text().await.unwrap();
    assert!(
        text.contains("<d:href>/nextcloud/remote.php/dav/calendars/alice/</d:href>"),
        "{text}"
    );
}

#[tokio::test]
async fn a_login_by_e_mail_is_the_same_account() {
    let stand_in = StandIn::with_two_users().await;
    let url = format!("{}{USER}", stand_in.url());
    let request = client()
        .get(url)
        .basic_auth("alice@example.org", Some("alice-pass-12345"))
        .header("OCS-APIRequest", "true");
    assert_eq!(user_id(request.send().await.unwrap()).await, "alice");
}

#[tokio::test]
async fn a_revoked_app_password_takes_its_sessions_along() {
    let stand_in = StandIn::with_two_users().await;
    stand_in.state().add_app_password("alice", "aaaaa-bbbbb");
    let url = format!("{}{USER}", stand_in.url());
    let request = || {
        client()
            .get(&url)
            .basic_auth("alice", Some("aaaaa-bbbbb"))
            .header("OCS-APIRequest", "true")
    };
    let first = request().send().await.unwrap();
    let mut cookies = first
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let session = cookies
        .next_back()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    stand_in.state().revoke_app_password("aaaaa-bbbbb");
    let again = request().header("Cookie", session).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}
