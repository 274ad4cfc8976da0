//! An author with the program and a language's usual tools, and no toolchain for plugins yet: the first build installs it, the
//! new plugin passes its own test, and its tool answers. (`e2e/author` does the same in Rust.)

use nextcloud_mcp_tests::harness::skip;
use nextcloud_mcp_tests::nextcloud::StandIn;

use crate::author::Desk;

/// `tools` are those of the language, and the toolchain as `just build-examples` installed it: where it could not, its
/// registry is out of reach here.
async fn the_first_build_installs_what_it_needs(
    language: &str,
    tools: &[&str],
    installed: &[&str],
) {
    let desk = match Desk::with(tools) {
        Ok(desk) => desk,
        Err(missing) => {
            return skip(
                &format!("a_{language}_plugin_is_built_from_nothing"),
                &missing,
            );
        }
    };
    let program = "nextcloud-mcp-server plugins";
    let said = desk.run_alone(&format!("{program} new hello --lang {language}"));
    assert!(said.contains("hello/ is made"), "{said}");
    for file in installed {
        assert!(!desk.path("hello").join(file).exists(), "{file}");
    }
    let said = desk.run_alone(&format!("{program} build hello"));
    assert!(said.contains("Nothing is wrong"), "{said}");
    for file in installed.iter().chain(&["hello.wasm"]) {
        assert!(desk.path("hello").join(file).is_file(), "{file}: {said}");
    }
    desk.run_alone("hello/test.sh");
    desk.call("hello", &StandIn::with_two_users().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_plugin_is_built_from_nothing() {
    the_first_build_installs_what_it_needs(
        "python",
        &["python3", "componentize-py"],
        &[".venv/bin/componentize-py"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_js_plugin_is_built_from_nothing() {
    the_first_build_installs_what_it_needs(
        "js",
        &["npm", "componentize-js"],
        &["node_modules/.bin/componentize-js"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_c_plugin_is_built_from_nothing() {
    the_first_build_installs_what_it_needs("c", &["clang", "wasm-ld"], &[]).await;
}
