//! The end: what is in flight is finished, nothing new begins, and everybody is told.

use std::time::{Duration, Instant};

use nextcloud_mcp_tests::harness::sign_in::get;
use nextcloud_mcp_tests::harness::{Server, http};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{SOON, asked, calling, stage};

/// A server that was told to end while a call waits for Nextcloud.
struct Ending {
    nextcloud: StandIn,
    server: Server,
    call: JoinHandle<reqwest::Result<(u16, Value)>>,
}

async fn ending(drain: &str, slow: Duration) -> Ending {
    let (nextcloud, start) = stage().await;
    let start = start.with("NEXTCLOUD_MCP_DRAIN_SECONDS", drain);
    let server = start.start().await;
    nextcloud.inject(Fault::at("/apps/notes/", Trouble::Slow(slow)));
    let request = calling(&server.endpoint(), "nc_notes_list_notes", &json!({}));
    let call = tokio::spawn(async move {
        let answer = request.send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    });
    asked(&nextcloud, "/apps/notes/").await;
    server.tell_to_end().await;
    server.logs.wait_for("stopping", SOON).await.unwrap();
    Ending {
        nextcloud,
        server,
        call,
    }
}

#[tokio::test]
async fn calls_in_flight_end_well_while_new_ones_are_sent_away() {
    let begun = Instant::now();
    let mut ending = ending("30", Duration::from_secs(3)).await;
    let at = |path: &str| format!("{}{path}", ending.server.url());
    let ready = get(&at("/health/ready")).await;
    assert_eq!(
        (ready.status, &ready.body["status"]),
        (503, &json!("stopping"))
    );
    assert_eq!(get(&at("/health/live")).await.status, 200);
    let refused = calling(&ending.server.endpoint(), "nc_notes_list_notes", &json!({}));
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "5");
    assert_eq!(refused.headers()["connection"], "close");
    let text = refused.text().await.unwrap();
    assert!(
        text.contains("stopping") && text.contains("nothing was done"),
        "{text}"
    );

    let (status, answer) = ending.call.await.unwrap().unwrap();
    assert_eq!(
        (status, &answer["result"]["isError"]),
        (200, &json!(false)),
        "{answer}"
    );
    let ended = ending.server.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ending.server.logs.text());
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "it does not wait for its bound"
    );
    let gone = http().get(ending.server.url()).send().await.unwrap_err();
    assert!(gone.is_connect(), "{gone}");
    assert_eq!(
        ending.nextcloud.requests_to("/apps/notes/").len(),
        1,
        "nothing new was begun"
    );
}

#[tokio::test]
async fn what_does_not_end_is_cut_off_in_time() {
    let mut ending = ending("1", Duration::from_secs(20)).await;
    let told = Instant::now();
    let ended = ending.server.ended().await;
    let log = ending.server.logs.text();
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(
        told.elapsed() < Duration::from_secs(6),
        "{:?}",
        told.elapsed()
    );
    assert!(
        log.contains("1 connections did not end in 1 s and are cut off"),
        "{log}"
    );
    assert!(ending.call.await.unwrap().is_err());
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut ending = ending("30", Duration::from_secs(20)).await;
    let told = Instant::now();
    ending.server.tell_to_end().await;
    let ended = ending.server.ended().await;
    assert_eq!(ended.code(), Some(1));
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "{:?}",
        told.elapsed()
    );
    assert!(ending.server.logs.text().contains("stopped at once"));
}

#[tokio::test]
async fn an_idle_server_and_idle_connections_hold_nothing_up() {
    let (_nextcloud, start) = stage().await;
    let server = start.start().await;
    let client = http();
    let live = format!("{}/health/live", server.url());
    // Stays open for the next request.
    assert_eq!(client.get(&live).send().await.unwrap().status(), 200);
    let told = Instant::now();
    assert!(server.terminate().await.success());
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "{:?}",
        told.elapsed()
    );
}
