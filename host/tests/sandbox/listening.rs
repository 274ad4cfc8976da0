//! Clients that listen while another catalogue takes the place of the one they know.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt as _;
use nextcloud_mcp_server::auth::CallSeal;
use nextcloud_mcp_server::mcp::{Mcp, Rules, Streams, endpoint};
use nextcloud_mcp_server::plugin::{Choice, Selection};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::fixture::{Folder, Host, beside};

/// A plugin with tools and prompts and resources, and somebody who listens for changes of `filter`.
struct Stage {
    host: Arc<Host>,
    folder: Folder,
    stop: CancellationToken,
    stream: BodyDataStream,
}

async fn begin(filter: Value) -> Stage {
    begin_with(filter, Streams::default()).await
}

async fn begin_with(filter: Value, streams: Streams) -> Stage {
    let host = Host::empty(|_| {}).await;
    let folder = Folder::new();
    folder.add("hostile", |_| {}, beside("shelves_"));
    let loaded = host
        .plugins
        .load(folder.path(), &Selection::default())
        .await;
    assert!(loaded.unwrap().refused.is_empty());
    let stop = CancellationToken::new();
    let rules = Rules {
        stop: stop.clone(),
        streams,
        ..Rules::new(CallSeal::basic(None).unwrap())
    };
    let (_loaded, is_loaded) = watch::channel(true);
    let router = endpoint(Mcp::new(host.plugins.clone(), rules), is_loaded, 10_000);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message = json!({
        "jsonrpc": "2.0", "id": "listen-1", "method": "subscriptions/listen",
        "params": {"_meta": meta, "notifications": filter},
    });
    let mut request = Request::post("/")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "subscriptions/listen")
        .body(Body::from(message.to_string()))
        .unwrap();
    request.extensions_mut().insert(host.caller("alice"));
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut stage = Stage {
        host,
        folder,
        stop,
        stream: response.into_body().into_data_stream(),
    };
    let first = stage.next().await.unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    stage
}

impl Stage {
    /// The next message; nothing if there is none for a while, or none any more.
    async fn next(&mut self) -> Option<Value> {
        let reading = async {
            loop {
                let chunk = self.stream.next().await?.ok()?;
                let text = String::from_utf8_lossy(&chunk).into_owned();
                let mut data = text.lines().filter_map(|line| line.strip_prefix("data:"));
                if let Some(message) = data.find_map(|data| serde_json::from_str(data).ok()) {
                    return Some(message);
                }
            }
        };
        let waiting = tokio::time::timeout(Duration::from_millis(500), reading);
        waiting.await.ok().flatten()
    }

    async fn methods(&mut self) -> Vec<String> {
        let mut methods = Vec::new();
        while let Some(message) = self.next().await {
            let meta = &message["params"]["_meta"];
            assert_eq!(meta["io.modelcontextprotocol/subscriptionId"], "listen-1");
            methods.push(message["method"].as_str().unwrap().to_owned());
        }
        methods
    }

    async fn load(&self, selection: &Selection) {
        self.host
            .plugins
            .load(self.folder.path(), selection)
            .await
            .unwrap();
    }
}

fn renamed() -> Selection {
    let choice = Choice {
        prefix: Some("other_".parse().unwrap()),
        ..Choice::default()
    };
    Selection {
        choices: [("hostile".parse().unwrap(), choice)].into(),
        ..Selection::default()
    }
}

#[tokio::test]
async fn a_listener_hears_of_the_lists_that_changed_and_of_no_others() {
    let all =
        json!({"toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true});
    let mut stage = begin(all).await;
    let mut generation = stage.host.plugins.changes();
    stage.load(&Selection::default()).await;
    assert!(!generation.has_changed().unwrap(), "the same again");
    assert!(stage.methods().await.is_empty());
    stage.load(&renamed()).await;
    assert!(generation.has_changed().unwrap());
    generation.mark_unchanged();
    assert_eq!(
        stage.methods().await,
        [
            "notifications/tools/list_changed",
            "notifications/prompts/list_changed"
        ]
    );
    let read_only = Selection {
        read_only: true,
        ..renamed()
    };
    stage.load(&read_only).await;
    assert_eq!(stage.methods().await, ["notifications/tools/list_changed"]);
}

#[tokio::test]
async fn a_listener_hears_nothing_that_it_did_not_ask_for() {
    let mut stage = begin(json!({"promptsListChanged": true})).await;
    let read_only = Selection {
        read_only: true,
        ..Selection::default()
    };
    stage.load(&read_only).await;
    assert!(stage.methods().await.is_empty());
    stage.load(&renamed()).await;
    assert_eq!(
        stage.methods().await,
        ["notifications/prompts/list_changed"]
    );
}

#[tokio::test]
async fn a_stream_ends_with_a_result_when_the_server_stops() {
    let mut stage = begin(json!({"toolsListChanged": true})).await;
    stage.stop.cancel();
    let last = stage.next().await.unwrap();
    assert_eq!(
        (&last["id"], &last["result"]["resultType"]),
        (&json!("listen-1"), &json!("complete"))
    );
    assert!(stage.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_with_the_sign_in_that_it_was_begun_with() {
    let streams = Streams {
        check_every: Duration::from_millis(50),
        ..Streams::default()
    };
    let mut stage = begin_with(json!({"toolsListChanged": true}), streams).await;
    assert!(
        stage.next().await.is_none(),
        "it stands, and so does the stream"
    );
    stage.host.nextcloud.revoke();
    let last = stage.next().await.expect("the end");
    assert_eq!(last["result"]["resultType"], "complete");
}

#[tokio::test]
async fn no_stream_lasts_for_ever() {
    let streams = Streams {
        last: Duration::from_millis(50),
        ..Streams::default()
    };
    let mut stage = begin_with(json!({"toolsListChanged": true}), streams).await;
    let last = stage.next().await.expect("the end");
    assert_eq!(last["result"]["resultType"], "complete");
}
