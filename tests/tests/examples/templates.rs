//! What `just new-plugin` makes builds at once, passes its own test and answers, in each language.

use std::path::Path;

use nextcloud_mcp_tests::harness::{Peer, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::author::Desk;
use crate::stage::{copy_folder, serving, warm_up};

async fn works_at_once(language: &str, tools: &[&str]) {
    let desk = match Desk::with(tools) {
        Ok(desk) => desk,
        Err(missing) => return skip(&format!("the_{language}_template_works_at_once"), &missing),
    };
    let said = desk.run(".", &format!("just new-plugin hello --lang {language}"));
    assert!(said.contains("plugins/more/hello is made"), "{said}");
    let again = desk.run(
        ".",
        &format!("just new-plugin hello --lang {language} || echo refused"),
    );
    assert!(
        again.contains("is there already") && again.contains("refused"),
        "{again}"
    );
    let folder = "plugins/more/hello";
    let left = desk.run(folder, "grep -r PLUGIN_NAME . || true");
    assert_eq!(left, "");
    desk.run(folder, "./test.sh");
    desk.run(folder, "./build.sh");

    let plugins = tempfile::tempdir().unwrap();
    let place = plugins.path().join("hello");
    std::fs::create_dir(&place).unwrap();
    for file in ["plugin.toml", "hello.wasm"] {
        std::fs::copy(desk.path(folder).join(file), place.join(file)).unwrap();
    }
    let nextcloud = StandIn::with_two_users().await;
    let start = serving(&nextcloud, plugins.path());
    warm_up(&start, plugins.path());
    let server = start.start().await;
    let client = server.client().await;
    assert_eq!(client.tool_names().await, ["nc_hello_list_apps"]);
    let apps = client
        .ok("nc_hello_list_apps", json!({"name": "FILES"}))
        .await;
    assert_eq!(apps["apps"][0]["id"], "files", "{apps}");
    assert_eq!(
        apps["apps"][0]["url"],
        format!("{}/apps/files/", nextcloud.url()),
        "{apps}"
    );
}

#[tokio::test]
async fn the_python_template_works_at_once() {
    works_at_once("python", &["just", "python3", "componentize-py"]).await;
}

#[tokio::test]
async fn the_js_template_works_at_once() {
    works_at_once("js", &["just", "componentize-js"]).await;
}

#[tokio::test]
async fn the_c_template_works_at_once() {
    works_at_once("c", &["just", "clang", "wasm-ld"]).await;
}

/// As its README says, in the folder where cargo finds it: a member of the workspace.
#[tokio::test(flavor = "multi_thread")]
async fn the_rust_template_works_where_it_is_made() {
    let test = "the_rust_template_works_where_it_is_made";
    let desk = match Desk::with_workspace(&["just", "cargo"]) {
        Ok(desk) => desk,
        Err(missing) => return skip(test, &missing),
    };
    let said = desk.run(".", "just new-plugin hello");
    assert!(said.contains("plugins/hello is made"), "{said}");
    let folder = "plugins/hello";
    assert_eq!(desk.run(folder, "grep -r PLUGIN_NAME . || true"), "");
    let said = desk.run(folder, "cargo test -p nextcloud-mcp-plugin-hello");
    let own = "tests::apps_are_filtered_by_name_and_linked ... ok";
    assert!(said.contains(own), "its own test ran: {said}");
    let said = desk.run(folder, "nextcloud-mcp-server plugins build .");
    assert!(said.contains("Nothing is wrong"), "{said}");
    desk.call(folder, &StandIn::with_two_users().await);
    let refused = desk.run(
        ".",
        "just new-plugin Hello || just new-plugin hello2 --lang cobol || echo refused",
    );
    assert!(
        refused.contains("begins with a letter") && refused.contains("rust, python, js and c"),
        "{refused}"
    );
}

/// The author's folder needs nothing of the checkout that it was made in.
#[tokio::test]
async fn a_folder_can_be_moved_out_of_the_checkout() {
    let desk = match Desk::with(&["just", "clang", "wasm-ld"]) {
        Ok(desk) => desk,
        Err(missing) => return skip("a_folder_can_be_moved_out_of_the_checkout", &missing),
    };
    desk.run(".", "just new-plugin hello --lang c");
    let elsewhere = tempfile::tempdir().unwrap();
    copy_folder(&desk.path("plugins/more/hello"), elsewhere.path());
    let script = format!(
        "cd '{}' && ./test.sh && ./build.sh && ls",
        elsewhere.path().display()
    );
    assert!(desk.run(".", &script).contains("hello.wasm"));
}

/// The examples' own tests, in the language of each. (cargo runs those of the one in Rust.)
#[tokio::test]
async fn the_examples_pass_their_own_tests() {
    let test = "the_examples_pass_their_own_tests";
    let tools = ["python3", "componentize-py", "clang"];
    let desk = match Desk::with(&tools).and_then(|desk| Peer::Node.find().map(|_| desk)) {
        Ok(desk) => desk,
        Err(missing) => return skip(test, &missing),
    };
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples");
    for example in ["contacts", "files", "activity"] {
        copy_folder(&examples.join(example), &desk.path(example));
        desk.run(example, "./test.sh");
    }
}
