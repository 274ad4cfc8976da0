//! Token introspection (RFC 7662) as `oidc` answers it: active for the client that owns the token, and for the one whose
//! `resource_url` the token was asked for (`oidc-flow/011`, `oidc-flow/050`). That is the audience check.
//!
//! By hand and strict: an answer that is not exactly understood is no answer, never a yes.

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::exchange::Exchange;
use super::metadata::Metadata;
use super::{ClientCredentials, Introspection, UpstreamError};

#[derive(Deserialize)]
struct Answer {
    active: bool,
    sub: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
    exp: Option<Value>,
}

pub(super) async fn introspect(
    exchange: &Exchange,
    metadata: &Metadata,
    client: &ClientCredentials,
    token: &SecretString,
) -> Result<Introspection, UpstreamError> {
    let url = metadata.introspection.as_ref().ok_or_else(|| {
        UpstreamError::Away("its provider names no introspection endpoint".to_owned())
    })?;
    let fields = [
        ("token", token.expose_secret()),
        ("client_id", &client.id),
        ("client_secret", client.secret.expose_secret()),
    ];
    let answer = exchange.post(url, &fields).await?;
    if answer.status() == StatusCode::OK {
        read(answer.body()).ok_or_else(|| {
            UpstreamError::Away(
                "its introspection endpoint answered what is not understood".to_owned(),
            )
        })
    } else {
        Err(UpstreamError::of_body(answer.body()))
    }
}

fn read(body: &[u8]) -> Option<Introspection> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    if !answer.active {
        return Some(Introspection::Inactive);
    }
    let named = |value: Option<String>| value.filter(|value| !value.is_empty());
    Some(Introspection::Active {
        subject: named(answer.sub)?,
        client_id: named(answer.client_id)?,
        scope: answer.scope.unwrap_or_default(),
        expires: match answer.exp {
            Some(expires) => Some(expires.as_u64()?),
            None => None,
        },
    })
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
    fn what_is_not_exactly_understood_is_not_active() {
        assert_eq!(read(br#"{"active":false}"#), Some(Introspection::Inactive));
        for body in [
            r#"{"active":"true","sub":"alice","client_id":"c"}"#,
            r#"{"active":1,"sub":"alice","client_id":"c"}"#,
            r#"{"active":null}"#,
            r"{}",
            r#"{"active":true}"#,
            r#"{"active":true,"sub":"alice"}"#,
            r#"{"active":true,"client_id":"c"}"#,
            r#"{"active":true,"sub":"","client_id":"c"}"#,
            r#"{"active":true,"sub":7,"client_id":"c"}"#,
            r#"{"active":true,"sub":"alice","client_id":["c"]}"#,
            r#"{"active":true,"sub":"alice","client_id":"c","exp":"soon"}"#,
            r#"{"active":true,"sub":"alice","client_id":"c","exp":-1}"#,
            r#"{"active":true,"sub":"alice","client_id":"c","scope":["a"]}"#,
            r#"{"active":false,"active":true,"sub":"alice","client_id":"c"}"#,
            r#"[{"active":true,"sub":"alice","client_id":"c"}]"#,
            "true",
            "",
        ] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }
}
