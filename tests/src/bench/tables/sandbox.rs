//! Tables about the sandbox.

use super::cell::time;
use crate::bench::sandbox::Sandbox;
use crate::bench::table::Table;

pub(super) fn ways(sandbox: &Sandbox) -> Table {
    let mut table = Table::new(&[
        "use",
        "requests",
        "bare client",
        "host's way out",
        "plugin",
        "added by the sandbox",
    ]);
    for one in &sandbox.ways {
        table.row([
            one.what.clone(),
            one.requests.to_string(),
            time(one.bare.p50),
            time(one.host.p50),
            time(one.plugin.p50),
            time(one.plugin.p50 - one.host.p50),
        ]);
    }
    table
}

pub(super) fn alone(sandbox: &Sandbox) -> Table {
    let mut table = Table::new(&["what", "p50", "p99"]);
    let once = |time: f64| format!("{time:.0}");
    let load = Some(sandbox.load);
    for (what, time) in [
        (
            "loading the bundled plugins, nothing compiled yet (once)",
            sandbox.compile,
        ),
        ("loading them again, compiled code kept (once)", load),
    ] {
        let time = time.map_or_else(|| "-".to_owned(), once);
        table.row([what.to_owned(), time, "-".to_owned()]);
    }
    for one in &sandbox.alone {
        table.row([one.what.clone(), time(one.took.p50), time(one.took.p99)]);
    }
    table
}
