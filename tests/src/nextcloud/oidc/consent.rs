//! The consent page, which people see only where `allow_user_settings` is on, and what was consented to (`oidc-consent/`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::link::{self, Asked, one, redirect, with_query};
use super::parameters::Parameters;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::session::{self, Visit};
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Seconds that a consent is remembered: 90 days.
const REMEMBERED: i64 = 90 * 24 * 3600;

/// What accounts let clients have.
#[derive(Debug, Default)]
pub(super) struct Consents {
    /// By account and client id.
    all: BTreeMap<(String, String), Consent>,
    last: i64,
}

#[derive(Debug)]
struct Consent {
    id: i64,
    /// What was asked for; anything else is asked for again.
    asked: String,
    granted: String,
    created: i64,
    updated: i64,
}

impl Consents {
    /// The scopes that an account granted when it was asked for these.
    pub(super) fn granted(&self, user: &str, client: &str, asked: &str) -> Option<String> {
        let consent = self.all.get(&(user.to_owned(), client.to_owned()))?;
        let current = consent.updated + REMEMBERED > time::now();
        (current && consent.asked == asked).then(|| consent.granted.clone())
    }

    /// Remembers a consent.
    pub(super) fn grant(&mut self, user: &str, client: &str, asked: &str, granted: &str) {
        let now = time::now();
        let key = (user.to_owned(), client.to_owned());
        let consent = self.all.entry(key).or_insert_with(|| {
            self.last += 1;
            Consent {
                id: self.last,
                asked: String::new(),
                granted: String::new(),
                created: now,
                updated: now,
            }
        });
        asked.clone_into(&mut consent.asked);
        granted.clone_into(&mut consent.granted);
        consent.updated = now;
    }
}

/// Which client asks for which scopes, by the session's request; `None` where none is waiting.
fn waiting(state: &State, visit: &Visit) -> Option<(String, String, Asked)> {
    visit.who.user.as_ref()?;
    let asked = state.sessions.interrupted(&visit.session)?;
    let client = state.oidc.clients.get(one(&asked, "client_id")?)?;
    let scope = client.granted(one(&asked, "scope"));
    Some((client.id.clone(), scope, asked))
}

/// The page (oidc-consent/006). The form works by itself; the script is for browsers, which do not let a form lead to
/// another site by way of redirects (`form-action`).
pub(super) fn page(state: &mut State, request: &Request) -> Reply {
    let visit = session::visit(state, request);
    let Some((client, scope, _)) = waiting(state, &visit) else {
        return Reply::template(200, &visit.who, "Nothing waits for your consent.");
    };
    let name = &state
        .oidc
        .clients
        .get(&client)
        .expect("a client that waits")
        .name;
    let name = quick_xml::escape::escape(name.as_str());
    let boxes: String = scope
        .split_whitespace()
        .map(|scope| {
            let scope = quick_xml::escape::escape(scope);
            format!("<label><input type=\"checkbox\" name=\"scopes[]\" value=\"{scope}\" checked> {scope}</label><br>")
        })
        .collect();
    let root = &request.web_root;
    let token = session::request_token(&visit.session);
    let page = format!(
        "<h1>{name}</h1><form method=\"post\" action=\"{root}/index.php/apps/oidc/consent/grant\">\
         <input type=\"hidden\" name=\"requesttoken\" value=\"{token}\">{boxes}\
         <button name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\" formaction=\"{root}/index.php/apps/oidc/consent/deny\">Deny</button></form>\
         <script nonce=\"{{nonce}}\">document.forms[0].addEventListener('submit', async event => {{\
         if (event.submitter.value !== 'allow') return; event.preventDefault(); const form = event.target;\
         await fetch(form.action, {{method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual'}});\
         location.href = '{root}/apps/oidc/authorize'; }});</script>"
    );
    Reply::page(200, &visit.who, &page)
}

/// The user agrees, to all or to some of it (oidc-consent/007).
pub(super) fn grant(state: &mut State, request: &Request) -> Reply {
    let visit = session::visit(state, request);
    let parameters = Parameters::of(request);
    let Some((client, scope, asked)) =
        waiting(state, &visit).filter(|_| is_own(request, &parameters, &visit))
    else {
        return forged(&visit);
    };
    let chosen: Vec<String> = parameters
        .list("scopes")
        .iter()
        .flat_map(|scopes| scopes.split_whitespace())
        .map(str::to_owned)
        .collect();
    // Never more than was asked for.
    let asked_for = |one: &&String| scope.split_whitespace().any(|scope| scope == one.as_str());
    let granted: Vec<&str> = chosen
        .iter()
        .filter(asked_for)
        .map(String::as_str)
        .collect();
    let granted = if chosen.is_empty() {
        scope.clone()
    } else {
        granted.join(" ")
    };
    state
        .oidc
        .consents
        .grant(visit.who.name(), &client, &scope, &granted);
    let to = format!(
        "{}/apps/oidc/authorize?{}",
        request.web_root,
        link::of(&asked)
    );
    redirect(&visit.who, &to)
}

/// The user refuses (oidc-consent/016).
pub(super) fn deny(state: &mut State, request: &Request) -> Reply {
    let visit = session::visit(state, request);
    let parameters = Parameters::of(request);
    let Some((_, _, asked)) =
        waiting(state, &visit).filter(|_| is_own(request, &parameters, &visit))
    else {
        return forged(&visit);
    };
    let place = one(&asked, "redirect_uri").unwrap_or_default();
    let pairs = [
        ("error", "access_denied"),
        ("error_description", "User denied consent"),
        ("state", one(&asked, "state").unwrap_or_default()),
    ];
    redirect(&visit.who, &with_query(place, &pairs))
}

/// What the user consented to so far (oidc-consent/017).
pub(super) fn list(state: &mut State, request: &Request) -> Reply {
    let visit = session::visit(state, request);
    let own = state
        .oidc
        .consents
        .all
        .iter()
        .filter(|((user, _), _)| *user == visit.who.name());
    let mut consents: Vec<(i64, Value)> = own
        .filter_map(|((_, id), consent)| {
            let client = state.oidc.clients.get(id)?;
            let entry = json!({
                "id": consent.id, "clientId": client.number, "clientName": client.name, "clientIdentifier": id,
                "scopesGranted": consent.granted, "allowedScopes": client.scopes, "createdAt": consent.created,
                "updatedAt": consent.updated,
            });
            Some((consent.id, entry))
        })
        .collect();
    consents.sort_by_key(|(id, _)| *id);
    let consents: Vec<Value> = consents.into_iter().map(|(_, entry)| entry).collect();
    Reply::api(200, &visit.who).json(&json!(consents))
}

/// Whether a form came from the page: its token is that of the session.
fn is_own(request: &Request, parameters: &Parameters, visit: &Visit) -> bool {
    let sent = request
        .header("requesttoken")
        .or_else(|| parameters.text("requesttoken"));
    sent == Some(session::request_token(&visit.session).as_str())
}

fn forged(visit: &Visit) -> Reply {
    Reply::api(412, &visit.who).json(&json!({"message": "CSRF check failed"}))
}
