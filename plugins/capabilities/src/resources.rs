//! The same by address, for clients that put things into a conversation by themselves: `nc://capabilities` and each app's
//! part.

use nextcloud_mcp_plugin::{Contents, Failure, NoArguments, Resource, Resources};
use serde::Deserialize;

use crate::capabilities::{Arguments, get_capabilities};

const JSON: Option<&str> = Some("application/json");

/// What stands in an address in place of `{app}`.
#[derive(Debug, Deserialize)]
struct Address {
    app: String,
}

pub(crate) fn resources() -> Resources {
    Resources::new()
        .add(Resource::new(
            "nc://capabilities",
            "capabilities",
            "Capabilities",
            "What this Nextcloud is and offers the user: version, apps, features.",
            JSON,
            |_: NoArguments| read(Arguments::default()),
        ))
        .add(Resource::new(
            "nc://capabilities/{app}",
            "app_capabilities",
            "An app's capabilities",
            "What one app, such as notes or dav, says of itself.",
            JSON,
            |Address { app }| read(Arguments::of_app(app)),
        ))
}

fn read(arguments: Arguments) -> Result<Contents, Failure> {
    Contents::json(&get_capabilities(arguments)?.data)
}
