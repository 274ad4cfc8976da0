//! Redirects, caps, timeouts and connections that break.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::server::reply;
use super::*;

#[tokio::test]
async fn redirects_within_nextcloud_are_followed_by_the_same_rules() {
    let server = Server::start_below("/cloud").await;
    let alice = caller(&server, "alice");
    for location in [
        "/cloud/index.php/apps/test/api/b?x=1",
        "b?x=1",
        &format!("{}/index.php/apps/test/api/b?x=1", server.url()),
    ] {
        let location = location.to_owned();
        for code in [301, 302, 303, 307, 308] {
            let location = location.clone();
            server.on("/apps/test/api/a", move |_| {
                reply(code, &[("location", &location)], "")
            });
            let answer = get(&alice, "/apps/test/api/a").await.unwrap();
            assert_eq!((answer.status, answer.text()), (200, "alice"), "{code}");
            assert!(
                server
                    .log()
                    .last()
                    .unwrap()
                    .target
                    .ends_with("/apps/test/api/b?x=1")
            );
        }
    }
    for location in [
        "/cloud/index.php/login?redirect_url=x",
        "/cloud/apps/oidc/authorize",
        "/cloud/apps/other/x",
    ] {
        server.on("/apps/test/api/a", move |_| {
            reply(302, &[("location", location)], "")
        });
        assert!(
            matches!(
                get(&alice, "/apps/test/api/a").await.unwrap_err(),
                FetchError::Forbidden(_)
            ),
            "{location}"
        );
    }
}

#[tokio::test]
async fn redirects_that_leave_are_shown_and_not_followed() {
    let elsewhere = Server::start().await;
    let server = Server::start_below("/cloud").await;
    let alice = caller(&server, "alice");
    let other_port = format!("{}/cloud/apps/test/api/b", elsewhere.url());
    for location in [
        other_port.as_str(),
        "https://evil.example/cloud/apps/test/api/b",
        "//evil.example/cloud/apps/test/api/b",
        "/apps/test/api/b",
        "/cloudy/apps/test/api/b",
    ] {
        let header = location.to_owned();
        server.on("/apps/test/api/a", move |_| {
            reply(302, &[("location", &header)], "moved")
        });
        let answer = get(&alice, "/apps/test/api/a").await.unwrap();
        assert_eq!(
            (answer.status, answer.text(), answer.header("location")),
            (302, "moved", None),
            "{location}"
        );
    }
    assert!(elsewhere.log().is_empty());
}

#[tokio::test]
async fn what_writes_is_never_redirected() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    for code in [301, 302, 303, 307, 308] {
        server.on("/apps/test/api/a", move |_| {
            reply(code, &[("location", "/apps/test/api/b%20c?x")], "")
        });
        for method in ["POST", "PUT", "DELETE", "PROPFIND", "REPORT"] {
            let answer = send(&alice, request(method, "/apps/test/api/a"))
                .await
                .unwrap();
            assert_eq!(
                (answer.status, answer.header("location")),
                (code, Some("/apps/test/api/b%20c?x")),
                "{method}"
            );
        }
    }
    assert_eq!(server.guests_requests().len(), 25);
    assert!(
        server
            .guests_requests()
            .iter()
            .all(|seen| seen.target == "/apps/test/api/a" && seen.method != "GET")
    );
}

#[tokio::test]
async fn redirects_end_and_each_costs_a_request() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    server.on("/apps/test/api/a", |_| {
        reply(302, &[("location", "/apps/test/api/a")], "")
    });
    assert!(
        matches!(get(&alice, "/apps/test/api/a").await.unwrap_err(), FetchError::Other(why) if why.contains("circle"))
    );
    assert_eq!(server.guests_requests().len(), 4);
    let two = Budget::new(2, 1_000, 1_000);
    let refused = alice
        .fetch(
            &grant(&[]),
            Access::Read,
            &two,
            request("GET", "/apps/test/api/a"),
        )
        .await
        .unwrap_err();
    assert!(matches!(refused, FetchError::Limited(_)));
    assert_eq!(server.guests_requests().len(), 6);
}

#[tokio::test]
async fn answers_are_cut_off_at_their_caps() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    server.on("/apps/test/api/announced", |_| {
        reply(200, &[], vec![b'x'; 2_000])
    });
    server.on("/apps/test/api/endless", |_| {
        let chunks =
            stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 500])));
        reply(200, &[], Body::from_stream(chunks))
    });
    let fetch = |path: &'static str, bytes, per_answer| {
        let alice = alice.clone();
        async move {
            alice
                .fetch(
                    &grant(&[]),
                    Access::Read,
                    &Budget::new(1, bytes, per_answer),
                    request("GET", path),
                )
                .await
        }
    };
    for path in ["/apps/test/api/announced", "/apps/test/api/endless"] {
        assert_eq!(
            fetch(path, 1 << 20, 1_999).await.unwrap_err(),
            FetchError::TooLarge(1_999),
            "{path}"
        );
        assert!(
            matches!(
                fetch(path, 1_999, 1 << 20).await.unwrap_err(),
                FetchError::Limited(_)
            ),
            "{path}"
        );
    }
    assert_eq!(
        fetch("/apps/test/api/announced", 2_000, 2_000)
            .await
            .unwrap()
            .body
            .len(),
        2_000
    );
    let head = alice
        .fetch(
            &grant(&[]),
            Access::Read,
            &Budget::new(1, 10, 10),
            request("HEAD", "/apps/test/api/announced"),
        )
        .await
        .unwrap();
    assert_eq!(
        (head.header("content-length"), head.body.len()),
        (Some("2000"), 0)
    );
}

#[tokio::test]
async fn a_silent_nextcloud_times_out() {
    let server = Server::start().await;
    let mut settings = settings(&server);
    settings.limits.read_timeout = SHORT;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    *server.delay.lock().unwrap() = SHORT * 4;
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::TimedOut
    );
    *server.delay.lock().unwrap() = Duration::ZERO;
    assert!(get(&alice, "/apps/test/api/a").await.is_ok());
}

#[tokio::test]
async fn an_answer_that_trickles_ends_with_the_total_time() {
    let server = Server::start().await;
    server.on("/apps/test/api/drip", |_| {
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
        });
        reply(200, &[], Body::from_stream(drops))
    });
    let mut settings = settings(&server);
    settings.limits.total_timeout = SHORT;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    assert_eq!(
        get(&alice, "/apps/test/api/drip").await.unwrap_err(),
        FetchError::TimedOut
    );
}

#[tokio::test]
async fn nothing_is_sent_again_when_a_connection_breaks() {
    for method in ["GET", "PUT"] {
        let heard = Arc::new(AtomicUsize::new(0));
        let address = breaks_on_the_third(Arc::clone(&heard)).await;
        let nextcloud = Nextcloud::new(Settings::new(format!("http://{address}"))).unwrap();
        let alice = nextcloud.caller(credential("alice"), Scopes::All);
        let ask = || send(&alice, request(method, "/apps/test/api/a"));
        assert!(
            ask().await.is_ok(),
            "the proof and this one share a connection"
        );
        let broken = ask().await.unwrap_err();
        assert!(
            matches!(&broken, FetchError::Unreachable(why) if why.contains("not known")),
            "{broken:?}"
        );
        tokio::time::sleep(SHORT).await;
        assert_eq!(heard.load(Ordering::SeqCst), 3, "{method}");
    }
}

/// Answers two requests on a kept connection, reads a third whole and hangs up.
async fn breaks_on_the_third(heard: Arc<AtomicUsize>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let heard = Arc::clone(&heard);
            tokio::spawn(async move {
                let mut buffer = vec![0; 16_384];
                loop {
                    let length = socket.read(&mut buffer).await.unwrap_or(0);
                    if length == 0 || heard.fetch_add(1, Ordering::SeqCst) == 2 {
                        return;
                    }
                    let body = r#"{"ocs":{"data":{"id":"alice"}}}"#;
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn an_unreachable_nextcloud_says_what_is_wrong_and_where_nothing() {
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let closed = Nextcloud::new(Settings::new(format!("http://{free}")))
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    let unknown = Nextcloud::new(Settings::new("https://nowhere.invalid"))
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    for (caller, said) in [
        (closed, "nothing accepts connections"),
        (unknown, "name cannot be resolved"),
    ] {
        let refused = get(&caller, "/apps/test/api/a").await.unwrap_err();
        let text = refused.to_string();
        assert!(
            matches!(refused, FetchError::Unreachable(_)) && text.contains(said),
            "{text}"
        );
        assert!(
            !text.contains("127.0.0.1") && !text.contains("invalid") && !text.contains("alice"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_harms_nobody() {
    let server = Server::start().await;
    *server.delay.lock().unwrap() = SHORT;
    let alice = caller(&server, "alice");
    let given_up =
        tokio::time::timeout(Duration::from_millis(20), get(&alice, "/apps/test/api/a")).await;
    assert!(given_up.is_err());
    *server.delay.lock().unwrap() = Duration::ZERO;
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap().text(),
        "alice"
    );
}

#[tokio::test]
async fn one_user_has_a_bounded_number_of_requests_in_flight() {
    let server = Server::start().await;
    *server.delay.lock().unwrap() = Duration::from_millis(50);
    let mut settings = settings(&server);
    settings.limits.in_flight = 3;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    let answers =
        futures_util::future::join_all((0..12).map(|_| get(&alice, "/apps/test/api/a"))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(server.peak.load(Ordering::SeqCst), 3);
}
