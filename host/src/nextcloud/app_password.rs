//! App passwords that the host itself makes and deletes: what a durable grant rests on.
//!
//! Two requests without cookies. No plugin can send them: their paths are closed to every manifest (`closed`).
//! Never here: for whom and why one is made, and who keeps it.

use std::sync::Arc;

use http::header::{HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::timeout;

use super::account::Account;
use super::documents;
use super::path::OriginPath;
use super::wire::Outgoing;
use super::{Budget, Credential, FetchError, Nextcloud};

/// Answers with a new app password for whoever the bearer token belongs to (recording `auth/008`).
const MAKE: &str = "/ocs/v2.php/core/getapppassword?format=json";

/// Deletes the app password that the request is signed with (recording `auth/010`).
const DELETE: &str = "/ocs/v2.php/core/apppassword?format=json";

/// Largest answer, in bytes; recorded ones take less than 200.
const ANSWER_BYTES: u64 = 64 << 10;

#[derive(Deserialize)]
struct Made {
    apppassword: String,
}

impl Nextcloud {
    /// Makes an app password with a fresh bearer token. Nextcloud lists it under the name `device`, which therefore goes
    /// as User-Agent. Where this fails without [`FetchError::Unauthorized`], Nextcloud may still have made one.
    pub async fn make_app_password(
        &self,
        bearer: &SecretString,
        device: &HeaderValue,
    ) -> Result<SecretString, FetchError> {
        let credential =
            Credential::bearer(bearer).map_err(|why| FetchError::Other(why.to_string()))?;
        let account = self.lone_account(credential)?;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, device.clone());
        let (status, body) = self
            .own_exchange(&account, Method::GET, MAKE, headers)
            .await?;
        let made = documents::ocs::<Made>(&body).filter(|_| status == StatusCode::OK);
        made.map(|made| made.apppassword.into())
            .ok_or_else(|| answered(status))
    }

    /// Deletes an app password. [`FetchError::Unauthorized`]: there was none any more.
    pub async fn delete_app_password(&self, app_password: &Credential) -> Result<(), FetchError> {
        let account = self.account(app_password).await?;
        let (status, _) = self
            .own_exchange(&account, Method::DELETE, DELETE, HeaderMap::new())
            .await?;
        if status != StatusCode::OK {
            return Err(answered(status));
        }
        self.retire(app_password.id()).await;
        Ok(())
    }

    async fn own_exchange(
        &self,
        account: &Arc<Account>,
        method: Method,
        path: &str,
        headers: HeaderMap,
    ) -> Result<(StatusCode, bytes::Bytes), FetchError> {
        let path = OriginPath::parse(path).map_err(|why| FetchError::Other(why.to_string()))?;
        let request = Outgoing {
            method,
            url: account.url_of(&path)?,
            route: path.without_query().into(),
            headers,
            body: None,
        };
        let exchange = async {
            let (_, answer) = account.send(request, false).await?;
            let status = answer.status();
            if status == StatusCode::UNAUTHORIZED {
                account.end().await;
                return Err(FetchError::Unauthorized);
            }
            let body = answer
                .body(&Budget::new(1, ANSWER_BYTES, ANSWER_BYTES))
                .await?;
            Ok((status, body))
        };
        timeout(self.limits().total_timeout, Box::pin(exchange))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }
}

fn answered(status: StatusCode) -> FetchError {
    FetchError::Unreachable(format!(
        "it answered {status} when asked about an app password; its own log says why"
    ))
}
