//! Tests that pages name: each as `FILE::TEST`, from the repository's root.

use std::fs;

use regex::Regex;

use super::page::{At, Page, root};
use super::{assert_none, on_every_page};

/// The page on which nothing may be claimed without a test.
const SECURITY: &str = "docs/security.md";
/// Its part that holds threats and measures, one a heading of the third level.
const THREATS: &str = "Threats and what is done about them";

#[test]
fn every_test_that_a_page_names_is_there() {
    let reference = Regex::new(r"^([\w./-]+\.rs)::(\w+)$").unwrap();
    on_every_page(|page, wrong| {
        for span in &page.spans {
            let Some(found) = reference.captures(&span.it) else {
                continue;
            };
            if let Some(why) = missing(&found[1], &found[2]) {
                wrong.push(format!("{}: {why}", page.at(span.line)));
            }
        }
    });
}

#[test]
fn every_threat_is_covered_by_a_test() {
    let page = Page::read(SECURITY);
    let part = page
        .headings
        .iter()
        .position(|heading| heading.it.1 == THREATS)
        .unwrap_or_else(|| panic!("{SECURITY} has no heading `{THREATS}`"));
    let threats: Vec<&At<(u8, String)>> = page.headings[part + 1..]
        .iter()
        .take_while(|heading| heading.it.0 > 2)
        .collect();
    assert!(!threats.is_empty(), "{SECURITY} names no threat");
    let mut wrong = Vec::new();
    for (index, threat) in threats.iter().enumerate() {
        let end = page
            .headings
            .iter()
            .map(|heading| heading.line)
            .find(|&line| line > threat.line)
            .unwrap_or(usize::MAX);
        let tests = page
            .spans
            .iter()
            .filter(|span| (threat.line..end).contains(&span.line) && span.it.contains(".rs::"));
        let is_group = threats
            .get(index + 1)
            .is_some_and(|next| next.it.0 > threat.it.0);
        if tests.count() == 0 && !is_group {
            wrong.push(format!(
                "{}: `{}` names no test",
                page.at(threat.line),
                threat.it.1
            ));
        }
    }
    assert_none(&wrong);
}

/// What is wrong with the name of a test, if anything.
pub(crate) fn missing(file: &str, test: &str) -> Option<String> {
    let Ok(source) = fs::read_to_string(root().join(file)) else {
        return Some(format!("{file} is not there ({test})"));
    };
    let head = Regex::new(&format!(
        r"(?m)^\s*(?:pub(?:\(\w+\))? )?(?:async )?fn {test}\b"
    ))
    .unwrap();
    let Some(place) = head.find(&source) else {
        return Some(format!("{file} has no test {test}"));
    };
    // The attributes of a function stand on the lines right before it.
    let attributes = source[..place.start()]
        .trim_end()
        .lines()
        .rev()
        .take_while(|line| {
            let line = line.trim();
            !line.is_empty() && line != "}"
        });
    let is_test = attributes.into_iter().any(|line| {
        line.contains("#[test]") || line.contains("#[tokio::test") || line.contains("proptest!")
    });
    (!is_test).then(|| format!("{file}: {test} is not a test"))
}

#[test]
fn a_test_is_told_from_what_is_none() {
    let here = "tests/tests/documents/proofs.rs";
    assert_eq!(missing(here, "a_test_is_told_from_what_is_none"), None);
    assert!(missing(here, "missing").is_some_and(|why| why.contains("not a test")));
    assert!(missing(here, "nothing").is_some_and(|why| why.contains("no test")));
    assert!(missing("tests/nowhere.rs", "x").is_some_and(|why| why.contains("not there")));
}
