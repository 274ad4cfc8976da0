//! A request's body as far as the gate needs it: read once, bounded in size and time, and looked at, not understood.
//!
//! Never here: what a message means. That is rmcp's, which gets the same bytes.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::error::Category;

use super::refusal::Refusal;

/// What of a JSON-RPC message the gate looks at. A key that is there twice is refused: the gate could read one and
/// rmcp the other.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    jsonrpc: Value,
    #[serde(default, deserialize_with = "present")]
    pub(super) id: Option<Value>,
    pub(super) method: Option<String>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

/// `null` is an id that is there, and wrong.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The whole body, unless it is too large or too slow.
pub(super) async fn read(
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
pub(super) fn parse(body: &[u8]) -> Result<Message, Refusal> {
    let wrong = |code, message: String| Refusal::new(StatusCode::BAD_REQUEST, code, message);
    if body.trim_ascii_start().starts_with(b"[") {
        let advice =
            "batches of messages are not part of MCP any more; send one message in each request";
        return Err(wrong(-32600, advice.to_owned()));
    }
    let message: Message =
        serde_json::from_slice(body).map_err(|error| match error.classify() {
            Category::Data => wrong(
                -32600,
                format!("the request is not a JSON-RPC message: {error}"),
            ),
            Category::Syntax | Category::Eof | Category::Io => {
                wrong(-32700, format!("the request is not JSON: {error}"))
            }
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Longer than any test takes.
    const BODY_WITHIN: Duration = Duration::from_secs(30);

    #[test]
    fn a_message_is_looked_at_and_not_understood() {
        let body = br#" {"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":1}}"#;
        let message = parse(body).unwrap();
        assert_eq!(message.method.as_deref(), Some("tools/call"));
        assert_eq!(message.id, Some(json!("a")));
        let notification =
            parse(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).unwrap();
        assert_eq!(notification.id, None);
        assert!(
            parse(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).is_ok(),
            "for rmcp to refuse"
        );
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
}
