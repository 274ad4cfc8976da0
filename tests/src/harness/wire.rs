//! A request of MCP 2026-07-28 as it stands on the wire, from a client that can be asked, and the events that come back: for what no
//! client library sends or shows.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::http;

/// Longest wait for one message.
const SOON: Duration = Duration::from_secs(10);

/// Its method and parameters; whoever signs in adds the token.
pub fn request(endpoint: &str, method: &str, params: Value) -> reqwest::RequestBuilder {
    request_by(&http(), endpoint, method, params)
}

/// The same by a client that is set up otherwise.
pub fn request_by(
    http: &reqwest::Client,
    endpoint: &str,
    method: &str,
    mut params: Value,
) -> reqwest::RequestBuilder {
    let meta = params
        .as_object_mut()
        .expect("an object of parameters")
        .entry("_meta")
        .or_insert_with(|| json!({}));
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
    let mut request = http
        .post(endpoint)
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", method);
    if let Some(name) = params["name"].as_str().or_else(|| params["uri"].as_str()) {
        request = request.header("Mcp-Name", name);
    }
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    request.json(&message)
}

/// An answer that comes as a stream of events. It ends when it is dropped.
#[derive(Debug)]
pub struct Events {
    response: reqwest::Response,
    /// What came and is no whole line yet.
    rest: String,
}

impl Events {
    /// Of an answer whose status says that it is one.
    pub fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200, "{response:?}");
        Self {
            response,
            rest: String::new(),
        }
    }

    /// The next message; `None` when the stream ends, or when none comes for long.
    pub async fn next(&mut self) -> Option<Value> {
        tokio::time::timeout(SOON, self.read()).await.ok()?
    }

    async fn read(&mut self) -> Option<Value> {
        loop {
            while let Some(end) = self.rest.find('\n') {
                let line: String = self.rest.drain(..=end).collect();
                let data = line.strip_prefix("data:");
                if let Some(message) = data.and_then(|data| serde_json::from_str(data).ok()) {
                    return Some(message);
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.rest.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}
