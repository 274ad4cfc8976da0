//! What the sandbox adds, measured inside one process so that neither MCP nor a socket to it is in the figures: the same
//! requests by a bare HTTP client, by the host's own way out (policy, credential, session) and by a plugin through it; and
//! calls of plugins that ask Nextcloud nothing, which are all sandbox.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use nextcloud_mcp_server::nextcloud::{Grant, Rule};
use nextcloud_mcp_server::plugin::CallError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::floor::Recorded;
use super::known::Known;
use super::plan::Plan;
use super::scene;
use super::spread::{Spread, millis};
use super::stage::Stage;
use super::uses::TIMED;
use crate::harness::{Peer, data_folder};
use crate::nextcloud::StandIn;

/// What the uses measured here send by the host's own way out.
const ALLOWED: [(&str, &str); 3] = [
    ("GET", "/apps/notes/api/v1/notes/**"),
    ("PROPFIND", "/remote.php/dav/calendars/{user}/**"),
    ("REPORT", "/remote.php/dav/calendars/{user}/**"),
];

/// What is handed into a guest and back, to see what that costs: as much as a long list.
const OBJECTS: usize = 1_000;

/// What the sandbox adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Loading the bundled plugins with nothing compiled, in milliseconds, if that was measured.
    pub compile: Option<f64>,
    /// Loading them again, with what was compiled kept.
    pub load: f64,
    /// The same requests in three ways.
    pub ways: Vec<Ways>,
    /// Without any request.
    pub alone: Vec<Alone>,
}

/// The requests of one use, sent in three ways.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ways {
    /// The use.
    pub what: String,
    /// How many requests.
    pub requests: usize,
    /// By an HTTP client that does nothing else.
    pub bare: Spread,
    /// By the host's way out, without a plugin.
    pub host: Spread,
    /// By the plugin in its sandbox, through the host's way out.
    pub plugin: Spread,
}

/// Something done without a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alone {
    /// What.
    pub what: String,
    /// How long it took.
    pub took: Spread,
}

pub(super) async fn measure(plan: &Plan) -> Result<Sandbox> {
    let (nextcloud, note) = scene::usual(plan).await;
    let plugins = Peer::Plugins.required();
    let compiled = data_folder();
    let mut compile = None;
    if plan.compiling {
        let nothing_yet = tempfile::tempdir()?;
        compile = Some(
            Stage::set(&nextcloud, &plugins, nothing_yet.path())
                .await?
                .1,
        );
    }
    // Kept from now on, whether it was before or not.
    Stage::set(&nextcloud, &plugins, &compiled).await?;
    let (bundled, load) = Stage::set(&nextcloud, &plugins, &compiled).await?;

    let mut ways = Vec::new();
    for used in [&TIMED[0], &TIMED[2]] {
        let (tool, arguments) = used
            .tool(&Known::note(note))
            .context("one call of a tool")?;
        ways.push(three_ways(plan, &bundled, &nextcloud, (used.name, tool, arguments)).await?);
    }
    let mut alone = Vec::new();
    for group in ["notes_list_notes", "calendar_list_events"] {
        // What no list gave is refused before anything is asked: the guest ran, and did next to nothing.
        let (tool, arguments) = (format!("nc_{group}"), json!({"cursor": "none"}));
        nextcloud.forget_requests();
        let times = repeat(plan, async || {
            match bundled.call(&tool, arguments.clone()).await {
                Err(CallError::Failed(_)) => Ok(()),
                other => anyhow::bail!("{tool} took a cursor that is none: {other:?}"),
            }
        });
        let spread = Spread::of(times.await?);
        ensure!(nextcloud.requests().is_empty(), "{tool} made a request");
        alone.push(Alone {
            what: format!("{tool}, which refuses its arguments"),
            took: spread,
        });
    }
    // Only tests have them; the bench does without where they are not built.
    if let Ok(guests) = Peer::Guests.find() {
        let (guests, _) = Stage::set(&nextcloud, &guests, &compiled).await?;
        alone.extend(there_and_back(plan, &guests).await?);
    }
    Ok(Sandbox {
        compile: compile.map(millis),
        load: millis(load),
        ways,
        alone,
    })
}

async fn three_ways(
    plan: &Plan,
    stage: &Stage,
    nextcloud: &StandIn,
    (what, tool, arguments): (&str, &str, Value),
) -> Result<Ways> {
    let call = async || {
        let answer = stage.call(tool, arguments.clone()).await;
        answer
            .map(|_| ())
            .map_err(|error| anyhow::anyhow!("{tool}: {error:?}"))
    };
    // The first call finds out who the user is.
    call().await?;
    nextcloud.forget_requests();
    call().await?;
    let recorded = Recorded::since(nextcloud);
    let rules = ALLOWED.map(|(method, path)| Rule::parse(&[method.to_owned()], path, None));
    let grant = Grant::new(rules.into_iter().collect::<Result<Vec<_>, _>>()?);
    // In turn, so that a busy moment of the machine falls on all three.
    let mut times = [const { Vec::new() }; 3];
    for number in 0..plan.warm_up + plan.calls {
        let round = [
            recorded.replay().await?,
            timed(async || stage.send(&grant, &recorded).await).await?,
            timed(&call).await?,
        ];
        if number >= plan.warm_up {
            for (times, one) in times.iter_mut().zip(round) {
                times.push(one);
            }
        }
    }
    nextcloud.forget_requests();
    let [bare, host, plugin] = times.map(Spread::of);
    Ok(Ways {
        what: what.to_owned(),
        requests: recorded.len(),
        bare,
        host,
        plugin,
    })
}

/// A guest that hands back what it is given, empty and with something in it, and the same steps without a sandbox.
async fn there_and_back(plan: &Plan, guests: &Stage) -> Result<Vec<Alone>> {
    let objects =
        (0..OBJECTS).map(|id| json!({"id": id, "title": "A note", "tags": ["one", "two"]}));
    let full = json!({"objects": objects.collect::<Vec<_>>()});
    let kilobytes = full.to_string().len() / 1000;
    let mut all = Vec::new();
    for (what, arguments) in [
        (
            "a guest that hands back an empty object".to_owned(),
            json!({}),
        ),
        (
            format!("a guest that hands back {kilobytes} kB of JSON"),
            full.clone(),
        ),
    ] {
        let times = repeat(plan, async || {
            let answer = guests.call("nc_hostile_echo", arguments.clone()).await;
            answer
                .map(|_| ())
                .map_err(|error| anyhow::anyhow!("{error:?}"))
        });
        all.push(Alone {
            what,
            took: Spread::of(times.await?),
        });
    }
    let natively = repeat(plan, async || {
        // The host writes the arguments, the guest reads and writes them, the host reads the answer.
        let arguments = full.clone().to_string();
        let answer = serde_json::from_str::<Value>(&arguments)?.to_string();
        std::hint::black_box(serde_json::from_str::<Value>(&answer)?);
        Ok(())
    });
    all.push(Alone {
        what: format!("the same {kilobytes} kB read and written as often, without a sandbox"),
        took: Spread::of(natively.await?),
    });
    Ok(all)
}

/// Does it unmeasured, then measured, as often as the plan says.
async fn repeat(plan: &Plan, once: impl AsyncFn() -> Result<()>) -> Result<Vec<Duration>> {
    for _ in 0..plan.warm_up {
        once().await?;
    }
    let mut times = Vec::with_capacity(plan.calls);
    for _ in 0..plan.calls {
        times.push(timed(&once).await?);
    }
    Ok(times)
}

async fn timed(once: impl AsyncFn() -> Result<()>) -> Result<Duration> {
    let begun = Instant::now();
    once().await?;
    Ok(begun.elapsed())
}
