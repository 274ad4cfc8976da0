//! What this server asks as itself.

use bytes::Bytes;
use http::StatusCode;

use super::server::reply;
use super::*;
use crate::nextcloud::ServiceClient;

const CAP: u64 = 1024;

fn client(settings: Settings) -> ServiceClient {
    Nextcloud::new(settings).unwrap().service_client().unwrap()
}

fn ask(address: &str) -> http::Request<Bytes> {
    http::Request::get(address).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn it_asks_as_nobody_and_keeps_nothing() {
    let server = Server::start().await;
    let client = client(settings(&server));
    let address = format!("{}/apps/oidc/jwks", server.url());
    for _ in 0..2 {
        // The answer brings a cookie.
        let answer = client.send(ask(&address), CAP, SHORT).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers().contains_key("set-cookie"));
    }
    for seen in server.log() {
        assert_eq!(seen.header("ocs-apirequest"), Some("true"));
        assert_eq!((seen.cookie(), seen.header("authorization")), (None, None));
    }
}

#[tokio::test]
async fn other_origins_are_not_told_that_they_are_nextcloud() {
    let (server, other) = (Server::start().await, Server::start().await);
    let client = client(settings(&server));
    client.send(ask(&other.url()), CAP, SHORT).await.unwrap();
    assert_eq!(other.log()[0].header("ocs-apirequest"), None);
}

#[tokio::test]
async fn what_is_sent_arrives_and_a_redirect_is_an_answer() {
    let server = Server::start().await;
    server.on("/apps/oidc/token", |seen| {
        reply(302, &[("location", "/elsewhere")], seen.body.clone())
    });
    let request = http::Request::post(format!("{}/apps/oidc/token", server.url()))
        .header("authorization", "Basic YWxpY2U6YWxpY2UtcGFzc3dvcmQ=")
        .body(b"a=b".to_vec())
        .unwrap();
    let answer = client(settings(&server))
        .send(request, CAP, SHORT)
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(answer.body(), "a=b");
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn an_answer_is_bounded_in_size_and_time() {
    let server = Server::start().await;
    let client = client(settings(&server));
    let small = client.send(ask(&server.url()), 10, SHORT).await;
    assert_eq!(small.unwrap_err(), FetchError::TooLarge(10));
    *server.delay.lock().unwrap() = SHORT;
    let late = client.send(ask(&server.url()), CAP, SHORT / 4).await;
    assert_eq!(late.unwrap_err(), FetchError::TimedOut);
}

#[tokio::test]
async fn nothing_goes_over_plain_http_beyond_this_machine() {
    let client = client(Settings::new("http://127.0.0.1:9"));
    for address in ["http://cloud.example.org/token", "ftp://127.0.0.1/token"] {
        let refused = client.send(ask(address), CAP, SHORT).await.unwrap_err();
        assert!(matches!(refused, FetchError::Forbidden(_)), "{refused}");
    }
}
