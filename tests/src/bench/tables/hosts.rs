//! A table of hosts of plugins, one a column.

use super::cell::{kilobytes, megabytes, time};
use crate::bench::hosts::{AT_ONCE, Host};
use crate::bench::report::Report;
use crate::bench::spread::Spread;
use crate::bench::table::Table;
use crate::bench::usage::Memory;

/// Empty where there is only one: a comparison of one is none.
pub(super) fn hosts(report: &Report) -> Table {
    let hosts = report.hosts.as_slice();
    let names = hosts.iter().map(|host| host.name.as_str());
    let mut table = Table::new(&["what"].into_iter().chain(names).collect::<Vec<_>>());
    if hosts.len() < 2 {
        return table;
    }
    let mut row = |what: String, cell: fn(&Host) -> String| {
        table.row([what].into_iter().chain(hosts.iter().map(cell)));
    };
    let started = "until tools are listed, ms: median (slowest)";
    let held = "MB resident (proportional)";
    row("the plugin, kB".to_owned(), |host| kilobytes(host.plugin));
    row("tools listed".to_owned(), |host| host.tools.to_string());
    row(format!("first start {started}"), |host| {
        host.first.map_or_else(|| "-".to_owned(), start)
    });
    row(format!("later start {started}"), |host| start(host.later));
    row(format!("memory then, {held}"), |host| memory(host.listed));
    row(format!("memory after the calls, {held}"), |host| {
        memory(host.worked)
    });
    row("a call, one at a time, ms: p50".to_owned(), |host| {
        time(host.call.p50)
    });
    row("the same: p99".to_owned(), |host| time(host.call.p99));
    row(format!("calls a second, {AT_ONCE} in flight"), |host| {
        format!("{:.0}", host.rate)
    });
    row("each of these, ms: p50".to_owned(), |host| {
        time(host.together.p50)
    });
    row("the same: p99".to_owned(), |host| time(host.together.p99));
    table
}

fn start(spread: Spread) -> String {
    format!("{:.0} ({:.0})", spread.p50, spread.max)
}

fn memory(memory: Memory) -> String {
    let (resident, proportional) = (memory.resident, memory.proportional);
    format!("{} ({})", megabytes(resident), megabytes(proportional))
}
