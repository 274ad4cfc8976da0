//! The app `user_status` as Nextcloud's manual (OCS Status API) and its `OpenAPI` document describe it, for the user's own
//! status. No recording holds it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ocs::Ocs;
use super::reply::Reply;
use super::state::State;
use super::time;

/// Longest message, in characters.
const LONGEST: usize = 80;

/// What a status can be.
const STATUSES: [&str; 6] = ["online", "away", "busy", "dnd", "invisible", "offline"];

/// The statuses that were ever set, by account.
pub(super) type Statuses = BTreeMap<String, Value>;

/// Answers `/ocs/v2.php/apps/user_status/api/v1/user_status...`.
pub(super) fn answer(state: &mut State, ocs: &Ocs<'_>, rest: &[&str]) -> Reply {
    let body: Value = serde_json::from_slice(&ocs.request.body).unwrap_or_default();
    let user = ocs.who.name().to_owned();
    match (ocs.request.method.as_str(), rest) {
        ("GET", []) => match state.statuses.get(&user) {
            Some(status) => ocs.success(status),
            None => ocs.failure(404, 404, "No status for the current user"),
        },
        ("PUT", ["status"]) => {
            if !STATUSES.iter().any(|known| body["statusType"] == *known) {
                return ocs.failure(400, 400, "Invalid status type");
            }
            let status = state
                .statuses
                .entry(user.clone())
                .or_insert_with(|| fresh(&user));
            status["status"] = body["statusType"].clone();
            ocs.success(status)
        }
        ("PUT", ["message", "custom"]) => {
            let message = body["message"].as_str().unwrap_or_default();
            if message.chars().count() > LONGEST {
                return ocs.failure(400, 400, "Message too long");
            }
            if body["clearAt"]
                .as_i64()
                .is_some_and(|clear| clear < time::now())
            {
                return ocs.failure(400, 400, "ClearAt is in the past");
            }
            let status = state
                .statuses
                .entry(user.clone())
                .or_insert_with(|| fresh(&user));
            status["message"] = json!(message);
            status["icon"] = body["statusIcon"].clone();
            status["clearAt"] = body["clearAt"].clone();
            ocs.success(status)
        }
        ("DELETE", ["message"]) => {
            if let Some(status) = state.statuses.get_mut(&user) {
                for key in ["message", "icon", "clearAt"] {
                    status[key] = Value::Null;
                }
            }
            ocs.success(&json!([]))
        }
        _ => ocs.unknown_route(),
    }
}

fn fresh(user: &str) -> Value {
    json!({
        "userId": user, "message": null, "icon": null, "clearAt": null, "status": "online",
        "messageId": null, "messageIsPredefined": false, "statusIsUserDefined": true,
    })
}
