//! How long until a server serves, from the start of its process.

use std::time::Instant;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::report::Name;
use super::scene;
use super::spread::Spread;
use super::subject::Subject;

/// One server's starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartUp {
    /// Whose.
    pub name: Name,
    /// Until `/health/live` answers.
    pub live: Spread,
    /// Until `/health/ready` says that it serves.
    pub ready: Spread,
    /// Until a client that came as early as it could has the list of tools.
    pub tools: Spread,
    /// The same over pipes, where the client starts the server.
    pub pipes: Spread,
    /// Tools in that list.
    pub offered: usize,
    /// Bytes of that list: what an assistant is given to read.
    pub offer: usize,
}

pub(super) async fn measure(plan: &Plan, subjects: &[Subject]) -> Result<Vec<StartUp>> {
    let (nextcloud, _) = scene::usual(plan).await;
    // Whatever the plugins compile to is there before a start is measured that may use it.
    for subject in subjects.iter().filter(|one| one.name == Name::Here) {
        subject.start(&nextcloud).await?.end().await?;
    }
    let mut all = Vec::new();
    let measured = |one: &&Subject| plan.compiling || one.name != Name::FirstStart;
    for subject in subjects.iter().filter(measured) {
        let (mut live, mut ready, mut tools, mut pipes) = (vec![], vec![], vec![], vec![]);
        let mut offer = Vec::new();
        for _ in 0..plan.starts {
            let running = subject.launch(&nextcloud)?;
            let listed = async {
                let live = running.until("/health/live").await?;
                let client = running.client().await?;
                let offer = client.tools().await;
                Ok::<_, anyhow::Error>((live, running.begun().elapsed(), client, offer))
            };
            let (listed, answered) = tokio::join!(listed, running.until("/health/ready"));
            let (first, last, client, offered) = listed?;
            live.push(first);
            ready.push(answered?);
            tools.push(last);
            offer = offered;
            client.close().await;
            running.end().await?;

            let begun = Instant::now();
            let client = subject.over_pipes(&nextcloud).await?;
            client.tools().await;
            pipes.push(begun.elapsed());
            client.close().await;
        }
        all.push(StartUp {
            name: subject.name,
            live: Spread::of(live),
            ready: Spread::of(ready),
            tools: Spread::of(tools),
            pipes: Spread::of(pipes),
            offered: offer.len(),
            offer: serde_json::to_string(&offer)?.len(),
        });
    }
    Ok(all)
}
