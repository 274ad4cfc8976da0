//! `cloud/capabilities` and the list of apps. The documents are those of the recorded server; only what a switch of
//! the stand-in changes is taken out.

use serde_json::{Value, json};

use super::ocs::Ocs;
use super::reply::Reply;
use super::state::State;

/// The capabilities of the recorded server as an account sees them; `{base}` stands for the server's address.
const CAPABILITIES: &str = include_str!("data/capabilities.json");
/// The apps in the navigation of the recorded server.
const NAVIGATION: &str = include_str!("data/navigation.json");
/// What a visitor without an account sees (capabilities/002).
const PUBLIC: [&str; 3] = ["bruteforce", "app_api", "theming"];

/// The server's capabilities, whole or as visitors see them.
pub(super) fn answer(state: &State, ocs: &Ocs<'_>) -> Reply {
    let mut document = parse(CAPABILITIES, ocs);
    let capabilities = document["capabilities"]
        .as_object_mut()
        .expect("an object in the data file");
    if ocs.who.user.is_none() {
        capabilities.retain(|name, _| PUBLIC.contains(&name.as_str()));
        capabilities["app_api"] = json!({"version": "33.0.0"});
    }
    if !state.settings.notes_app {
        capabilities.remove("notes");
    }
    if let Some(account) = ocs.who.user.as_ref().and_then(|id| state.users.get(id)) {
        document["capabilities"]["core"]["user"] =
            json!({"language": "", "locale": account.locale, "timezone": account.timezone});
    }
    ocs.success_tagged(&document)
}

/// The apps of the navigation.
pub(super) fn navigation(ocs: &Ocs<'_>) -> Reply {
    ocs.success_tagged(&parse(NAVIGATION, ocs))
}

/// A data file with the server's address filled in.
pub(super) fn parse(text: &str, ocs: &Ocs<'_>) -> Value {
    let filled = text.replace("{base}", &ocs.request.base());
    serde_json::from_str(&filled).expect("JSON in the data file")
}
