//! The tools against a scripted Nextcloud: which requests they send, what they make of the answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod reading;
mod writing;

use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, call};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use serde_json::{Value, json};

use crate::tools;

const HOME: &str = "/remote.php/dav/calendars/alice/";
const TASKS: &str = "/remote.php/dav/calendars/alice/mcp-tasks/";
const HOUSE: &str = "/remote.php/dav/calendars/alice/house_shared_by_bob/";

fn calendar(name: &str, component: &str, rights: &str) -> String {
    format!(
        "<d:response><d:href>{HOME}{name}/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:calendar/>\
         </d:resourcetype><d:displayname>{name}</d:displayname><c:supported-calendar-component-set>\
         <c:comp name=\"{component}\"/></c:supported-calendar-component-set><d:current-user-privilege-set><d:privilege>{rights}\
         </d:privilege></d:current-user-privilege-set></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

fn multistatus(responses: &str) -> Answer {
    let body = format!(
        "<d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">{responses}</d:multistatus>"
    );
    Answer::new(207, "application/xml; charset=utf-8", body)
}

/// What a REPORT finds: each task is stored as `UID.ics` and has the etag `e-UID`.
fn objects(found: &[&str]) -> Answer {
    let response = |text: &&str| {
        let uid = uid(text);
        format!(
            "<d:response><d:href>{TASKS}{uid}.ics</d:href><d:propstat><d:prop><d:getetag>&quot;e-{uid}&quot;</d:getetag>\
             <c:calendar-data>{text}</c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    multistatus(&found.iter().map(response).collect::<String>())
}

fn uid(text: &str) -> &str {
    let (_, rest) = text.split_once("UID:").unwrap();
    rest.lines().next().unwrap()
}

fn path(text: &str) -> String {
    format!("{TASKS}{}.ics", uid(text))
}

fn stored(text: &str) -> Answer {
    Answer::new(200, "text/calendar; charset=utf-8", text)
        .header("etag", &format!("\"e-{}\"", uid(text)))
}

fn written() -> Answer {
    Answer::new(204, "text/html", "").header("etag", "\"new\"")
}

fn task(uid: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:VTODO\r\n\
         END:VCALENDAR\r\n"
    )
}

/// Alice in Berlin with a calendar of tasks, one of events, and one of Bob's tasks that she may read.
fn start() -> Nextcloud {
    let nextcloud = Nextcloud::start();
    let calendars = calendar("mcp-tasks", "VTODO", "<d:write-content/>")
        + &calendar("personal", "VEVENT", "<d:write-content/>")
        + &calendar("house_shared_by_bob", "VTODO", "<d:read/>");
    nextcloud.on("PROPFIND", HOME, multistatus(&calendars));
    nextcloud
}

/// With these tasks in the calendar, of which the first is found and read.
fn start_with(tasks: &[&str]) -> Nextcloud {
    let nextcloud = start();
    nextcloud
        .on("REPORT", TASKS, objects(tasks))
        .on("GET", &path(tasks[0]), stored(tasks[0]));
    nextcloud
}

fn run(name: &str, mut arguments: Value) -> Result<(String, Value), Failure> {
    if arguments.get("todo_uid").is_some() {
        arguments["calendar_name"] = json!("mcp-tasks");
    }
    call(&tools(), name, arguments)
}

fn summaries(found: &Value) -> Vec<&str> {
    let todos = found["todos"].as_array().unwrap();
    todos
        .iter()
        .map(|task| task["summary"].as_str().unwrap())
        .collect()
}
