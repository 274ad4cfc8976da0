//! The one translation of "no answer" and of HTTP statuses into words that a model can act on.
//!
//! Nextcloud's own message is added where it says something: OCS and app APIs send it as JSON, DAV as XML.
//! When to call again is the host's to say, from the kind and the seconds of a failure; of `Limited` without seconds it
//! says nothing, so the sentence here does. Items are named where any noun fits, one thing or many ("note 7", "the user's
//! calendars").

use std::fmt::Display;

use serde_json::Value;

use super::{FetchError, Response};
use crate::{Failure, FailureKind, log};

/// Nextcloud's own message is cut here, in characters: some carry a stack of class names.
const MESSAGE_LIMIT: usize = 300;

/// What an item is called that its request does not name.
const UNNAMED: &str = "the item";

/// For the two ways in which Nextcloud refuses a credential.
const SIGN_IN_ENDED: &str =
    "Nextcloud does not accept this sign-in any more: the user has to sign in again.";

/// How the one failure begins that asking for less cures.
const TOO_LARGE: &str = "The answer is larger than";

/// Methods after which nothing has changed, whatever happened to the answer.
const SAFE_METHODS: [&str; 6] = ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH"];

/// Why a request with this method has no answer.
pub(super) fn no_answer(method: &str, error: FetchError) -> Failure {
    let failure = Failure::from(error);
    // These two are decided before anything is sent; of the others, the answer may be what got lost or was cut.
    if matches!(failure.kind, FailureKind::Invalid | FailureKind::Denied) {
        failure
    } else {
        uncertain(failure, method)
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Malformed(why) => {
                Self::invalid(format!("This cannot be asked of Nextcloud: {why}."))
            }
            FetchError::Forbidden(why) => {
                Self::denied(format!("This server does not allow the request: {why}."))
            }
            FetchError::Unauthorized => Self::denied(SIGN_IN_ENDED),
            FetchError::TooLarge(limit) => Self::limited(format!(
                "{TOO_LARGE} the {limit} bytes that are allowed. Ask for less."
            )),
            FetchError::Limited(what) => Self::limited(format!(
                "This call has used up what one call may: {what}. Ask for less at a time."
            )),
            FetchError::TimedOut => Self::unavailable("Nextcloud did not answer in time."),
            FetchError::Unreachable(why) => {
                Self::unavailable(format!("Nextcloud cannot be reached: {why}."))
            }
            FetchError::Cancelled => Self::other("The call was cancelled."),
            FetchError::Other(why) => Self::other(format!("The request failed: {why}.")),
        }
    }
}

impl Failure {
    /// Whether there is no answer because it was too large: two requests for half of it each may do.
    pub fn is_too_large(&self) -> bool {
        self.kind == FailureKind::Limited && self.message.starts_with(TOO_LARGE)
    }
}

/// What a status that is not a success means; `about` names the item.
pub(super) fn status(response: &Response, method: &str, about: Option<&str>) -> Failure {
    let body = response.text();
    let said = server_message(&body)
        .map(|message| format!(" Nextcloud says: {message}."))
        .unwrap_or_default();
    let item = about.unwrap_or(UNNAMED);
    let retry_after = response
        .header("retry-after")
        .and_then(|seconds| seconds.trim().parse().ok());
    let failure = match response.status() {
        400 | 415 | 422 => Failure::invalid(format!("Nextcloud does not take these values for {item}.{said}")),
        401 => Failure::denied(SIGN_IN_ENDED),
        403 => Failure::denied(format!("The user may not do this with {item}.{said}")),
        // An app that is not installed or not enabled answers with Nextcloud's own page (recording `errors/053`).
        404 if response.is_web_page() => Failure::unsupported(
            "Nextcloud has no such service: the app is not installed, not enabled for this user, or too old.",
        ),
        404 => Failure::not_found(format!("Nextcloud did not find {item}, or does not let the user see that.{said}")),
        405 | 501 => Failure::unsupported(format!("Nextcloud cannot do this with {item}.{said}")),
        409 => Failure::conflict(format!("What is there now does not allow this for {item}.{said}")),
        412 => Failure::conflict(format!(
            "Nothing was written, because something else changed {item} meanwhile. Read again what is there now, and \
             repeat the change on that."
        )),
        413 => Failure::limited(format!("Nextcloud does not take that much at once for {item}. Send less.")),
        423 => Failure::unavailable(format!(
            "Nextcloud has locked {item}: someone else or another device is writing there. Nothing was changed."
        ))
        .retry_after(60),
        429 if retry_after.is_some() => Failure::limited(format!("Nextcloud refuses more requests for now.{said}")),
        // Nextcloud itself names no time (recordings `errors/072` and `errors/073`).
        429 => Failure::limited(format!(
            "Nextcloud refuses more requests for now.{said} Wait a few minutes before calling again."
        )),
        507 => Failure::limited(
            "The user's storage in Nextcloud is full, so nothing was written. Tell the user to free some space first.",
        ),
        503 if in_maintenance(response, &body) => {
            Failure::unavailable("Nextcloud is in maintenance mode until its administrator ends that.")
        }
        // CalDAV answers so for a disabled account (recording `errors/049`), other APIs with 401.
        503 if body.contains("Account disabled") => Failure::denied("This account is disabled in Nextcloud."),
        502..=504 => uncertain(
            Failure::unavailable(format!("Nextcloud is not available now.{said}")),
            method,
        ),
        status @ 500..=599 => uncertain(
            Failure::other(format!(
                "Nextcloud failed (status {status}) over {item}.{said} The administrator finds the reason in Nextcloud's log."
            )),
            method,
        ),
        status => Failure::other(format!("Nextcloud answered with the unexpected status {status}.{said}")),
    };
    match retry_after {
        Some(seconds) => failure.retry_after(seconds),
        None => failure,
    }
}

/// What to say of a success whose body is not what the plugin expects, and `why` it is not.
pub(super) fn not_understood(
    response: &Response,
    method: &str,
    about: Option<&str>,
    why: &dyn Display,
) -> Failure {
    let failure = if response.is_web_page() {
        Failure::other(
            "Nextcloud answered with a web page instead of data: a login page, a proxy or a firewall is in between. \
             Tell the user that the administrator has to check the address at which this server reaches Nextcloud, and \
             what stands in between.",
        )
    } else {
        log::warn(format!(
            "an answer with status {} was not understood: {why}",
            response.status()
        ));
        Failure::other(format!(
            "Nextcloud's answer for {} was not understood: {why}. Its version may not fit this plugin's.",
            about.unwrap_or(UNNAMED)
        ))
    };
    uncertain(failure, method)
}

/// App routes send the header and OCS does too; DAV only names the exception (recordings `errors/064` to `errors/067`).
fn in_maintenance(response: &Response, body: &str) -> bool {
    response.header("x-nextcloud-maintenance-mode") == Some("1")
        || body.contains("ServerMaintenanceMode")
}

/// What Nextcloud itself says went wrong, on one line and without a full stop.
fn server_message(body: &str) -> Option<String> {
    let message = match serde_json::from_str::<Value>(body) {
        Ok(json) => json
            .pointer("/ocs/meta/message")
            .or_else(|| json.get("message"))
            .and_then(Value::as_str)
            .map(str::to_owned),
        Err(_) => between(body, "<s:message>", "</s:message>").map(unescaped),
    }?;
    let words: Vec<_> = message.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(MESSAGE_LIMIT).collect();
    let line = line.trim_end_matches('.');
    (!line.is_empty()).then(|| line.to_owned())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

/// The five entities of XML; `&amp;` last, so that nothing is undone twice.
fn unescaped(xml: &str) -> String {
    xml.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// Where the server may have acted before its answer got lost, trying again is not the advice: the kind says no more
/// that it helps. After a read nothing is uncertain.
fn uncertain(mut failure: Failure, method: &str) -> Failure {
    if !SAFE_METHODS.contains(&method) {
        failure.kind = FailureKind::Other;
        failure.message.push_str(
            " Whether the change was made is not known: read the item before trying again.",
        );
    }
    failure
}
