//! rmcp's own client.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Peer, http};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, ContentBlock, GetPromptRequestParams,
    ProgressNotificationParam, ReadResourceRequestParams, ResourceContents, ServerResult,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RoleClient, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ServiceExt as _};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::stage::Stage;
use crate::tour;

/// A call that Nextcloud does not answer is given up after this time; it would take two minutes.
const PATIENCE: Duration = Duration::from_millis(1500);

/// For a call that must come through.
const ENOUGH: Duration = Duration::from_secs(10);

/// Listens to progress.
#[derive(Debug, Clone, Default)]
struct Listener(Arc<Mutex<Vec<f64>>>);

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        report: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.0.lock().unwrap().push(report.progress);
    }
}

#[tokio::test]
async fn rmcp_over_http() {
    let stage = Stage::begin(true).await;
    let config = StreamableHttpClientTransportConfig::with_uri(stage.endpoint());
    let transport = StreamableHttpClientTransport::with_client(http(), config);
    let listener = Listener::default();
    let client = listener.clone().serve(transport).await.unwrap();
    tour::check(&seen(client, &listener).await);
}

#[tokio::test]
async fn rmcp_over_stdio() {
    let stage = Stage::begin(false).await;
    let mut command = Command::new(Peer::Server.required());
    command
        .args(["--transport", "stdio"])
        .env_clear()
        .envs(stage.settings().iter().cloned())
        .current_dir(stage.folder.path());
    let builder = TokioChildProcess::builder(command).stderr(Stdio::null());
    let (transport, _) = builder.spawn().unwrap();
    let listener = Listener::default();
    let client = listener.clone().serve(transport).await.unwrap();
    tour::check(&seen(client, &listener).await);
}

type Client = RunningService<RoleClient, Listener>;

async fn seen(client: Client, listener: &Listener) -> Value {
    let tools = client.list_all_tools().await.unwrap();
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
        &client,
        "nc_notes_get_note",
        json!({"note_id": 999_999}),
        ENOUGH,
    )
    .await;
    let progress = "nc_conformance_test_tool_with_progress";
    call(&client, progress, json!({}), ENOUGH).await.unwrap();
    let gave_up = call(
        &client,
        "nc_notes_get_note",
        json!({"note_id": 7}),
        PATIENCE,
    )
    .await;
    // There is one place for calls: had that one not ended, this would not come through.
    let afterwards = call(&client, "nc_library_count", json!({}), ENOUGH).await;
    let afterwards = afterwards.unwrap()["structuredContent"].take();
    let seen = json!({
        "tools": tools.iter().map(|one| &*one.name).collect::<Vec<_>>(),
        "resources": resources.iter().map(|one| &*one.name).collect::<Vec<_>>(),
        "templates": templates.iter().map(|one| &*one.uri_template).collect::<Vec<_>>(),
        "prompts": prompts.iter().map(|one| &*one.name).collect::<Vec<_>>(),
        "read": text(&read[0]),
        "unread": unread,
        "said": said.collect::<Vec<_>>(),
        "proposed": proposed.unwrap(),
        "structured": afterwards,
        "failed": missing.unwrap()["isError"],
        "progress": *listener.0.lock().unwrap(),
        "gave_up": gave_up.is_none(),
        "afterwards": afterwards,
    });
    client.cancel().await.unwrap();
    seen
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
