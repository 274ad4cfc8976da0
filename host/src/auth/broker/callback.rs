//! `/oauth/callback`: Nextcloud sends the browser back, and the client gets a code.
//!
//! Only to a browser that holds the transaction's cookie. Without that check, somebody could agree in their own browser
//! and have another person, whom Nextcloud may sign in without asking anything, finish it for them (state fixation,
//! confused deputy: RFC 9700, section 4.7; the MCP specification's security best practices).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};

use super::answer::Return;
use super::page::Problem;
use super::parameters::Parameters;
use super::request::{Asked, RequestError};
use super::transaction::{Agreed, Stage, Transaction};
use super::{Broker, Code};
use crate::auth::grant;
use crate::auth::seal::Purpose;

/// How long a client may take to redeem its code. Programs do at once; RFC 6749 allows ten minutes at most.
const CODE_SECONDS: u64 = 120;

/// Longest code in characters. It travels in a URL, of which servers read 8 kB.
const CODE_LENGTH: usize = 4 * 1024;

/// `GET /oauth/callback`.
pub(super) async fn callback(State(broker): State<Arc<Broker>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let read = async {
        let parameters = Parameters::of(request).await?;
        let name = parameters.one("state")?.ok_or(Problem::NoTransaction)?;
        let transaction = Transaction::find(&broker, &headers, name);
        let transaction = transaction.ok_or(Problem::NoTransaction)?;
        Ok::<_, Problem>((parameters, transaction))
    };
    let (parameters, transaction) = match read.await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let Stage::Nextcloud(agreed) = &transaction.stage else {
        return Problem::NoTransaction.into_response();
    };
    let asked = &transaction.asked;
    let back = Return {
        redirect_uri: &asked.redirect_uri,
        state: asked.state.as_deref(),
    };
    let code = upstream_code(&parameters).and_then(|code| seal(&broker, asked, agreed, code));
    let mut response = match code {
        Ok(code) => back.with_code(&broker, &code),
        Err(error) => back.with_error(&broker, error),
    };
    transaction.forget(&broker, response.headers_mut());
    response
}

/// Nextcloud's code, not looked into.
fn upstream_code(parameters: &Parameters) -> Result<&str, RequestError> {
    match parameters.one("error")? {
        None => {}
        Some("access_denied") => return Err(RequestError::Denied),
        Some("temporarily_unavailable") => return Err(RequestError::Away),
        Some(other) => {
            // Whoever holds the cookie could write anything there.
            let word = other.len() <= 64
                && other
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let error = if word {
                other
            } else {
                "something that is no error code"
            };
            tracing::warn!("Nextcloud ended a sign-in with `{error}`");
            return Err(RequestError::Upstream);
        }
    }
    parameters.one("code")?.ok_or(RequestError::Upstream)
}

fn seal(
    broker: &Broker,
    asked: &Asked,
    agreed: &Agreed,
    upstream_code: &str,
) -> Result<String, RequestError> {
    let code = Code {
        grant: agreed.grant.clone(),
        client: asked.client.clone(),
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        scopes: asked.scopes.clone(),
        resource: broker.oauth.place.resource(),
        durable: agreed.durable,
        client_name: asked.client_name.clone(),
        expires: grant::now() + CODE_SECONDS,
        upstream_code: upstream_code.into(),
        upstream_client: agreed.upstream_client.clone(),
        upstream_verifier: agreed.verifier.clone(),
        upstream_nonce: agreed.nonce.clone(),
    };
    let sealed = broker
        .oauth
        .sealer
        .seal(Purpose::Code, &code)
        .map_err(|error| {
            tracing::error!("a code could not be sealed: {error}");
            RequestError::Server
        })?;
    if sealed.len() > CODE_LENGTH {
        tracing::error!(length = sealed.len(), "a code is too long for a URL");
        return Err(RequestError::Server);
    }
    Ok(sealed)
}
