//! An authorization request, read and checked: what a client asks for, once it is known who it is and where it waits.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::parameters::{FormError, Parameters};
use super::{Broker, Client};
use crate::auth::grant::ClientDigest;
use crate::auth::scope::{Scope, ScopeSet};

/// Longest `state` in bytes. It travels in the browser's cookie; clients send 16 to 100.
const STATE_BYTES: usize = 1024;

/// Length of an S256 challenge (RFC 7636, section 4.2: 43 characters), and what is taken for one besides.
const CHALLENGE: std::ops::RangeInclusive<usize> = 43..=128;

/// What many clients ask for besides, out of habit with `OpenID` Connect. Means nothing here and is no reason to refuse.
const OF_OPENID: [&str; 9] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "groups",
    "roles",
    "offline_access",
    "name",
];

/// Why a client gets an error instead of a code. In ASCII without quotes, as RFC 6749 wants descriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum RequestError {
    #[error("{0}")]
    Form(#[from] FormError),
    #[error(
        "state is longer than {STATE_BYTES} bytes, or holds something else than printable ASCII"
    )]
    State,
    #[error("request objects are not supported")]
    RequestObject,
    #[error("request objects by reference are not supported")]
    RequestUri,
    #[error("response_type is missing")]
    NoResponseType,
    #[error("the only response_type here is code")]
    ResponseType,
    #[error("the only response_mode here is query")]
    ResponseMode,
    #[error("code_challenge is missing: PKCE (RFC 7636) is mandatory here")]
    NoChallenge,
    #[error(
        "code_challenge is not 43 to 128 letters, digits, hyphens, periods, underscores and tildes"
    )]
    Challenge,
    #[error("code_challenge_method must be S256; left out, it means plain")]
    ChallengeMethod,
    #[error("resource must be the one that this server's metadata name, once")]
    Resource,
    #[error("people are always asked here, so prompt=none cannot be answered")]
    Prompt,
    #[error("none of the requested scopes exists here")]
    Scope,
    #[error("this server is still loading its tools; try again in a few seconds")]
    NoTools,
    #[error("the request is too long to be kept in a cookie: shorten state or the redirect URI")]
    Long,
    #[error("the user did not allow it")]
    Denied,
    #[error("Nextcloud cannot sign anybody in right now; try again later")]
    Away,
    #[error("Nextcloud ended the sign-in with an error")]
    Upstream,
    #[error("this server cannot go on; its log says why")]
    Server,
}

impl RequestError {
    /// RFC 6749, section 4.1.2.1; RFC 8707, section 2; `OpenID` Connect Core, section 3.1.2.6.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Form(_)
            | Self::State
            | Self::NoResponseType
            | Self::ResponseMode
            | Self::NoChallenge
            | Self::Challenge
            | Self::ChallengeMethod
            | Self::Long => "invalid_request",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::ResponseType => "unsupported_response_type",
            Self::Resource => "invalid_target",
            Self::Prompt => "interaction_required",
            Self::Scope => "invalid_scope",
            Self::NoTools | Self::Away => "temporarily_unavailable",
            Self::Denied => "access_denied",
            Self::Upstream | Self::Server => "server_error",
        }
    }
}

/// What a client asks for, checked. Our resource is the only one there is, and not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "c")]
    pub(super) client: ClientDigest,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(super) client_name: Option<String>,
    #[serde(rename = "r")]
    pub(super) redirect_uri: String,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    #[serde(rename = "p")]
    pub(super) challenge: String,
    #[serde(rename = "o")]
    pub(super) scopes: ScopeSet,
}

/// The `state` to give back, also with an error about everything else.
pub(super) fn state(parameters: &Parameters) -> Result<Option<String>, RequestError> {
    let state = parameters.one("state")?;
    let fits = |state: &&str| {
        // RFC 6749, appendix A.5.
        state.len() <= STATE_BYTES && state.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    match state {
        Some(state) if !fits(&state) => Err(RequestError::State),
        state => Ok(state.map(str::to_owned)),
    }
}

/// Everything but who asks, where the answer goes, and `state`.
pub(super) fn check(
    broker: &Broker,
    client: &Client,
    redirect_uri: &str,
    state: Option<String>,
    parameters: &Parameters,
) -> Result<Asked, RequestError> {
    check_flow(parameters)?;
    let challenge = challenge(parameters)?;
    check_resource(&broker.oauth.place.resource(), parameters)?;
    let prompt = parameters.one("prompt")?.unwrap_or_default();
    if prompt.split_ascii_whitespace().any(|word| word == "none") {
        return Err(RequestError::Prompt);
    }
    let scopes = scopes(&(broker.oauth.known)(), parameters.one("scope")?)?;
    Ok(Asked {
        client: ClientDigest::of(&client.id),
        client_name: client.name.clone(),
        redirect_uri: redirect_uri.to_owned(),
        state,
        challenge: challenge.to_owned(),
        scopes,
    })
}

fn check_flow(parameters: &Parameters) -> Result<(), RequestError> {
    if parameters.one("request")?.is_some() {
        return Err(RequestError::RequestObject);
    }
    if parameters.one("request_uri")?.is_some() {
        return Err(RequestError::RequestUri);
    }
    match parameters.one("response_type")? {
        None => return Err(RequestError::NoResponseType),
        Some("code") => {}
        Some(_) => return Err(RequestError::ResponseType),
    }
    match parameters.one("response_mode")? {
        None | Some("query") => Ok(()),
        Some(_) => Err(RequestError::ResponseMode),
    }
}

fn challenge(parameters: &Parameters) -> Result<&str, RequestError> {
    let challenge = parameters.one("code_challenge")?;
    let challenge = challenge.ok_or(RequestError::NoChallenge)?;
    if parameters.one("code_challenge_method")? != Some("S256") {
        return Err(RequestError::ChallengeMethod);
    }
    let of_the_set = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if CHALLENGE.contains(&challenge.len()) && challenge.bytes().all(of_the_set) {
        Ok(challenge)
    } else {
        Err(RequestError::Challenge)
    }
}

/// RFC 8707. Clients of old send none, and there is only one that it could be.
fn check_resource(ours: &str, parameters: &Parameters) -> Result<(), RequestError> {
    if parameters.all("resource").all(|resource| resource == ours)
        && parameters.all("resource").count() <= 1
    {
        Ok(())
    } else {
        Err(RequestError::Resource)
    }
}

/// What is asked for and exists; everything if nothing of ours is named.
fn scopes(known: &[Scope], asked: Option<&str>) -> Result<ScopeSet, RequestError> {
    if known.is_empty() {
        return Err(RequestError::NoTools);
    }
    let known = ScopeSet::of(known);
    let asked = asked.unwrap_or_default();
    // Of the words as they were sent: a set leaves out what is too long or too many, and nothing left is not nothing asked.
    let mut words = asked.split_ascii_whitespace();
    if words.all(|word| OF_OPENID.contains(&&*word.to_ascii_lowercase())) {
        return Ok(known);
    }
    let scopes = ScopeSet::parse(asked).within(&known);
    if scopes.is_empty() {
        return Err(RequestError::Scope);
    }
    Ok(scopes)
}
