//! A request of MCP 2026-07-28 as it stands on the wire, from a client that can be asked: for what no client library sends.

use serde_json::{Value, json};

use super::client::http;

/// Its method and parameters; whoever signs in adds the token.
pub fn request(endpoint: &str, method: &str, mut params: Value) -> reqwest::RequestBuilder {
    let meta = params
        .as_object_mut()
        .expect("an object of parameters")
        .entry("_meta")
        .or_insert_with(|| json!({}));
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
    let mut request = http()
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
