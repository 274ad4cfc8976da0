//! The report as tables: the same on the terminal and in `docs/performance.md`.

mod calls;
mod cell;
mod hosts;
mod process;
mod sandbox;

use super::report::Report;
use super::table::Table;

/// One question, its answer, and where it goes.
#[derive(Debug, Clone)]
pub struct Section {
    /// The mark in the document that it stands at.
    pub mark: &'static str,
    /// What was measured, in what units.
    pub caption: &'static str,
    /// The figures.
    pub table: Table,
}

/// All of them, in the order in which a reader asks.
pub fn sections(report: &Report) -> Vec<Section> {
    let section = |mark, caption, table| Section {
        mark,
        caption,
        table,
    };
    let mut all = vec![
        section("machine", "On what", process::machine(report)),
        section("sizes", "On the disk (MB)", process::sizes(report)),
        section(
            "start-up",
            "From the start of the process, median (slowest), ms",
            process::start_up(report),
        ),
        section(
            "offer",
            "What an assistant is given to read",
            process::offer(report),
        ),
        section(
            "memory",
            "Memory (MB); proportional: what several processes share is divided among them",
            process::memory(report),
        ),
        section("calls", "Calls, one at a time (ms)", calls::calls(report)),
        section(
            "load",
            "Many clients read one note again and again",
            calls::load(report),
        ),
        section(
            "users",
            "Many users, each with a credential of their own",
            calls::users(report),
        ),
        section(
            "large",
            "An account with thousands of notes",
            calls::large(report),
        ),
        section(
            "ways",
            "The same requests in three ways, median (ms)",
            sandbox::ways(&report.sandbox),
        ),
        section(
            "alone",
            "The sandbox by itself (ms)",
            sandbox::alone(&report.sandbox),
        ),
        section(
            "hosts",
            "The same trivial tool in several hosts, over pipes",
            hosts::hosts(report),
        ),
        section(
            "requests",
            "Requests to Nextcloud for one use, and kB that it answers",
            calls::requests(report),
        ),
    ];
    all.retain(|section| !section.table.rows().is_empty());
    all
}
