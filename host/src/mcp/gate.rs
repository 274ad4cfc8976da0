//! In front of rmcp: reads a request's body once, bounded, and gets the called tool's place before rmcp begins.
//!
//! HTTP must say some things that rmcp cannot, since it answers a handler's error with 200: here it is 503 with
//! `Retry-After` when there is no place. What the gate reads is a hint only: the handler looks at everything again,
//! and takes a place for itself if the gate read something else than rmcp.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::arrival::Admitted;
use crate::nextcloud::Caller;
use crate::plugin::Plugins;

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// How long a request waits for plugins that are still loading: a first start compiles for some seconds.
const LOADED_WITHIN: Duration = Duration::from_secs(15);

/// When to come back while plugins are loading.
const LOADING_AGAIN: Duration = Duration::from_secs(5);

/// The code of "busy" in a JSON-RPC error: HTTP's own, and outside the range that JSON-RPC and MCP keep for themselves.
const BUSY: i32 = 503;

/// See the module's documentation.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) plugins: Arc<Plugins>,
    pub(super) loaded: watch::Receiver<bool>,
    pub(super) body_bytes: usize,
}

/// What of a JSON-RPC message the gate looks at. A key that is there twice is refused: the gate could read one and
/// rmcp the other.
#[derive(Debug, Default, Deserialize)]
struct Message {
    #[serde(default)]
    jsonrpc: Value,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    method: Option<String>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

/// `null` is an id that is there, and wrong.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The tool that a message calls.
#[derive(Debug, Deserialize)]
struct Called {
    params: Params,
}

/// See [`Called`].
#[derive(Debug, Deserialize)]
struct Params {
    name: String,
}

pub(super) async fn pass(State(mut gate): State<Gate>, request: Request, next: Next) -> Response {
    // rmcp answers other methods by itself, with 405.
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let declared = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let body = match read(body, declared, gate.body_bytes, BODY_WITHIN).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(&Value::Null),
    };
    let message = match parse(&body) {
        Ok(message) => message,
        Err(refusal) => return refusal.into_response(&Value::Null),
    };
    let id = message.id.unwrap_or_default();
    if !is_loaded(&mut gate.loaded).await {
        return Refusal::busy("the server is still loading its plugins", LOADING_AGAIN)
            .into_response(&id);
    }
    if message.method.as_deref() == Some("tools/call")
        && let Some(caller) = parts.extensions.get::<Caller>()
        && let Some(tool) =
            called(&body).and_then(|name| gate.plugins.catalogue().tool(&name).cloned())
    {
        match gate.plugins.admit(&tool, caller).await {
            Ok(admission) => parts.extensions.insert(Admitted::new(tool, admission)),
            Err(busy) => {
                return Refusal::busy(
                    "the server has as many calls in flight as it may have",
                    busy.retry_after,
                )
                .into_response(&id);
            }
        };
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// Waits a while for the catalogue, if it is not there yet.
async fn is_loaded(loaded: &mut watch::Receiver<bool>) -> bool {
    let waiting = loaded.wait_for(|loaded| *loaded);
    matches!(
        tokio::time::timeout(LOADED_WITHIN, waiting).await,
        Ok(Ok(_))
    )
}

/// The whole body, unless it is too large or too slow.
async fn read(
    body: Body,
    declared: Option<usize>,
    most: usize,
    within: Duration,
) -> Result<Bytes, Refusal> {
    let too_large = || {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            -32600,
            format!("the request is larger than {most} bytes; send less at once"),
        )
    };
    if declared.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let collect = async {
        let mut whole = BytesMut::new();
        let mut stream = body.into_data_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|_| {
                Refusal::new(
                    StatusCode::BAD_REQUEST,
                    -32700,
                    "the request ended before its end".to_owned(),
                )
            })?;
            if piece.len() > most - whole.len() {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    };
    let slow = |_| {
        Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            -32600,
            format!("the request did not arrive within {} s", within.as_secs()),
        )
    };
    tokio::time::timeout(within, collect).await.map_err(slow)?
}

/// A single JSON-RPC message; rmcp would answer anything else with a text about its own types.
fn parse(body: &[u8]) -> Result<Message, Refusal> {
    let wrong = |code, message: String| Refusal::new(StatusCode::BAD_REQUEST, code, message);
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(body) {
        return Err(wrong(-32700, format!("the request is not JSON: {error}")));
    }
    if body.trim_ascii_start().starts_with(b"[") {
        let advice =
            "batches of messages are not part of MCP any more; send one message in each request";
        return Err(wrong(-32600, advice.to_owned()));
    }
    let message: Message = serde_json::from_slice(body).map_err(|error| {
        wrong(
            -32600,
            format!("the request is not a JSON-RPC message: {error}"),
        )
    })?;
    let is_request = message.method.is_some();
    let is_answer = message.result.is_some() || message.error.is_some();
    let has_good_id = message
        .id
        .as_ref()
        .is_none_or(|id| id.is_string() || id.is_i64() || id.is_u64());
    if message.jsonrpc != "2.0" || is_request == is_answer || !has_good_id {
        let form = "the request is not a JSON-RPC message: it needs \"jsonrpc\": \"2.0\", a method, and a text or an integer as its id";
        return Err(wrong(-32600, form.to_owned()));
    }
    Ok(message)
}

/// The name of the tool that a call names, if it is one.
fn called(body: &[u8]) -> Option<String> {
    serde_json::from_slice(body)
        .ok()
        .map(|Called { params }| params.name)
}

/// An answer of the gate's own: HTTP's status, and the same as a JSON-RPC error.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: i32,
    message: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, code: i32, message: String) -> Self {
        Self {
            status,
            code,
            message,
            retry_after: None,
        }
    }

    fn busy(what: &str, retry_after: Duration) -> Self {
        let message = format!(
            "{what}; nothing was done. Try again in {} s",
            retry_after.as_secs().max(1)
        );
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, BUSY, message)
        }
    }

    fn into_response(self, id: &Value) -> Response {
        let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": self.code, "message": self.message } });
        let mut response = (self.status, body.to_string()).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(retry_after) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
        }
        response
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn the_called_tool_is_read_and_everything_else_left_alone() {
        let body = br#" {"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"nc_notes_list","arguments":{"name":"x"}}}"#;
        let message = parse(body).unwrap();
        assert_eq!(message.method.as_deref(), Some("tools/call"));
        assert_eq!(message.id, Some(json!("a")));
        assert_eq!(called(body).as_deref(), Some("nc_notes_list"));
        let notification =
            parse(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).unwrap();
        assert_eq!(notification.id, None);
        assert!(
            parse(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).is_ok(),
            "for rmcp to refuse"
        );
    }

    #[test]
    fn a_call_that_names_no_tool_gets_no_place() {
        for params in [
            "1",
            "[]",
            "{}",
            r#"{"name":1}"#,
            r#"{"name":"a","name":"b"}"#,
        ] {
            let body =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
            assert!(
                parse(body.as_bytes()).is_ok(),
                "for rmcp to judge: {params}"
            );
            assert_eq!(called(body.as_bytes()), None, "{params}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused_in_json_rpc_words() {
        for (body, code) in [
            ("{", -32700),
            ("", -32700),
            (r#"{"a":1} x"#, -32700),
            ("[]", -32600),
            ("[{}]", -32600),
            ("7", -32600),
            (r#""{""#, -32600),
            ("{}", -32600),
            (r#"{"id":1,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#,
                -32600,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
                -32600,
            ),
        ] {
            assert_eq!(parse(body.as_bytes()).unwrap_err().code, code, "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_limit_and_no_further() {
        let status = |body: Result<Bytes, Refusal>| body.map_err(|refusal| refusal.status);
        assert_eq!(
            status(read(Body::from("12345"), None, 5, BODY_WITHIN).await),
            Ok(Bytes::from("12345"))
        );
        assert_eq!(
            status(read(Body::from("123456"), None, 5, BODY_WITHIN).await),
            Err(StatusCode::PAYLOAD_TOO_LARGE)
        );
        let endless = Body::from_stream(futures_util::stream::repeat_with(|| {
            Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b' '; 1000]))
        }));
        assert_eq!(
            status(read(endless, None, 5000, BODY_WITHIN).await),
            Err(StatusCode::PAYLOAD_TOO_LARGE)
        );
        let never = Body::from_stream(futures_util::stream::pending::<
            Result<Bytes, std::convert::Infallible>,
        >());
        assert_eq!(
            status(read(never, Some(6), 5, BODY_WITHIN).await),
            Err(StatusCode::PAYLOAD_TOO_LARGE),
            "what it declares is enough"
        );
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never = Body::from_stream(futures_util::stream::pending::<
            Result<Bytes, std::convert::Infallible>,
        >());
        assert_eq!(
            read(never, None, 5, Duration::from_millis(10))
                .await
                .unwrap_err()
                .status,
            StatusCode::REQUEST_TIMEOUT
        );
    }

    #[tokio::test]
    async fn busy_is_503_with_a_time_to_come_back_and_the_requests_id() {
        let response =
            Refusal::busy("the server is busy", Duration::from_secs(5)).into_response(&json!(7));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        let body: Value = serde_json::from_slice(
            &axum::body::to_bytes(response.into_body(), 1000)
                .await
                .unwrap(),
        )
        .unwrap();
        assert_eq!(
            (&body["id"], &body["error"]["code"]),
            (&json!(7), &json!(503))
        );
    }
}
