//! Asks the person, where the client can. The call may end here and begin again from its start once the answer is
//! there, so ask before changing anything.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub use crate::bindings::nextcloud_mcp::plugin::ask::Refusal;
use crate::{host, schema};

/// Shows `message` with a form of `T`'s fields: strings, numbers, booleans and enums, never secrets.
///
/// # Errors
/// [`Refusal::Unsupported`] where the client cannot ask (or gave what is not a `T`): go on without, or refuse.
/// [`Refusal::Declined`] and [`Refusal::Cancelled`] are the person's answer: change nothing.
pub fn form<T: DeserializeOwned + JsonSchema>(message: &str) -> Result<T, Refusal> {
    let answer = host::ask::form(message, &schema::input::<T>().to_string())?;
    serde_json::from_str(&answer).map_err(|_| Refusal::Unsupported)
}
