//! The authorization endpoint as a browser walks through it: not signed in, it goes to the login page and comes back by
//! way of `redirect`; signed in, it gets a code, a consent page, or an error (oidc-flow/001-005, 057-075).

use serde_json::Value;

use super::client::Client;
use super::grant::{Challenge, Grant};
use super::link::{self, Asked, one, redirect, with_query};
use super::parameters::Parameters;
use super::{open_to, redirect_uri};
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::session::{self, Visit};
use crate::nextcloud::state::State;

/// What is remembered of a request while its user signs in. `prompt` is not.
const REMEMBERED: [&str; 11] = [
    "client_id",
    "state",
    "response_type",
    "redirect_uri",
    "scope",
    "nonce",
    "resource",
    "code_challenge",
    "code_challenge_method",
    "claims",
    "response_mode",
];
/// Longest resource; the rest is cut off.
const RESOURCE: usize = 2000;
/// Lengths of a code challenge (RFC 7636, section 4.2).
const CHALLENGE: std::ops::RangeInclusive<usize> = 43..=128;
/// Answers an authorization request, or the one that a login interrupted.
pub(super) fn answer(state: &mut State, request: &Request) -> Reply {
    let visit = session::visit(state, request);
    let parameters = Parameters::of(request);
    let sent: Asked = REMEMBERED
        .iter()
        .filter_map(|&name| {
            Some((
                name.to_owned(),
                parameters.value(name)?.as_str()?.to_owned(),
            ))
        })
        .collect();
    if visit.who.user.is_none() {
        return if parameters.text("prompt") == Some("none") {
            not_signed_in(state, &visit.who, &sent)
        } else {
            to_login(state, request, &visit, sent)
        };
    }
    // Without a client it is the session's earlier request that is answered (oidc-flow/005, 063).
    let asked = if one(&sent, "client_id").is_some() {
        sent
    } else {
        let Some(earlier) = state.sessions.interrupted(&visit.session) else {
            return problem(&visit.who, "No client was named.");
        };
        earlier
    };
    decide(state, request, &visit, &asked, &parameters)
}

/// Where a login leads: a page that sends the browser on to the authorization endpoint, which knows from the session
/// what it was asked.
pub(super) fn onwards(state: &mut State, request: &Request) -> Reply {
    let visit = session::visit(state, request);
    if visit.who.user.is_none() {
        let sent = request.query.clone();
        return to_login(state, request, &visit, sent);
    }
    let to = format!("{}/index.php/apps/oidc/authorize", request.web_root);
    let page = format!(
        "<meta http-equiv=\"refresh\" content=\"0; url={to}\"><p><a href=\"{to}\">Continue</a></p>"
    );
    open_to(Reply::page(200, &visit.who, &page), "GET")
}

fn decide(
    state: &mut State,
    request: &Request,
    visit: &Visit,
    asked: &Asked,
    parameters: &Parameters,
) -> Reply {
    let who = &visit.who;
    let id = one(asked, "client_id").unwrap_or_default();
    let client = state.oidc.clients.get(id).cloned();
    state.oidc.clean_up();
    let Some(client) = client else {
        return problem(who, "The client is not known.");
    };
    if client.is_expired() {
        return problem(who, "The client has expired.");
    }
    let Some(redirect_uri) = one(asked, "redirect_uri") else {
        return Reply::early(500, who, "Internal server error");
    };
    if !client
        .redirect_uris
        .iter()
        .any(|known| redirect_uri::matches(known, redirect_uri))
    {
        return problem(who, "The redirect URI is not one of the client's.");
    }
    if let Err(error) = check(asked, parameters) {
        return error.reply(who, redirect_uri, one(asked, "state"));
    }
    let mut scope = client.granted(one(asked, "scope"));
    if state.oidc.settings.consent {
        let again = parameters.text("prompt") == Some("consent");
        match state.oidc.consents.granted(who.name(), id, &scope) {
            Some(granted) if !again => scope = granted,
            _ => {
                state.sessions.interrupt(&visit.session, asked.clone());
                return redirect(who, &format!("{}/apps/oidc/consent", request.web_root));
            }
        }
    }
    let grant = state
        .oidc
        .grants
        .add(grant(&client, who.name(), scope, asked));
    let answer = [
        ("state", one(asked, "state").unwrap_or_default()),
        ("code", &grant.code),
    ];
    if one(asked, "response_mode") == Some("form_post") {
        return form_post(who, redirect_uri, &answer);
    }
    redirect(who, &with_query(redirect_uri, &answer))
}

/// What an answer to a client says went wrong, and where: behind `?` or `#`.
struct Error(char, &'static str, &'static str);

impl Error {
    fn reply(&self, who: &Identity, redirect_uri: &str, state: Option<&str>) -> Reply {
        let pairs = [
            ("error", self.1),
            ("error_description", self.2),
            ("state", state.unwrap_or_default()),
        ];
        let location = if self.0 == '#' {
            format!("{redirect_uri}#{}", link::query(&pairs))
        } else {
            with_query(redirect_uri, &pairs)
        };
        redirect(who, &location)
    }
}

fn check(asked: &Asked, parameters: &Parameters) -> Result<(), Error> {
    if parameters.text("request").is_some() {
        let text = "Request object parameter is not supported.";
        return Err(Error('?', "request_not_supported", text));
    }
    match one(asked, "response_type") {
        None => {
            return Err(Error(
                '?',
                "unsupported_response_type",
                "Missing response_type",
            ));
        }
        Some("code") => {}
        Some(other) if other.contains("id_token") => {
            return Err(Error(
                '#',
                "unsupported_response_type",
                "Unsupported response_type",
            ));
        }
        Some(_) => return Err(Error('#', "request_not_supported", "Missing id_token")),
    }
    if let Some(challenge) = one(asked, "code_challenge") {
        let method = one(asked, "code_challenge_method").unwrap_or("S256");
        if !matches!(method, "S256" | "plain") {
            return Err(Error(
                '?',
                "invalid_request",
                "Unsupported code_challenge_method",
            ));
        }
        let letters = challenge
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "-._~".contains(letter));
        if !CHALLENGE.contains(&challenge.len()) || !letters {
            return Err(Error(
                '?',
                "invalid_request",
                "Invalid code_challenge format",
            ));
        }
    }
    Ok(())
}

fn grant(client: &Client, user: &str, scope: String, asked: &Asked) -> Grant {
    let owned = |name: &str| one(asked, name).map(str::to_owned);
    let challenge = owned("code_challenge").map(|value| Challenge {
        value,
        plain: one(asked, "code_challenge_method") == Some("plain"),
    });
    let resource = one(asked, "resource").map(|resource| resource.chars().take(RESOURCE).collect());
    let claims: Value = one(asked, "claims")
        .and_then(|claims| serde_json::from_str(claims).ok())
        .unwrap_or_default();
    let extra = claims["id_token"].as_object().into_iter().flatten();
    Grant {
        client: client.id.clone(),
        user: user.to_owned(),
        scope,
        resource: resource.or_else(|| client.resource_url.clone()),
        nonce: owned("nonce"),
        challenge,
        extra_claims: extra.map(|(name, _)| name.clone()).collect(),
        ..Grant::default()
    }
}

/// The login page, which knows where to go on (oidc-flow/001, 074).
fn to_login(state: &mut State, request: &Request, visit: &Visit, asked: Asked) -> Reply {
    let back = format!(
        "{}/apps/oidc/redirect?{}",
        request.web_root,
        link::of(&asked)
    );
    let back = link::embedded(&back);
    state.sessions.interrupt(&visit.session, asked);
    redirect(
        &visit.who,
        &format!("{}/login?redirect_url={back}", request.web_root),
    )
}

fn not_signed_in(state: &State, who: &Identity, asked: &Asked) -> Reply {
    let client = one(asked, "client_id").and_then(|id| state.oidc.clients.get(id));
    let place = one(asked, "redirect_uri").filter(|asked| {
        client.is_some_and(|client| {
            client
                .redirect_uris
                .iter()
                .any(|known| redirect_uri::matches(known, asked))
        })
    });
    match place {
        None => problem(who, "The client or its redirect URI is not known."),
        Some(place) => Error('?', "login_required", "User is not logged in.").reply(
            who,
            place,
            one(asked, "state"),
        ),
    }
}

/// A page that posts the answer by itself (oidc-flow/071).
fn form_post(who: &Identity, redirect_uri: &str, pairs: &[(&str, &str)]) -> Reply {
    let field = |(name, value): &(&str, &str)| {
        format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
            quick_xml::escape::escape(*value)
        )
    };
    let fields: String = pairs.iter().map(field).collect();
    let page = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Answer</title></head><body><form method=\"post\" \
         action=\"{}\">{fields}<button>Continue</button></form><script>document.forms[0].submit()</script></body></html>",
        quick_xml::escape::escape(redirect_uri)
    );
    let policy = "default-src 'none'; base-uri 'none'; form-action *; script-src 'unsafe-inline'; frame-ancestors 'none'";
    Reply::api(200, who)
        .without("Cache-Control")
        .without("Content-Security-Policy")
        .with("Cache-Control", "no-store")
        .with("Content-Security-Policy", policy)
        .with("Pragma", "no-cache")
        .with("Referrer-Policy", "no-referrer")
        .html(page)
}

/// What cannot be told to the client is told to the person, with status 200 (oidc-flow/058-061).
fn problem(who: &Identity, text: &str) -> Reply {
    Reply::template(200, who, text)
}
