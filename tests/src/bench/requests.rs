//! What Nextcloud is asked for each call, counted at the stand-in: the same on every machine.
//!
//! Counted is the last time that a conversation does the same, so that who the user is and where their calendars are
//! is known, as far as a server remembers it.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::floor::Recorded;
use super::known::Known;
use super::plan::Plan;
use super::report::Name;
use super::scene;
use super::subject::{Subject, once};
use super::uses::{Use, counted};

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

/// The first makes known what a server remembers.
const ROUNDS: usize = 2;

pub(super) async fn measure(plan: &Plan, subjects: &[Subject]) -> Result<Vec<Requests>> {
    let mut all: Vec<Requests> = counted()
        .map(|used| Requests {
            what: used.name.to_owned(),
            here: None,
            peer: None,
        })
        .collect();
    for subject in once(subjects) {
        let (nextcloud, note) = scene::usual(plan).await;
        let running = subject.start(&nextcloud).await?;
        let client = running.client().await?;
        if subject.name == Name::Here {
            every_tool_is_called(&client.tool_names().await)?;
        }
        let mut known = Known::note(note);
        for round in 0..ROUNDS {
            known.round = round;
            for (used, row) in counted().zip(&mut all) {
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
                *place = Some(count).filter(|_| !calls.is_empty());
            }
        }
        client.close().await;
        running.end().await?;
    }
    Ok(all)
}

/// No tool is left out: its requests would be nobody's decision.
fn every_tool_is_called(tools: &[String]) -> Result<()> {
    let called: BTreeSet<&str> = counted().flat_map(Use::tools).collect();
    let missing: Vec<_> = tools
        .iter()
        .filter(|tool| !called.contains(tool.as_str()))
        .collect();
    ensure!(
        missing.is_empty(),
        "no use counts {missing:?}: add one to `bench/uses`"
    );
    Ok(())
}
