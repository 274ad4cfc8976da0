//! The example in C.

use serde_json::json;

use crate::stage::begin;

#[tokio::test]
async fn c_the_stream_is_read_a_page_at_a_time() {
    let Some(stage) = begin("c_the_stream_is_read_a_page_at_a_time", &["activity"]).await else {
        return;
    };
    let client = &stage.client;
    let none = client.ok("nc_activity_list_activities", json!({})).await;
    assert_eq!(none, json!({"activities": []}));
    {
        let mut there = stage.nextcloud.state();
        for (actor, subject) in [
            ("alice", "You created \"a\""),
            ("bob", "bob shared ä/ö"),
            ("bob", "bob deleted b"),
        ] {
            there.add_activity("alice", actor, subject);
        }
        there.add_activity("bob", "alice", "not hers");
    }
    let subjects = |page: &serde_json::Value| -> Vec<String> {
        let all = page["activities"].as_array().unwrap().iter();
        all.map(|one| one["what"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = client
        .ok("nc_activity_list_activities", json!({"limit": 2}))
        .await;
    assert_eq!(subjects(&first), ["bob deleted b", "bob shared ä/ö"]);
    let second = json!({"limit": 2, "before": first["next"]});
    let second = client.ok("nc_activity_list_activities", second).await;
    assert_eq!(subjects(&second), ["You created \"a\""]);
    assert!(second.get("next").is_none());
    let mine = client
        .ok("nc_activity_list_activities", json!({"by": "me"}))
        .await;
    assert_eq!(subjects(&mine), ["You created \"a\""]);
}

#[tokio::test]
async fn c_what_the_schema_does_not_allow_never_reaches_the_plugin() {
    let test = "c_what_the_schema_does_not_allow_never_reaches_the_plugin";
    let Some(stage) = begin(test, &["activity"]).await else {
        return;
    };
    let said = stage
        .client
        .fail("nc_activity_list_activities", json!({"by": "them"}))
        .await;
    assert!(said.contains("by"), "{said}");
    let asked = stage.nextcloud.requests();
    assert!(
        asked
            .iter()
            .all(|entry| !entry.target.contains("/apps/activity/"))
    );
}
