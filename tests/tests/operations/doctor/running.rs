//! The running server, and a sign-in through it.

use std::process::Stdio;

use nextcloud_mcp_tests::harness::{Browser, Person, Server, SignIn, http};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Child;

use super::{Report, beside, report};

#[tokio::test]
async fn a_server_that_runs_is_asked_as_its_clients_do() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    let found = beside(&server).await;
    found.problems(&[]);
    for id in [
        "server.reachable",
        "server.metadata",
        "server.endpoint",
        "server.sign-in",
        "server.pages",
        "data.database",
        "oidc.client",
    ] {
        assert_eq!(found.status(id), "ok", "{id}: {}", found.detail(id));
    }
    assert!(found.detail("server.reachable").contains("43 tools"));
}

#[tokio::test]
async fn what_answers_there_and_is_another_is_told() {
    let nextcloud = StandIn::with_two_users().await;
    let other = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud).with("NEXTCLOUD_MCP_SERVER_URL", other.url());
    report(start.command(&["doctor", "--json"]))
        .await
        .problems(&["server.reachable"]);
    // Its own address, but not the one that clients are given.
    let server = Server::oauth(&nextcloud).start().await;
    let mut command = server.command(&["doctor", "--json"]);
    let by_name = server.url().replace("127.0.0.1", "localhost");
    command.env("NEXTCLOUD_MCP_SERVER_URL", by_name);
    let found = report(command).await;
    found.problems(&["server.metadata"]);
    found.tells(
        "says that the resource or issuer does not match",
        "server.metadata",
    );
}

#[tokio::test]
async fn a_sign_in_goes_through_everything_and_leaves_nothing_behind() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    let clients = nextcloud.clients().len();
    let (doctor, address) = asks_for_a_browser(&server).await;
    let mut browser = Browser::stopping_at(&parameter(&address, "redirect_uri"));
    let arrived = browser
        .sign_in(&address, &Person::example("alice"))
        .await
        .unwrap();
    let thanks = http()
        .get(arrived)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(thanks.contains("Thank you"), "{thanks}");
    let found = its_end(doctor).await;
    found.problems(&[]);
    for id in [
        "access.audience",
        "access.scope",
        "access.ocs",
        "access.dav",
        "access.notes",
        "server.redirect-uri",
    ] {
        assert_eq!(found.status(id), "ok", "{id}: {}", found.detail(id));
    }
    assert_eq!(nextcloud.clients().len(), clients);
}

#[tokio::test]
async fn a_client_whose_redirect_uri_is_another_is_told_by_a_sign_in() {
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud);
    let elsewhere = format!("{}/elsewhere", start.server_url());
    let keys = nextcloud.create_client(NewClient::at(&elsewhere));
    let server = start
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &keys.id)
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &keys.secret)
        .start()
        .await;
    let (doctor, address) = asks_for_a_browser(&server).await;
    let callback = parameter(&address, "redirect_uri");
    let mut browser = Browser::stopping_at(&callback);
    let person = Person::example("alice");
    let stuck = browser.sign_in(&address, &person).await.unwrap_err();
    assert!(
        stuck.url.as_str().starts_with(&nextcloud.url()),
        "{}",
        stuck.url
    );
    // The person does not wait for the end of five minutes.
    let mut gave_up = url::Url::parse(&callback).unwrap();
    gave_up
        .query_pairs_mut()
        .append_pair("state", &parameter(&address, "state"))
        .append_pair("error", "access_denied");
    http().get(gave_up).send().await.unwrap();
    let found = its_end(doctor).await;
    found.problems(&["server.redirect-uri"]);
    found.tells("an error page instead of its login", "server.redirect-uri");
}

/// A doctor that waits for somebody to sign in, and where.
async fn asks_for_a_browser(server: &Server) -> (Child, String) {
    let mut doctor = server
        .command(&["doctor", "--json", "--sign-in"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(doctor.stderr.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap();
        let line = line.expect("an address to open");
        if line.starts_with("http") {
            return (doctor, line);
        }
    }
}

async fn its_end(mut doctor: Child) -> Report {
    let mut text = String::new();
    let mut said = doctor.stdout.take().unwrap();
    said.read_to_string(&mut text).await.unwrap();
    Report {
        document: serde_json::from_str(&text).unwrap(),
        code: doctor.wait().await.unwrap().code(),
    }
}

fn parameter(address: &str, name: &str) -> String {
    let address = url::Url::parse(address).unwrap();
    let mut pairs = address.query_pairs();
    pairs.find(|(one, _)| one == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn a_token_of_this_server_is_tried_through_it() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    let (_, tokens) =
        SignIn::whole(&server.endpoint(), &Person::example("alice"), "notes.read").await;
    let mut command = server.command(&["doctor", "--json"]);
    command.env("NEXTCLOUD_MCP_DOCTOR_TOKEN", &tokens.access);
    let found = report(command).await;
    found.problems(&[]);
    assert_eq!(found.status("access.notes"), "ok");
    assert!(found.detail("access.scope").contains("tools are shown"));
    assert_eq!(
        found.status("access.dav"),
        "skipped",
        "the sign-in does not include calendars"
    );
}

#[tokio::test]
async fn a_token_among_the_arguments_is_refused() {
    let (status, log) = Server::bare()
        .argument("--doctor-token")
        .argument("secret")
        .argument("doctor")
        .run()
        .await;
    assert_eq!(status.code(), Some(2));
    assert!(
        log.contains("NEXTCLOUD_MCP_DOCTOR_TOKEN") && !log.contains("secret\""),
        "{log}"
    );
}
