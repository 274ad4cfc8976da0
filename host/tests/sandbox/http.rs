//! Calls over HTTP by somebody with a sign-in of their own: what they may not do is 403, and a sign-in that ends in the
//! middle of a call is left for the edge to say 401. In both eras of the protocol.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use nextcloud_mcp_server::auth::CallSeal;
use nextcloud_mcp_server::mcp::{Mcp, MissingScopes, Rules, SignIn, endpoint};
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
    let rules = Rules::new(CallSeal::basic(None).unwrap());
    let mcp = Mcp::new(host.plugins.clone(), rules);
    let router: Router = endpoint(mcp, is_loaded, 100_000);
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
        if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
            request = request.header("mcp-name", name);
        }
    }
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    let sign_in = SignIn::new(Some("grant-1"), Some("client-1"), "sign-in");
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

/// Everything beside tools that a plugin answers, each with what it takes.
fn beside(what: &str) -> [(&'static str, Value); 3] {
    let reference = json!({"type": "ref/resource", "uri": "nc://hostile/{what}"});
    let argument = json!({"name": "what", "value": what});
    [
        (
            "resources/read",
            json!({"uri": format!("nc://hostile/{what}")}),
        ),
        (
            "prompts/get",
            json!({"name": "nc_hostile_say", "arguments": {"what": what}}),
        ),
        (
            "completion/complete",
            json!({"ref": reference, "argument": argument}),
        ),
    ]
}

#[tokio::test]
async fn reading_prompts_and_completions_without_the_scope_are_403() {
    let host = Host::with_shelves(|_| {}).await;
    for era in ERAS {
        for (method, params) in beside("x") {
            let answer = send(&host, only("hostile.write"), era, method, params.clone()).await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{method}: {}",
                answer.body
            );
            let needed = MissingScopes(vec!["hostile.read".to_owned()]);
            assert_eq!(answer.missing, Some(needed), "{method}");
            let answer = send(&host, only("hostile.read"), era, method, params).await;
            assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.body);
            assert!(
                answer.json()["result"].is_object(),
                "{method}: {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn lists_show_what_the_scopes_allow_beside_tools() {
    let host = Host::with_shelves(|_| {}).await;
    for era in ERAS {
        for (method, key, count) in [
            ("resources/list", "resources", 2),
            ("resources/templates/list", "resourceTemplates", 1),
            ("prompts/list", "prompts", 1),
        ] {
            let list = async |scopes| {
                let answer = send(&host, scopes, era, method, json!({})).await;
                answer.json()["result"][key].as_array().unwrap().len()
            };
            assert_eq!(list(only("hostile.read")).await, count, "{method}");
            assert_eq!(list(only("hostile.write")).await, 0, "{method}");
            let answer = send(&host, Scopes::All, era, method, json!({"cursor": "x"})).await;
            assert_eq!(answer.json()["error"]["code"], -32602, "{method}");
        }
    }
}

#[tokio::test]
async fn the_list_of_resources_goes_on_at_its_own_cursor() {
    let host = Host::with_shelves(|_| {}).await;
    for era in ERAS {
        let page = async |params| {
            let answer = send(&host, Scopes::All, era, "resources/list", params).await;
            let result = answer.json()["result"].clone();
            let resources = result["resources"].as_array().unwrap().clone();
            let uris: Vec<String> = resources
                .iter()
                .map(|one| one["uri"].as_str().unwrap().to_owned())
                .collect();
            (uris, result["nextCursor"].clone())
        };
        let (first, next) = page(json!({})).await;
        // The plugin lists its single resource as well: once is enough.
        assert_eq!(first, ["nc://hostile/single", "nc://hostile/one"]);
        let (second, end) = page(json!({"cursor": next})).await;
        assert_eq!(second, ["nc://hostile/two"]);
        assert!(end.is_null());
    }
}

#[tokio::test]
async fn a_plugin_that_fails_is_left_out_of_the_list_and_no_other() {
    let host = Host::with_shelves(|_| {}).await;
    // What the plugin gave out as `panic` would be in a cursor like this.
    let cursor = "eyJob3N0aWxlIjoicGFuaWMifQ";
    let params = json!({"cursor": cursor});
    let answer = send(&host, Scopes::All, None, "resources/list", params).await;
    assert_eq!(answer.json()["result"]["resources"], json!([]));
    assert!(answer.json()["result"]["nextCursor"].is_null());
}

#[tokio::test]
async fn what_is_not_there_is_said_as_the_revision_says_it() {
    let host = Host::with_shelves(|_| {}).await;
    for (era, code) in [(None, -32002), (Some("2026-07-28"), -32602)] {
        for uri in ["nc://hostile/absent", "nc://deck/1", "https://x.example/"] {
            let params = json!({"uri": uri});
            let answer = send(&host, Scopes::All, era, "resources/read", params).await;
            let error = answer.json()["error"].clone();
            assert_eq!(error["code"], code, "{uri}: {error}");
            assert_eq!(error["data"]["uri"], uri);
        }
        let params = json!({"name": "nc_hostile_nope"});
        let answer = send(&host, Scopes::All, era, "prompts/get", params).await;
        assert_eq!(answer.json()["error"]["code"], -32602);
        let reference = json!({"type": "ref/prompt", "name": "nc_hostile_say"});
        let params = json!({"ref": reference, "argument": {"name": "wat", "value": ""}});
        let answer = send(&host, Scopes::All, era, "completion/complete", params).await;
        let message = answer.json()["error"]["message"].clone();
        assert!(
            message
                .as_str()
                .unwrap()
                .contains("Known there: what, more"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn at_most_a_hundred_proposals_are_sent() {
    let host = Host::with_shelves(|_| {}).await;
    let [_, _, (method, params)] = beside("flood");
    let answer = send(&host, Scopes::All, None, method, params).await;
    let completion = answer.json()["result"]["completion"].clone();
    assert_eq!(completion["values"].as_array().unwrap().len(), 100);
    assert_eq!(completion["hasMore"], true);
}

#[tokio::test]
async fn a_401_while_a_resource_is_read_is_left_for_the_edge() {
    for era in ERAS {
        let host = Host::with_shelves(|_| {}).await;
        let params = json!({"uri": "nc://hostile/refused"});
        let answer = send(&host, Scopes::All, era, "resources/read", params).await;
        assert!(answer.sign_in.is_refused(), "{}", answer.body);
        assert!(answer.body.contains("sign in to this server again"));
    }
}

#[tokio::test]
async fn a_mistake_of_the_plugin_is_the_operators_alone() {
    let host = Host::with_shelves(|_| {}).await;
    let params = json!({"uri": "nc://hostile/internal"});
    let answer = send(&host, Scopes::All, None, "resources/read", params).await;
    assert_eq!(answer.json()["error"]["code"], -32603);
    assert!(!answer.body.contains("secret"), "{}", answer.body);
}

#[tokio::test]
async fn only_what_some_plugin_has_is_announced() {
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}
    });
    for (host, has) in [
        (Host::new(|_| {}).await, false),
        (Host::with_shelves(|_| {}).await, true),
    ] {
        let answer = send(&host, Scopes::All, None, "initialize", params.clone()).await;
        let capabilities = answer.json()["result"]["capabilities"].clone();
        assert!(capabilities["tools"].is_object());
        assert_eq!(capabilities["resources"].is_object(), has);
        assert_eq!(capabilities["prompts"].is_object(), has);
        assert_eq!(capabilities["completions"].is_object(), has);
    }
}
