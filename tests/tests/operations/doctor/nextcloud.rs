//! Faults of Nextcloud itself and of the way there.

use nextcloud_mcp_tests::nextcloud::{Fault, Trouble};

use super::{basic, before, oauth};

/// What answers at `/status.php`.
const STATUS: &str = "/status.php";

fn answering(status: u16, headers: &[(&str, &str)], body: &str) -> Trouble {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Trouble::Answer {
        status,
        headers: headers.collect(),
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn a_nextcloud_that_is_well_has_no_problem_in_either_mode() {
    let (_nextcloud, start) = basic().await;
    let found = before(&start).await;
    found.problems(&[]);
    for id in [
        "nextcloud.reachable",
        "nextcloud.clock",
        "nextcloud.version",
        "access.ocs",
        "access.dav",
        "access.notes",
        "nextcloud.apps",
        "plugins.apps",
    ] {
        assert_eq!(found.status(id), "ok", "{id}: {}", found.detail(id));
    }
    assert_eq!(found.status("oidc.provider"), "skipped");
    let (nextcloud, start) = oauth().await;
    let found = before(&start).await;
    found.problems(&[]);
    for id in [
        "oidc.provider",
        "oidc.issuer",
        "oidc.endpoints",
        "oidc.pkce",
        "oidc.registration",
        "data.key",
    ] {
        assert_eq!(found.status(id), "ok", "{id}: {}", found.detail(id));
    }
    assert!(
        nextcloud.clients().is_empty(),
        "nothing was registered for a look"
    );
}

#[tokio::test]
async fn one_that_is_away_is_one_problem_and_not_many() {
    let (mut nextcloud, start) = oauth().await;
    nextcloud.stop().await;
    let found = before(&start).await;
    found.problems(&["nextcloud.reachable"]);
    found.tells("and that Nextcloud runs", "nextcloud.reachable");
    assert_eq!(found.status("oidc.provider"), "skipped");
    let (mut nextcloud, start) = basic().await;
    nextcloud.stop().await;
    before(&start).await.problems(&["nextcloud.reachable"]);
}

#[tokio::test]
async fn maintenance_is_told_in_both_modes() {
    for (nextcloud, start) in [basic().await, oauth().await] {
        nextcloud.set(|settings| settings.maintenance = true);
        let found = before(&start).await;
        found.problems(&["nextcloud.maintenance"]);
        found.tells("Nextcloud is in maintenance mode", "nextcloud.maintenance");
    }
}

#[tokio::test]
async fn a_wrong_address_is_told_by_what_answers_there() {
    const NOTHING: &str = "and that Nextcloud runs";
    for (trouble, row, id) in [
        (
            Trouble::Redirect(301, "https://cloud.example.com/status.php".into()),
            "NEXTCLOUD_HOST redirects to",
            "nextcloud.redirect",
        ),
        (
            answering(400, &[("Content-Type", "text/html")], "<html>untrusted"),
            "does not trust the name in NEXTCLOUD_HOST",
            "nextcloud.trusted-domain",
        ),
        (Trouble::Html, NOTHING, "nextcloud.reachable"),
        (Trouble::Status(502), NOTHING, "nextcloud.reachable"),
    ] {
        let (nextcloud, start) = basic().await;
        nextcloud.inject(Fault::at(STATUS, trouble));
        let found = before(&start).await;
        found.problems(&[id]);
        found.tells(row, id);
    }
}

#[tokio::test]
async fn clocks_that_differ_and_versions_that_are_old_are_told() {
    let status =
        r#"{"installed":true,"maintenance":false,"needsDbUpgrade":false,"versionstring":"30.0.1"}"#;
    let (nextcloud, start) = basic().await;
    let date = [
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Content-Type", "application/json"),
    ];
    nextcloud.inject(Fault::at(STATUS, answering(200, &date, status)));
    let found = before(&start).await;
    found.problems(&["nextcloud.clock"]);
    assert_eq!(found.status("nextcloud.version"), "warning");
}

#[tokio::test]
async fn an_app_that_is_missing_is_a_warning_with_the_plugin_that_needs_it() {
    let (nextcloud, start) = basic().await;
    nextcloud.set(|settings| settings.notes_app = false);
    let found = before(&start).await;
    found.problems(&[]);
    assert_eq!(found.status("nextcloud.apps"), "warning");
    assert!(found.detail("plugins.apps").contains("notes needs `notes`"));
}

#[tokio::test]
async fn plugins_that_do_not_load_are_a_problem() {
    let (_nextcloud, start) = basic().await;
    let empty = start.folder().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let start = start.with("NEXTCLOUD_MCP_PLUGIN_DIR", empty.display().to_string());
    let found = before(&start).await;
    found.problems(&["plugins.loaded"]);
    assert!(
        found
            .detail("plugins.loaded")
            .contains("no plugin was loaded from")
    );
    found.tells("`no plugin was loaded...`", "plugins.loaded");
}
