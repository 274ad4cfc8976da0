//! Whose token it is, by the userinfo endpoint. It knows tokens of every client and says nothing of an audience.

use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;

use super::exchange::Exchange;
use super::metadata::Metadata;
use super::{UpstreamError, Userinfo};

#[derive(Deserialize)]
struct Answer {
    sub: String,
    scope: Option<String>,
}

pub(super) async fn userinfo(
    exchange: &Exchange,
    metadata: &Metadata,
    token: &SecretString,
) -> Result<Option<Userinfo>, UpstreamError> {
    let away = |why: &str| UpstreamError::Away(why.to_owned());
    let url = metadata
        .userinfo
        .as_ref()
        .ok_or_else(|| away("its provider names no userinfo endpoint"))?;
    tracing::debug!("Token validation via userinfo endpoint");
    let answer = exchange.get(url, Some(token)).await?;
    match answer.status() {
        StatusCode::OK => serde_json::from_slice(answer.body())
            .ok()
            .filter(|Answer { sub, .. }| !sub.is_empty())
            .map(|Answer { sub, scope }| {
                Some(Userinfo {
                    subject: sub,
                    scope: scope.unwrap_or_default(),
                })
            })
            .ok_or_else(|| away("its userinfo endpoint names no user")),
        // Nextcloud says 400 of a token that it does not know, 401 of a user who was disabled (`errors/033`, `errors/052`).
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Ok(None),
        status => Err(away(&format!(
            "it answered with status {}",
            status.as_u16()
        ))),
    }
}
