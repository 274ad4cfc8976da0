//! What a plugin says while it works: log lines for a client that asked for them, progress, and nothing any more once its
//! client has gone.

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Attended, Era, Somebody, Told, params};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use rmcp::model::{ClientRequest, Request, RequestMetaObject};
use rmcp::service::PeerRequestOptions;
use serde_json::{Value, json};

use crate::talker::{SOON, begin, request, start};

/// What `say` says, as clients get it.
fn all_lines() -> Vec<(String, String)> {
    let long = format!("{}…", "x".repeat(4096));
    [
        ("debug", "a detail"),
        ("info", "a fact"),
        ("warning", "an oddity"),
        ("error", "a mistake"),
        ("warning", "two\\u{a}lines \\u{1b}[2J"),
        ("warning", &long),
        ("warning", "by hand"),
    ]
    .map(|(level, text)| (level.to_owned(), text.to_owned()))
    .to_vec()
}

fn lines(client: &Attended) -> Vec<(String, String)> {
    let told = client.told().into_iter();
    told.filter_map(|told| match told {
        Told::Line(level, text) => Some((level, text)),
        _ => None,
    })
    .collect()
}

/// A call of 2026-07-28 that asks for lines of a level; the messages of its answer.
async fn call_with(
    endpoint: &str,
    tool: &str,
    arguments: Value,
    level: Option<&str>,
) -> Vec<Value> {
    let mut call = json!({"name": tool, "arguments": arguments});
    if let Some(level) = level {
        call["_meta"] = json!({"io.modelcontextprotocol/logLevel": level});
    }
    let text = request(endpoint, "tools/call", call).send().await.unwrap();
    let text = text.text().await.unwrap();
    if text.starts_with('{') {
        return vec![serde_json::from_str(&text).unwrap()];
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

#[tokio::test]
async fn a_request_gets_the_lines_that_it_asked_for_before_its_result() {
    let stage = begin(|start| start).await;
    let endpoint = stage.server.endpoint();
    let messages = call_with(&endpoint, "nc_talker_say", json!({}), Some("debug")).await;
    let (result, said) = messages.split_last().unwrap();
    assert_eq!(result["result"]["structuredContent"], json!({"done": true}));
    let said: Vec<_> = said
        .iter()
        .map(|line| {
            assert_eq!(line["method"], "notifications/message");
            assert_eq!(line["params"]["logger"], "talker");
            let text = |name: &str| line["params"][name].as_str().unwrap().to_owned();
            (text("level"), text("data"))
        })
        .collect();
    assert_eq!(said, all_lines());
    let messages = call_with(&endpoint, "nc_talker_say", json!({}), Some("error")).await;
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0]["params"]["data"], "a mistake");
    for nothing in [None, Some("emergency")] {
        let messages = call_with(&endpoint, "nc_talker_say", json!({}), nothing).await;
        assert_eq!(messages.len(), 1, "{messages:?}");
    }
}

#[tokio::test]
async fn an_older_client_says_once_what_it_wants_to_hear() {
    let nextcloud = StandIn::with_two_users().await;
    let server = start(&nextcloud).start().await;
    let over_http = Somebody::nobody()
        .http(&server.endpoint(), Era::Handshake)
        .await;
    let over_pipes = Somebody::nobody()
        .stdio(start(&nextcloud), Era::Handshake)
        .await;
    for client in [over_http, over_pipes] {
        client.call("nc_talker_say", json!({})).await;
        assert!(lines(&client).is_empty(), "nobody asked");
        client.wants_lines("warning").await;
        client.call("nc_talker_say", json!({})).await;
        let heard = lines(&client);
        let wanted: Vec<_> = all_lines().into_iter().skip(2).collect();
        assert_eq!(heard, wanted);
        client.close().await;
    }
    let answer = request(
        &server.endpoint(),
        "logging/setLevel",
        json!({"level": "debug"}),
    );
    let answer: Value = answer.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
}

#[tokio::test]
async fn lines_that_come_too_fast_are_counted_and_never_waited_for() {
    let stage = begin(|start| start).await;
    let endpoint = stage.server.endpoint();
    let messages = call_with(
        &endpoint,
        "nc_talker_chatter",
        json!({"count": 900}),
        Some("info"),
    )
    .await;
    let (result, said) = messages.split_last().unwrap();
    assert_eq!(result["result"]["structuredContent"], json!({"done": true}));
    let final_line = said.last().unwrap()["params"]["data"].as_str().unwrap();
    let lost = final_line
        .split_whitespace()
        .next()
        .unwrap()
        .parse::<usize>();
    match lost {
        Ok(lost) => assert_eq!(lost + said.len() - 1, 900, "{final_line}"),
        Err(_) => assert_eq!(said.len(), 900, "{final_line}"),
    }
}

/// A call that is in the middle of a request to Nextcloud.
async fn waiting(nextcloud: &StandIn) {
    let there = async {
        while !is_in_flight(nextcloud) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, there)
        .await
        .expect("the request arrives");
}

fn is_in_flight(nextcloud: &StandIn) -> bool {
    let requests = nextcloud.requests();
    requests.iter().any(|entry| {
        entry.target.contains("/talker/api/slow") && entry.status == 0 && !entry.abandoned
    })
}

async fn abandoned(nextcloud: &StandIn) -> bool {
    let gone = async {
        while !nextcloud.requests().iter().any(|entry| entry.abandoned) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), gone)
        .await
        .is_ok()
}

fn slow() -> Fault {
    Fault::at(
        "/apps/talker/api/slow",
        Trouble::Slow(Duration::from_mins(1)),
    )
}

#[tokio::test]
async fn whoever_hangs_up_stops_the_plugin_and_its_request() {
    let stage = begin(|start| start).await;
    stage.nextcloud.inject(slow());
    for with_progress in [false, true] {
        stage.nextcloud.forget_requests();
        let mut call = json!({"name": "nc_talker_wait", "arguments": {}});
        if with_progress {
            // Then the answer has begun already when the client hangs up.
            call["_meta"] = json!({"progressToken": 1});
        }
        let sent = request(&stage.server.endpoint(), "tools/call", call).send();
        let sent = tokio::spawn(async move {
            let answer = sent.await;
            // A stream is only held, not read.
            tokio::time::sleep(Duration::from_mins(1)).await;
            drop(answer);
        });
        waiting(&stage.nextcloud).await;
        sent.abort();
        assert!(
            abandoned(&stage.nextcloud).await,
            "with progress: {with_progress}"
        );
    }
}

#[tokio::test]
async fn over_pipes_a_notification_stops_the_plugin_and_its_request() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.inject(slow());
    for era in [Era::Handshake, Era::Discover] {
        nextcloud.forget_requests();
        let client = Somebody::nobody().stdio(start(&nextcloud), era).await;
        let call = Request::new(params("nc_talker_wait", &json!({})));
        let call = ClientRequest::CallToolRequest(call);
        let options = PeerRequestOptions::no_options().with_meta(RequestMetaObject::default());
        let call = client
            .service
            .send_cancellable_request(call, options)
            .await
            .unwrap();
        waiting(&nextcloud).await;
        let progressed = client
            .hears(|told| *told == Told::Progress(1.0), SOON)
            .await;
        assert!(progressed, "it said how far it is");
        call.cancel(Some("enough".to_owned())).await.unwrap();
        assert!(abandoned(&nextcloud).await, "{era:?}");
        client.close().await;
    }
}
