//! A server to be measured, whichever it is: started, asked, looked at as a process, ended.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::process::Child;

use super::peer::{self, Installed, Mode};
use super::report::Name;
use super::usage::Memory;
use crate::harness::{Client, Server, Start, http};
use crate::nextcloud::StandIn;

/// Between two looks at a server that does not serve yet: finer than anything that is told.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// The longest start that is waited for: compiling everything without optimisation, on a busy machine.
const START: Duration = Duration::from_mins(2);

/// How long a process may take to end by itself.
const END: Duration = Duration::from_secs(20);

/// More than the bench asks for, so that no limit is measured instead of the server.
const RAISED: [(&str, &str); 5] = [
    ("NEXTCLOUD_MCP_RATE", "10000000"),
    ("NEXTCLOUD_MCP_CALLS_PER_USER", "64"),
    ("NEXTCLOUD_MCP_CALLS_PER_PLUGIN", "64"),
    ("NEXTCLOUD_MCP_QUEUE_PER_USER", "256"),
    // As it is by default; tests want more.
    ("NEXTCLOUD_MCP_LOG_LEVEL", "info"),
];

/// A server to be measured, not started yet.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) name: Name,
    peer: Option<Installed>,
}

/// A server that runs, or is about to.
#[derive(Debug)]
pub(super) struct Running {
    url: String,
    process: Process,
    begun: Instant,
}

#[derive(Debug)]
enum Process {
    Here(Box<Server>),
    /// With the folder that it runs in, which is gone with it.
    Peer(Box<Child>, tempfile::TempDir),
}

impl Subject {
    /// All that there are here: first this server, then the other one if it is installed.
    pub(super) fn all(peer: Option<&Installed>) -> Vec<Self> {
        let here = [Name::FirstStart, Name::Here].map(|name| Self { name, peer: None });
        let there = [Name::Peer, Name::WholePeer].map(|name| Self {
            name,
            peer: peer.cloned(),
        });
        let there = there.into_iter().filter(|one| one.peer.is_some());
        here.into_iter().chain(there).collect()
    }

    /// Starts it over HTTP for alice, and waits for nothing.
    pub(super) fn launch(&self, nextcloud: &StandIn) -> Result<Running> {
        let begun = Instant::now();
        if let Some(peer) = &self.peer {
            return Running::peer(peer, nextcloud, Mode::SingleUser, self.all_groups());
        }
        let port = peer::free_port()?.to_string();
        let server = self
            .here(nextcloud)
            .with("NEXTCLOUD_MCP_PORT", port)
            .launch();
        Ok(Running {
            url: server.url().to_owned(),
            process: Process::Here(Box::new(server)),
            begun,
        })
    }

    /// Starts it over HTTP for alice, and waits until it serves.
    pub(super) async fn start(&self, nextcloud: &StandIn) -> Result<Running> {
        let running = self.launch(nextcloud)?;
        running.until("/health/ready").await?;
        Ok(running)
    }

    /// Starts it as the child of a client, which speaks to it over pipes.
    pub(super) async fn over_pipes(&self, nextcloud: &StandIn) -> Result<Client> {
        let Some(peer) = &self.peer else {
            return Ok(self.here(nextcloud).stdio().await.0);
        };
        let (mut command, folder) = peer.command(nextcloud, Mode::SingleUser, self.all_groups())?;
        command.args(["--transport", "stdio"]);
        let connected = Client::stdio(command, folder).await;
        Ok(connected.map_err(anyhow::Error::msg)?.0)
    }

    fn all_groups(&self) -> bool {
        self.name == Name::WholePeer
    }

    fn here(&self, nextcloud: &StandIn) -> Start {
        let start = raised(Server::basic(nextcloud, "alice"));
        if self.name != Name::FirstStart {
            return start;
        }
        let nothing_yet = start.folder().join("data").display().to_string();
        start.with("NEXTCLOUD_MCP_DATA_DIR", nothing_yet)
    }
}

/// Those that are measured beyond their start: each server once.
pub(super) fn once(subjects: &[Subject]) -> impl Iterator<Item = &Subject> {
    let both = |subject: &&Subject| matches!(subject.name, Name::Here | Name::Peer);
    subjects.iter().filter(both)
}

/// Raises the limits that the bench would run into.
pub(super) fn raised(start: Start) -> Start {
    RAISED
        .iter()
        .fold(start, |start, (name, value)| start.with(name, value))
}

impl Running {
    /// This server in whatever mode it was started.
    pub(super) fn here(server: Server) -> Self {
        Self {
            url: server.endpoint().trim_end_matches("/mcp").to_owned(),
            process: Process::Here(Box::new(server)),
            begun: Instant::now(),
        }
    }

    /// The Python server, just started.
    pub(super) fn peer(
        peer: &Installed,
        nextcloud: &StandIn,
        mode: Mode,
        all_groups: bool,
    ) -> Result<Self> {
        let begun = Instant::now();
        let (process, folder, url) = peer.launch(nextcloud, mode, all_groups)?;
        Ok(Self {
            url,
            process: Process::Peer(Box::new(process), folder),
            begun,
        })
    }

    /// Waits until this page answers 200; how long after the start of the process that was.
    pub(super) async fn until(&self, page: &str) -> Result<Duration> {
        let (url, client) = (format!("{}{page}", self.url), http());
        let answers = async {
            loop {
                let answer = client.get(&url).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return self.begun.elapsed();
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(START, answers)
            .await
            .with_context(|| format!("{url} does not answer 200"))
    }

    /// When the process was started.
    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    /// The MCP endpoint.
    pub(super) fn endpoint(&self) -> String {
        format!("{}/mcp", self.url)
    }

    /// A client of its own connections, connected and initialized.
    pub(super) async fn client(&self) -> Result<Client> {
        let client = Client::http(&self.endpoint(), None).await;
        client.map_err(anyhow::Error::msg)
    }

    /// The process.
    pub(super) fn id(&self) -> Result<u32> {
        let id = match &self.process {
            Process::Here(server) => server.id(),
            Process::Peer(process, _) => process.id(),
        };
        id.context("the server has ended by itself")
    }

    /// Its memory now.
    pub(super) fn memory(&self) -> Result<Memory> {
        Memory::of(self.id()?)
    }

    /// Ends it in order (SIGTERM).
    pub(super) async fn end(self) -> Result<()> {
        match self.process {
            Process::Here(server) => {
                server.terminate().await;
            }
            Process::Peer(mut process, _folder) => {
                let id = process.id().context("the server has ended by itself")?;
                let id = id.to_string();
                let mut kill = tokio::process::Command::new("kill");
                kill.args(["-TERM", &id]).status().await?;
                if tokio::time::timeout(END, process.wait()).await.is_err() {
                    process.kill().await?;
                    bail!("the Python server does not end when it is told to");
                }
            }
        }
        Ok(())
    }
}
