//! Many clients at once. Server, stand-in and clients share the processors of one machine, so this says how the servers
//! compare and what they cost there, not how much either can carry.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::floor::Recorded;
use super::known::Known;
use super::plan::Plan;
use super::report::Name;
use super::spread::Spread;
use super::subject::{Running, Subject, once};
use super::uses::TIMED;
use super::{scene, usage};

/// So many clients at one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Whose.
    pub name: Name,
    /// Clients, each with connections of its own.
    pub clients: usize,
    /// Calls answered in a second, of all clients together.
    pub rate: f64,
    /// What each call took.
    pub took: Spread,
    /// How long the server itself computed for one, in milliseconds; nothing where there is no server.
    pub cpu: Option<f64>,
}

/// Each client reads one note again and again.
pub(super) async fn measure(plan: &Plan, subjects: &[Subject]) -> Result<Vec<Load>> {
    let mut all = Vec::new();
    for subject in once(subjects) {
        let (nextcloud, note) = scene::usual(plan).await;
        let running = subject.start(&nextcloud).await?;
        let mut recorded = None;
        for &clients in plan.clients {
            let before = usage::computed(running.id()?)?;
            let (times, wall) = together(plan, &running, subject.name, note, clients).await?;
            let computed = usage::computed(running.id()?)?.saturating_sub(before);
            all.push(load(subject.name, clients, times, wall, Some(computed)));
            nextcloud.forget_requests();
        }
        if subject.name == Name::Here {
            let client = running.client().await?;
            let get_note = TIMED[0].of(subject.name);
            Known::note(note).perform(&client, get_note).await?;
            client.close().await;
            recorded = Some(Recorded::since(&nextcloud));
        }
        running.end().await?;
        if let Some(recorded) = recorded {
            for &clients in plan.clients {
                let (times, wall) = straight(plan, &recorded, clients).await?;
                all.push(load(Name::Straight, clients, times, wall, None));
                nextcloud.forget_requests();
            }
        }
    }
    Ok(all)
}

fn load(
    name: Name,
    clients: usize,
    times: Vec<Duration>,
    wall: Duration,
    computed: Option<Duration>,
) -> Load {
    let count = times.len();
    let rate = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / wall.as_secs_f64();
    Load {
        name,
        clients,
        rate: (rate * 10.0).round() / 10.0,
        took: Spread::of(times),
        cpu: computed.map(|computed| usage::each(computed, count)),
    }
}

/// All clients at once, connected and warm before the first call that counts; what each call and all of it took.
pub(super) async fn together(
    plan: &Plan,
    running: &Running,
    name: Name,
    note: i64,
    clients: usize,
) -> Result<(Vec<Duration>, Duration)> {
    let get_note = TIMED[0].of(name);
    let mut connected = Vec::new();
    for _ in 0..clients {
        let client = running.client().await?;
        Known::note(note).perform(&client, get_note).await?;
        connected.push(client);
    }
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for client in connected {
        let each = plan.load_calls.div_ceil(clients);
        tasks.spawn(async move {
            let mut known = Known::note(note);
            let mut times = Vec::with_capacity(each);
            for _ in 0..each {
                let begun = Instant::now();
                known.perform(&client, get_note).await?;
                times.push(begun.elapsed());
            }
            Ok((times, client))
        });
    }
    let (times, clients, wall) = gather(tasks, begun).await?;
    for client in clients {
        client.close().await;
    }
    Ok((times, wall))
}

/// The same requests by as many clients that speak to the stand-in without any server.
async fn straight(
    plan: &Plan,
    recorded: &Recorded,
    clients: usize,
) -> Result<(Vec<Duration>, Duration)> {
    let each = plan.load_calls.div_ceil(clients);
    recorded.replay().await?;
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..clients {
        let recorded = recorded.clone();
        tasks.spawn(async move { Ok((recorded.times(each).await?, ())) });
    }
    let (times, _, wall) = gather(tasks, begun).await?;
    Ok((times, wall))
}

async fn gather<C: 'static>(
    mut tasks: JoinSet<Result<(Vec<Duration>, C)>>,
    begun: Instant,
) -> Result<(Vec<Duration>, Vec<C>, Duration)> {
    let (mut all, mut clients) = (Vec::new(), Vec::new());
    while let Some(ended) = tasks.join_next().await {
        let (times, client) = ended??;
        all.extend(times);
        clients.push(client);
    }
    Ok((all, clients, begun.elapsed()))
}
