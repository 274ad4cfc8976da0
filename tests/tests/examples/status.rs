//! The example in Rust.

use serde_json::json;

use crate::stage::begin;

#[tokio::test]
async fn rust_a_status_is_set_read_and_cleared() {
    let Some(stage) = begin("rust_a_status_is_set_read_and_cleared", &["status"]).await else {
        return;
    };
    let client = &stage.client;
    let none = client.ok("nc_status_get_status", json!({})).await;
    assert_eq!(none, json!({"presence": "offline"}));
    let change =
        json!({"presence": "dnd", "message": "Writing", "icon": "✍", "clear_after_minutes": 90});
    let set = client.ok("nc_status_set_status", change).await;
    assert_eq!(
        (&set["presence"], &set["message"]),
        (&json!("dnd"), &json!("Writing"))
    );
    let seen = client.ok("nc_status_get_status", json!({})).await;
    assert_eq!(seen, set);
    let cleared = client.ok("nc_status_clear_message", json!({})).await;
    assert_eq!(cleared, json!({"presence": "dnd"}));
}

#[tokio::test]
async fn rust_what_nextcloud_refuses_is_said_in_words() {
    let Some(stage) = begin("rust_what_nextcloud_refuses_is_said_in_words", &["status"]).await
    else {
        return;
    };
    let wrong = json!({"presence": "asleep"});
    let said = stage.client.fail("nc_status_set_status", wrong).await;
    assert!(said.contains("presence"), "{said}");
    let nothing = stage.client.fail("nc_status_set_status", json!({})).await;
    assert!(
        nothing.contains("`presence`, `message` or both"),
        "{nothing}"
    );
}
