//! The tables of `docs/troubleshooting.md`: each row is provoked by a test, which sees the check that the row names report it.
//!
//! A test says so with [`Report::tells`] (or, where the row's check shows that this server is not at fault, with
//! [`Report::clears`]); the row's words and the check's name stand beside each other in its source, where the last test here
//! looks for them.

use std::sync::LazyLock;

use regex::Regex;

use super::Report;

const PAGE: &str = include_str!("../../../../docs/troubleshooting.md");

/// Where rows are provoked.
const TESTS: [&str; 10] = [
    include_str!("access.rs"),
    include_str!("front.rs"),
    include_str!("grants.rs"),
    include_str!("here.rs"),
    include_str!("kept.rs"),
    include_str!("mod.rs"),
    include_str!("nextcloud.rs"),
    include_str!("provider.rs"),
    include_str!("running.rs"),
    include_str!("tls.rs"),
];

/// A row: its first column, and the checks in its last.
struct Row {
    symptom: &'static str,
    checks: Vec<&'static str>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    let mut lines = PAGE.lines().peekable();
    while let Some(line) = lines.next() {
        let is_heading = lines.peek().is_some_and(|next| next.starts_with("| ---"));
        if line.starts_with("| ") && !line.starts_with("| ---") && !is_heading {
            let (_, checks) = line.trim_end_matches(" |").rsplit_once(" | ").unwrap();
            rows.push(Row {
                symptom: line[2..].split(" | ").next().unwrap(),
                checks: checks
                    .split(", ")
                    .map(|one| one.trim_matches('`'))
                    .collect(),
            });
        }
    }
    rows
});

/// The one row with these words in its first column.
fn row(words: &str) -> &'static Row {
    let mut rows = ROWS.iter().filter(|row| row.symptom.contains(words));
    let found = rows.next();
    let found = found.unwrap_or_else(|| panic!("no row of the tables has `{words}`"));
    assert!(rows.next().is_none(), "several rows have `{words}`");
    found
}

impl Report {
    /// The fault of this row was provoked: its check reports it.
    pub(super) fn tells(&self, words: &str, check: &str) {
        assert!(row(words).checks.contains(&check), "{words}: {check}");
        let status = self.status(check);
        assert!(
            ["problem", "warning"].contains(&status),
            "{words}: {check} is {status}: {:#}",
            self.document
        );
    }

    /// The state of this row was provoked, and is nobody's fault here: its check finds nothing.
    pub(super) fn clears(&self, words: &str, check: &str) {
        assert!(row(words).checks.contains(&check), "{words}: {check}");
        assert_eq!(self.status(check), "ok", "{words}: {}", self.detail(check));
    }
}

#[test]
fn every_row_of_the_tables_is_provoked_by_a_test() {
    let beside = Regex::new(r#""((?:[^"\\]|\\.)+)",\s*"([a-z]+\.[a-z-]+)""#).unwrap();
    let provoked: Vec<_> = TESTS
        .iter()
        .flat_map(|text| beside.captures_iter(text))
        .map(|found| (found[1].replace("\\\"", "\""), found[2].to_owned()))
        .collect();
    let mut missing = Vec::new();
    for Row { symptom, checks } in &*ROWS {
        for check in checks {
            let is_it = |(words, of): &(String, String)| symptom.contains(words) && of == check;
            if !provoked.iter().any(is_it) {
                missing.push(format!("{check}: {symptom}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
    assert!(ROWS.len() > 35, "{} rows", ROWS.len());
}
