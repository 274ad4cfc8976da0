//! Connections: how long they last, and what a client may not do with one.

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::Notify;

use super::*;

/// Longer than anything here takes, and short enough for a test that fails.
const SOON: Duration = Duration::from_secs(10);

/// What the server sends until it closes.
async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(SOON, stream.read_to_end(&mut rest));
    let _ = read.await.expect("the server closes");
    rest
}

/// Tells when it is dropped.
struct Ended(Arc<Notify>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let entered = Arc::new(Notify::new());
    let (waiting, go) = (entered.clone(), Arc::new(Notify::new()));
    let gone = go.clone();
    let router = Router::new().fallback(async move || {
        waiting.notify_one();
        gone.notified().await;
        "whole"
    });
    let site = Running::start(router, |_| {}).await;
    let stream = site.ask("GET /", &[], "").await;
    let idle = site.connect().await;
    entered.notified().await;
    site.stop.cancel();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let late = TcpStream::connect(site.address).await;
    assert!(late.is_ok(), "whoever is new is told instead of left alone");
    go.notify_one();
    assert_eq!(Answer::of(stream).await.body, "whole");
    site.server.await.unwrap();
    let after = TcpStream::connect(site.address).await;
    assert!(after.is_err(), "nobody listens any more");
    drop(idle);
}

#[tokio::test]
async fn the_end_is_not_put_off_without_end() {
    let entered = Arc::new(Notify::new());
    let waiting = entered.clone();
    let router = Router::new().fallback(async move || {
        waiting.notify_one();
        std::future::pending::<()>().await;
    });
    let site = Running::start(router, |connections| {
        connections.drain = Duration::from_millis(50);
    })
    .await;
    let _stuck = site.ask("GET /", &[], "").await;
    entered.notified().await;
    site.stop.cancel();
    tokio::time::timeout(SOON, site.server)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_request() {
    let (entered, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (waiting, ended) = (entered.clone(), dropped.clone());
    let router = Router::new().fallback(async move || {
        let _ended = Ended(ended);
        waiting.notify_one();
        std::future::pending::<()>().await;
    });
    let site = Running::start(router, |_| {}).await;
    let stream = site.ask("GET /", &[], "").await;
    entered.notified().await;
    drop(stream);
    tokio::time::timeout(SOON, dropped.notified())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_large_or_has_too_many_headers_is_refused() {
    let site = Running::start(echo(), |_| {}).await;
    let large = "a".repeat(60_000);
    assert_eq!(site.send("GET /", &[("X", &large)]).await.status, 431);
    let ninety = vec![("X", "a"); 90];
    assert_eq!(site.send("GET /", &ninety).await.status, 200);
    let many = vec![("X", "a"); 97];
    assert_eq!(site.send("GET /", &many).await.status, 431);
}

#[tokio::test]
async fn who_sends_a_head_slowly_or_nothing_more_is_cut_off() {
    let site = Running::start(echo(), |connections| {
        connections.head_within = Duration::from_millis(200);
    })
    .await;
    let (mut read, mut write) = site.connect().await.into_split();
    let drip = tokio::spawn(async move {
        write.write_all(b"GET / HTTP/1.1\r\n").await?;
        loop {
            write.write_all(b"X: a\r\n").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        #[allow(unreachable_code, reason = "says what the block's errors are")]
        Ok::<(), std::io::Error>(())
    });
    let mut nothing = Vec::new();
    let closed = tokio::time::timeout(SOON, read.read_to_end(&mut nothing));
    let _ = closed.await.expect("however steadily it drips");
    drip.abort();

    let mut idle = site.connect().await;
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    idle.write_all(request).await.unwrap();
    assert!(rest(idle).await.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn who_is_refused_before_everything_is_read_can_read_why() {
    let router = Router::new().fallback(async || http::StatusCode::PAYLOAD_TOO_LARGE);
    let site = Running::start(router, |_| {}).await;
    let (head, body) = ("POST / HTTP/1.1\r\nHost: localhost\r\n", vec![0; 4 << 20]);
    for _ in 0..10 {
        let mut stream = site.connect().await;
        let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.expect("nothing is reset");
        assert_eq!(Answer::of(stream).await.status, 413);
    }
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let dropped = Arc::new(Notify::new());
    let ended = dropped.clone();
    let router = Router::new().fallback(async move || {
        let ended = Ended(ended);
        Body::from_stream(stream::repeat_with(move || {
            let _ended = &ended;
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; 10_000]))
        }))
    });
    let site = Running::start(router, |connections| {
        connections.write_within = Duration::from_millis(200);
    })
    .await;
    let _deaf = site.ask("GET /", &[], "").await;
    tokio::time::timeout(SOON, dropped.notified())
        .await
        .expect("the answer is given up");
}

#[tokio::test]
async fn a_quiet_stream_of_events_is_not() {
    const PAUSE: Duration = Duration::from_millis(300);
    let router = Router::new().fallback(async || {
        let events = stream::iter(0..4).then(async |_| {
            tokio::time::sleep(PAUSE).await;
            Ok::<_, std::io::Error>(Bytes::from_static(b": still here\n\n"))
        });
        Body::from_stream(events)
    });
    let site = Running::start(router, |connections| {
        connections.write_within = PAUSE / 3;
        connections.head_within = PAUSE / 3;
    })
    .await;
    let text = String::from_utf8(rest(site.ask("GET /", &[], "").await).await).unwrap();
    assert_eq!(text.matches("still here").count(), 4, "{text}");
    assert!(text.ends_with("0\r\n\r\n"), "to its end: {text}");
}
