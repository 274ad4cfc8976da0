//! Everything that can go wrong with a call, as text for the model: what happened, and what to do next.

use rmcp::model::{CallToolResult, ContentBlock, ErrorData};

use crate::nextcloud::Access;
use crate::plugin::{Busy, CallError, Failure, FailureKind, StopReason, Tool};

/// Longest name of a tool that a message repeats, in characters. The protocol allows 128.
const NAME_SHOWN: usize = 128;

/// The one error of the protocol here: no tool could answer. (MCP 2026-07-28, server/tools: -32602.)
pub(super) fn unknown_tool(name: &str) -> ErrorData {
    let name: String = name.chars().take(NAME_SHOWN).collect();
    ErrorData::invalid_params(
        format!(
            "Unknown tool: {}. Call tools/list for the ones there are.",
            name.escape_debug()
        ),
        None,
    )
}

/// The caller's token does not reach that far.
pub(super) fn no_scope(tool: &Tool) -> CallToolResult {
    said(format!(
        "This sign-in does not include the permission `{}`. Tell the user to sign in again and grant it.",
        tool.scope()
    ))
}

/// `key` is not among the user's capabilities.
pub(super) fn not_installed(tool: &Tool, key: &str) -> CallToolResult {
    said(format!(
        "This user's Nextcloud does not have `{key}`, which {} needs. Do not try again; tell the user that its \
         administrator can install it.",
        tool.plugin
    ))
}

/// Over HTTP the gate answers 503 before; this is for stdio.
pub(super) fn busy(busy: Busy) -> CallToolResult {
    said(format!(
        "The server has as many calls in flight as it may have; nothing was done. Call again in {} s, with fewer \
         calls side by side.",
        busy.retry_after.as_secs().max(1)
    ))
}

/// Nextcloud refused the caller's own sign-in in the middle of a call.
pub(super) fn signed_out() -> CallToolResult {
    said(
        "Nextcloud does not accept this sign-in any more. Do not try again. Tell the user to sign in to this server again."
            .to_owned(),
    )
}

/// The result of a call that gave no output.
pub(super) fn result(error: CallError, tool: &Tool, request_id: &str) -> CallToolResult {
    said(match error {
        CallError::Failed(failure) => return failed(failure, tool, request_id),
        CallError::InvalidArguments(mistakes) => format!(
            "{} Nothing was done. Correct the arguments and call again.",
            sentence(&mistakes)
        ),
        CallError::Stopped(reason) => format!(
            "{} {} {} (Request {request_id} in the server's log.)",
            sentence(&reason.to_string()),
            left_behind(tool),
            instead(&reason)
        ),
        CallError::InvalidOutput(reason) => {
            tracing::error!(request_id, tool = tool.full_name, "an answer was not passed on: {reason}");
            format!(
                "The plugin `{}` ran, but its answer is not what it promised and was not passed on. {} \
                 (Request {request_id} in the server's log.)",
                tool.plugin,
                left_behind(tool)
            )
        }
        // Of Basic mode, where only the operator can help; anybody else's sign-in is their own (see `signed_out`).
        CallError::Unauthorized => "Nextcloud refused NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD of this server. Do not \
            try again. Tell the user: make a new app password in Nextcloud (Settings > Security), set it as \
            NEXTCLOUD_PASSWORD and start this server again."
            .to_owned(),
        CallError::Cancelled => format!("The call was cancelled. {}", left_behind(tool)),
    })
}

/// What a call that did not end by itself leaves in Nextcloud.
fn left_behind(tool: &Tool) -> &'static str {
    if tool.access == Access::Read {
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
        | StopReason::LogLines(_) => "The same call will end the same way; tell the user.",
        _ => "Ask for less at once.",
    }
}

/// One word for the log.
pub(super) fn label(error: &CallError) -> &'static str {
    match error {
        CallError::InvalidArguments(_) => "invalid-arguments",
        CallError::Failed(failure) => failure.kind.as_str(),
        CallError::Stopped(reason) => reason.as_str(),
        CallError::InvalidOutput(_) => "invalid-output",
        CallError::Unauthorized => "unauthorized",
        CallError::Cancelled => "cancelled",
    }
}

/// The tool's own words, and what its kind of failure asks for. This is the only place that knows.
fn failed(failure: Failure, tool: &Tool, request_id: &str) -> CallToolResult {
    let Failure {
        kind,
        message,
        structured,
        retry_after_s,
    } = failure;
    // The message is in the operator's log already.
    if kind == FailureKind::Internal {
        return said(format!(
            "The plugin `{}` made a mistake. {} Tell the user that the server's log has the reason under request \
             {request_id}.",
            tool.plugin,
            left_behind(tool)
        ));
    }
    let next = next_step(kind, retry_after_s);
    let mut result = said(
        format!("{} {next}", sentence(&message))
            .trim_end()
            .to_owned(),
    );
    match structured {
        // MCP holds structuredContent to the output schema in errors, too, and the TypeScript client drops a result
        // whose does not fit; a tool with such a schema gets its details as text.
        Some(details) if tool.output_schema.is_some() => {
            result.content.push(ContentBlock::text(details.to_string()));
        }
        details => result.structured_content = details,
    }
    result
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

fn said(text: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
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
