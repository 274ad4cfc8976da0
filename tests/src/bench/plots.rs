//! Which figures are plotted, and how: one picture a question, those of both servers beside one another.

use super::plot::{Bar, Plot};
use super::report::{Name, Report};

/// File names (without `.svg`) and pictures.
pub fn plots(report: &Report) -> Vec<(&'static str, Plot)> {
    let plot = |title: &str, bars: Vec<Bar>| Plot {
        title: title.to_owned(),
        bars,
    };
    vec![
        (
            "start-up",
            plot(
                "From the start of the process until a client has the tools (ms)",
                start_up(report),
            ),
        ),
        ("memory", plot("Proportional memory (MB)", memory(report))),
        (
            "calls",
            plot("A call, one at a time, median (ms)", calls(report)),
        ),
        (
            "load",
            plot(
                "Calls a second: one note read again and again",
                load(report),
            ),
        ),
        (
            "sandbox",
            plot(
                "The same requests in three ways, median (ms)",
                sandbox(report),
            ),
        ),
        (
            "requests",
            plot("Requests to Nextcloud for one use", requests(report)),
        ),
    ]
}

fn bar(label: impl Into<String>, name: Name, value: f64) -> Bar {
    Bar {
        label: label.into(),
        series: match name {
            Name::FirstStart | Name::Here => 0,
            Name::Peer | Name::WholePeer => 1,
            Name::Straight => 2,
        },
        value,
    }
}

fn start_up(report: &Report) -> Vec<Bar> {
    let bars = report.start_up.iter();
    bars.map(|one| bar(one.name.label(), one.name, one.tools.p50))
        .collect()
}

/// After the start and after the work: what lies between is in the table.
fn memory(report: &Report) -> Vec<Bar> {
    let mut bars = Vec::new();
    for one in &report.memory {
        let ends = [
            ("started", one.stages.first()),
            ("after all calls", one.stages.last()),
        ];
        for (when, stage) in ends {
            if let Some((_, memory)) = stage {
                let label = format!("{}, {when}", one.name.label());
                bars.push(bar(label, one.name, megabytes(memory.proportional)));
            }
        }
    }
    bars
}

/// Each use with those who do it, and the stand-in's part where this server's is.
fn calls(report: &Report) -> Vec<Bar> {
    let mut bars = Vec::new();
    for here in report.calls.iter().filter(|one| one.name == Name::Here) {
        bars.push(bar(here.what.as_str(), Name::Here, here.took.p50));
        let peer = report
            .calls
            .iter()
            .find(|one| one.name == Name::Peer && one.what == here.what);
        if let Some(peer) = peer {
            bars.push(bar("Python server", Name::Peer, peer.took.p50));
        }
        bars.push(bar("stand-in alone", Name::Straight, here.floor.p50));
    }
    bars
}

/// The servers alone: what the stand-in can carry would make both of them dots.
fn load(report: &Report) -> Vec<Bar> {
    let servers = report.load.iter().filter(|one| one.name != Name::Straight);
    let bars = servers.map(|one| {
        let clients = if one.clients == 1 {
            "client"
        } else {
            "clients"
        };
        let label = format!("{}, {} {clients}", one.name.label(), one.clients);
        bar(label, one.name, one.rate)
    });
    bars.collect()
}

/// Three ways are no three servers: the middle one has a colour of its own.
fn sandbox(report: &Report) -> Vec<Bar> {
    let ways = report.sandbox.ways.iter().flat_map(|one| {
        let host = Bar {
            label: "host's way out".to_owned(),
            series: 3,
            value: one.host.p50,
        };
        [
            bar(
                format!("{}: bare client", one.what),
                Name::Straight,
                one.bare.p50,
            ),
            host,
            bar("plugin in its sandbox", Name::Here, one.plugin.p50),
        ]
    });
    ways.collect()
}

/// Those that both do; all of them where the Python server was not there.
fn requests(report: &Report) -> Vec<Bar> {
    let mut bars = Vec::new();
    for one in &report.requests {
        if report.peer.is_some() && one.peer.is_none() {
            continue;
        }
        let count = |requests: usize| f64::from(u32::try_from(requests).unwrap_or(u32::MAX));
        if let Some(here) = one.here {
            bars.push(bar(one.what.as_str(), Name::Here, count(here.requests)));
        }
        if let Some(peer) = one.peer {
            bars.push(bar("Python server", Name::Peer, count(peer.requests)));
        }
    }
    bars
}

#[allow(clippy::cast_precision_loss, reason = "sizes below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 1e5).round() / 10.0
}
