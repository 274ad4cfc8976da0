//! Tables about calls: what they take, and what they ask of Nextcloud.

use super::cell::{kilobytes, megabytes, time};
use crate::bench::report::Report;
use crate::bench::requests::Count;
use crate::bench::spread::Spread;
use crate::bench::table::Table;

pub(super) fn calls(report: &Report) -> Table {
    let mut table = Table::new(&[
        "use, server",
        "p50",
        "p90",
        "p99",
        "of p50 the stand-in",
        "requests",
        "server's CPU",
    ]);
    for one in &report.calls {
        table.row([
            format!("{}: {}", one.what, one.name.label()),
            time(one.took.p50),
            time(one.took.p90),
            time(one.took.p99),
            time(one.floor.p50),
            one.requests.to_string(),
            time(one.cpu),
        ]);
    }
    table
}

pub(super) fn load(report: &Report) -> Table {
    let mut table = Table::new(&[
        "server",
        "clients",
        "calls a second",
        "p50 ms",
        "p99 ms",
        "server's CPU, ms a call",
    ]);
    for one in &report.load {
        table.row([
            one.name.label().to_owned(),
            one.clients.to_string(),
            format!("{:.0}", one.rate),
            time(one.took.p50),
            time(one.took.p99),
            one.cpu.map_or_else(|| "-".to_owned(), time),
        ]);
    }
    table
}

pub(super) fn users(report: &Report) -> Table {
    let mut table = Table::new(&[
        "server",
        "users",
        "first call, ms (requests)",
        "later calls, ms (requests)",
        "MB before",
        "MB after",
    ]);
    for one in &report.users {
        let call = |spread: Spread, requests| format!("{} ({requests})", time(spread.p50));
        table.row([
            one.name.label().to_owned(),
            one.count.to_string(),
            call(one.first, one.first_requests),
            call(one.later, one.later_requests),
            megabytes(one.before.resident),
            megabytes(one.after.resident),
        ]);
    }
    table
}

pub(super) fn large(report: &Report) -> Table {
    let mut table = Table::new(&[
        "use, server",
        "notes",
        "median ms",
        "requests",
        "kB from Nextcloud",
        "kB of answer",
    ]);
    for one in &report.large {
        table.row([
            format!("{}: {}", one.what, one.name.label()),
            one.notes.to_string(),
            time(one.took.p50),
            one.requests.to_string(),
            kilobytes(one.received),
            kilobytes(one.answer),
        ]);
    }
    table
}

pub(super) fn requests(report: &Report) -> Table {
    let mut table = Table::new(&[
        "use",
        "requests here",
        "kB",
        "requests, Python server",
        "kB",
    ]);
    let cells = |count: Option<Count>| match count {
        Some(count) => [count.requests.to_string(), kilobytes(count.received)],
        None => ["-".to_owned(), "-".to_owned()],
    };
    for one in &report.requests {
        let counts = [cells(one.here), cells(one.peer)].into_iter().flatten();
        table.row([one.what.clone()].into_iter().chain(counts));
    }
    table
}
