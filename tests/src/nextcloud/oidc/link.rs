//! Where browsers are sent, in the two ways in which Nextcloud writes addresses: its own links and answers to clients.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;

/// What Nextcloud's links escape.
const LINK: &AsciiSet = &UNRESERVED
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b':')
    .remove(b'!')
    .remove(b';')
    .remove(b',')
    .remove(b'*');
/// What answers to clients escape.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The parameters of an authorization request, as a session remembers them.
pub(super) type Asked = Vec<(String, String)>;

/// Sends the browser elsewhere.
pub(super) fn redirect(who: &Identity, to: &str) -> Reply {
    Reply::api(303, who).html("").with("Location", to)
}

/// The parameter of that name; an empty one counts as absent.
pub(super) fn one<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    let found = asked.iter().find(|(one, _)| one == name)?;
    Some(found.1.as_str()).filter(|value| !value.is_empty())
}

/// A query as Nextcloud writes it into its own links.
pub(super) fn of(asked: &Asked) -> String {
    let pairs: Vec<String> = asked
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, LINK)))
        .collect();
    pairs.join("&")
}

/// A redirect URI with an answer.
pub(super) fn with_query(redirect_uri: &str, pairs: &[(&str, &str)]) -> String {
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", query(pairs))
}

/// A query as it is written into answers to clients.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, UNRESERVED)))
        .collect();
    pairs.join("&")
}

/// A link within a link.
pub(super) fn embedded(link: &str) -> String {
    utf8_percent_encode(link, LINK).to_string()
}
