//! What reaches a client while a tool works: progress, and lines for the log.

use std::thread::sleep;
use std::time::Duration;

use nextcloud_mcp_plugin::{Failure, NoArguments, Text, Tool, Tools, log, progress};

/// Between two reports: the host passes on ten a second at most (`wit/host.wit`), and all of them are to arrive.
const BETWEEN_REPORTS: Duration = Duration::from_millis(120);

/// As long as the suite would have a tool wait between two lines.
const BETWEEN_LINES: Duration = Duration::from_millis(50);

pub(crate) fn add_to(tools: Tools) -> Tools {
    tools
        .add(Tool::read(
            "test_tool_with_progress",
            "Progress",
            "Reports its progress three times.",
            with_progress,
        ))
        .add(Tool::read(
            "test_tool_with_logging",
            "Log lines",
            "Writes three lines for the log.",
            with_logging,
        ))
        .add(Tool::read(
            "test_logging_tool",
            "Log line",
            "Writes a line for the log, which only a client that asked for it may see.",
            one_line,
        ))
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn with_progress(_: NoArguments) -> Result<Text, Failure> {
    for done in [0.0, 50.0, 100.0] {
        progress::report(
            done,
            Some(100.0),
            Some(&format!("Completed step {done} of 100")),
        );
        sleep(BETWEEN_REPORTS);
    }
    Ok(Text("Reported three times.".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn with_logging(_: NoArguments) -> Result<Text, Failure> {
    for line in [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ] {
        log::info(line);
        sleep(BETWEEN_LINES);
    }
    Ok(Text("Wrote three lines.".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn one_line(_: NoArguments) -> Result<Text, Failure> {
    log::info("Only for whoever asked for it");
    Ok(Text("Wrote a line.".to_owned()))
}
