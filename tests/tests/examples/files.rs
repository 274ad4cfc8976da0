//! The example in JavaScript.

use serde_json::json;

use crate::stage::begin;

#[tokio::test]
async fn js_files_are_found_by_name_type_and_folder() {
    let test = "js_files_are_found_by_name_type_and_folder";
    let Some(stage) = begin(test, &["files"]).await else {
        return;
    };
    {
        let mut there = stage.nextcloud.state();
        there.add_file("alice", "Documents/2026/Invoice 7.pdf", b"paper");
        there.add_file("alice", "Documents/invoice.txt", b"text");
        there.add_file("alice", "Pictures/100% &co.png", b"png");
        there.add_file("bob", "Documents/invoice.txt", b"another's");
    }
    let client = &stage.client;
    let all = client
        .ok("nc_files_search_files", json!({"name": "INVOICE"}))
        .await;
    assert_eq!(all["files"].as_array().unwrap().len(), 2, "{all}");
    let typed = json!({"name": "invoice", "type": "application/pdf", "folder": "Documents"});
    let typed = client.ok("nc_files_search_files", typed).await;
    let file = &typed["files"][0];
    assert_eq!(
        (&file["path"], &file["size"], &file["folder"]),
        (
            &json!("Documents/2026/Invoice 7.pdf"),
            &json!(5),
            &json!(false)
        )
    );
    assert!(
        file["url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}/index.php/f/", stage.nextcloud.url()))
    );
    let odd = client
        .ok("nc_files_search_files", json!({"name": "% &"}))
        .await;
    assert_eq!(odd["files"][0]["path"], "Pictures/100% &co.png");
    let bounded = client
        .ok("nc_files_search_files", json!({"name": "i", "limit": 1}))
        .await;
    assert_eq!(
        (bounded["files"].as_array().unwrap().len(), &bounded["more"]),
        (1, &json!(true))
    );
}

#[tokio::test]
async fn js_no_search_leaves_the_users_own_files() {
    let Some(stage) = begin("js_no_search_leaves_the_users_own_files", &["files"]).await else {
        return;
    };
    let nowhere = stage
        .client
        .fail(
            "nc_files_search_files",
            json!({"name": "a", "folder": "Nowhere"}),
        )
        .await;
    assert!(nowhere.contains("no such thing"), "{nowhere}");
    let above = stage
        .client
        .fail(
            "nc_files_search_files",
            json!({"name": "a", "folder": "../bob"}),
        )
        .await;
    assert!(above.contains("without `.` and `..`"), "{above}");
}
