//! What Nextcloud is asked for each call, counted at the stand-in: the same on every machine.
//!
//! Counted is the second time that a conversation does the same, so that who the user is and where their calendars are
//! is known, as far as a server remembers it.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::floor::Recorded;
use super::known::Known;
use super::plan::Plan;
use super::report::Name;
use super::scene;
use super::subject::{Subject, once};
use super::uses::COUNTED;

/// One use and what each server asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// What was done.
    pub what: String,
    /// By this server.
    pub here: Option<Count>,
    /// By the Python server; nothing where it has no such tool or is not there.
    pub peer: Option<Count>,
}

/// What was asked for one use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Requests to Nextcloud.
    pub requests: usize,
    /// Bytes of their bodies.
    pub sent: usize,
    /// Bytes of Nextcloud's answers.
    pub received: usize,
    /// Bytes of the text that the client got.
    pub answer: usize,
}

pub(super) async fn measure(plan: &Plan, subjects: &[Subject]) -> Result<Vec<Requests>> {
    let mut all: Vec<Requests> = COUNTED
        .iter()
        .map(|used| Requests {
            what: used.name.to_owned(),
            here: None,
            peer: None,
        })
        .collect();
    for subject in once(subjects) {
        let nextcloud = scene::usual(plan).await;
        let running = subject.start(&nextcloud).await?;
        let client = running.client().await?;
        let mut known = Known::default();
        for counted in [false, true] {
            for (used, row) in COUNTED.iter().zip(&mut all) {
                let calls = used.of(subject.name);
                nextcloud.forget_requests();
                let answer = known.perform(&client, calls).await?;
                let recorded = Recorded::since(&nextcloud);
                let count = Count {
                    requests: recorded.len(),
                    sent: recorded.sent(),
                    received: recorded.received(),
                    answer,
                };
                let place = match subject.name {
                    Name::Peer => &mut row.peer,
                    _ => &mut row.here,
                };
                *place = Some(count).filter(|_| counted && !calls.is_empty());
            }
        }
        client.close().await;
        running.end().await?;
    }
    Ok(all)
}
