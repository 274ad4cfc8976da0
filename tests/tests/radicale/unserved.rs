//! The tests that Radicale cannot serve, by name, each with what it lacks.

/// Nextcloud's trash bin, its scheduling and its shares are its own.
const UNSERVED: &[(&str, &str)] = &[
    (
        "bulk::a_shared_calendar_that_is_read_only_is_named_and_stays_as_it_is",
        "shares",
    ),
    (
        "events::the_calendars_are_listed_without_what_is_none",
        "shares",
    ),
    (
        "events::a_calendar_that_can_only_be_read_stays_as_it_is",
        "shares",
    ),
];

/// What every suite is made of, to hold the list above to.
const SUITES: &[(&str, &str)] = &[
    ("bulk", include_str!("../calendar/bulk.rs")),
    ("collections", include_str!("../calendar/collections.rs")),
    ("concurrency", include_str!("../calendar/concurrency.rs")),
    ("events", include_str!("../calendar/events.rs")),
    ("people", include_str!("../calendar/people.rs")),
    ("tasks", include_str!("../calendar/tasks.rs")),
];

/// `suite::test` out of the path of a closure in it.
pub(crate) fn name(path: &str) -> String {
    let parts: Vec<&str> = path
        .split("::")
        .filter(|part| !part.starts_with("{{"))
        .collect();
    parts.get(1..).unwrap_or_default().join("::")
}

/// Why Radicale cannot serve this test.
pub(crate) fn reason(name: &str) -> Option<&'static str> {
    let found = UNSERVED.iter().find(|(unserved, _)| *unserved == name);
    found.map(|(_, reason)| *reason)
}

#[test]
fn every_test_that_is_listed_is_there() {
    for (name, _) in UNSERVED {
        let (suite, test) = name.split_once("::").expect("a suite and a test");
        let text = SUITES.iter().find(|(own, _)| *own == suite);
        let (_, text) = text.unwrap_or_else(|| panic!("no suite {suite}"));
        assert!(
            text.contains(&format!("async fn {test}()")),
            "no test {name}"
        );
    }
}

#[test]
fn a_test_is_known_by_its_name() {
    assert_eq!(
        name("radicale::events::one::{{closure}}::{{closure}}"),
        "events::one"
    );
}
