//! `get_status`: the user's own status as Nextcloud has it.

use nextcloud_mcp_plugin::nextcloud::{Request, Response};
use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::{Deserialize, Serialize};

/// Nextcloud manual, OCS Status API: the user's own status. Changes have addresses below it.
pub(crate) const ENDPOINT: &str = "/ocs/v2.php/apps/user_status/api/v1/user_status";

pub(crate) const DESCRIPTION: &str = "Says what others see of the user's presence: status, message and when the message goes away. \
Example: no arguments, before changing it.";

/// What others see.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Status {
    presence: Presence,
    /// What the user wrote, or chose from Nextcloud's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// An emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    /// When the message goes away, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    clear_at: Option<i64>,
}

/// The words of Nextcloud's API. `dnd` is "do not disturb"; `invisible` looks like `offline` to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Presence {
    Online,
    Away,
    Busy,
    Dnd,
    Invisible,
    Offline,
}

/// `ocs.data` as Nextcloud sends it. What it has beside these is of no use here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    status: Presence,
    message: Option<String>,
    icon: Option<String>,
    clear_at: Option<i64>,
}

pub(crate) fn get_status(_: NoArguments) -> Result<Reply<Status>, Failure> {
    let answer = Request::ocs(ENDPOINT).about("the user's status").send()?;
    // A user who never had a status: others see them offline.
    if answer.status() == 404 {
        let status = Status {
            presence: Presence::Offline,
            message: None,
            icon: None,
            clear_at: None,
        };
        return Ok(Reply::new("No status was ever set.", status));
    }
    reply(&answer.ok()?)
}

/// What Nextcloud answers to a question and to a change alike.
pub(crate) fn reply(answer: &Response) -> Result<Reply<Status>, Failure> {
    let Document {
        status,
        message,
        icon,
        clear_at,
    } = answer.ocs()?;
    let message = message.filter(|text| !text.is_empty());
    let text = match message {
        Some(_) => "The status, with a message.",
        None => "The status; there is no message.",
    };
    Ok(Reply::new(
        text,
        Status {
            presence: status,
            message,
            icon,
            clear_at,
        },
    ))
}
