//! How long a call takes, one at a time, as an MCP client sees it over HTTP.

use std::time::Instant;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::floor::Recorded;
use super::known::Known;
use super::plan::Plan;
use super::report::Name;
use super::spread::Spread;
use super::subject::{Subject, once};
use super::uses::TIMED;
use super::{scene, usage};

/// One use of one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// Whose.
    pub name: Name,
    /// What was done.
    pub what: String,
    /// From the client's request to its answer.
    pub took: Spread,
    /// The same requests straight at the stand-in: what no server can save unless it sends fewer.
    pub floor: Spread,
    /// Requests that one made.
    pub requests: usize,
    /// How long the server itself computed for one.
    pub cpu: f64,
}

pub(super) async fn measure(plan: &Plan, subjects: &[Subject]) -> Result<Vec<Calls>> {
    let mut all = Vec::new();
    for subject in once(subjects) {
        let (nextcloud, note) = scene::usual(plan).await;
        let running = subject.start(&nextcloud).await?;
        let client = running.client().await?;
        for used in &TIMED {
            let calls = used.of(subject.name);
            let mut known = Known::note(note);
            for _ in 0..plan.warm_up {
                known.perform(&client, calls).await?;
            }
            nextcloud.forget_requests();
            known.perform(&client, calls).await?;
            let recorded = Recorded::since(&nextcloud);
            let before = usage::computed(running.id()?)?;
            let mut times = Vec::with_capacity(plan.calls);
            for _ in 0..plan.calls {
                let begun = Instant::now();
                known.perform(&client, calls).await?;
                times.push(begun.elapsed());
                nextcloud.forget_requests();
            }
            let computed = usage::computed(running.id()?)?.saturating_sub(before);
            all.push(Calls {
                name: subject.name,
                what: used.name.to_owned(),
                took: Spread::of(times),
                floor: Spread::of(recorded.times(plan.calls).await?),
                requests: recorded.len(),
                cpu: usage::each(computed, plan.calls),
            });
        }
        client.close().await;
        running.end().await?;
    }
    Ok(all)
}
