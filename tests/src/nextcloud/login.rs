//! The login page of a browser: a form, a session, and on to where the browser came from (oidc-flow/002, 003).
//!
//! The real page is drawn by a script; this one is plain HTML with the same fields.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::auth::{By, Identity};
use super::reply::Reply;
use super::request::{Request, pairs};
use super::session::{self, Visit};
use super::state::State;

/// Shows the form or signs in.
pub(super) fn answer(state: &mut State, request: &Request) -> Reply {
    let visit = session::visit(state, request);
    if visit.who.user.is_some() {
        return redirect(&visit.who, &format!("{}/apps/dashboard/", request.base()));
    }
    match request.method.as_str() {
        "GET" => form(&visit),
        "POST" => sign_in(state, request, &visit),
        _ => Reply::early(405, &visit.who, "").html(""),
    }
}

fn form(visit: &Visit) -> Reply {
    let token = session::request_token(&visit.session);
    let page = format!(
        "<h1>Log in to Nextcloud</h1><form method=\"post\"><label>Account name or email <input name=\"user\" \
         autocomplete=\"username\" required></label><label>Password <input type=\"password\" name=\"password\" \
         autocomplete=\"current-password\" required></label><input type=\"hidden\" name=\"requesttoken\" value=\"{token}\">\
         <input type=\"hidden\" name=\"timezone\" value=\"UTC\"><input type=\"hidden\" name=\"timezone_offset\" value=\"0\">\
         <button>Log in</button></form>"
    );
    Reply::page(200, &visit.who, &page)
}

fn sign_in(state: &mut State, request: &Request, visit: &Visit) -> Reply {
    let form = pairs(&request.text());
    let field = |name: &str| {
        let found = form.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let address = request.peer.ip();
    if state.settings.brute_force_protection && state.throttle.refuses(address) {
        return Reply::template(429, &visit.who, "Too many attempts");
    }
    let own = field("requesttoken") == session::request_token(&visit.session);
    let (login, password) = (field("user"), field("password"));
    let account = state
        .users
        .values()
        .find(|user| (user.id == login || user.email == login) && user.password == password)
        .filter(|user| own && user.enabled)
        .map(|user| user.id.clone());
    let Some(user) = account else {
        state.throttle.failed(address);
        // The form again; what it says in between was not recorded.
        let back = request.parameter("redirect_url").unwrap_or_default();
        let back = utf8_percent_encode(back, NON_ALPHANUMERIC);
        let to = format!("{}/login?direct=1&redirect_url={back}", request.web_root);
        return redirect(&visit.who, &to);
    };
    let session = state.sessions.sign_in(&visit.session, &user);
    let who = Identity {
        user: Some(user),
        by: By::Session,
        cookies: session::CookieJar::new(&request.web_root)
            .session(&session)
            .into_vec(),
    };
    redirect(&who, &destination(request))
}

/// Where the browser wanted to go, on this server only.
fn destination(request: &Request) -> String {
    let wanted = request.parameter("redirect_url").unwrap_or_default();
    let wanted = wanted
        .strip_prefix(request.web_root.as_str())
        .unwrap_or(wanted);
    if wanted.starts_with('/') && !wanted.starts_with("//") {
        format!("{}{wanted}", request.base())
    } else {
        format!("{}/apps/dashboard/", request.base())
    }
}

fn redirect(who: &Identity, to: &str) -> Reply {
    Reply::api(303, who).html("").with("Location", to)
}
