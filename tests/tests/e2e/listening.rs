//! Clients that listen for changes of the lists, and how their streams end.

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Era, Events, Peer, Somebody, Told};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::talker::{SOON, begin, copy_folder, plugins, request, send};

fn all() -> Value {
    json!({"notifications": {
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": ["nc://talker/cake"],
    }})
}

async fn ask_to_listen(endpoint: &str) -> reqwest::Response {
    let asked = request(endpoint, "subscriptions/listen", all());
    asked.send().await.unwrap()
}

async fn listen(endpoint: &str) -> Events {
    Events::of(ask_to_listen(endpoint).await)
}

#[tokio::test]
async fn a_listener_is_told_at_once_what_it_will_hear_and_of_no_single_resource() {
    let stage = begin(|start| start).await;
    let endpoint = stage.server.endpoint();
    let mut stream = listen(&endpoint).await;
    let acknowledged = stream.next().await.unwrap();
    assert_eq!(
        acknowledged["method"],
        "notifications/subscriptions/acknowledged"
    );
    let lists =
        json!({"toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true});
    assert_eq!(acknowledged["params"]["notifications"], lists);
    let capabilities = send(&endpoint, "server/discover", json!({})).await;
    let capabilities = &capabilities["result"]["capabilities"];
    for kind in ["tools", "prompts", "resources"] {
        assert_eq!(capabilities[kind]["listChanged"], true, "{capabilities}");
    }
    assert_eq!(capabilities["resources"].get("subscribe"), None);
}

#[tokio::test]
async fn so_many_may_listen_and_the_next_one_is_told_when_to_come_back() {
    let stage = begin(|start| start).await;
    let endpoint = stage.server.endpoint();
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(listen(&endpoint).await);
    }
    let refused = ask_to_listen(&endpoint).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "60");
    // Calls are not what they take places from.
    let called = send(
        &endpoint,
        "tools/call",
        json!({"name": "nc_talker_say", "arguments": {}}),
    )
    .await;
    assert_eq!(called["result"]["structuredContent"], json!({"done": true}));
    streams.pop();
    let came_free = async {
        while ask_to_listen(&endpoint).await.status() != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let came_free = tokio::time::timeout(Duration::from_secs(10), came_free).await;
    assert!(came_free.is_ok(), "a place that was left is a place");
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye_to_listeners_and_waits_for_none() {
    let stage = begin(|start| start).await;
    let endpoint = stage.server.endpoint();
    let mut stream = listen(&endpoint).await;
    stream.next().await.unwrap();
    let begun = std::time::Instant::now();
    let ending = tokio::spawn(stage.server.terminate());
    let last = stream.next().await.unwrap();
    assert_eq!(last["result"]["resultType"], "complete", "{last}");
    assert!(ending.await.unwrap().success());
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn an_older_client_over_http_is_promised_no_news() {
    let stage = begin(|start| start).await;
    let client = Somebody::nobody()
        .http(&stage.server.endpoint(), Era::Handshake)
        .await;
    let capabilities = client.service.peer_info().unwrap().capabilities.clone();
    let tools = capabilities.tools.unwrap();
    assert_eq!(tools.list_changed, None);
    assert!(capabilities.logging.is_some());
    let nextcloud = StandIn::with_two_users().await;
    let client = Somebody::nobody()
        .stdio(crate::talker::start(&nextcloud), Era::Handshake)
        .await;
    let tools = client
        .service
        .peer_info()
        .unwrap()
        .capabilities
        .clone()
        .tools
        .unwrap();
    assert_eq!(tools.list_changed, Some(true));
    client.close().await;
}

/// The kinds of lists that the stream says are other ones now.
async fn changed(stream: &mut Events, count: usize) -> Vec<String> {
    let mut kinds = Vec::new();
    while kinds.len() < count {
        let message = stream.next().await.expect("a message");
        let method = message["method"].as_str().unwrap_or_default();
        let kind = method.strip_prefix("notifications/");
        let kind = kind.and_then(|kind| kind.strip_suffix("/list_changed"));
        kinds.push(kind.unwrap_or_else(|| panic!("{message}")).to_owned());
    }
    kinds.sort();
    kinds
}

#[tokio::test]
async fn listeners_hear_of_a_plugin_that_comes_and_of_one_that_goes() {
    let folder = plugins();
    let path = folder.path().display().to_string();
    let stage = begin(|start| start.with("NEXTCLOUD_MCP_PLUGIN_DIR", path)).await;
    let endpoint = stage.server.endpoint();
    let mut stream = listen(&endpoint).await;
    stream.next().await.unwrap();
    // Whoever asked for tools alone hears of tools alone.
    let tools = json!({"notifications": {"toolsListChanged": true}});
    let only = request(&endpoint, "subscriptions/listen", tools).send();
    let mut only = Events::of(only.await.unwrap());
    only.next().await.unwrap();

    std::fs::remove_dir_all(folder.path().join("talker")).unwrap();
    assert_eq!(
        changed(&mut stream, 3).await,
        ["prompts", "resources", "tools"]
    );
    assert_eq!(changed(&mut only, 1).await, ["tools"]);
    let listed = send(&endpoint, "tools/list", json!({})).await;
    assert_eq!(listed["result"]["tools"], json!([]), "{listed}");

    copy_folder(
        &Peer::Guests.required().join("talker"),
        &folder.path().join("talker"),
    );
    assert_eq!(
        changed(&mut stream, 3).await,
        ["prompts", "resources", "tools"]
    );
    let called = json!({"name": "nc_talker_say", "arguments": {}});
    let called = send(&endpoint, "tools/call", called).await;
    assert_eq!(called["result"]["structuredContent"], json!({"done": true}));
}

#[tokio::test]
async fn a_client_over_standard_input_hears_of_a_change_too() {
    let (folder, nextcloud) = (plugins(), StandIn::with_two_users().await);
    let path = folder.path().display().to_string();
    let start = crate::talker::start(&nextcloud).with("NEXTCLOUD_MCP_PLUGIN_DIR", path);
    let client = Somebody::nobody().stdio(start, Era::Handshake).await;
    assert!(!client.service.list_all_tools().await.unwrap().is_empty());
    std::fs::remove_dir_all(folder.path().join("talker")).unwrap();
    for kind in ["tools", "prompts", "resources"] {
        let heard = client.hears(|told| *told == Told::Changed(kind), SOON);
        assert!(heard.await, "{kind}: {:?}", client.told());
    }
    assert!(client.service.list_all_tools().await.unwrap().is_empty());
    client.close().await;
}

#[tokio::test]
async fn a_cursor_that_this_server_never_gave_out_is_refused_by_every_list() {
    let stage = begin(|start| start).await;
    for method in [
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ] {
        let answer = send(
            &stage.server.endpoint(),
            method,
            json!({"cursor": "bm9uZSBvZiBvdXJz"}),
        )
        .await;
        assert_eq!(answer["error"]["code"], -32602, "{method}: {answer}");
    }
}

#[tokio::test]
async fn the_operator_can_have_tools_without_a_prefix() {
    let folder = plugins();
    let stage = begin(|start| {
        start
            .with(
                "NEXTCLOUD_MCP_PLUGIN_DIR",
                folder.path().display().to_string(),
            )
            .with("NEXTCLOUD_MCP_PLUGIN_PREFIX", "talker=")
    })
    .await;
    let client = stage.client(Somebody::nobody()).await;
    let outcome = client.call("say", json!({})).await;
    assert_eq!(outcome.structured, json!({"done": true}));
    let prompts = client.service.list_all_prompts().await.unwrap();
    assert_eq!(prompts[0].name, "greet");
}
