//! Tables about the process: what it is, how it starts, what it holds.

use super::cell::{kilobytes, megabytes};
use crate::bench::report::{Name, Report};
use crate::bench::table::Table;

pub(super) fn machine(report: &Report) -> Table {
    let machine = &report.machine;
    let mut table = Table::new(&["what", "value"]);
    let build = if machine.optimised {
        "release"
    } else {
        "debug: times mean nothing"
    };
    let peer = report.peer.as_deref();
    for (what, value) in [
        (
            "processor",
            format!("{}, {} cores", machine.processor, machine.cores),
        ),
        ("memory", format!("{} GiB", machine.memory_gib)),
        ("system", machine.system.clone()),
        ("load average before", format!("{:.1}", machine.busy)),
        ("build", build.to_owned()),
        (
            "Python server",
            peer.unwrap_or("not installed (`just bench-peer` installs it)")
                .to_owned(),
        ),
    ] {
        table.row([what.to_owned(), value]);
    }
    table
}

pub(super) fn sizes(report: &Report) -> Table {
    let mut table = Table::new(&["what", "MB"]);
    for size in &report.sizes {
        table.row([size.what.clone(), megabytes(size.bytes)]);
    }
    table
}

pub(super) fn start_up(report: &Report) -> Table {
    let mut table = Table::new(&[
        "server",
        "alive",
        "ready",
        "tools listed",
        "tools listed over pipes",
    ]);
    for one in &report.start_up {
        let spreads = [one.live, one.ready, one.tools, one.pipes];
        let cells = spreads.map(|spread| format!("{:.0} ({:.0})", spread.p50, spread.max));
        table.row([one.name.label().to_owned()].into_iter().chain(cells));
    }
    table
}

pub(super) fn offer(report: &Report) -> Table {
    let mut table = Table::new(&["server", "tools", "kB of tools/list"]);
    for one in report
        .start_up
        .iter()
        .filter(|one| one.name != Name::FirstStart)
    {
        table.row([
            one.name.label().to_owned(),
            one.offered.to_string(),
            kilobytes(one.offer),
        ]);
    }
    table
}

pub(super) fn memory(report: &Report) -> Table {
    let mut table = Table::new(&["server, after", "resident", "proportional"]);
    for one in &report.memory {
        for (after, memory) in &one.stages {
            table.row([
                format!("{}: {after}", one.name.label()),
                megabytes(memory.resident),
                megabytes(memory.proportional),
            ]);
        }
    }
    table
}
