//! The calendar tools for other people: alice invites bob, each through a server of their own.

use jiff::civil::{Date, Weekday};
use jiff::{Span, Zoned};
use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Alice and bob of one Nextcloud, with a client each. The servers end with it.
struct Two {
    nextcloud: StandIn,
    alice: Client,
    bob: Client,
    _servers: [Server; 2],
}

async fn with_bob((nextcloud, server, alice): Stage) -> Two {
    nextcloud.state().user("bob").timezone = "Europe/Berlin".into();
    let servers = [server, Server::basic(&nextcloud, "bob").start().await];
    Two {
        alice,
        bob: servers[1].client().await,
        nextcloud,
        _servers: servers,
    }
}

/// The first Monday at least a month ahead: what is over is nobody's to answer.
fn monday() -> Date {
    let later = Zoned::now()
        .date()
        .checked_add(Span::new().days(30))
        .unwrap();
    later.nth_weekday(1, Weekday::Monday).unwrap()
}

async fn meeting(client: &Client, date: Date, time: &str, attendees: &str) -> String {
    let arguments = json!({"title": "Planning", "date": date.to_string(), "time": time, "attendees": attendees});
    let created = client.ok("nc_calendar_create_meeting", arguments).await;
    created["event"]["uid"].as_str().unwrap().to_owned()
}

fn answer_of<'a>(event: &'a Value, email: &str) -> &'a str {
    let attendees = event["event"]["attendees"].as_array().unwrap();
    let attendee = attendees
        .iter()
        .find(|attendee| attendee["email"] == email)
        .unwrap();
    attendee["answer"].as_str().unwrap()
}

#[tokio::test]
async fn an_invitation_is_listed_accepted_and_the_organizer_sees_it() {
    let two = with_bob(stage!()).await;
    let uid = meeting(&two.alice, monday(), "10:00", "Bob <bob@example.org>").await;
    let event = two
        .alice
        .ok("nc_calendar_get_event", json!({"event_uid": uid}))
        .await;
    assert_eq!(answer_of(&event, "bob@example.org"), "NEEDS-ACTION");

    let listed = two.bob.ok("nc_calendar_list_invitations", json!({})).await;
    let invitations = listed["invitations"].as_array().unwrap();
    assert_eq!(invitations.len(), 1, "{listed}");
    assert_eq!(invitations[0]["event_uid"], uid.as_str());
    assert_eq!(invitations[0]["organizer"]["email"], "alice@example.org");
    assert_eq!(invitations[0]["calendar"], "personal");

    let outcome = two
        .bob
        .call(
            "nc_calendar_respond_to_invitation",
            json!({"event_uid": uid, "response": "accepted"}),
        )
        .await;
    assert!(
        !outcome.is_error && outcome.text.contains("Nextcloud told the organizer"),
        "{}",
        outcome.text
    );
    let listed = two.bob.ok("nc_calendar_list_invitations", json!({})).await;
    assert_eq!(listed["invitations"], json!([]));
    let event = two
        .alice
        .ok("nc_calendar_get_event", json!({"event_uid": uid}))
        .await;
    assert_eq!(answer_of(&event, "bob@example.org"), "ACCEPTED");

    let text = two
        .alice
        .fail(
            "nc_calendar_respond_to_invitation",
            json!({"event_uid": uid, "response": "declined"}),
        )
        .await;
    assert!(text.contains("organizes"), "{text}");
}

#[tokio::test]
async fn one_occurrence_of_a_series_is_declined_and_the_rest_stays() {
    let two = with_bob(stage!()).await;
    let start = format!("{}T09:00", monday());
    let create = json!({"calendar_name": "personal", "title": "Weekly", "start_datetime": start,
        "recurrence_rule": "FREQ=WEEKLY;COUNT=4", "attendees": "bob@example.org"});
    let created = two.alice.ok("nc_calendar_create_event", create).await;
    let uid = created["event"]["uid"].as_str().unwrap().to_owned();
    two.bob
        .ok(
            "nc_calendar_respond_to_invitation",
            json!({"event_uid": uid, "response": "accepted"}),
        )
        .await;
    let second = monday().checked_add(Span::new().days(7)).unwrap();
    two.bob
        .ok(
            "nc_calendar_respond_to_invitation",
            json!({"event_uid": uid, "response": "declined", "recurrence_id": format!("{second}T09:00")}),
        )
        .await;
    let listed = two
        .alice
        .ok(
            "nc_calendar_list_events",
            json!({"start_date": monday().to_string(), "end_date": monday().checked_add(Span::new().days(28)).unwrap().to_string()}),
        )
        .await;
    let answers: Vec<&str> = listed["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let attendees = event["attendees"].as_array().unwrap();
            let bob = attendees
                .iter()
                .find(|one| one["email"] == "bob@example.org")
                .unwrap();
            bob["answer"].as_str().unwrap()
        })
        .collect();
    assert_eq!(answers, ["ACCEPTED", "DECLINED", "ACCEPTED", "ACCEPTED"]);
    let unknown = json!({"event_uid": uid, "response": "declined", "recurrence_id": format!("{second}T10:00")});
    let text = two
        .bob
        .fail("nc_calendar_respond_to_invitation", unknown)
        .await;
    assert!(text.contains("no occurrence"), "{text}");
}

#[tokio::test]
async fn guests_are_added_and_taken_out_by_their_organizer() {
    let (nextcloud, _server, client) = stage!();
    let uid = meeting(&client, monday(), "10:00", "bob@example.org").await;
    let event = client
        .ok(
            "nc_calendar_update_event",
            json!({"event_uid": uid, "attendees": "bob@example.org, eve@example.net"}),
        )
        .await;
    for guest in ["bob@example.org", "eve@example.net"] {
        assert_eq!(answer_of(&event, guest), "NEEDS-ACTION");
    }
    let event = client
        .ok(
            "nc_calendar_update_event",
            json!({"event_uid": uid, "attendees": ""}),
        )
        .await;
    assert_eq!(event["event"]["attendees"], Value::Null);
    assert_eq!(event["event"]["organizer"], Value::Null);
    let stored = &nextcloud.state().objects("alice", "personal")[0].data;
    assert!(!stored.contains("ATTENDEE"), "{stored}");
}

#[tokio::test]
async fn guests_invite_nobody_and_those_who_stay_keep_their_answer() {
    let two = with_bob(stage!()).await;
    let uid = meeting(&two.alice, monday(), "10:00", "bob@example.org").await;
    two.bob
        .ok(
            "nc_calendar_respond_to_invitation",
            json!({"event_uid": uid, "response": "tentative"}),
        )
        .await;
    let text = two
        .bob
        .fail(
            "nc_calendar_update_event",
            json!({"event_uid": uid, "attendees": "eve@example.org"}),
        )
        .await;
    assert!(text.contains("organizer"), "{text}");
    let event = two
        .alice
        .ok(
            "nc_calendar_update_event",
            json!({"event_uid": uid, "attendees": "bob@example.org, eve@example.net"}),
        )
        .await;
    assert_eq!(answer_of(&event, "bob@example.org"), "TENTATIVE");
    assert_eq!(answer_of(&event, "eve@example.net"), "NEEDS-ACTION");
}

#[tokio::test]
async fn a_slot_is_free_for_both_and_says_nothing_of_the_others_events() {
    let two = with_bob(stage!()).await;
    let day = monday().to_string();
    for (client, time, title) in [
        (&two.alice, "09:00", "Standup"),
        (&two.bob, "10:00", "Secret"),
    ] {
        let arguments = json!({"title": title, "date": day, "time": time, "duration_minutes": 60});
        client.ok("nc_calendar_create_meeting", arguments).await;
    }
    let tentative = json!({"calendar_name": "personal", "title": "Maybe", "start_datetime": format!("{day}T11:00"),
        "end_datetime": format!("{day}T12:00"), "status": "TENTATIVE"});
    two.bob.ok("nc_calendar_create_event", tentative).await;
    let asked = json!({"duration_minutes": 60, "attendees": "bob@example.org, nobody@example.org", "date_range_start": day,
        "date_range_end": day, "working_hours": "09:00-13:00"});
    let outcome = two.alice.call("nc_calendar_find_availability", asked).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let slots: Vec<(String, &str)> = outcome.structured["available_slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| {
            (
                slot["start"].as_str().unwrap()[11..16].to_owned(),
                slot["quality"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        slots,
        [
            ("12:00".to_owned(), "good"),
            ("11:00".to_owned(), "tentative")
        ]
    );
    assert!(
        outcome.text.contains("nobody@example.org"),
        "{}",
        outcome.text
    );
    assert!(
        !outcome.text.contains("Secret") && !outcome.text.contains("Maybe"),
        "{}",
        outcome.text
    );
    // A reading tool: what it sent changed nothing.
    let stored = two.nextcloud.state().objects("bob", "personal");
    assert_eq!(stored.len(), 2);
}

#[tokio::test]
async fn a_user_without_an_address_is_told_where_to_set_one() {
    let (nextcloud, _server, client) = stage!();
    nextcloud.state().user("alice").email = String::new();
    let arguments = json!({"title": "x", "date": monday().to_string(), "time": "10:00", "attendees": "bob@example.org"});
    let text = client.fail("nc_calendar_create_meeting", arguments).await;
    assert!(text.contains("Personal info"), "{text}");
    assert!(nextcloud.state().objects("alice", "personal").is_empty());
}
