//! What is kept for a user, and what is never.

use axum::body::Body;
use axum::response::Response as Answer;

use super::server::{Seen, reply};
use super::*;

/// Answers 304 to the `ETag` that it gives, like Nextcloud.
fn with_etag(headers: &'static [(&'static str, &'static str)]) -> impl Fn(&Seen) -> Answer<Body> {
    move |seen| {
        let mut all = vec![("etag", "\"v1\"")];
        all.extend(headers);
        if seen.header("if-none-match") == Some("\"v1\"") {
            reply(304, &all, "")
        } else {
            reply(200, &all, "the whole body")
        }
    }
}

fn conditions(server: &Server) -> Vec<Option<String>> {
    server
        .guests_requests()
        .iter()
        .map(|seen| seen.header("if-none-match").map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn an_answer_with_an_etag_is_revalidated_and_seen_as_200() {
    let server = Server::start().await;
    server.on(
        "/apps/test/api/a",
        with_etag(&[("content-type", "text/calendar")]),
    );
    let alice = caller(&server, "alice");
    for _ in 0..3 {
        let answer = get(&alice, "/apps/test/api/a").await.unwrap();
        assert_eq!((answer.status, answer.text()), (200, "the whole body"));
        assert_eq!(
            (answer.header("etag"), answer.header("content-type")),
            (Some("\"v1\""), Some("text/calendar"))
        );
    }
    let known = Some("\"v1\"".to_owned());
    assert_eq!(conditions(&server), [None, known.clone(), known]);
    // Another query is another answer.
    get(&alice, "/apps/test/api/a?x=1").await.unwrap();
    assert_eq!(conditions(&server).last().unwrap(), &None);
}

#[tokio::test]
async fn cached_bytes_count_like_sent_ones() {
    let server = Server::start().await;
    server.on("/apps/test/api/a", with_etag(&[]));
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/a").await.unwrap();
    let fetch = |budget| {
        let alice = alice.clone();
        async move {
            alice
                .fetch(
                    &grant(&[]),
                    Access::Read,
                    &budget,
                    request("GET", "/apps/test/api/a"),
                )
                .await
        }
    };
    assert_eq!(
        fetch(Budget::new(9, 9_999, 5)).await.unwrap_err(),
        FetchError::TooLarge(5)
    );
    assert!(matches!(
        fetch(Budget::new(9, 5, 9_999)).await.unwrap_err(),
        FetchError::Limited(_)
    ));
    assert!(fetch(Budget::new(9, 14, 14)).await.is_ok());
}

#[tokio::test]
async fn no_store_and_unknown_variants_are_not_kept() {
    for headers in [
        &[("cache-control", "private, No-Store")][..],
        &[("vary", "*")],
        &[("vary", "Brief, *")],
    ] {
        let server = Server::start().await;
        server.on("/apps/test/api/a", with_etag(headers));
        let alice = caller(&server, "alice");
        get(&alice, "/apps/test/api/a").await.unwrap();
        get(&alice, "/apps/test/api/a").await.unwrap();
        assert_eq!(conditions(&server), [None, None], "{headers:?}");
    }
}

#[tokio::test]
async fn vary_is_obeyed() {
    let server = Server::start().await;
    server.on(
        "/apps/test/api/a",
        with_etag(&[("vary", "Accept, Cookie, Authorization")]),
    );
    let alice = caller(&server, "alice");
    for accept in ["text/a", "text/a", "text/b"] {
        send(
            &alice,
            request("GET", "/apps/test/api/a").header("accept", accept),
        )
        .await
        .unwrap();
    }
    assert_eq!(conditions(&server), [None, Some("\"v1\"".to_owned()), None]);
}

#[tokio::test]
async fn a_plugin_that_revalidates_by_itself_sees_the_real_answer() {
    let server = Server::start().await;
    server.on("/apps/test/api/a", with_etag(&[]));
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/a").await.unwrap();
    let own = send(
        &alice,
        request("GET", "/apps/test/api/a").header("If-None-Match", "\"v1\""),
    )
    .await
    .unwrap();
    assert_eq!((own.status, own.text()), (304, ""));
    send(
        &alice,
        request("GET", "/apps/test/api/a").header("Range", "bytes=0-1"),
    )
    .await
    .unwrap();
    assert_eq!(conditions(&server).last().unwrap(), &None);
}

#[tokio::test]
async fn a_write_drops_what_is_kept_for_its_path() {
    let server = Server::start().await;
    server.on("/apps/test/api/a", with_etag(&[]));
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/a").await.unwrap();
    send(
        &alice,
        request("PUT", "/index.php/apps/test/api/a/?b=c").body("x"),
    )
    .await
    .unwrap();
    get(&alice, "/apps/test/api/a").await.unwrap();
    assert_eq!(conditions(&server).last().unwrap(), &None);
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let server = Server::start().await;
    server.on("/apps/test/api/a", with_etag(&[]));
    let mut settings = settings(&server);
    settings.http_cache = false;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    get(&alice, "/apps/test/api/a").await.unwrap();
    assert_eq!(conditions(&server), [None, None]);
}

#[tokio::test]
async fn it_stays_within_its_bytes() {
    let server = Server::start().await;
    for name in ["a", "b", "c", "large"] {
        let body = "x".repeat(if name == "large" { 9_000 } else { 3_000 });
        server.on(&format!("/apps/test/api/{name}"), move |_| {
            reply(200, &[("etag", "\"v1\"")], body.clone())
        });
    }
    let mut settings = settings(&server);
    settings.limits.cache_per_account = 8_000;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    for name in ["a", "b", "a", "c", "large", "a", "b", "large"] {
        get(&alice, &format!("/apps/test/api/{name}"))
            .await
            .unwrap();
    }
    let known: Vec<bool> = conditions(&server).iter().map(Option::is_some).collect();
    // `b` went for `c`, as the one not used for longest; `large` never came in.
    assert_eq!(
        known,
        [false, false, true, false, false, true, false, false]
    );
}

#[tokio::test]
async fn long_queries_count_among_its_bytes() {
    let server = Server::start().await;
    server.on("/apps/test/api/a", with_etag(&[]));
    let mut settings = settings(&server);
    settings.limits.cache_per_account = 16 << 10;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    let path = |number: u32| format!("/apps/test/api/a?{number}{}", "x".repeat(3000));
    for number in [0, 1, 2, 3, 0] {
        get(&alice, &path(number)).await.unwrap();
    }
    let known = conditions(&server).into_iter().flatten().count();
    assert_eq!(known, 0, "the first had to make room for the last");
}
