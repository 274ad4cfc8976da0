//! Nextcloud itself, and the user.

use serde_json::json;

use super::{Call, Use, each, here};

pub(super) const READ: Use = each(
    "read the capabilities",
    &[Call::Tool(
        "nc_capabilities_get_capabilities",
        |_| json!({}),
    )],
    &[Call::Read("nc://capabilities")],
);

pub(super) const COUNTED: [Use; 3] = [
    READ,
    here(
        "ask whether Nextcloud is up",
        &[Call::Tool("nc_capabilities_get_status", |_| json!({}))],
    ),
    here(
        "ask who the user is",
        &[Call::Tool("nc_capabilities_get_user", |_| json!({}))],
    ),
];
