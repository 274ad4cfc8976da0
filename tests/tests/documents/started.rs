//! A server that was started by a command of a page: the shell, and what it started in turn.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use nextcloud_mcp_tests::harness::Logs;
use tokio::process::Child;

/// What the server says once it serves.
const READY: &str = "MCP server ready at ";
/// How long a start may take: plugins are compiled at the first one, on a busy machine.
const START: Duration = Duration::from_mins(2);
/// How long it may take to end.
const END: Duration = Duration::from_mins(1);

/// Ended with the value.
pub(crate) struct Started {
    process: Child,
    /// The process that all of them belong to.
    group: u32,
    /// What they write to standard error.
    pub(crate) logs: Logs,
}

impl Started {
    pub(crate) fn by(mut command: Command) -> Self {
        command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut process = tokio::process::Command::from(command)
            .spawn()
            .expect("bash runs");
        let logs = Logs::of(process.stderr.take().expect("a pipe"));
        let group = process.id().expect("a running process");
        Self {
            process,
            group,
            logs,
        }
    }

    /// Waits until it serves.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        let line = self.logs.wait_for(READY, START).await;
        line.map(drop)
            .ok_or_else(|| format!("it does not start:\n{}", self.logs.text()))
    }

    /// Ends it in order (SIGTERM), and waits until nobody writes to the log any more.
    pub(crate) async fn end(mut self) {
        self.signal("-TERM");
        let ended = tokio::time::timeout(END, self.process.wait()).await;
        ended.expect("it ends in time").expect("a status");
        self.logs.wait_for("\0", END).await;
    }

    fn signal(&self, name: &str) {
        let group = format!("-{}", self.group);
        let sent = Command::new("kill")
            .args([name, "--", &group])
            .stderr(Stdio::null())
            .status();
        drop(sent);
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.signal("-KILL");
    }
}
