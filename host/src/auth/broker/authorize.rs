//! `/oauth/authorize`: a client sends a user's browser here, and the user is asked.
//!
//! Until client and redirect URI are known to belong together, every error is a page here: to redirect then would make
//! this server send people wherever a stranger says (RFC 9700, section 4.11). After that, the client is told.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use url::Url;

use super::answer::Return;
use super::page::{self, Problem};
use super::parameters::Parameters;
use super::request::{self, RequestError};
use super::transaction::{KeepError, Stage, Transaction};
use super::{Broker, Client, client};
use crate::random;

/// `GET` and `POST /oauth/authorize`.
pub(super) async fn authorize(State(broker): State<Arc<Broker>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let known = async {
        broker.sign_in.ready()?;
        let parameters = Parameters::of(request).await?;
        let (client, redirect_uri) = identify(&broker, &parameters).await?;
        Ok::<_, Problem>((parameters, client, redirect_uri))
    };
    let (parameters, client, redirect_uri) = match known.await {
        Ok(known) => known,
        Err(problem) => return problem.into_response(),
    };
    // Not the parsed URL: clients compare what they wrote.
    let asked_uri = parameters.one("redirect_uri").ok().flatten();
    let back = Return {
        redirect_uri: asked_uri.unwrap_or(redirect_uri.as_str()),
        state: None,
    };
    let state = match request::state(&parameters) {
        Ok(state) => state,
        Err(error) => return refuse(&broker, &redirect_uri, back, error),
    };
    let back = Return {
        state: state.as_deref(),
        ..back
    };
    ask(&broker, &headers, &client, &redirect_uri, back, &parameters)
        .unwrap_or_else(|error| refuse(&broker, &redirect_uri, back, error))
}

/// Tells the client what is wrong with its request. A website is told only if the person goes there: anybody can register
/// one, and every link to this server would otherwise lead wherever its author likes (RFC 9700, section 4.11.2).
fn refuse(broker: &Broker, redirect_uri: &Url, back: Return<'_>, error: RequestError) -> Response {
    if redirect_uri.scheme() == "https" {
        page::faulty(redirect_uri, &back.error_location(broker, error), error)
    } else {
        back.with_error(broker, error)
    }
}

/// Who asks, and where the answer may go.
async fn identify(broker: &Broker, parameters: &Parameters) -> Result<(Client, Url), Problem> {
    let id = parameters.one("client_id")?.ok_or(Problem::NoClient)?;
    let client = client::find(broker, id).await?;
    // Always asked for, also of a client with a single one: what is compared must have been sent.
    let redirect_uri = parameters
        .one("redirect_uri")?
        .ok_or(Problem::NoRedirectUri)?;
    let redirect_uri = client.admits(redirect_uri).ok_or(Problem::RedirectUri)?;
    Ok((client, redirect_uri))
}

fn ask(
    broker: &Broker,
    headers: &HeaderMap,
    client: &Client,
    redirect_uri: &Url,
    back: Return<'_>,
    parameters: &Parameters,
) -> Result<Response, RequestError> {
    let state = back.state.map(str::to_owned);
    let asked = request::check(broker, client, back.redirect_uri, state, parameters)?;
    let name = random::name().map_err(|_| RequestError::Server)?;
    let mut response = page::consent(broker, client, redirect_uri, &asked.scopes, &name);
    Transaction::new(name, asked, Stage::Consent).keep(broker, headers, response.headers_mut())?;
    Ok(response)
}

impl From<KeepError> for RequestError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Long => Self::Long,
            KeepError::Seal(error) => {
                tracing::error!("a sign-in could not be sealed: {error}");
                Self::Server
            }
        }
    }
}
