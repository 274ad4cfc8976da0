//! The bench, kept alive: it runs, in as little time as answers each of its questions, and its counts are what they are.
//! No time is held to anything. And the page that shows its figures shows those and no others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use nextcloud_mcp_tests::bench::{
    DOCUMENT, FIGURES, Name, Plan, Report, document, measure, plots, sections,
};
use nextcloud_mcp_tests::nextcloud::Element;

/// Requests of this server for each use, once it knows who the user is. More is slower for everybody: a change here is a
/// decision, not an accident.
const REQUESTS: [(&str, usize); 46] = [
    ("list notes", 1),
    ("search notes for a word", 3),
    ("create a note", 1),
    ("get a note", 1),
    ("replace a note's text", 1),
    ("append to a note", 2),
    ("edit one section of a note", 2),
    ("add a file to a note", 3),
    ("list the files of a note", 2),
    ("get a file of a note", 2),
    ("delete a note", 2),
    ("list categories", 1),
    ("rename a category of three notes", 4),
    ("read the settings of Notes", 1),
    ("change a setting of Notes", 2),
    ("list calendars", 1),
    ("create a calendar", 3),
    ("rename a calendar", 3),
    ("delete a calendar", 5),
    ("list a month of a calendar", 2),
    ("list a week of all calendars", 4),
    ("list what comes next", 4),
    ("get an event", 2),
    ("create an event", 2),
    ("rename an event", 4),
    ("delete an event", 3),
    ("list the trash bin", 3),
    ("bring back an event", 3),
    ("import an event", 2),
    ("export an event", 3),
    ("move an event to another calendar", 4),
    ("change the place of eleven events", 26),
    ("create a meeting with a guest", 3),
    ("find a free hour in a week", 5),
    ("list invitations", 5),
    ("answer an invitation", 8),
    ("create a task", 2),
    ("list the tasks of a calendar", 2),
    ("search the tasks of all calendars", 2),
    ("get a task", 3),
    ("give a task a description", 4),
    ("complete a task", 5),
    ("delete a task", 4),
    ("read the capabilities", 2),
    ("ask whether Nextcloud is up", 1),
    ("ask who the user is", 1),
];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn published() -> Report {
    let figures = std::fs::read_to_string(docs().join(FIGURES)).unwrap();
    serde_json::from_str(&figures).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_and_the_counts_are_what_they_are() {
    let plan = Plan::quick();
    let report = Box::pin(measure(&plan)).await.unwrap();

    let here = |name: &Name| *name == Name::Here;
    let starts: Vec<_> = report
        .start_up
        .iter()
        .filter(|one| here(&one.name))
        .collect();
    assert_eq!(starts.len(), 1);
    assert_eq!(starts[0].tools.count, plan.starts);
    assert!(starts[0].live.min > 0.0 && starts[0].tools.max >= starts[0].live.min);
    assert!(starts[0].offered > 40 && starts[0].offer > 10_000);
    for memory in &report.memory {
        for (after, memory) in &memory.stages {
            assert!(memory.resident > 5_000_000, "{after}: {memory:?}");
            assert!(
                memory.proportional <= memory.resident,
                "{after}: {memory:?}"
            );
        }
    }
    assert!(
        report
            .calls
            .iter()
            .all(|one| one.took.count == plan.calls && one.took.min > 0.0)
    );
    assert!(report.load.iter().all(|one| one.rate > 0.0));
    assert!(report.load.iter().any(|one| one.name == Name::Straight));
    let users = report.users.iter().find(|one| here(&one.name)).unwrap();
    assert_eq!((users.count, users.later_requests), (plan.users, 1));
    assert!(
        report
            .sandbox
            .ways
            .iter()
            .all(|one| one.bare.p50 > 0.0 && one.plugin.p50 > 0.0)
    );
    assert!(report.sandbox.alone.len() >= 2);
    let [host, others @ ..] = report.hosts.as_slice() else {
        panic!("not even this server was measured as a host");
    };
    assert_eq!(
        (host.later.count, host.call.count),
        (plan.starts, plan.calls)
    );
    assert!(host.plugin > 10_000 && host.tools > 10 && host.rate > 0.0);
    assert!(host.worked.resident > 5_000_000);

    let counted: Vec<_> = report
        .requests
        .iter()
        .map(|one| (one.what.as_str(), one.here.unwrap().requests))
        .collect();
    assert_eq!(counted, REQUESTS);

    // What was measured can be kept and shown.
    let kept: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(kept, report);
    // A comparison of one is none.
    let compared = usize::from(!others.is_empty());
    assert_eq!(sections(&report).len(), 12 + compared);
    assert_well_formed(&report);
}

#[test]
fn the_page_shows_the_figures_that_are_kept_beside_it_and_no_others() {
    let report = published();
    assert!(
        report.machine.optimised,
        "figures of a debug build were published"
    );
    let page = std::fs::read_to_string(docs().join(DOCUMENT)).unwrap();
    let anew = document(&page, &report).unwrap();
    assert!(
        page == anew,
        "`just bench-publish` makes another page of {FIGURES}"
    );
    for (name, plot) in plots(&report) {
        let file = format!("performance/{name}.svg");
        assert!(
            page.contains(&format!("({file})")),
            "{DOCUMENT} does not show {file}"
        );
        let picture = std::fs::read_to_string(docs().join(&file)).unwrap();
        assert!(
            picture == plot.svg(),
            "`just bench-publish` makes another {file}"
        );
    }
}

#[test]
fn the_counts_on_the_page_are_those_of_this_server() {
    let counted = published().requests;
    let counted: Vec<_> = counted
        .iter()
        .map(|one| (one.what.as_str(), one.here.unwrap().requests))
        .collect();
    assert_eq!(counted, REQUESTS, "measure and publish anew");
}

#[test]
fn the_published_pictures_are_well_formed() {
    assert_well_formed(&published());
}

/// Each picture is XML with a bar for each figure.
fn assert_well_formed(report: &Report) {
    for (name, plot) in plots(report) {
        assert!(!plot.bars.is_empty(), "{name} shows nothing");
        let svg = plot.svg();
        let root = Element::parse(&svg)
            .unwrap_or_else(|error| panic!("{name} is no XML: {error:?} {svg}"));
        let bars = root
            .children
            .iter()
            .filter(|child| child.name == "rect")
            .count();
        assert_eq!(bars, plot.bars.len(), "{name}");
    }
}
