//! What lists and searches take of an account with thousands of notes: time, requests, and bytes from Nextcloud.

use std::time::Instant;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::floor::Recorded;
use super::known::Known;
use super::plan::Plan;
use super::report::Name;
use super::scene;
use super::spread::Spread;
use super::subject::{Subject, once};
use super::uses::LARGE;

/// One use of one server in the large account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Large {
    /// Whose.
    pub name: Name,
    /// Notes of the account.
    pub notes: usize,
    /// What was done.
    pub what: String,
    /// From the client's request to its answer.
    pub took: Spread,
    /// Requests that one made.
    pub requests: usize,
    /// Bytes that Nextcloud answered to one.
    pub received: usize,
    /// Bytes of the answer's text.
    pub answer: usize,
}

pub(super) async fn measure(plan: &Plan, subjects: &[Subject]) -> Result<Vec<Large>> {
    let mut all = Vec::new();
    for subject in once(subjects) {
        let nextcloud = scene::with_notes(plan.many_notes).await;
        let running = subject.start(&nextcloud).await?;
        let client = running.client().await?;
        for used in &LARGE {
            let calls = used.of(subject.name);
            if calls.is_empty() {
                continue;
            }
            let mut known = Known::default();
            known.perform(&client, calls).await?;
            let mut times = Vec::new();
            let mut answer = 0;
            for _ in 0..plan.large_calls {
                nextcloud.forget_requests();
                let begun = Instant::now();
                answer = known.perform(&client, calls).await?;
                times.push(begun.elapsed());
            }
            let recorded = Recorded::since(&nextcloud);
            all.push(Large {
                name: subject.name,
                notes: plan.many_notes,
                what: used.name.to_owned(),
                took: Spread::of(times),
                requests: recorded.len(),
                received: recorded.received(),
                answer,
            });
        }
        client.close().await;
        running.end().await?;
    }
    Ok(all)
}
