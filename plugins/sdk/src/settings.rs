//! What the operator set for this plugin; the manifest names each setting and its default. Never secrets.

use std::str::FromStr;

use crate::Failure;

/// The setting's text, or nothing if the manifest does not name it.
pub fn get(key: &str) -> Option<String> {
    crate::host::settings::get(key)
}

/// The setting as a number, a bool or any other type that parses; `default` where it is not set.
///
/// # Errors
/// [`crate::FailureKind::Internal`] when the operator's text does not parse: for the log, not for the model.
pub fn parse<T: FromStr>(key: &str, default: T) -> Result<T, Failure> {
    let Some(text) = get(key) else {
        return Ok(default);
    };
    text.trim()
        .parse()
        .map_err(|_| Failure::internal(format!("setting `{key}` cannot be `{text}`")))
}
