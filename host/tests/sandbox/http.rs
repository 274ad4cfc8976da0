//! Calls over HTTP by somebody with a sign-in of their own: what they may not do is 403, and a sign-in that ends in the
//! middle of a call is left for the edge to say 401. In both eras of the protocol.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use nextcloud_mcp_server::mcp::{MissingScopes, SignIn, endpoint};
use nextcloud_mcp_server::nextcloud::Scopes;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::fixture::Host;

const ERAS: [Option<&str>; 2] = [None, Some("2026-07-28")];

struct Answer {
    status: StatusCode,
    missing: Option<MissingScopes>,
    body: String,
    sign_in: SignIn,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends a request as alice, whose client may do what `scopes` say.
async fn send(
    host: &Arc<Host>,
    scopes: Scopes,
    era: Option<&str>,
    method: &str,
    mut params: Value,
) -> Answer {
    let (_loaded, is_loaded) = watch::channel(true);
    let router: Router = endpoint(host.plugins.clone(), is_loaded, 100_000);
    let mut request = Request::post("/")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if let Some(version) = era {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        request = request
            .header("mcp-protocol-version", version)
            .header("mcp-method", method);
        if let Some(name) = params["name"].as_str() {
            request = request.header("mcp-name", name);
        }
    }
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    let sign_in = SignIn::new(Some("grant-1"), Some("client-1"));
    let request = request
        .extension(host.caller_with("alice", scopes))
        .extension(sign_in.clone())
        .body(Body::from(message.to_string()))
        .unwrap();
    let mut response = router.oneshot(request).await.unwrap();
    let missing = response.extensions_mut().remove();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer {
        status,
        missing,
        body: String::from_utf8(body.to_vec()).unwrap(),
        sign_in,
    }
}

fn only(scope: &str) -> Scopes {
    Scopes::Only([scope.to_owned()].into())
}

fn fetch(tool: &str, path: &str) -> Value {
    let path = format!("/index.php/apps/hostile/api/{path}");
    json!({"name": format!("nc_hostile_{tool}"), "arguments": {"method": "GET", "path": path}})
}

#[tokio::test]
async fn a_call_without_its_scope_is_403_and_never_begins() {
    let host = Host::new(|_| {}).await;
    for era in ERAS {
        let call = fetch("fetch_delete", "items");
        let answer = send(&host, only("hostile.read"), era, "tools/call", call).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        let needed = MissingScopes(vec!["hostile.write".to_owned()]);
        assert_eq!(answer.missing, Some(needed));
        assert_eq!(answer.json()["id"], 7);
        assert!(host.nextcloud.seen().is_empty());
        assert!(!answer.sign_in.is_refused());
    }
}

#[tokio::test]
async fn a_call_within_its_scope_is_answered() {
    let host = Host::new(|_| {}).await;
    for era in ERAS {
        let call = fetch("fetch_read", "items");
        let answer = send(&host, only("hostile.read"), era, "tools/call", call).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.json()["result"]["isError"], false);
    }
}

#[tokio::test]
async fn the_list_shows_what_the_scopes_allow() {
    let host = Host::new(|_| {}).await;
    let names = |answer: &Answer| -> Vec<String> {
        let tools = answer.json()["result"]["tools"].as_array().unwrap().clone();
        let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
        tools.iter().map(name).collect()
    };
    for era in ERAS {
        let all = send(&host, Scopes::All, era, "tools/list", json!({})).await;
        for scope in ["hostile.read", "hostile.write"] {
            let some = send(&host, only(scope), era, "tools/list", json!({})).await;
            let catalogue = host.plugins.catalogue();
            let expected: Vec<String> = names(&all)
                .into_iter()
                .filter(|name| catalogue.tool(name).unwrap().scope() == scope)
                .collect();
            assert!(!expected.is_empty());
            assert_eq!(names(&some), expected);
        }
        let none = send(&host, only("notes.read"), era, "tools/list", json!({})).await;
        assert!(names(&none).is_empty());
    }
}

/// An answer with progress has begun by then, and the edge cannot change it any more: so the text must be good, too, and
/// the credential known as refused, for the next request.
#[tokio::test]
async fn a_401_in_the_middle_of_a_call_is_left_for_the_edge_and_told_to_the_model() {
    for era in ERAS {
        let host = Host::new(|_| {}).await;
        let call = fetch("fetch_read", "refused");
        let answer = send(&host, Scopes::All, era, "tools/call", call).await;
        assert!(answer.sign_in.is_refused(), "{}", answer.body);
        assert!(answer.body.contains("sign in to this server again"));
        assert!(!answer.body.contains("NEXTCLOUD_"), "{}", answer.body);
        assert!(host.caller_with("alice", Scopes::All).is_refused());
    }
}
