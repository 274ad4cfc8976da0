//! rmcp's own client, as it begins since 2026-07-28 (`server/discover`) and as it began before (`initialize`).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Era, http};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, ContentBlock, GetPromptRequestParams,
    ProgressNotificationParam, ReadResourceRequestParams, ResourceContents, ServerNotification,
    ServerResult, SubscriptionFilter,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RoleClient, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ServiceExt as _};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::rust_lines;
use crate::stage::Stage;
use crate::tour::{self, News};

/// A call that Nextcloud does not answer is given up after this time; it would take two minutes.
const PATIENCE: Duration = Duration::from_millis(1500);

/// For a call that must come through.
const ENOUGH: Duration = Duration::from_secs(10);

/// A plugin that comes is noticed, compiled and told of within this time, on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// The settings that a client hands over.
const ACCOUNT: [&str; 3] = ["NEXTCLOUD_HOST", "NEXTCLOUD_USERNAME", "NEXTCLOUD_PASSWORD"];

/// Listens to progress, and to changes that it did not ask for.
#[derive(Debug, Clone, Default)]
struct Listener {
    progress: Arc<Mutex<Vec<f64>>>,
    changed: Arc<Notify>,
}

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        report: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.progress.lock().unwrap().push(report.progress);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changed.notify_one();
    }
}

#[tokio::test]
async fn rmcp_over_http() {
    over_http(Era::Discover, News::Heard).await;
}

#[tokio::test]
async fn rmcp_over_http_with_a_handshake() {
    over_http(Era::Handshake, News::Unheard).await;
}

#[tokio::test]
async fn rmcp_over_stdio() {
    over_stdio(Era::Discover).await;
}

#[tokio::test]
async fn rmcp_over_stdio_with_a_handshake() {
    over_stdio(Era::Handshake).await;
}

async fn over_http(era: Era, news: News) {
    let stage = Stage::begin(true).await;
    let listener = Listener::default();
    let client = match era {
        Era::Discover => rust_lines::http(listener.clone(), &stage.endpoint()).await,
        Era::Handshake => {
            let config = StreamableHttpClientTransportConfig::with_uri(stage.endpoint());
            let transport = StreamableHttpClientTransport::with_client(http(), config);
            Ok(listener.clone().serve(transport).await.unwrap())
        }
    };
    let seen = take(&stage, client.unwrap(), &listener, era).await;
    tour::check(&seen, news);
}

async fn over_stdio(era: Era) {
    let stage = Stage::begin(false).await;
    let listener = Listener::default();
    let client = match era {
        Era::Discover => rust_lines::stdio(listener.clone(), &stage).await,
        Era::Handshake => {
            let mut server = Command::new("nextcloud-mcp-server");
            stage.settle(&mut server);
            server
                .args(["--transport", "stdio"])
                .envs(ACCOUNT.into_iter().zip(stage.account()));
            let transport = TokioChildProcess::new(server).unwrap();
            Ok(listener.clone().serve(transport).await.unwrap())
        }
    };
    let seen = take(&stage, client.unwrap(), &listener, era).await;
    tour::check(&seen, News::Heard);
}

type Client = RunningService<RoleClient, Listener>;

/// Takes the tour; what was seen.
async fn take(stage: &Stage, client: Client, listener: &Listener, era: Era) -> Value {
    let mut seen = seen(&client, listener).await;
    seen["heard"] = heard(&client, listener, stage, era).await;
    client.cancel().await.unwrap();
    seen
}

/// The tools that came while the client listened; nothing for one that is not promised to be told.
async fn heard(client: &Client, listener: &Listener, stage: &Stage, era: Era) -> Value {
    let capabilities = client.peer_info().unwrap().capabilities.clone();
    if capabilities.tools.unwrap().list_changed != Some(true) {
        return Value::Null;
    }
    let before = tools(client).await;
    match era {
        Era::Handshake => {
            stage.lay_another();
            timeout(SOON, listener.changed.notified()).await.unwrap();
        }
        Era::Discover => {
            let filter = SubscriptionFilter::builder().tools_list_changed();
            let mut changes = client.listen(filter.build()).await.unwrap();
            stage.lay_another();
            let change = timeout(SOON, changes.next()).await.unwrap().unwrap();
            let tools = matches!(
                change,
                Some(ServerNotification::ToolListChangedNotification(_))
            );
            assert!(tools, "{change:?}");
            changes.cancel().await.unwrap();
        }
    }
    let mut tools = tools(client).await;
    tools.retain(|tool| !before.contains(tool));
    json!(tools)
}

async fn tools(client: &Client) -> Vec<String> {
    let tools = client.list_all_tools().await.unwrap();
    tools.iter().map(|one| one.name.to_string()).collect()
}

async fn seen(client: &Client, listener: &Listener) -> Value {
    let tools = tools(client).await;
    let resources = client.list_all_resources().await.unwrap();
    let templates = client.list_all_resource_templates().await.unwrap();
    let prompts = client.list_all_prompts().await.unwrap();
    let book = resources.iter().find(|one| one.name.contains("Q&A"));
    let read = ReadResourceRequestParams::new(&book.unwrap().uri);
    let read = client.read_resource(read).await.unwrap().contents;
    let unread = ReadResourceRequestParams::new("nc://library/books/Ulysses");
    let unread = client.read_resource(unread).await.unwrap_err().to_string();
    let mut prompt = GetPromptRequestParams::new("nc_library_discuss");
    prompt.arguments = json!({"title": "Moby Dick", "length": "short"})
        .as_object()
        .cloned();
    let said = client.get_prompt(prompt).await.unwrap().messages;
    let said = said.into_iter().map(|message| match message.content {
        ContentBlock::Text(text) => text.text,
        ContentBlock::Resource(embedded) => text(&embedded.resource),
        other => panic!("{other:?}"),
    });
    let proposed = client
        .complete_prompt_simple("nc_library_discuss", "title", "m")
        .await;
    let missing = call(
        client,
        "nc_notes_get_note",
        json!({"note_id": 999_999}),
        ENOUGH,
    )
    .await;
    let progress = "nc_conformance_test_tool_with_progress";
    call(client, progress, json!({}), ENOUGH).await.unwrap();
    let gave_up = call(client, "nc_notes_get_note", json!({"note_id": 7}), PATIENCE).await;
    // There is one place for calls: had that one not ended, this would not come through.
    let afterwards = call(client, "nc_library_count", json!({}), ENOUGH).await;
    let afterwards = afterwards.unwrap()["structuredContent"].take();
    json!({
        "tools": tools,
        "resources": resources.iter().map(|one| &*one.name).collect::<Vec<_>>(),
        "templates": templates.iter().map(|one| &*one.uri_template).collect::<Vec<_>>(),
        "prompts": prompts.iter().map(|one| &*one.name).collect::<Vec<_>>(),
        "read": text(&read[0]),
        "unread": unread,
        "said": said.collect::<Vec<_>>(),
        "proposed": proposed.unwrap(),
        "structured": afterwards,
        "failed": missing.unwrap()["isError"],
        "progress": *listener.progress.lock().unwrap(),
        "gave_up": gave_up.is_none(),
        "afterwards": afterwards,
    })
}

/// Calls a tool; nothing if the answer did not come `within`, and then the server was told.
async fn call(client: &Client, tool: &str, arguments: Value, within: Duration) -> Option<Value> {
    let mut params = CallToolRequestParams::new(tool.to_owned());
    params.arguments = arguments.as_object().cloned();
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    let options = PeerRequestOptions::with_timeout(within);
    let handle = client.send_cancellable_request(request, options).await;
    match handle.unwrap().await_response().await.ok()? {
        ServerResult::CallToolResult(result) => serde_json::to_value(result).ok(),
        other => panic!("{other:?}"),
    }
}

fn text(contents: &ResourceContents) -> String {
    match contents {
        ResourceContents::TextResourceContents { text, .. } => text.clone(),
        other => panic!("{other:?}"),
    }
}
