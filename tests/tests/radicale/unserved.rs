//! The tests that Radicale cannot serve, by name, each with what it lacks.

const SHARES: &str = "shares";
const TRASH_BIN: &str = "trash bin";
/// An inbox and an outbox (RFC 6638): free times of others, and invitations that reach them.
const SCHEDULING: &str = "scheduling";

const UNSERVED: &[(&str, &str)] = &[
    (
        "bulk::a_shared_calendar_that_is_read_only_is_named_and_stays_as_it_is",
        SHARES,
    ),
    (
        "collections::a_deleted_calendar_waits_in_the_trash_bin_and_comes_back_whole",
        TRASH_BIN,
    ),
    (
        "collections::a_deleted_event_comes_back_from_the_trash_bin",
        TRASH_BIN,
    ),
    (
        "collections::a_uid_in_the_trash_bin_leads_to_the_tool_that_restores_it",
        TRASH_BIN,
    ),
    (
        "collections::leaving_a_shared_calendar_takes_nothing_from_its_owner",
        SHARES,
    ),
    (
        "collections::nothing_moves_into_a_calendar_that_can_only_be_read",
        SHARES,
    ),
    (
        "events::a_calendar_that_can_only_be_read_stays_as_it_is",
        SHARES,
    ),
    (
        "events::the_calendars_are_listed_without_what_is_none",
        SHARES,
    ),
    (
        "exchange::a_calendar_that_can_only_be_read_takes_no_import_and_no_request_is_made",
        SHARES,
    ),
    (
        "people::a_slot_is_free_for_both_and_says_nothing_of_the_others_events",
        SCHEDULING,
    ),
    (
        "people::an_invitation_is_listed_accepted_and_the_organizer_sees_it",
        SCHEDULING,
    ),
    (
        "people::guests_invite_nobody_and_those_who_stay_keep_their_answer",
        SCHEDULING,
    ),
    (
        "people::one_occurrence_of_a_series_is_declined_and_the_rest_stays",
        SCHEDULING,
    ),
    (
        "tasks::tasks_of_a_shared_calendar_are_listed_and_stay_as_they_are",
        SHARES,
    ),
];

/// What every suite is made of, to hold the list above to.
const SUITES: &[(&str, &str)] = &[
    ("bulk", include_str!("../calendar/bulk.rs")),
    ("collections", include_str!("../calendar/collections.rs")),
    ("concurrency", include_str!("../calendar/concurrency.rs")),
    ("events", include_str!("../calendar/events.rs")),
    ("exchange", include_str!("../calendar/exchange.rs")),
    ("large", include_str!("../calendar/large.rs")),
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
        let found = SUITES.iter().find(|(own, _)| *own == suite);
        let (_, source) = found.unwrap_or_else(|| panic!("no suite {suite}"));
        assert!(
            source.contains(&format!("async fn {test}()")),
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
