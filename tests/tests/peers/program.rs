//! A program of `tests/peers/` as a process: it takes commands and gives answers, one line of JSON each
//! (`tests/peers/lines.mjs` says which). It ends with the test.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use nextcloud_mcp_tests::harness::Peer;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a program may take for one line: a browser is started, on a busy machine.
const LINE: Duration = Duration::from_mins(2);
/// What it writes to standard error, for whoever looks why a test failed.
const LOG: &str = "log";

/// A running program.
#[derive(Debug)]
pub(crate) struct Program {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// Where it keeps what it keeps, instead of in the home of whoever runs the tests.
    home: tempfile::TempDir,
}

/// What a program says.
#[derive(Debug)]
pub(crate) enum Said {
    /// It wants the user's browser to open this address.
    Open(String),
    /// The answer to a command, or the first words of a program that says something at its start.
    Answer(Value),
    /// The command failed, and how.
    Failure(String),
}

impl Program {
    /// Starts a script, in Python or Node, with one argument (none if it is null). `Err` says what is missing.
    pub(crate) fn start(language: Peer, script: &str, argument: &Value) -> Result<Self, String> {
        let scripts = Peer::Node.find()?;
        let interpreter = match language {
            Peer::Node => scripts.join("node_modules/.bin/node"),
            other => other.find()?,
        };
        let home = tempfile::tempdir().expect("a folder for its files");
        let mut command = Command::new(interpreter);
        command
            .arg(scripts.join(script))
            .args((!argument.is_null()).then(|| argument.to_string()))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(home.path().join(LOG)).expect("a file in a folder of our own"));
        for folder in ["HOME", "MCP_STORAGE_DIR", "MCP_REMOTE_CONFIG_DIR"] {
            command.env(folder, home.path());
        }
        if let Ok(chromium) = Peer::Chromium.find() {
            command.env("NEXTCLOUD_MCP_TEST_CHROMIUM", chromium);
        }
        let mut process = command.spawn().map_err(|error| error.to_string())?;
        let output = process.stdout.take().expect("a pipe");
        Ok(Self {
            input: process.stdin.take().expect("a pipe"),
            output: BufReader::new(output).lines(),
            _process: process,
            home,
        })
    }

    /// Gives a command.
    pub(crate) async fn tell(&mut self, command: &str, what: &Value) {
        let line = format!("{}\n", json!({ command: what }));
        self.input
            .write_all(line.as_bytes())
            .await
            .expect("a program that listens");
    }

    /// The next that it says.
    pub(crate) async fn next(&mut self) -> Said {
        let line = tokio::time::timeout(LINE, self.output.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            panic!("it says nothing more: {line:?}\n{}", self.log());
        };
        let mut said: Value = serde_json::from_str(&line).expect("a line of JSON");
        if let Some(url) = said["open"].as_str() {
            Said::Open(url.to_owned())
        } else if let Some(failure) = said["failure"].as_str() {
            Said::Failure(format!("{failure}\n{}", self.log()))
        } else if said.get("answer").is_some() {
            Said::Answer(said["answer"].take())
        } else {
            Said::Answer(said)
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join(LOG)).unwrap_or_default()
    }
}
