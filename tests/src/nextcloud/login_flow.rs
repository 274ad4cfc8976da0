//! Login flow v2 as a client sees it: begin, poll, and once granted an app password (auth/012, 013, 021, 022). The
//! pages that the person sees in between are not served; a test grants with [`State::grant_login`].

use std::collections::BTreeMap;

use serde_json::json;

use super::auth::Identity;
use super::reply::{Reply, random};
use super::request::{Request, pairs};
use super::state::{AppPassword, State};

/// Length of the tokens of a flow.
const TOKEN: usize = 128;
/// Length of an app password.
const APP_PASSWORD: usize = 72;

/// The flows that wait: poll token -> the granted login.
#[derive(Debug, Default)]
pub(super) struct Flows(BTreeMap<String, Option<(String, String)>>);

impl State {
    /// Lets every waiting login flow of a client succeed for this account.
    pub fn grant_login(&mut self, user: &str) {
        for login in self.flows.0.values_mut().filter(|login| login.is_none()) {
            let password = random(APP_PASSWORD);
            let app_password = AppPassword {
                user: user.to_owned(),
                name: "login flow".into(),
            };
            self.app_passwords.insert(password.clone(), app_password);
            *login = Some((user.to_owned(), password));
        }
    }
}

/// Begins a flow or answers a poll.
pub(super) fn answer(state: &mut State, request: &Request, rest: &[&str]) -> Reply {
    let who = Identity::fresh(state, request);
    match rest {
        [] if request.method == "POST" => begin(state, request, &who),
        ["poll"] if request.method == "POST" => poll(state, request, &who),
        _ => Reply::template(404, &who, "Page not found"),
    }
}

fn begin(state: &mut State, request: &Request, who: &Identity) -> Reply {
    let token = random(TOKEN);
    state.flows.0.insert(token.clone(), None);
    let base = request.base();
    Reply::api(200, who).json(&json!({
        "poll": {"token": token, "endpoint": format!("{base}/login/v2/poll")},
        "login": format!("{base}/login/v2/flow/{}", random(TOKEN)),
    }))
}

fn poll(state: &mut State, request: &Request, who: &Identity) -> Reply {
    let form = pairs(&request.text());
    let token = form
        .iter()
        .find(|(name, _)| name == "token")
        .map(|(_, value)| value.as_str());
    let granted = token.and_then(|token| match state.flows.0.get(token) {
        Some(Some(_)) => state.flows.0.remove(token).flatten(),
        _ => None,
    });
    match granted {
        None => Reply::api(404, who).json(&json!([])),
        Some((login, password)) => Reply::api(200, who)
            .json(&json!({"server": request.base(), "loginName": login, "appPassword": password})),
    }
}
