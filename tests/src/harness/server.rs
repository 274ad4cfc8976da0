//! The built server as a process: started, waited for, stopped, and gone when the test is.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Child;

use super::client::{Client, http};
use super::environment::{self, Setting};
use super::logs::Logs;
use crate::nextcloud::StandIn;

/// What the server says once it serves.
const READY: &str = "MCP server ready at ";
/// How long a start may take: plugins are compiled at the first one, on a busy machine.
const START: Duration = Duration::from_mins(2);
/// Between two looks at a server that does not listen yet.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How long the process may take to end by itself.
const END: Duration = Duration::from_mins(1);

/// A running server.
#[derive(Debug)]
pub struct Server {
    process: Child,
    /// What it wrote so far.
    pub logs: Logs,
    url: String,
    settings: Vec<Setting>,
    arguments: Vec<String>,
    folder: tempfile::TempDir,
}

/// A server that is about to be started.
#[derive(Debug)]
pub struct Start {
    settings: Vec<Setting>,
    arguments: Vec<String>,
    folder: tempfile::TempDir,
    /// Where it runs, if not there.
    place: Option<PathBuf>,
    /// How long it may take to end by itself.
    limit: Duration,
}

impl Server {
    /// Basic mode as one user of a stand-in, over HTTP on a free port.
    pub fn basic(nextcloud: &StandIn, user: &str) -> Start {
        Start::of(environment::basic(nextcloud, user))
    }

    /// OAuth mode at a stand-in, over HTTP on a free port, with data of its own; it registers itself.
    pub fn oauth(nextcloud: &StandIn) -> Start {
        let mut start = Start::of(Vec::new());
        start.settings = environment::oauth(nextcloud, start.folder());
        start
    }

    /// No settings at all.
    pub fn bare() -> Start {
        Start::of(Vec::new())
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The MCP endpoint.
    pub fn endpoint(&self) -> String {
        format!("{}/mcp", self.url.trim_end_matches("/mcp"))
    }

    /// A client that is connected and initialized.
    pub async fn client(&self) -> Client {
        Client::http(&self.endpoint(), None)
            .await
            .expect("a client connects")
    }

    /// A client that is connected and initialized with a bearer token.
    pub async fn client_with(&self, token: &str) -> Client {
        Client::http(&self.endpoint(), Some(token))
            .await
            .expect("a client connects")
    }

    /// The folder that it runs in; in OAuth mode its data are in `data` there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it without a warning (SIGKILL); it can be started again in the same place, with other settings.
    pub async fn kill(mut self) -> Start {
        self.process.kill().await.expect("a process to end");
        Start::again(self.settings, self.arguments, self.folder)
    }

    /// Ends it without a warning (SIGKILL) and starts it again, in the same place.
    pub async fn restart(self) -> Self {
        self.kill().await.start().await
    }

    /// Another run of the program with the same settings, in the same folder.
    pub fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = environment::command(&self.settings, self.folder.path());
        command.args(arguments);
        command
    }

    /// Waits until it answers, ready or not.
    pub async fn listening(&self) {
        let live = format!("{}/health/live", self.url);
        let answers = async {
            while http().get(&live).send().await.is_err() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let answered = tokio::time::timeout(START, answers).await;
        assert!(
            answered.is_ok(),
            "it does not listen:\n{}",
            self.logs.text()
        );
    }

    /// Waits until it says that it serves.
    pub async fn ready(&self) {
        let line = self.logs.wait_for(READY, START).await;
        assert!(line.is_some(), "it is not ready:\n{}", self.logs.text());
    }

    /// The process, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Ends it in order (SIGTERM); it can be started again in the same place, with other settings.
    pub async fn stop(mut self) -> Start {
        let status = self.end().await;
        assert!(status.success(), "{status}: {}", self.logs.text());
        Start::again(self.settings, self.arguments, self.folder)
    }

    /// Asks the process to end (SIGTERM) and waits for it.
    pub async fn terminate(mut self) -> ExitStatus {
        self.end().await
    }

    /// Asks it to load its plugins again (SIGHUP).
    pub async fn hang_up(&self) {
        self.signal("-HUP").await;
    }

    /// Asks the process to end (SIGTERM) and waits for nothing.
    pub async fn tell_to_end(&self) {
        self.signal("-TERM").await;
    }

    async fn end(&mut self) -> ExitStatus {
        self.tell_to_end().await;
        self.ended().await
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(END, self.process.wait())
            .await
            .expect("it ends in time")
            .expect("a status")
    }

    async fn signal(&self, name: &str) {
        let id = self.process.id().expect("a running process").to_string();
        let sent = tokio::process::Command::new("kill")
            .args([name, &id])
            .status()
            .await;
        assert!(
            sent.is_ok_and(|status| status.success()),
            "the process is there to be told"
        );
    }
}

impl Start {
    fn of(settings: Vec<Setting>) -> Self {
        let folder = tempfile::tempdir().expect("a folder to run in");
        Self::again(settings, Vec::new(), folder)
    }

    fn again(settings: Vec<Setting>, arguments: Vec<String>, folder: tempfile::TempDir) -> Self {
        Self {
            settings,
            arguments,
            folder,
            place: None,
            limit: END,
        }
    }

    /// Lets it use the compiled plugins of all tests.
    #[must_use]
    pub fn compiled(self) -> Self {
        let folder = environment::data_folder().display().to_string();
        self.with("NEXTCLOUD_MCP_DATA_DIR", folder)
    }

    /// Runs it in a folder of the test's own.
    #[must_use]
    pub fn within(mut self, place: &Path) -> Self {
        self.place = Some(place.to_owned());
        self
    }

    /// Lets it take longer to end by itself.
    #[must_use]
    pub fn patient(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sets a variable; an empty value takes it out.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<str>) -> Self {
        environment::set(&mut self.settings, name, value.as_ref());
        self
    }

    /// The value of a variable so far.
    pub fn setting(&self, name: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Where clients will reach it, in OAuth mode.
    pub fn server_url(&self) -> &str {
        self.setting("NEXTCLOUD_MCP_SERVER_URL").unwrap_or_default()
    }

    /// A run of the program with these settings, in its folder.
    pub fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = environment::command(&self.settings, self.folder.path());
        command.args(arguments);
        command
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Puts a file into the folder that it runs in.
    #[must_use]
    pub fn file(self, name: &str, content: &str) -> Self {
        std::fs::write(self.folder.path().join(name), content)
            .expect("a file in a folder of our own");
        self
    }

    /// The folder that it runs in, which is gone with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it and waits until it serves.
    pub async fn start(self) -> Server {
        let (settings, arguments) = (self.settings.clone(), self.arguments.clone());
        let limit = self.limit;
        let (process, logs, folder) = self.spawn();
        let Some(line) = logs.wait_for(READY, START.max(limit)).await else {
            panic!("the server did not start:\n{}", logs.text());
        };
        let url = line.split(READY).nth(1).unwrap_or_default();
        let url = url
            .split(['"', ' ', ','])
            .next()
            .unwrap_or_default()
            .to_owned();
        Server {
            process,
            logs,
            url,
            settings,
            arguments,
            folder,
        }
    }

    /// Starts it and waits for nothing. Where it will be must be known: `NEXTCLOUD_MCP_PORT` is not 0.
    pub fn launch(self) -> Server {
        let port = self.setting("NEXTCLOUD_MCP_PORT").unwrap_or_default();
        assert!(!matches!(port, "" | "0"), "a port of its own");
        let url = format!("http://127.0.0.1:{port}");
        let (settings, arguments) = (self.settings.clone(), self.arguments.clone());
        let (process, logs, folder) = self.spawn();
        Server {
            process,
            logs,
            url,
            settings,
            arguments,
            folder,
        }
    }

    /// Starts it and waits until it ends by itself; says how and what it wrote to standard error.
    pub async fn run(self) -> (ExitStatus, String) {
        let (mut process, logs, _folder) = self.spawn();
        let status = ended(process.wait(), END).await.expect("a status");
        logs.wait_for("\u{0}", END).await;
        (status, logs.text())
    }

    /// Runs it to its end; what it wrote to standard output.
    pub async fn output(self) -> (ExitStatus, String) {
        let place = self.place.as_deref().unwrap_or(self.folder.path());
        let mut command = environment::command(&self.settings, place);
        let output = ended(command.args(&self.arguments).output(), self.limit).await;
        let output = output.expect("the server's binary runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status, text)
    }

    /// Starts it as a child of an MCP client that speaks to it over its standard input and output.
    pub async fn stdio(self) -> (Client, Logs) {
        let (command, folder) = self.into_stdio();
        Client::stdio(command, folder)
            .await
            .expect("a client connects")
    }

    /// The command that serves over standard input and output, and the folder that it runs in.
    pub(super) fn into_stdio(self) -> (tokio::process::Command, tempfile::TempDir) {
        let mut command = environment::command(&self.settings, self.folder.path());
        command.args(&self.arguments).args(["--transport", "stdio"]);
        (command, self.folder)
    }

    /// The settings and arguments, for a client that starts the server itself.
    pub fn into_parts(self) -> (Vec<Setting>, Vec<String>) {
        (self.settings, self.arguments)
    }

    fn spawn(self) -> (Child, Logs, tempfile::TempDir) {
        let mut command = environment::command(&self.settings, self.folder.path());
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = command.spawn().expect("the server's binary runs");
        let logs = Logs::of(process.stderr.take().expect("a pipe"));
        (process, logs, self.folder)
    }
}

/// Waits for a process to end by itself.
async fn ended<T>(end: impl Future<Output = T>, limit: Duration) -> T {
    tokio::time::timeout(limit, end)
        .await
        .expect("it ends by itself")
}
