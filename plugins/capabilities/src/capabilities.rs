//! `get_capabilities`: the document in which a Nextcloud's apps say what they can do, whole or one app's part.

use std::collections::BTreeMap;

use nextcloud_mcp_plugin::nextcloud::Request;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) const DESCRIPTION: &str = "Shows this Nextcloud's version and what each of its apps can do for this user: settings, \
limits and API versions, as Nextcloud itself says it. The whole document has some kilobytes; name an app for its part. \
Example: app \"notes\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// One app's key, such as `dav` (calendars and contacts) or `files_sharing`; all if absent.
    app: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Capabilities {
    /// Nextcloud's version.
    version: String,
    /// By app.
    capabilities: BTreeMap<String, Value>,
}

/// `ocs.data` of `cloud/capabilities` (recording `capabilities/003`).
#[derive(Debug, Deserialize)]
struct Document {
    version: Version,
    capabilities: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Version {
    string: String,
}

pub(crate) fn get_capabilities(arguments: Arguments) -> Result<Reply<Capabilities>, Failure> {
    let request = Request::ocs("/ocs/v2.php/cloud/capabilities").about("the capabilities document");
    let Document {
        version,
        mut capabilities,
    } = request.send()?.ok()?.ocs()?;
    let version = version.string;
    let names = capabilities.keys().cloned().collect::<Vec<_>>().join(", ");
    let Some(app) = arguments.app else {
        let text = format!("Nextcloud {version}. These say what they can do: {names}.");
        return Ok(Reply::new(
            text,
            Capabilities {
                version,
                capabilities,
            },
        ));
    };
    let Some(part) = capabilities.remove(app.trim()) else {
        return Err(Failure::not_found(format!(
            "No app \"{app}\" says what it can do: it is not installed, not enabled for this user, or has nothing to say. \
             There are: {names}."
        )));
    };
    let text = format!("What {} of Nextcloud {version} can do.", app.trim());
    let capabilities = BTreeMap::from([(app.trim().to_owned(), part)]);
    Ok(Reply::new(
        text,
        Capabilities {
            version,
            capabilities,
        },
    ))
}
