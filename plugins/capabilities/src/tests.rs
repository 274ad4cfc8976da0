//! What the tools make of Nextcloud's documents: scripted ones everywhere, recorded ones where they are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use nextcloud_mcp_plugin::testing::{self, Answer, Nextcloud, recording};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use serde_json::{Value, json};

use crate::resources::resources;
use crate::tools;

const CAPABILITIES: &str = "/ocs/v2.php/cloud/capabilities";
const NAVIGATION: &str = "/ocs/v2.php/core/navigation/apps";
const USER: &str = "/ocs/v2.php/cloud/user";

fn call(name: &str, arguments: Value) -> Result<(String, Value), Failure> {
    testing::call(&tools(), name, arguments)
}

fn ocs(data: &Value) -> Answer {
    Answer::json(
        200,
        &json!({"ocs": {"meta": {"status": "ok", "statuscode": 200}, "data": data}}),
    )
}

fn capabilities() -> Answer {
    ocs(&json!({
        "version": {"major": 33, "minor": 0, "micro": 3, "string": "33.0.3"},
        "capabilities": {"notes": {"api_version": ["1.3"], "version": "6.0.2"}, "dav": {"chunking": "1.0"}, "deck2": [],
            "theming": {"name": "Our cloud", "slogan": "", "color": "#00679e"}},
    }))
}

#[test]
fn tools_are_described_as_hosts_and_models_need_it() {
    assert_eq!(testing::problems(&tools()), Vec::<String>::new());
}

#[test]
fn what_nextcloud_is_comes_in_plain_words_with_pages() {
    let nextcloud = Nextcloud::start();
    let pages = json!([
        {"id": "notes", "name": "My notes", "href": "/apps/notes/"},
        {"id": "photos", "name": "Photos", "href": "/apps/photos/"},
        {"id": "wiki", "name": "Wiki", "href": "https://wiki.example/"},
    ]);
    nextcloud
        .on("GET", CAPABILITIES, capabilities().header("etag", "\"e1\""))
        .on("GET", NAVIGATION, ocs(&pages));
    let (text, found) = call("get_capabilities", json!({})).unwrap();
    assert_eq!(
        text,
        "Our cloud is a Nextcloud 33.0.3 at https://cloud.example. It has: Calendars, contacts and WebDAV, deck2, My notes, \
         Photos, Wiki."
    );
    assert_eq!(
        found,
        json!({
            "version": "33.0.3", "url": "https://cloud.example", "name": "Our cloud", "color": "#00679e", "etag": "e1",
            "apps": [
                {"key": "dav", "name": "Calendars, contacts and WebDAV", "features": ["large uploads in pieces"]},
                {"key": "deck2", "name": "deck2"},
                {"key": "notes", "name": "My notes", "version": "6.0.2", "url": "https://cloud.example/apps/notes/",
                    "features": ["notes can be read and written by other programs"]},
                {"key": "photos", "name": "Photos", "url": "https://cloud.example/apps/photos/"},
                {"key": "wiki", "name": "Wiki", "url": "https://wiki.example/"},
            ],
            "tool_groups": [{"tools": "nc_notes_", "available": true}, {"tools": "nc_calendar_", "available": true}],
        })
    );
}

#[test]
fn a_nextcloud_that_lists_no_pages_is_described_all_the_same() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", CAPABILITIES, capabilities()).on(
        "GET",
        NAVIGATION,
        Answer::json(404, &json!({})),
    );
    let (_, found) = call("get_capabilities", json!({})).unwrap();
    assert_eq!(found["apps"].as_array().unwrap().len(), 3);
}

#[test]
fn capabilities_come_unedited_whole_or_for_one_app() {
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("GET", CAPABILITIES, capabilities())
        .on("GET", CAPABILITIES, capabilities());
    let (text, whole) = call("get_capabilities", json!({"raw": true})).unwrap();
    assert_eq!(
        text,
        "Nextcloud 33.0.3. These say what they can do: dav, deck2, notes, theming."
    );
    assert_eq!(whole["capabilities"]["notes"]["version"], json!("6.0.2"));
    let (_, one) = call("get_capabilities", json!({"app": "dav"})).unwrap();
    assert_eq!(one["capabilities"], json!({"dav": {"chunking": "1.0"}}));
    assert_eq!(
        nextcloud.sent()[0].header("accept"),
        Some("application/json")
    );
    assert!(call("get_capabilities", json!({"app": "dav", "raw": true})).is_err());
}

#[test]
fn a_document_that_is_still_the_same_is_not_sent_again() {
    let nextcloud = Nextcloud::start();
    let same = || Answer::new(304, "application/json", "").header("etag", "\"e1\"");
    nextcloud
        .on("GET", CAPABILITIES, same())
        .on("GET", NAVIGATION, ocs(&json!([])))
        .on("GET", CAPABILITIES, same());
    for arguments in [
        json!({"etag": "e1"}),
        json!({"etag": "\"e1\"", "app": "notes"}),
    ] {
        let (_, found) = call("get_capabilities", arguments).unwrap();
        assert_eq!(
            found,
            json!({"url": "https://cloud.example", "unchanged": true, "etag": "e1"})
        );
    }
    let conditions: Vec<_> = nextcloud
        .sent()
        .iter()
        .filter_map(|request| request.header("if-none-match").map(str::to_owned))
        .collect();
    assert_eq!(conditions, ["\"e1\"", "\"e1\""]);
}

#[test]
fn an_app_that_is_not_there_is_refused_with_those_that_are() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", CAPABILITIES, capabilities());
    let failure = call("get_capabilities", json!({"app": "calendar"})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(
        failure.message.contains("dav, deck2, notes"),
        "{}",
        failure.message
    );
}

#[test]
fn what_the_tools_say_has_an_address_too() {
    assert_eq!(
        testing::resource_problems(&resources()),
        Vec::<String>::new()
    );
    let nextcloud = Nextcloud::start();
    nextcloud
        .on("GET", CAPABILITIES, capabilities())
        .on("GET", NAVIGATION, ocs(&json!([])))
        .on("GET", CAPABILITIES, capabilities());
    let read = |uri: &str| {
        let (media_type, text) = testing::read(&resources(), uri).unwrap();
        assert_eq!(media_type.as_deref(), Some("application/json"));
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(read("nc://capabilities")["version"], json!("33.0.3"));
    assert_eq!(
        read("nc://capabilities/dav")["capabilities"],
        json!({"dav": {"chunking": "1.0"}})
    );
}

#[test]
fn status_tells_maintenance_from_health() {
    let document = |maintenance: bool| {
        json!({"installed": true, "maintenance": maintenance, "needsDbUpgrade": false, "version": "33.0.3.2",
            "versionstring": "33.0.3", "edition": "", "productname": "Example Cloud", "extendedSupport": false})
    };
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", "/status.php", Answer::json(200, &document(false)));
    nextcloud.on("GET", "/status.php", Answer::json(200, &document(true)));
    let (text, up) = call("get_status", json!({})).unwrap();
    assert_eq!(text, "Example Cloud 33.0.3 is up.");
    assert_eq!(
        (&up["url"], &up["maintenance"]),
        (&json!("https://cloud.example"), &json!(false))
    );
    let (text, down) = call("get_status", json!({})).unwrap();
    assert!(text.contains("maintenance mode"), "{text}");
    assert_eq!(down["maintenance"], json!(true));
}

#[test]
fn a_user_has_no_empty_fields_and_a_quota_only_where_there_is_one() {
    let nextcloud = Nextcloud::start();
    let user = |quota| {
        ocs(
            &json!({"id": "alice", "displayname": "Alice", "email": null, "groups": ["staff"], "language": "de", "locale": "",
            "timezone": "Europe/Berlin", "quota": {"free": quota, "used": 151, "total": quota, "quota": quota}}),
        )
    };
    nextcloud
        .on("GET", USER, user(json!(-3)))
        .on("GET", USER, user(json!("none")))
        .on("GET", USER, user(json!(1000)));
    let unlimited = json!({"id": "alice", "display_name": "Alice", "groups": ["staff"], "language": "de",
        "time_zone": "Europe/Berlin", "storage": {"used": 151}});
    for _ in 0..2 {
        assert_eq!(
            call("get_user", json!({})).unwrap(),
            ("Alice (user id alice).".to_owned(), unlimited.clone())
        );
    }
    let (_, limited) = call("get_user", json!({})).unwrap();
    assert_eq!(
        limited["storage"],
        json!({"used": 151, "quota": 1000, "free": 1000})
    );
}

#[test]
fn recorded_documents_are_understood() {
    let recorded = [
        (
            "get_capabilities",
            CAPABILITIES,
            "capabilities/005-v2-accept-header-only-bearer.json",
            "/name",
            json!("Nextcloud"),
        ),
        (
            "get_status",
            "/status.php",
            "capabilities/001-status-php.json",
            "/version",
            json!("33.0.3"),
        ),
        (
            "get_status",
            "/status.php",
            "errors/063-maintenance-status-php.json",
            "/maintenance",
            json!(true),
        ),
        (
            "get_user",
            USER,
            "capabilities/013-cloud-user-basic.json",
            "/groups",
            json!(["testers"]),
        ),
    ];
    for (tool, path, name, pointer, value) in recorded {
        let Some(recording) = recording(name) else {
            continue;
        };
        let nextcloud = Nextcloud::start();
        nextcloud.on("GET", path, recording.answer);
        if path == CAPABILITIES {
            let Some(pages) = self::recording("capabilities/023-navigation-apps.json") else {
                continue;
            };
            nextcloud.on("GET", NAVIGATION, pages.answer);
        }
        assert_eq!(
            call(tool, json!({})).unwrap().1.pointer(pointer),
            Some(&value),
            "{name}"
        );
    }
}
