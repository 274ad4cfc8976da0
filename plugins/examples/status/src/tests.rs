//! Answers as Nextcloud's `OpenAPI` document of `user_status` describes them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::{self, Answer, Nextcloud};
use serde_json::{Value, json};

use super::own::ENDPOINT;
use super::tools;

fn status(presence: &str, message: &Value) -> Answer {
    let data = json!({
        "userId": "alice", "message": message, "icon": null, "clearAt": null, "status": presence,
        "messageId": null, "messageIsPredefined": false, "statusIsUserDefined": true,
    });
    Answer::json(
        200,
        &json!({"ocs": {"meta": {"status": "ok", "statuscode": 200}, "data": data}}),
    )
}

#[test]
fn tools_are_described_as_hosts_and_models_need_it() {
    assert_eq!(testing::problems(&tools()), Vec::<String>::new());
}

#[test]
fn a_user_who_never_had_a_status_is_offline() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        ENDPOINT,
        Answer::json(404, &json!({"ocs": {"data": []}})),
    );
    let (text, data) = testing::call(&tools(), "get_status", json!({})).unwrap();
    assert_eq!(text, "No status was ever set.");
    assert_eq!(data, json!({"presence": "offline"}));
}

#[test]
fn a_status_that_nobody_knows_is_an_error_and_not_a_guess() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", ENDPOINT, status("asleep", &Value::Null));
    let failure = testing::call(&tools(), "get_status", json!({})).unwrap_err();
    assert!(failure.message.contains("asleep"), "{}", failure.message);
}

#[test]
fn a_refused_message_leaves_the_presence_alone() {
    let nextcloud = Nextcloud::start();
    let refusal = json!({"ocs": {"meta": {"status": "failure", "statuscode": 400, "message": "too long"}, "data": []}});
    nextcloud.on(
        "PUT",
        &format!("{ENDPOINT}/message/custom"),
        Answer::json(400, &refusal),
    );
    let change = json!({"presence": "dnd", "message": "Writing"});
    let failure = testing::call(&tools(), "set_status", change).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert_eq!(nextcloud.sent().len(), 1);
}

#[test]
fn a_message_goes_away_when_it_was_said_to() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "PUT",
        &format!("{ENDPOINT}/message/custom"),
        status("online", &json!("Lunch")),
    );
    let change = json!({"message": "Lunch", "icon": "🍕", "clear_after_minutes": 60});
    let (_, data) = testing::call(&tools(), "set_status", change).unwrap();
    assert_eq!(data["message"], "Lunch");
    let body = nextcloud.sent()[0].json();
    assert_eq!(
        (&body["message"], &body["statusIcon"]),
        (&json!("Lunch"), &json!("🍕"))
    );
    assert!(body["clearAt"].as_u64().unwrap() > 1_700_000_000 + 3600);
}

#[test]
fn what_belongs_to_a_message_needs_one() {
    let _nextcloud = Nextcloud::start();
    for change in [
        json!({}),
        json!({"icon": "🍕"}),
        json!({"clear_after_minutes": 5, "presence": "away"}),
    ] {
        let failure = testing::call(&tools(), "set_status", change).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid);
    }
}

#[test]
fn a_cleared_message_is_looked_at_again() {
    let nextcloud = Nextcloud::start();
    let done = json!({"ocs": {"meta": {"status": "ok", "statuscode": 200}, "data": []}});
    nextcloud.on(
        "DELETE",
        &format!("{ENDPOINT}/message"),
        Answer::json(200, &done),
    );
    nextcloud.on("GET", ENDPOINT, status("away", &Value::Null));
    let (text, data) = testing::call(&tools(), "clear_message", json!({})).unwrap();
    assert_eq!(
        (text.as_str(), &data),
        (
            "The status; there is no message.",
            &json!({"presence": "away"})
        )
    );
}
