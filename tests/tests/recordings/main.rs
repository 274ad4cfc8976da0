//! Holds the stand-in Nextcloud against the recordings of a real one: every recorded request is sent again, in its
//! order, and the answers must be the same but for ids, times, entity tags, random values and hosts.
//!
//! The recordings lie outside the repository. Where they are missing the test says so and does nothing, unless
//! `REQUIRE_ALL=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "an allocation more does not matter here"
)]

mod browser;
mod canon;
mod compare;
mod oidc;
mod plan;
mod recording;
mod replay;

use std::collections::BTreeMap;

use nextcloud_mcp_tests::harness::skip;
use recording::Recording;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stand_in_answers_as_a_real_nextcloud_does() {
    let Some(all) = Recording::load_all() else {
        skip(
            "the_stand_in_answers_as_a_real_nextcloud_does",
            "no recordings at ../shared/nextcloud-recordings",
        );
        return;
    };
    let unserved = plan::unserved();
    let mut report = Report::default();
    for run in plan::runs(&all) {
        let mut replay = replay::Replay::start(&all).await;
        for recording in run {
            plan::prepare(&mut replay, &recording.name).await;
            let outcome = replay.answer_again(recording).await;
            report.add(
                recording,
                outcome,
                unserved.get(recording.name.as_str()).map(String::as_str),
            );
        }
    }
    for name in unserved.keys() {
        assert!(
            all.contains_key(name),
            "unserved.txt names {name}, which is no recording"
        );
    }
    report.finish(all.len());
}

/// What became of each recording.
#[derive(Default)]
struct Report {
    served: BTreeMap<String, usize>,
    unserved: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Report {
    fn add(&mut self, recording: &Recording, outcome: Result<(), String>, reason: Option<&str>) {
        let area = recording.area().to_owned();
        match (outcome, reason) {
            (Ok(()), None) => *self.served.entry(area).or_default() += 1,
            (Err(_), Some(_)) => *self.unserved.entry(area).or_default() += 1,
            (Ok(()), Some(reason)) => self.failures.push(format!(
                "{} is served now; take it out of unserved.txt ({reason})",
                recording.name
            )),
            (Err(difference), None) => self
                .failures
                .push(format!("{}: {difference}", recording.name)),
        }
    }

    #[allow(clippy::print_stderr, reason = "the numbers are worth reading")]
    fn finish(self, all: usize) {
        let served: usize = self.served.values().sum();
        let unserved: usize = self.unserved.values().sum();
        eprintln!(
            "served {served} of {all} recordings {:?}; not served {unserved} {:?}",
            self.served, self.unserved
        );
        let wanted = std::env::var("RECORDING").ok();
        let shown: Vec<&String> = self
            .failures
            .iter()
            .filter(|failure| {
                wanted
                    .as_ref()
                    .is_none_or(|wanted| failure.starts_with(wanted.as_str()))
            })
            .collect();
        for failure in &shown {
            eprintln!("\n{failure}");
        }
        assert!(
            self.failures.is_empty(),
            "{} recordings are answered differently",
            self.failures.len()
        );
        assert_eq!(served + unserved, all, "every recording is replayed once");
    }
}
