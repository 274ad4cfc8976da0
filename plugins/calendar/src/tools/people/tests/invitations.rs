//! Invitations that wait, and their answers.

use nextcloud_mcp_plugin::testing::{Answer, Nextcloud};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use serde_json::{Value, json};

use super::super::super::tests::{PERSONAL, TEAM, objects, run, start, stored};
use super::{INBOX, PRINCIPAL, addresses, invitation};

#[test]
fn invitations_that_wait_are_listed_those_in_the_inbox_alone_included() {
    let nextcloud = start();
    let message = |uid: &str| {
        invitation("NEEDS-ACTION")
            .replace("UID:inv1", &format!("UID:{uid}"))
            .replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST")
    };
    nextcloud
        .on("PROPFIND", PRINCIPAL, addresses())
        .on(
            "REPORT",
            INBOX,
            objects(
                INBOX,
                &[("1.ics", &message("inv1")), ("2.ics", &message("inv2"))],
            ),
        )
        .on(
            "REPORT",
            PERSONAL,
            objects(
                PERSONAL,
                &[
                    ("i.ics", &invitation("NEEDS-ACTION")),
                    ("j.ics", &invitation("ACCEPTED").replace("inv1", "inv3")),
                    ("k.ics", "BEGIN:VCALENDAR\r\n"),
                ],
            ),
        );
    let (text, found) = run("list_invitations", json!({})).unwrap();
    let list = found["invitations"].as_array().unwrap();
    assert_eq!(list.len(), 2, "{found}");
    assert_eq!(
        (
            &list[0]["event_uid"],
            &list[0]["calendar"],
            &list[0]["organizer"]["email"]
        ),
        (
            &json!("inv1"),
            &json!("personal"),
            &json!("bob@example.org")
        )
    );
    assert_eq!(
        (&list[1]["event_uid"], &list[1]["inbox_only"]),
        (&json!("inv2"), &json!(true))
    );
    assert_eq!(list[0]["inbox_only"], Value::Null);
    assert_eq!(found["failed"][0]["object"], "k.ics");
    assert!(
        text.starts_with("2 invitations wait") && text.contains("personal"),
        "{text}"
    );
    // Never asked: a calendar that is somebody else's, where only its owner can answer.
    assert!(nextcloud.sent().iter().all(|sent| sent.path != TEAM));
}

#[test]
fn a_server_without_inbox_or_principals_still_lists_invitations() {
    let nextcloud = start();
    let text = invitation("NEEDS-ACTION").replace("A.Example", "alice");
    nextcloud
        .on("PROPFIND", PRINCIPAL, Answer::new(404, "text/plain", ""))
        .on("REPORT", INBOX, Answer::new(404, "text/plain", ""))
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("i.ics", &text)]));
    let (_, found) = run("list_invitations", json!({"days_ahead": 400})).unwrap();
    assert_eq!(found["invitations"].as_array().unwrap().len(), 1);
    assert_eq!(found["failed"], Value::Null);
}

fn invited() -> Nextcloud {
    let nextcloud = start();
    let text = invitation("NEEDS-ACTION");
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("i.ics", &text)]))
        .on("PROPFIND", PRINCIPAL, addresses())
        .on("GET", &format!("{PERSONAL}i.ics"), stored(&text, "e1"));
    nextcloud
}

fn accept() -> Result<(String, Value), Failure> {
    run(
        "respond_to_invitation",
        json!({"event_uid": "inv1", "calendar_name": "personal", "response": "accepted"}),
    )
}

#[test]
fn an_answer_is_stored_if_nothing_changed_and_confirmed_by_reading_it_back() {
    let path = format!("{PERSONAL}i.ics");
    let after = invitation("ACCEPTED").replace("ORGANIZER;", "ORGANIZER;SCHEDULE-STATUS=1.2;");
    let nextcloud = invited();
    nextcloud
        .on("PUT", &path, Answer::new(204, "text/html", ""))
        .on("GET", &path, stored(&after, "e2"));
    let (text, found) = accept().unwrap();
    let put = nextcloud
        .sent()
        .into_iter()
        .find(|sent| sent.method == "PUT")
        .unwrap();
    assert_eq!(put.header("if-match"), Some("\"e1\""));
    assert!(
        put.text()
            .contains("ATTENDEE;X-A=1;PARTSTAT=ACCEPTED:mailto:A.Example@example.org\r\n")
    );
    assert!(put.text().contains("SEQUENCE:2\r\n"));
    assert!(
        text.starts_with("Accepted: \"Plan\"") && text.ends_with("Nextcloud told the organizer."),
        "{text}"
    );
    assert_eq!(found["etag"], "e2");
    assert_eq!(
        (&found["response"], &found["organizer_told"]),
        (&json!("accepted"), &json!(true))
    );
    drop(nextcloud);

    let nextcloud = invited();
    nextcloud
        .on("PUT", &path, Answer::new(204, "text/html", ""))
        .on("GET", &path, stored(&invitation("NEEDS-ACTION"), "e2"));
    let failure = accept().unwrap_err();
    assert!(
        failure.message.contains("not the answer"),
        "{}",
        failure.message
    );
}

#[test]
fn an_invitation_that_changed_meanwhile_comes_back_as_it_is_now() {
    let path = format!("{PERSONAL}i.ics");
    let nextcloud = invited();
    nextcloud
        .on("PUT", &path, Answer::new(412, "application/xml", ""))
        .on(
            "GET",
            &path,
            stored(&invitation("NEEDS-ACTION").replace("Plan", "Plan B"), "e2"),
        );
    let failure = accept().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(failure.structured.unwrap().contains("Plan B"));
}

#[test]
fn an_answer_that_is_there_already_is_not_sent_again() {
    let nextcloud = start();
    let text = invitation("ACCEPTED");
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("i.ics", &text)]))
        .on("PROPFIND", PRINCIPAL, addresses())
        .on("GET", &format!("{PERSONAL}i.ics"), stored(&text, "e1"));
    assert!(accept().unwrap().0.contains("already"));
}
