//! The bench: what the server costs, measured now and on this machine, beside the Python server from `PyPI` where that is
//! installed. It judges nothing, and no test holds a time: only counts, which are the same each time, are asserted.
//!
//! How it measures:
//! - Both servers are processes of their own with their own settings but for limits and rates, which are raised so that
//!   none of the bench's calls is refused. Both speak to the same stand-in Nextcloud, over loopback, and are driven by the
//!   same MCP client.
//! - What the stand-in itself takes is measured with the very requests that a call made ([`floor`]), and told beside it.
//! - Every figure is in the [`Report`]; tables, plots and `docs/performance.md` are made from it and from nothing else.
//!
//! One file a question: [`start_up`], [`memory`], [`calls`], [`load`], [`large`], [`users`], [`sandbox`], [`hosts`],
//! [`requests`], [`sizes`]. What they ask with: [`uses`] (typical calls of both servers), [`known`] (a conversation made of
//! them), [`scene`] (the account that is asked about), [`subject`] (a server to be measured), [`hyper`] and [`wassette`] (other
//! hosts of plugins), [`program`] (any of the others, where it is installed), [`stage`] (the host without its edges), [`spread`] and [`usage`] (time, memory). What becomes of the
//! answers: [`report`], [`tables`], [`mod@plots`], [`mod@publish`].

mod calls;
mod floor;
mod hosts;
mod hyper;
mod known;
mod large;
mod load;
mod machine;
mod memory;
mod peer;
mod plan;
mod plot;
mod plots;
mod program;
mod publish;
mod report;
mod requests;
mod sandbox;
mod scene;
mod sizes;
mod spread;
mod stage;
mod start_up;
mod subject;
mod table;
mod tables;
mod usage;
mod users;
mod uses;
mod wassette;

use std::io::Write as _;

use anyhow::Result;

pub use plan::Plan;
pub use plot::{Bar, Plot};
pub use plots::plots;
pub use publish::{DOCUMENT, FIGURES, document, publish};
pub use report::{Name, Report};
pub use spread::Spread;
pub use table::Table;
pub use tables::{Section, sections};

/// Measures everything, one question after the other so that none disturbs another.
pub async fn measure(plan: &Plan) -> Result<Report> {
    let machine = machine::describe();
    let peer = peer::Installed::find().await;
    let subjects = subject::Subject::all(peer.as_ref());
    say("start-up");
    let start_up = start_up::measure(plan, &subjects).await?;
    say("memory");
    let memory = memory::measure(plan, &subjects).await?;
    say("calls, one at a time");
    let calls = calls::measure(plan, &subjects).await?;
    say("many clients");
    let load = load::measure(plan, &subjects).await?;
    say("many users");
    let users = users::measure(plan, peer.as_ref()).await?;
    say("a large account");
    let large = large::measure(plan, &subjects).await?;
    say("the sandbox");
    let sandbox = sandbox::measure(plan).await?;
    say("hosts of plugins");
    let hosts = hosts::measure(plan).await?;
    say("requests");
    let requests = requests::measure(plan, &subjects).await?;
    Ok(Report {
        machine,
        peer: peer.as_ref().map(|peer| peer.version.clone()),
        sizes: sizes::measure(peer.as_ref())?,
        start_up,
        memory,
        calls,
        load,
        users,
        large,
        sandbox,
        hosts,
        requests,
    })
}

/// Tells whoever waits what is measured now, beside the output.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "measuring: {what}");
}
