//! The running server, and a sign-in through it.

use std::process::Stdio;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode};
use nextcloud_mcp_tests::harness::{Browser, Person, Server, SignIn, http};
use nextcloud_mcp_tests::nextcloud::StandIn;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;

use super::{Report, report};
use crate::free_port;

async fn beside(server: &Server) -> Report {
    report(server.command(&["doctor", "--json"])).await
}

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
}

#[tokio::test]
async fn a_sign_in_goes_through_everything_and_leaves_nothing_behind() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    let clients = nextcloud.clients().len();
    let mut doctor = server
        .command(&["doctor", "--json", "--sign-in"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(doctor.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("an address to open");
        if line.starts_with("http") {
            break line;
        }
    };
    let query = url::Url::parse(&address).unwrap();
    let callback = query
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .unwrap()
        .1
        .into_owned();
    let mut browser = Browser::stopping_at(&callback);
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
    let mut text = String::new();
    doctor
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .await
        .unwrap();
    assert!(doctor.wait().await.unwrap().success(), "{text}");
    let found = Report {
        document: serde_json::from_str(&text).unwrap(),
        code: Some(0),
    };
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

/// What a proxy makes of an answer to a request for this path.
type Change = fn(&str, &mut Response);

/// Hands everything on, changed on its way back.
async fn proxy(listener: TcpListener, to: String, change: Change) {
    let hand_on = move |request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let answer = http()
            .request(parts.method, format!("{to}{}", parts.uri))
            .headers(parts.headers)
            .body(body)
            .send()
            .await
            .unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut answer = (status, headers, answer.bytes().await.unwrap()).into_response();
        change(parts.uri.path(), &mut answer);
        answer
    };
    axum::serve(listener, Router::new().fallback(hand_on))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_proxy_keeps_back_or_adds_is_told() {
    let nothing: Change = |_, _| {};
    let changes: [(Change, &str, &str); 5] = [
        (nothing, "", ""),
        (
            |path, answer| {
                if path.starts_with("/oauth/") {
                    *answer.status_mut() = StatusCode::NOT_FOUND;
                }
            },
            "server.sign-in",
            "problem",
        ),
        (
            |path, answer| {
                if path.starts_with("/.well-known/") {
                    *answer = StatusCode::NOT_FOUND.into_response();
                }
            },
            "server.metadata",
            "problem",
        ),
        (
            |_, answer| {
                answer.headers_mut().remove("www-authenticate");
            },
            "server.endpoint",
            "problem",
        ),
        (
            |_, answer| {
                let policy = HeaderValue::from_static("default-src 'self'");
                answer
                    .headers_mut()
                    .append("content-security-policy", policy);
            },
            "server.pages",
            "warning",
        ),
    ];
    for (change, id, status) in changes {
        let nextcloud = StandIn::with_two_users().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = format!("http://{}", listener.local_addr().unwrap());
        let port = free_port();
        let server = Server::oauth(&nextcloud)
            .with("NEXTCLOUD_MCP_SERVER_URL", &front)
            .with("NEXTCLOUD_MCP_PORT", port.to_string())
            .launch();
        server.ready().await;
        let front = tokio::spawn(proxy(listener, server.url().to_owned(), change));
        let found = beside(&server).await;
        front.abort();
        if status == "warning" {
            found.problems(&[]);
            assert_eq!(found.status(id), "warning", "{}", found.detail(id));
        } else {
            let problem = [id];
            found.problems(if id.is_empty() { &[] } else { &problem });
        }
    }
}
