//! `set_status` and `clear_message`.

use std::time::{SystemTime, UNIX_EPOCH};

use nextcloud_mcp_plugin::nextcloud::{self, Request};
use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::{Deserialize, Serialize};

use crate::own::{self, ENDPOINT, Presence, Status};

pub(crate) const DESCRIPTION: &str = "Sets the user's presence, a message, or both; what is absent stays as it is. Others see it at \
once, so set only what the user asked for. Example: presence \"dnd\", message \"Writing\", clear_after_minutes 90.";

pub(crate) const CLEAR_DESCRIPTION: &str =
    "Takes the user's status message away; the presence stays. Example: no arguments.";

/// What to change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// `dnd` is "do not disturb"; `invisible` looks like `offline` to others.
    presence: Option<Presence>,
    /// One short line; Nextcloud takes 80 characters.
    #[schemars(length(min = 1, max = 80))]
    message: Option<String>,
    /// One emoji that stands before the message; needs `message`.
    icon: Option<String>,
    /// Takes the message away by itself after so long, a week at most; it stays if absent. Needs `message`.
    #[schemars(range(min = 1, max = 10_080))]
    clear_after_minutes: Option<u32>,
}

/// The body of a change of presence.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusType {
    status_type: Presence,
}

/// The body of a change of the message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomMessage {
    message: String,
    status_icon: Option<String>,
    clear_at: Option<u64>,
}

pub(crate) fn set_status(change: Change) -> Result<Reply<Status>, Failure> {
    let Change {
        presence,
        message,
        icon,
        clear_after_minutes,
    } = change;
    let message = match message {
        Some(message) => Some(CustomMessage {
            message,
            status_icon: icon,
            clear_at: clear_after_minutes.map(from_now).transpose()?,
        }),
        None if icon.is_some() || clear_after_minutes.is_some() => {
            return Err(Failure::invalid(
                "An icon or a time belongs to a message: give `message` too.",
            ));
        }
        None => None,
    };
    if presence.is_none() && message.is_none() {
        return Err(Failure::invalid("Give `presence`, `message` or both."));
    }
    // Each is a request of its own. The message may be refused (too long, no emoji), so it goes first: a failure then
    // leaves everything as it was.
    let mut answer = None;
    if let Some(message) = message {
        answer = Some(put(&["message", "custom"], &message, "the status message")?);
    }
    if let Some(status_type) = presence {
        answer = Some(put(&["status"], &StatusType { status_type }, "the status")?);
    }
    match answer {
        Some(answer) => own::reply(&answer),
        None => Err(Failure::internal("a change without a request")),
    }
}

pub(crate) fn clear_message(_: NoArguments) -> Result<Reply<Status>, Failure> {
    Request::delete(ENDPOINT)
        .segment("message")
        .header("accept", "application/json")
        .about("the status message")
        .send()?
        .data()?;
    own::get_status(NoArguments {})
}

fn put(below: &[&str], body: &impl Serialize, about: &str) -> Result<nextcloud::Response, Failure> {
    below
        .iter()
        .fold(Request::put(ENDPOINT), Request::segment)
        .header("accept", "application/json")
        .json(body)
        .about(about)
        .send()?
        .ok()
}

/// So many minutes from now, in seconds since 1970.
fn from_now(minutes: u32) -> Result<u64, Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| Failure::internal("the clock stands before 1970"))?;
    Ok(now.as_secs() + u64::from(minutes) * 60)
}
