//! `/oauth/consent`: the user's word on the consent page. Only the browser that was asked can answer.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::ORIGIN;

use super::Broker;
use super::answer::{Return, see_other};
use super::page::Problem;
use super::parameters::Parameters;
use super::request::{Asked, RequestError};
use super::transaction::{Agreed, Stage, Transaction};
use crate::auth::place::Place;
use crate::auth::scope::ScopeSet;
use crate::config::StaySignedIn;
use crate::random;

/// What is asked of Nextcloud: an ID token that says who signed in, and a refresh token.
const SCOPES: [&str; 2] = ["openid", "offline_access"];

/// For a durable grant. The app password that is made at once needs no refresh token.
const SCOPES_DURABLE: [&str; 1] = ["openid"];

/// What the user chose.
struct Choice {
    scopes: ScopeSet,
    durable: bool,
}

/// `POST /oauth/consent`.
pub(super) async fn consent(State(broker): State<Arc<Broker>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let read = async {
        check_origin(&broker.oauth.place, &headers)?;
        let parameters = Parameters::of(request).await?;
        let name = parameters
            .one("transaction")?
            .ok_or(Problem::NoTransaction)?;
        let transaction = Transaction::find(&broker, &headers, name);
        let transaction = transaction.filter(|found| matches!(found.stage, Stage::Consent));
        let transaction = transaction.ok_or(Problem::NoTransaction)?;
        let choice = choice(&broker, &transaction.asked, &parameters)?;
        Ok::<_, Problem>((transaction, choice))
    };
    let (transaction, choice) = match read.await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let asked = &transaction.asked;
    let back = Return {
        redirect_uri: &asked.redirect_uri,
        state: asked.state.as_deref(),
    };
    let response = match choice {
        None => Err(RequestError::Denied),
        Some(choice) => depart(&broker, &headers, asked.clone(), choice),
    };
    let mut response = response.unwrap_or_else(|error| back.with_error(&broker, error));
    transaction.forget(&broker, response.headers_mut());
    response
}

/// Other web pages can make a browser post here, and the browser says so, unless it is very old; then the cookie alone
/// decides, which `SameSite=Lax` keeps away from such a post.
fn check_origin(place: &Place, headers: &HeaderMap) -> Result<(), Problem> {
    let is = |name: &str, expected: &str| {
        let mut values = headers.get_all(name).iter();
        values.all(|value| value == expected)
    };
    if is(ORIGIN.as_str(), place.origin()) && is("sec-fetch-site", "same-origin") {
        Ok(())
    } else {
        Err(Problem::OtherSite)
    }
}

/// `None` if the user said no.
fn choice(
    broker: &Broker,
    asked: &Asked,
    parameters: &Parameters,
) -> Result<Option<Choice>, Problem> {
    match parameters.one("decision")? {
        Some("allow") => {}
        Some("deny") => return Ok(None),
        _ => return Err(Problem::NoTransaction),
    }
    let ticked: Vec<&str> = parameters.all("scope").collect();
    let scopes = ScopeSet::parse(&ticked.join(" ")).within(&asked.scopes);
    if scopes.is_empty() {
        return Err(Problem::NothingChosen);
    }
    let offered = broker.oauth.settings.stay_signed_in != StaySignedIn::Off;
    let durable = offered && parameters.one("stay")? == Some("on");
    Ok(Some(Choice { scopes, durable }))
}

/// On to Nextcloud, under a name that nobody has seen yet.
fn depart(
    broker: &Broker,
    headers: &HeaderMap,
    asked: Asked,
    choice: Choice,
) -> Result<Response, RequestError> {
    let random = || random::name().map_err(|_| RequestError::Server);
    let (name, grant) = (random()?, random()?);
    let scopes: &[&str] = if choice.durable {
        &SCOPES_DURABLE
    } else {
        &SCOPES
    };
    let (departure, upstream_client) = broker.sign_in.depart(&name, scopes)?;
    tracing::info!(grant, scopes = %choice.scopes, durable = choice.durable, "a user allowed a client to act for them");
    let agreed = Agreed {
        grant,
        durable: choice.durable,
        upstream_client,
        verifier: departure.verifier,
        nonce: departure.nonce,
    };
    let asked = Asked {
        scopes: choice.scopes,
        ..asked
    };
    let mut response = see_other(departure.url.as_str());
    let transaction = Transaction::new(name, asked, Stage::Nextcloud(agreed));
    transaction.keep(broker, headers, response.headers_mut())?;
    Ok(response)
}
