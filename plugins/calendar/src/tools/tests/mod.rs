//! The tools against a scripted Nextcloud: which requests they send, what they make of the answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
mod bulk;
mod collections;
mod exchange;
mod finding;
mod moving;
mod reading;
mod scopes;
mod trash;
mod writing;

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::Server;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, call, problems};
use serde_json::{Value, json};

use crate::tools;

pub(super) const HOME: &str = "/remote.php/dav/calendars/alice/";
pub(super) const PERSONAL: &str = "/remote.php/dav/calendars/alice/personal/";
pub(super) const TEAM: &str = "/remote.php/dav/calendars/alice/team_shared_by_bob/";
const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:rec1\r\nDTSTAMP:20261121T000000Z\r\n\
    DTSTART;TZID=Europe/Berlin:20261012T090000\r\nDTEND;TZID=Europe/Berlin:20261012T093000\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n\
    SUMMARY:Weekly\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

pub(super) fn single(uid: &str, start: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261121T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\n\
         SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

pub(super) fn calendar(name: &str, display_name: &str, rights: &str) -> String {
    let owner = if name.ends_with("_shared_by_bob") {
        "bob"
    } else {
        "alice"
    };
    format!(
        "<d:response><d:href>/cloud{HOME}{name}/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:calendar/>\
         </d:resourcetype><d:owner><d:href>/cloud/remote.php/dav/principals/users/{owner}/</d:href></d:owner>\
         <d:displayname>{display_name}</d:displayname><c:supported-calendar-component-set>\
         <c:comp name=\"VEVENT\"/></c:supported-calendar-component-set><d:current-user-privilege-set><d:privilege>{rights}\
         </d:privilege></d:current-user-privilege-set></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

pub(super) fn multistatus(responses: &str) -> Answer {
    let body = format!(
        "<d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">{responses}</d:multistatus>"
    );
    Answer::new(207, "application/xml; charset=utf-8", body)
}

pub(super) fn objects(calendar: &str, found: &[(&str, &str)]) -> Answer {
    let response = |(name, text): &(&str, &str)| {
        format!(
            "<d:response><d:href>/cloud{calendar}{name}</d:href><d:propstat><d:prop><d:getetag>&quot;e-{name}&quot;</d:getetag>\
             <c:calendar-data>{text}</c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    multistatus(&found.iter().map(response).collect::<String>())
}

pub(super) fn stored(text: &str, etag: &str) -> Answer {
    Answer::new(200, "text/calendar; charset=utf-8", text).header("etag", &format!("\"{etag}\""))
}

/// Alice in Berlin with a calendar of her own and one of Bob's that she may read, below `/cloud`.
pub(super) fn start() -> Nextcloud {
    let calendars = calendar("personal", "Personal", "<d:write-content/>")
        + &calendar("team_shared_by_bob", "Team", "<d:read/>");
    start_with(&calendars)
}

/// Alice with these calendars.
pub(super) fn start_with(calendars: &str) -> Nextcloud {
    let nextcloud = Nextcloud::start();
    let url = "https://cloud.example/cloud".to_owned();
    nextcloud.server(Server {
        url,
        web_root: "/cloud".to_owned(),
        version: "33.0.3".to_owned(),
    });
    nextcloud.on("PROPFIND", HOME, multistatus(calendars));
    nextcloud
}

pub(super) fn run(name: &str, arguments: Value) -> Result<(String, Value), Failure> {
    call(&tools(), name, arguments)
}

fn found_weekly() -> Nextcloud {
    let nextcloud = start();
    nextcloud.on(
        "REPORT",
        PERSONAL,
        objects(
            PERSONAL,
            &[
                ("r.ics", WEEKLY),
                ("longer.ics", &WEEKLY.replace("rec1", "rec12")),
            ],
        ),
    );
    nextcloud
}
#[test]
fn the_tools_are_described_well() {
    assert_eq!(problems(&tools()), Vec::<String>::new());
    let bytes: usize = tools()
        .describe()
        .iter()
        .map(|tool| tool.input_schema.len() + tool.description.len())
        .sum();
    // With the names, titles and annotations, this share keeps tools/list of all plugins below 40,000 bytes (70,000 with
    // output schemas): tests/tests/e2e/catalogue.rs.
    assert!(
        bytes < 24_000,
        "{bytes} bytes of input schemas and descriptions"
    );
}
