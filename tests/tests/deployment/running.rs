//! A server that is not the one beside the tests: another program, or the same one in a container's place.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Logs, Setting};
use tokio::process::{Child, Command};

/// How long a start may take: plugins are compiled at the first one, on a busy machine.
const START: Duration = Duration::from_mins(2);
/// How long the process may take to end by itself.
const END: Duration = Duration::from_mins(1);

/// A running process; ended with the value.
pub(crate) struct Running {
    process: Child,
    pub(crate) logs: Logs,
}

impl Running {
    /// Starts a command with these settings and nothing else in its environment. An empty one is left out.
    pub(crate) fn start(mut command: Command, settings: &[Setting]) -> Self {
        command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let set = settings.iter().filter(|(_, value)| !value.is_empty());
        command.envs(set.map(|(name, value)| (name, value)));
        let mut process = command.spawn().expect("the program runs");
        let logs = Logs::of(process.stderr.take().expect("a pipe"));
        Self { process, logs }
    }

    /// Waits until it serves; where.
    pub(crate) async fn ready(&self) -> String {
        let text = "MCP server ready at ";
        let line = self.logs.wait_for(text, START).await;
        let line = line.unwrap_or_else(|| panic!("it is not ready:\n{}", self.logs.text()));
        let url = line.split(text).nth(1).unwrap_or_default();
        url.split_whitespace().next().unwrap_or_default().to_owned()
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id().expect("a running process")
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(END, self.process.wait()).await;
        ended.expect("it ends in time").expect("a status")
    }

    /// Asks it to end as every service manager does.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(sent.unwrap().success(), "the process is there to be told");
        self.ended().await
    }
}

/// Sets a variable, over an earlier value.
pub(crate) fn set(settings: &mut Vec<Setting>, name: &str, value: &str) {
    settings.retain(|(one, _)| one != name);
    settings.push((name.to_owned(), value.to_owned()));
}
