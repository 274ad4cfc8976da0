//! What a server holds of the machine's memory: after its start, after work, and after a rest.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::plan::Plan;
use super::report::Name;
use super::scene;
use super::subject::Subject;
use super::usage::Memory;
use super::uses::TIMED;

/// One server's memory as it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stages {
    /// Whose.
    pub name: Name,
    /// What had been done, and what it held then.
    pub stages: Vec<(String, Memory)>,
}

pub(super) async fn measure(plan: &Plan, subjects: &[Subject]) -> Result<Vec<Stages>> {
    let mut all = Vec::new();
    for subject in subjects.iter().filter(|one| one.name != Name::FirstStart) {
        let (nextcloud, note) = scene::usual(plan).await;
        let running = subject.start(&nextcloud).await?;
        let mut stages = Vec::new();
        let mut look = |when: String| {
            stages.push((when, running.memory()?));
            Ok::<_, anyhow::Error>(())
        };
        let client = running.client().await?;
        client.tools().await;
        look("one client has the list of tools".to_owned())?;

        for _ in 0..plan.rounds {
            let mut known = Known::note(note);
            for used in &TIMED {
                known.perform(&client, used.of(subject.name)).await?;
            }
            nextcloud.forget_requests();
        }
        client.close().await;
        let calls: usize = TIMED.iter().map(|used| used.of(subject.name).len()).sum();
        look(format!("{} calls, one at a time", calls * plan.rounds))?;

        let most = plan.clients.iter().max().copied().unwrap_or(1);
        super::load::together(plan, &running, subject.name, note, most).await?;
        look(format!(
            "{} calls of {most} clients at once",
            plan.load_calls
        ))?;

        tokio::time::sleep(plan.rest).await;
        look(format!("{:.0} s of rest", plan.rest.as_secs_f64()))?;
        running.end().await?;
        all.push(Stages {
            name: subject.name,
            stages,
        });
    }
    Ok(all)
}
