//! Calendars made, changed, deleted and listed.

mod deleting;

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::recording;

use super::*;

const R_AND_D: &str = "/remote.php/dav/calendars/alice/r-d/";

/// A calendar with a colour and a description.
fn described(name: &str, display_name: &str, more: &str) -> String {
    calendar(name, display_name, "<d:write/>")
        .replace("<d:displayname>", &format!("{more}<d:displayname>"))
}

fn color(value: &str) -> String {
    format!("<a:calendar-color xmlns:a=\"http://apple.com/ns/ical/\">{value}</a:calendar-color>")
}

fn members(calendar: &str, found: &[(&str, &str, &str)]) -> Answer {
    let member = |(name, etag, kind): &(&str, &str, &str)| {
        format!(
            "<d:response><d:href>/cloud{calendar}{name}</d:href><d:propstat><d:prop><d:getetag>&quot;{etag}&quot;</d:getetag>\
             <d:getcontenttype>text/calendar; charset=utf-8; component={kind}</d:getcontenttype></d:prop>\
             <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    let own = format!(
        "<d:response><d:href>/cloud{calendar}</d:href><d:propstat><d:prop><d:getetag/><d:getcontenttype/></d:prop>\
         <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>"
    );
    multistatus(&(own + &found.iter().map(member).collect::<String>()))
}

fn changed(names: &str, status: &str) -> Answer {
    multistatus(&format!(
        "<d:response><d:href>/cloud{PERSONAL}</d:href><d:propstat><d:prop>{names}</d:prop><d:status>HTTP/1.1 {status}</d:status>\
         </d:propstat></d:response>"
    ))
}

fn created() -> Answer {
    Answer::new(201, "text/html; charset=UTF-8", "")
}

fn gone() -> Answer {
    Answer::new(204, "text/html; charset=UTF-8", "")
}

#[test]
fn a_calendar_is_called_what_was_asked_for_whatever_that_contains() {
    let nextcloud = start();
    nextcloud.on("MKCALENDAR", R_AND_D, created()).on(
        "PROPFIND",
        R_AND_D,
        multistatus(&described("r-d", "R&amp;D", &color("#1976D2FF"))),
    );
    let (text, found) = run(
        "manage_calendar",
        json!({"action": "create", "display_name": "R&D", "color": "#1976d2"}),
    )
    .unwrap();
    assert_eq!(text, "Created the calendar \"R&D\" (r-d).");
    assert_eq!(found["calendars"][0]["color"], "#1976d2");
    let sent = nextcloud.sent();
    let body = sent[1].text();
    assert!(
        body.contains("<d:displayname>R&amp;D</d:displayname>"),
        "{body}"
    );
    assert!(
        body.contains("xmlns:a=\"http://apple.com/ns/ical/\"")
            && body.contains("<a:calendar-color>#1976d2</a:calendar-color>"),
        "{body}"
    );
    assert!(body.contains("VEVENT") && body.contains("VTODO"), "{body}");
    assert_eq!(sent[2].header("depth"), Some("0"));
}

#[test]
fn a_colour_that_nextcloud_did_not_take_is_not_reported_as_taken() {
    let nextcloud = start();
    nextcloud.on("MKCALENDAR", R_AND_D, created()).on(
        "PROPFIND",
        R_AND_D,
        multistatus(&described("r-d", "R&amp;D", "")),
    );
    let (text, _) = run(
        "manage_calendar",
        json!({"action": "create", "display_name": "R&D", "color": "#1976d2"}),
    )
    .unwrap();
    assert!(text.contains("did not take its color"), "{text}");
}

#[test]
fn what_cannot_be_a_calendar_is_refused_before_anything_is_sent() {
    for (arguments, word) in [
        (json!({"action": "create"}), "display_name"),
        (
            json!({"action": "create", "display_name": "a\u{0}b"}),
            "U+0000",
        ),
        (
            json!({"action": "create", "display_name": "x", "color": "blue"}),
            "#RRGGBB",
        ),
        (
            json!({"action": "create", "calendar_name": "a/b"}),
            "calendar_name",
        ),
        (
            json!({"action": "create", "calendar_name": "trashbin"}),
            "reserved",
        ),
        (
            json!({"action": "update", "calendar_name": "personal"}),
            "Nothing to change",
        ),
        (
            json!({"action": "update", "display_name": "x"}),
            "calendar_name",
        ),
        (
            json!({"action": "update", "calendar_name": "personal", "confirm": "x"}),
            "confirm",
        ),
        (
            json!({"action": "delete", "calendar_name": "personal", "color": "#123456"}),
            "color",
        ),
        (json!({"action": "destroy"}), "destroy"),
    ] {
        let _nextcloud = Nextcloud::start();
        let failure = run("manage_calendar", arguments.clone()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{arguments}");
        assert!(
            failure.message.contains(word),
            "{arguments}: {}",
            failure.message
        );
    }
}

#[test]
fn a_second_calendar_of_the_same_name_needs_a_name_of_its_own() {
    let nextcloud = start();
    let failure = run(
        "manage_calendar",
        json!({"action": "create", "display_name": "personal"}),
    )
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        nextcloud
            .sent()
            .iter()
            .all(|sent| sent.method == "PROPFIND")
    );
    drop(nextcloud);

    let nextcloud = start();
    let path = "/remote.php/dav/calendars/alice/personal-2/";
    nextcloud.on("MKCALENDAR", path, created()).on(
        "PROPFIND",
        path,
        multistatus(&described("personal-2", "Personal", "")),
    );
    run(
        "manage_calendar",
        json!({"action": "create", "calendar_name": "personal-2", "display_name": "Personal", "components": "tasks"}),
    )
    .unwrap();
    let body = nextcloud.sent()[1].text();
    assert!(!body.contains("VEVENT") && body.contains("VTODO"), "{body}");
}

#[test]
fn a_name_in_the_trash_bin_is_explained_with_the_tool_that_restores_it() {
    let (Some(home), Some(refused)) = (
        recording("caldav/127-home-after-calendar-delete.json"),
        recording("caldav/129-mkcalendar-name-of-trashed.json"),
    ) else {
        return;
    };
    // Known before anything is sent.
    let nextcloud = Nextcloud::start();
    nextcloud.on("PROPFIND", HOME, home.answer.clone());
    let arguments = json!({"action": "create", "calendar_name": "mcp-both"});
    let failure = run("manage_calendar", arguments.clone()).unwrap_err();
    let expected = "restore_from_trash with id \"calendar:mcp-both\"";
    assert!(failure.message.contains(expected), "{}", failure.message);
    drop(nextcloud);
    // Deleted in between: Nextcloud's 405 tells.
    let nextcloud = start();
    nextcloud
        .on("MKCALENDAR", &refused.path, refused.answer)
        .on("PROPFIND", HOME, home.answer.clone());
    let failure = run("manage_calendar", arguments).unwrap_err();
    assert!(failure.message.contains(expected), "{}", failure.message);
    drop(nextcloud);
    // A name that is made keeps away from it.
    let nextcloud = Nextcloud::start();
    let path = "/remote.php/dav/calendars/alice/mcp-both-2/";
    nextcloud
        .on("PROPFIND", HOME, home.answer)
        .on("MKCALENDAR", path, created())
        .on(
            "PROPFIND",
            path,
            multistatus(&described("mcp-both-2", "MCP both", "")),
        );
    run(
        "manage_calendar",
        json!({"action": "create", "display_name": "MCP both"}),
    )
    .unwrap();
}

#[test]
fn an_update_changes_what_is_given_and_is_confirmed() {
    let nextcloud = start();
    nextcloud
        .on(
            "PROPPATCH",
            PERSONAL,
            changed("<d:displayname/><c:calendar-description/>", "200 OK"),
        )
        .on(
            "PROPFIND",
            PERSONAL,
            multistatus(&described("personal", "Mine &lt;3", "")),
        );
    let (text, found) = run(
        "manage_calendar",
        json!({"action": "update", "calendar_name": "Personal", "display_name": "Mine <3", "description": ""}),
    )
    .unwrap();
    assert_eq!(text, "Changed the calendar \"Mine <3\" (personal).");
    assert_eq!(found["calendars"][0]["display_name"], "Mine <3");
    let body = nextcloud.sent()[1].text();
    assert!(
        body.contains("<d:remove><d:prop><c:calendar-description/></d:prop></d:remove>"),
        "{body}"
    );
    assert!(!body.contains("calendar-color"), "{body}");
}

#[test]
fn a_property_that_nextcloud_refuses_is_named() {
    let nextcloud = start();
    nextcloud.on(
        "PROPPATCH",
        PERSONAL,
        changed("<d:displayname/>", "403 Forbidden"),
    );
    let arguments = json!({"action": "update", "calendar_name": "personal", "display_name": "x"});
    let failure = run("manage_calendar", arguments.clone()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(
        failure.message.contains("display_name"),
        "{}",
        failure.message
    );
    drop(nextcloud);
    // A yes that is none.
    let nextcloud = start();
    nextcloud
        .on("PROPPATCH", PERSONAL, changed("<d:displayname/>", "200 OK"))
        .on(
            "PROPFIND",
            PERSONAL,
            multistatus(&described("personal", "Personal", "")),
        );
    let failure = run("manage_calendar", arguments).unwrap_err();
    let now: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
    assert_eq!(now["calendars"][0]["display_name"], "Personal");
}

#[test]
fn the_list_says_whose_a_calendar_is_and_what_is_special_about_it() {
    let more = "<o:calendar-enabled xmlns:o=\"http://owncloud.org/ns\">0</o:calendar-enabled>\
         <c:schedule-calendar-transp><c:transparent/></c:schedule-calendar-transp>\
         <a:calendar-order xmlns:a=\"http://apple.com/ns/ical/\">3</a:calendar-order>\
         <c:calendar-timezone>BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Asia/Tokyo\nEND:VTIMEZONE\nEND:VCALENDAR\n</c:calendar-timezone>\
         <c:calendar-description>All &lt;of&gt; it</c:calendar-description>";
    let own = described("work", "Work", more).replace(
        "<d:write/>",
        "<d:write/></d:privilege><d:privilege><d:write-acl/>",
    );
    let writable = calendar(
        "x_shared_by_bob",
        "Bob's",
        "<d:write/></d:privilege><d:privilege><d:write-acl/>",
    );
    let nextcloud = Nextcloud::start();
    nextcloud.on("PROPFIND", HOME, multistatus(&(own + &writable)));
    let (text, found) = run("manage_calendar", json!({"action": "list"})).unwrap();
    assert_eq!(
        text,
        "2 calendars: work (own), x_shared_by_bob (shared by bob, writable)."
    );
    assert_eq!(
        found["calendars"][0],
        json!({"name": "work", "display_name": "Work", "writable": true, "may_share": true, "components": ["VEVENT"],
               "description": "All <of> it", "order": 3, "hidden": true, "transparent": true, "time_zone": "Asia/Tokyo"})
    );
    // Nextcloud shares nothing on, whatever the privileges say.
    assert_eq!(found["calendars"][1].get("may_share"), None);
    assert_eq!(found["calendars"][1]["owner"], "bob");
}
