//! `get_user`: who the tools act as.

use nextcloud_mcp_plugin::nextcloud::Request;
use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) const DESCRIPTION: &str = "Says who the user is, as whom all tools act: name, email, groups, language, time zone and \
storage. Example: no arguments, before writing in the user's language or time zone.";

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct User {
    id: String,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    groups: Vec<String>,
    /// Such as `de`.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// How dates and numbers are written, such as `de_CH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// In bytes.
    storage: Storage,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Storage {
    /// Absent where Nextcloud does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<u64>,
    /// Absent where it is not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free: Option<u64>,
}

/// `ocs.data` of `cloud/user` (recording `capabilities/013`).
#[derive(Debug, Deserialize)]
struct Document {
    id: String,
    displayname: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    locale: Option<String>,
    #[serde(default)]
    timezone: Option<String>,
    #[serde(default)]
    quota: Quota,
}

/// Numbers of bytes; below zero, or a word, where there is no such number (`-3` is "not limited").
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quota {
    used: Value,
    free: Value,
    #[serde(rename = "quota")]
    limit: Value,
}

pub(crate) fn get_user(_: NoArguments) -> Result<Reply<User>, Failure> {
    let found: Document = Request::ocs("/ocs/v2.php/cloud/user")
        .about("the user's account")
        .send()?
        .ok()?
        .ocs()?;
    let storage = Storage {
        used: found.quota.used.as_u64(),
        quota: found.quota.limit.as_u64(),
        free: found.quota.free.as_u64(),
    };
    let user = User {
        id: found.id,
        display_name: found.displayname,
        email: present(found.email),
        groups: found.groups,
        language: present(found.language),
        locale: present(found.locale),
        time_zone: present(found.timezone),
        storage,
    };
    Ok(Reply::new(
        format!("{} (user id {}).", user.display_name, user.id),
        user,
    ))
}

/// Nextcloud sends an empty text for what is not set.
fn present(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
