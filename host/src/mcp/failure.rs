//! Everything that can go wrong with a call, as text for the model: what happened, and what to do next.

use rmcp::model::{CallToolResult, ContentBlock, ErrorCode, ErrorData};
use serde_json::{Value, json};

use super::run::Subject;
use crate::nextcloud::Access;
use crate::plugin::{Busy, CallError, Failure, FailureKind, StopReason};

/// Longest name of a tool that a message repeats, in characters. The protocol allows 128.
const NAME_SHOWN: usize = 128;

/// The codes of "may not" and "busy" in a JSON-RPC error: HTTP's own, and outside the range that JSON-RPC and MCP keep for
/// themselves. Over HTTP the gate answers before, with the same.
pub(super) const FORBIDDEN: i32 = 403;
/// See [`FORBIDDEN`].
pub(super) const BUSY: i32 = 503;

/// Why a plugin's answer did not come.
#[derive(Debug)]
pub(super) enum Refused {
    /// The caller's token does not reach that far: the scope.
    NoScope(String),
    /// Not among the user's capabilities: the key.
    NotInstalled(String),
    /// No place came free.
    Busy(Busy),
    /// Nextcloud refused the caller's own sign-in in the middle of a call.
    SignedOut,
    /// It ran and gave no answer; the request's id, for the log.
    Failed(CallError, String),
}

impl Refused {
    /// One word, for the audit and figures.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::NoScope(_) => "no-scope",
            Self::NotInstalled(_) => "not-installed",
            Self::Busy(_) => "busy",
            Self::SignedOut => label(&CallError::Unauthorized),
            Self::Failed(error, _) => label(error),
        }
    }
}

/// A state that cannot be held against its user, since Nextcloud does not say who that is.
pub(super) fn unbound(error: CallError) -> ErrorData {
    let message = match error {
        CallError::Failed(failure) => failure.message,
        error => error.to_string(),
    };
    ErrorData::internal_error(message, None)
}

/// No tool could answer. (MCP 2026-07-28, server/tools: -32602.)
pub(super) fn unknown_tool(name: &str) -> ErrorData {
    unknown("tool", name, "tools/list")
}

/// As [`unknown_tool`] (server/prompts: -32602).
pub(super) fn unknown_prompt(name: &str) -> ErrorData {
    unknown("prompt", name, "prompts/list")
}

/// Nothing is there, or nothing that this server knows of (server/resources: -32602, and -32002 before 2026-07-28, which
/// rmcp sees to).
pub(super) fn unknown_resource(uri: &str) -> ErrorData {
    let ErrorData { message, .. } = unknown("resource", uri, "resources/templates/list");
    ErrorData::resource_not_found(message, Some(about(uri)))
}

/// No proposals can be made for it (server/utilities/completion: -32602).
pub(super) fn unknown_template(template: &str) -> ErrorData {
    unknown("template", template, "resources/templates/list")
}

fn unknown(kind: &str, name: &str, list: &str) -> ErrorData {
    let name: String = name.chars().take(NAME_SHOWN).collect();
    let name = name.escape_debug();
    let message = format!("Unknown {kind}: {name}. Call {list} for the ones there are.");
    ErrorData::invalid_params(message, None)
}

/// What the protocol's example of a resource that is not there carries.
fn about(uri: &str) -> Value {
    json!({ "uri": uri.chars().take(NAME_SHOWN).collect::<String>() })
}

/// A call that gave no output, as a result for the model. MCP holds structuredContent to the output schema in errors, too,
/// and the TypeScript client drops a result whose does not fit; a tool `with_schema` gets its details as text.
pub(super) fn result(refused: Refused, subject: &Subject<'_>, with_schema: bool) -> CallToolResult {
    let (text, details) = explain(refused, subject);
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    match details {
        Some(details) if with_schema => {
            result.content.push(ContentBlock::text(details.to_string()));
        }
        details => result.structured_content = details,
    }
    result
}

/// A prompt or a completion that came to nothing: those have no results for failures, only the protocol's errors.
pub(super) fn error(refused: Refused, subject: &Subject<'_>) -> ErrorData {
    let code = match &refused {
        Refused::NoScope(_) => ErrorCode(FORBIDDEN),
        Refused::Busy(_) => ErrorCode(BUSY),
        Refused::NotInstalled(_) | Refused::Failed(CallError::InvalidArguments(_), _) => {
            ErrorCode::INVALID_PARAMS
        }
        Refused::Failed(CallError::Failed(failure), _) => match failure.kind {
            FailureKind::NotFound | FailureKind::Invalid => ErrorCode::INVALID_PARAMS,
            _ => ErrorCode::INTERNAL_ERROR,
        },
        Refused::SignedOut | Refused::Failed(..) => ErrorCode::INTERNAL_ERROR,
    };
    let (text, details) = explain(refused, subject);
    ErrorData::new(code, text, details)
}

/// A resource that was not read. What is not there has a code of its own.
pub(super) fn resource_error(refused: Refused, subject: &Subject<'_>) -> ErrorData {
    let is_missing = matches!(
        &refused,
        Refused::Failed(CallError::Failed(failure), _) if failure.kind == FailureKind::NotFound
    );
    let error = error(refused, subject);
    if is_missing {
        let data = error.data.unwrap_or_else(|| about(subject.name));
        ErrorData::resource_not_found(error.message, Some(data))
    } else {
        error
    }
}

/// What happened and what to do next, and what the plugin gave along.
fn explain(refused: Refused, subject: &Subject<'_>) -> (String, Option<Value>) {
    let text = match refused {
        Refused::NoScope(scope) => format!(
            "This sign-in does not include the permission `{scope}`. Tell the user to sign in again and grant it."
        ),
        Refused::NotInstalled(key) => format!(
            "This user's Nextcloud does not have `{key}`, which {} needs. Do not try again; tell the user that its \
             administrator can install it.",
            subject.plugin
        ),
        // Over HTTP the gate answers 503 before; this is for stdio.
        Refused::Busy(busy) => format!(
            "The server has as many calls in flight as it may have; nothing was done. Call again in {} s, with fewer \
             calls side by side.",
            busy.retry_after.as_secs().max(1)
        ),
        Refused::SignedOut => {
            "Nextcloud does not accept this sign-in any more. Do not try again. Tell the user to sign in to this server again."
                .to_owned()
        }
        Refused::Failed(CallError::Failed(failure), request_id) => {
            return failed(failure, subject, &request_id);
        }
        Refused::Failed(error, request_id) => ended(error, subject, &request_id),
    };
    (text, None)
}

/// How a call ended that gave neither an output nor a failure of the plugin's own.
fn ended(error: CallError, subject: &Subject<'_>, request_id: &str) -> String {
    let left_behind = left_behind(subject.access);
    match error {
        CallError::Failed(failure) => failed(failure, subject, request_id).0,
        CallError::InvalidArguments(mistakes) => format!(
            "{} Nothing was done. Correct the arguments and call again.",
            sentence(&mistakes)
        ),
        CallError::Stopped(reason) => format!(
            "{} {left_behind} {} (Request {request_id} in the server's log.)",
            sentence(&reason.to_string()),
            instead(&reason)
        ),
        CallError::InvalidOutput(reason) => {
            tracing::error!(request_id, tool = subject.name, "an answer was not passed on: {reason}");
            format!(
                "The plugin `{}` ran, but its answer is not what it promised and was not passed on. {left_behind} \
                 (Request {request_id} in the server's log.)",
                subject.plugin
            )
        }
        // Of Basic mode, where only the operator can help; anybody else's sign-in is their own (see `Refused::SignedOut`).
        CallError::Unauthorized => "Nextcloud refused NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD of this server. Do not \
            try again. Tell the user: make a new app password in Nextcloud (Settings > Security), set it as \
            NEXTCLOUD_PASSWORD and start this server again."
            .to_owned(),
        CallError::Cancelled => format!("The call was cancelled. {left_behind}"),
        // A question that nobody can put: `asking` has no client to put it to.
        CallError::Asks => {
            format!("The user has to be asked first, which this request cannot. {left_behind}")
        }
        CallError::InvalidAnswer(mistakes) => format!(
            "The answer to the plugin's question does not fit the form: {} {left_behind} Call again to have the user asked again.",
            sentence(&mistakes)
        ),
    }
}

/// What a call that did not end by itself leaves in Nextcloud.
fn left_behind(access: Access) -> &'static str {
    if access == Access::Read {
        "Nothing was changed."
    } else {
        "What it had changed in Nextcloud by then stays changed: look before calling again."
    }
}

/// What to do after a plugin was stopped.
fn instead(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::Crashed
        | StopReason::NotStarted
        | StopReason::Stack
        | StopReason::Question(_)
        | StopReason::Questions(_)
        | StopReason::LogLines(_) => "The same call will end the same way; tell the user.",
        _ => "Ask for less at once.",
    }
}

/// How a call ended, in a word.
fn label(error: &CallError) -> &'static str {
    match error {
        CallError::InvalidArguments(_) => "invalid-arguments",
        CallError::Failed(failure) => failure.kind.as_str(),
        CallError::Stopped(reason) => reason.as_str(),
        CallError::InvalidOutput(_) => "invalid-output",
        CallError::Unauthorized => "unauthorized",
        CallError::Cancelled => "cancelled",
        CallError::Asks => "asks",
        CallError::InvalidAnswer(_) => "invalid-answer",
    }
}

/// The plugin's own words, and what its kind of failure asks for. This is the only place that knows.
fn failed(failure: Failure, subject: &Subject<'_>, request_id: &str) -> (String, Option<Value>) {
    let Failure {
        kind,
        message,
        structured,
        retry_after_s,
    } = failure;
    // The message is in the operator's log already.
    if kind == FailureKind::Internal {
        let text = format!(
            "The plugin `{}` made a mistake. {} Tell the user that the server's log has the reason under request \
             {request_id}.",
            subject.plugin,
            left_behind(subject.access)
        );
        return (text, None);
    }
    let next = next_step(kind, retry_after_s);
    let text = format!("{} {next}", sentence(&message));
    (text.trim_end().to_owned(), structured)
}

/// Whether and when to call again. What happened, and what to change, the message says.
fn next_step(kind: FailureKind, retry_after_s: Option<u32>) -> String {
    let wait =
        |time: String| format!("The arguments are not at fault: wait {time} before calling again.");
    match (kind, retry_after_s) {
        (FailureKind::Denied | FailureKind::Unsupported, _) => {
            "The same call will end the same way; tell the user.".to_owned()
        }
        (FailureKind::Limited | FailureKind::Unavailable, Some(seconds)) => {
            wait(format!("{seconds} s"))
        }
        (FailureKind::Unavailable, None) => wait("a while".to_owned()),
        (FailureKind::NeedsConfirmation, _) => {
            "Show the user exactly what will happen; call again with the handle only if they agree."
                .to_owned()
        }
        // Waiting frees no full storage and shortens no answer; without a time the message says what does.
        (FailureKind::Limited, None)
        | (
            FailureKind::Invalid
            | FailureKind::NotFound
            | FailureKind::Conflict
            | FailureKind::Internal
            | FailureKind::Other,
            _,
        ) => String::new(),
    }
}

/// `text` as a sentence: a capital first, a stop at its end.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let stop = if text.ends_with(['.', '!', '?', ':']) {
        ""
    } else {
        "."
    };
    format!("{}{}{stop}", first.to_uppercase(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_plugins_and_host_end_up_as_sentences() {
        assert_eq!(
            sentence("the note 7 is not there"),
            "The note 7 is not there."
        );
        assert_eq!(sentence("Done? "), "Done?");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn waiting_is_advised_only_where_it_helps() {
        let waits = |kind, seconds| next_step(kind, seconds).contains("wait");
        assert!(
            !waits(FailureKind::Limited, None),
            "a full storage stays full"
        );
        assert!(next_step(FailureKind::Limited, Some(7)).contains("wait 7 s "));
        assert!(next_step(FailureKind::Unavailable, Some(60)).contains("wait 60 s "));
        assert!(next_step(FailureKind::Unavailable, None).contains("wait a while "));
        for kind in [FailureKind::Denied, FailureKind::Unsupported] {
            assert!(!waits(kind, Some(7)) && next_step(kind, None).contains("tell the user"));
        }
    }

    #[test]
    fn what_to_change_is_left_to_the_message() {
        for kind in [
            FailureKind::Invalid,
            FailureKind::NotFound,
            FailureKind::Conflict,
            FailureKind::Other,
        ] {
            assert_eq!(next_step(kind, Some(7)), "", "{kind:?}");
        }
    }

    #[test]
    fn an_unknown_tool_is_named_short_and_without_control_characters() {
        let error = unknown_tool(&format!("a\u{1b}[2J{}", "x".repeat(10_000)));
        assert!(
            error.message.len() < 300 && !error.message.contains('\u{1b}'),
            "{}",
            error.message
        );
    }
}
