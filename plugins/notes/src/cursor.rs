//! Cursors: where a list or a search goes on. They carry all that the next call needs, because nothing else survives one.
//!
//! A cursor is data that comes back from outside: it says where to go on, never what may be seen.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nextcloud_mcp_plugin::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Opaque to models, so that none is tempted to make one up.
pub(crate) fn write(state: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_vec(state).map_err(|error| {
        Failure::internal(format!("a cursor cannot be written as JSON: {error}"))
    })?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// The state of a cursor that `tool` gave out.
pub(crate) fn read<T: DeserializeOwned>(cursor: &str, tool: &str) -> Result<T, Failure> {
    URL_SAFE_NO_PAD
        .decode(cursor.trim())
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| {
            Failure::invalid(format!(
                "This is no cursor of {tool}. Give next_cursor as it was, or leave it out to begin anew."
            ))
        })
}

/// Refuses arguments that a cursor was not made for: half of one list and half of another would be neither.
pub(crate) fn refuse_others() -> Failure {
    Failure::invalid(
        "This cursor belongs to a call with other arguments. Repeat those with it, or leave the cursor out.",
    )
}
