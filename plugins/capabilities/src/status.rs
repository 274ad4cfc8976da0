//! `get_status`: whether Nextcloud is there and well. `status.php` answers also in maintenance mode, when no app does.

use nextcloud_mcp_plugin::nextcloud::{self, Request};
use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::{Deserialize, Serialize};

pub(crate) const DESCRIPTION: &str = "Says which Nextcloud this is, its version and its address, and whether it is in \
maintenance mode. Example: no arguments, when other tools fail.";

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Status {
    /// What its operator calls it.
    product: String,
    version: String,
    /// Where people reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// No tool works while it is.
    maintenance: bool,
    /// The administrator has to finish an update.
    needs_upgrade: bool,
}

/// `status.php` (recording `capabilities/001`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    installed: bool,
    maintenance: bool,
    #[serde(default)]
    needs_db_upgrade: bool,
    #[serde(rename = "versionstring")]
    version: String,
    #[serde(rename = "productname")]
    product: String,
}

pub(crate) fn get_status(_: NoArguments) -> Result<Reply<Status>, Failure> {
    let found: Document = Request::get("/status.php")
        .about("the status page")
        .send()?
        .ok()?
        .json()?;
    let state = match &found {
        Document {
            installed: false, ..
        } => "not set up yet",
        Document {
            maintenance: true, ..
        } => "in maintenance mode; nothing else works until its administrator is done",
        Document {
            needs_db_upgrade: true,
            ..
        } => "waiting for its administrator to finish an update",
        _ => "up",
    };
    let text = format!("{} {} is {state}.", found.product, found.version);
    let status = Status {
        product: found.product,
        version: found.version,
        // The host may have to ask Nextcloud for it, which fails just when the rest is worth knowing.
        url: nextcloud::server().ok().map(|server| server.url),
        maintenance: found.maintenance,
        needs_upgrade: found.needs_db_upgrade,
    };
    Ok(Reply::new(text, status))
}
