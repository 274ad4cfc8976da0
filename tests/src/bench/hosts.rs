//! Hosts of plugins: this server, hyper-mcp and wassette, each with a tool that hands back an empty object and asks nobody
//! anything. So what is measured is the host. All are children of the same MCP client, which speaks to them over pipes, since
//! hyper-mcp has no other transport.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::process::Command;

use super::plan::Plan;
use super::report::Name;
use super::scene;
use super::spread::Spread;
use super::subject::raised;
use super::usage::Memory;
use super::{hyper, wassette};
use crate::harness::{Client, Peer, Server};
use crate::nextcloud::StandIn;

/// This server's plugin, and its tool.
const GUEST: &str = "hostile";
const TOOL: &str = "nc_hostile_echo";

/// Calls in flight where many are measured. Over pipes a server has one client, so they are all of that one.
pub(super) const AT_ONCE: usize = 8;

/// How long a host may take until its tool is listed, and after what time it is asked again: little beside a start.
const PATIENCE: Duration = Duration::from_mins(1);
const AGAIN: Duration = Duration::from_millis(1);

/// One host with its plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its name, and the version of one that is not this server.
    pub name: String,
    /// Bytes of the plugin's component or module.
    pub plugin: usize,
    /// Tools in its list.
    pub tools: usize,
    /// From the start of the process until the client has the list, with nothing compiled, if that was measured.
    pub first: Option<Spread>,
    /// The same with what an earlier start kept.
    pub later: Spread,
    /// What it holds then.
    pub listed: Memory,
    /// What it holds after all calls.
    pub worked: Memory,
    /// A call, one at a time.
    pub call: Spread,
    /// Calls answered in a second, [`AT_ONCE`] at a time.
    pub rate: f64,
    /// What each of those took.
    pub together: Spread,
}

enum Subject<'a> {
    Here(&'a StandIn, PathBuf),
    Hyper(&'a hyper::Installed),
    Wassette(&'a wassette::Installed),
}

/// This server, if the guests of tests are built, and each of the others, if it is installed.
pub(super) async fn measure(plan: &Plan) -> Result<Vec<Host>> {
    let Ok(guests) = Peer::Guests.find() else {
        return Ok(Vec::new());
    };
    let nextcloud = scene::with_notes(0).await;
    let mut hosts = vec![Subject::Here(&nextcloud, guests).measure(plan).await?];
    if let Some(hyper) = &hyper::Installed::find().await? {
        hosts.push(Subject::Hyper(hyper).measure(plan).await?);
    }
    if let Some(wassette) = &wassette::Installed::find().await? {
        hosts.push(Subject::Wassette(wassette).measure(plan).await?);
    }
    Ok(hosts)
}

impl Subject<'_> {
    async fn measure(&self, plan: &Plan) -> Result<Host> {
        let mut first = Vec::new();
        for _ in 0..if plan.compiling { plan.starts } else { 0 } {
            let nothing_yet = tempfile::tempdir()?;
            let (client, _, took) = self.start(nothing_yet.path()).await?;
            client.close().await;
            first.push(took);
        }
        let kept = tempfile::tempdir()?;
        self.start(kept.path()).await?.0.close().await;
        let mut later = Vec::new();
        for _ in 1..plan.starts {
            let (client, _, took) = self.start(kept.path()).await?;
            client.close().await;
            later.push(took);
        }
        // The last of them stays, and is called.
        let (client, tools, took) = self.start(kept.path()).await?;
        later.push(took);
        let listed = memory(&client)?;
        let mut call = Vec::with_capacity(plan.calls);
        for number in 0..plan.warm_up + plan.calls {
            let took = self.call(&client).await?;
            if number >= plan.warm_up {
                call.push(took);
            }
        }
        let (together, rate) = self.at_once(&client, plan.load_calls).await?;
        let worked = memory(&client)?;
        client.close().await;
        Ok(Host {
            name: self.name(),
            plugin: self.plugin()?,
            tools,
            first: Some(first)
                .filter(|first| !first.is_empty())
                .map(Spread::of),
            later: Spread::of(later),
            listed,
            worked,
            call: Spread::of(call),
            rate,
            together,
        })
    }

    /// Starts it, with what is kept in this folder, until the client has the list of tools: how many, and after what time.
    async fn start(&self, kept: &Path) -> Result<(Client, usize, Duration)> {
        let begun = Instant::now();
        let client = match self {
            Self::Here(nextcloud, guests) => {
                let start = raised(Server::basic(nextcloud, "alice"))
                    .with("NEXTCLOUD_MCP_PLUGIN_DIR", guests.display().to_string())
                    .with("NEXTCLOUD_MCP_ENABLE_PLUGIN", GUEST)
                    .with("NEXTCLOUD_MCP_DATA_DIR", kept.display().to_string());
                start.stdio().await.0
            }
            Self::Hyper(hyper) => connected(hyper.command(kept)).await?,
            Self::Wassette(wassette) => connected(wassette.command(kept)?).await?,
        };
        let tools = self.listed(&client).await?;
        Ok((client, tools, begun.elapsed()))
    }

    /// How many tools are in the list, as soon as the one to be called is: wassette answers before it has loaded any.
    async fn listed(&self, client: &Client) -> Result<usize> {
        let begun = Instant::now();
        loop {
            let tools = client.tools().await;
            if tools.iter().any(|tool| tool.name == self.tool()) {
                return Ok(tools.len());
            }
            ensure!(begun.elapsed() < PATIENCE, "{}: {tools:?}", self.name());
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn tool(&self) -> &str {
        match self {
            Self::Here(..) => TOOL,
            Self::Hyper(hyper) => &hyper.tool,
            Self::Wassette(_) => wassette::TOOL,
        }
    }

    fn answer(&self) -> Value {
        match self {
            Self::Here(..) | Self::Hyper(_) => json!({}),
            Self::Wassette(_) => json!({"result": wassette::ANSWER}),
        }
    }

    async fn call(&self, client: &Client) -> Result<Duration> {
        let begun = Instant::now();
        let outcome = client.try_call(self.tool(), json!({})).await?;
        let answered = begun.elapsed();
        let right = !outcome.is_error && outcome.structured == self.answer();
        ensure!(right, "{}: {outcome:?}", self.name());
        Ok(answered)
    }

    /// As many calls, always some in flight; what each took, and how many were answered in a second.
    async fn at_once(&self, client: &Client, calls: usize) -> Result<(Spread, f64)> {
        let begun = Instant::now();
        let all = stream::iter(0..calls).map(|_| self.call(client));
        let times: Vec<_> = all.buffer_unordered(AT_ONCE).try_collect().await?;
        let count = f64::from(u32::try_from(times.len())?);
        let rate = (count / begun.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        Ok((Spread::of(times), rate))
    }

    fn name(&self) -> String {
        match self {
            Self::Here(..) => Name::Here.label().to_owned(),
            Self::Hyper(hyper) => format!("hyper-mcp {}", hyper.version),
            Self::Wassette(wassette) => format!("wassette {}", wassette.version),
        }
    }

    fn plugin(&self) -> Result<usize> {
        Ok(match self {
            Self::Here(_, guests) => {
                let component = guests.join(GUEST).join(format!("{GUEST}.wasm"));
                usize::try_from(std::fs::metadata(component)?.len())?
            }
            Self::Hyper(hyper) => hyper.plugin,
            Self::Wassette(wassette) => wassette.plugin(),
        })
    }
}

async fn connected(command: Command) -> Result<Client> {
    let connected = Client::stdio(command, tempfile::tempdir()?).await;
    Ok(connected.map_err(anyhow::Error::msg)?.0)
}

fn memory(client: &Client) -> Result<Memory> {
    Memory::of(client.process().context("a child process")?)
}
