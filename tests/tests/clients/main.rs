//! Real clients on a tour through everything that plugins have: tools, resources in pages and templates, prompts,
//! completions, progress, news of other tools, and a call that is given up.
//!
//! Each is connected with the lines that `docs/clients.md` gives for it, taken out of that page; those in Rust stand in
//! `rust_lines`, and the page must show them. `sign_in` does less with the lines for a server that wants to know who comes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod inspector;
mod page;
mod program;
mod rust;
mod rust_lines;
mod sign_in;
mod stage;
mod tour;

use program::Language;
use tour::News;

macro_rules! tours {
    ($($test:ident: $config:literal, $language:ident, $news:ident;)*) => { $(
        #[tokio::test]
        async fn $test() {
            program::tour(stringify!($test), $config, Language::$language, News::$news).await;
        }
    )* };
}

tours! {
    the_python_sdk_over_http: "python-http", Python, Heard;
    the_python_sdk_over_stdio: "python-stdio", Python, Heard;
    fastmcp_over_http: "fastmcp-http", Python, Heard;
    fastmcp_over_stdio: "fastmcp-stdio", Python, Heard;
    a_configuration_file_over_http: "file-http", File, Heard;
    a_configuration_file_over_stdio: "file-stdio", File, Heard;
    mcp_remote: "mcp-remote", File, Heard;
    mcp_remote_for_an_older_client: "mcp-remote", OlderFile, Unheard;
    mcp_remote_that_asks_for_an_older_client: "mcp-remote-auto", OlderFile, Heard;
    the_typescript_sdk_v1_over_http: "typescript-v1-http", TypeScriptV1Http, Unheard;
    the_typescript_sdk_v1_over_stdio: "typescript-v1-stdio", TypeScriptV1, Heard;
    the_typescript_sdk_v2_over_http: "typescript-v2-http", TypeScriptV2, Heard;
    the_typescript_sdk_v2_over_stdio: "typescript-v2-stdio", TypeScriptV2, Heard;
}

#[test]
fn whatever_the_page_calls_tried_is_tried_here() {
    let run = [
        include_str!("main.rs"),
        include_str!("inspector.rs"),
        include_str!("sign_in.rs"),
    ]
    .concat();
    // Those in Rust have a test of their own.
    for name in page::tried().filter(|name| !name.starts_with(rust_lines::NAMES)) {
        assert!(
            run.contains(&format!("\"{name}\"")),
            "{name} is run by no test"
        );
    }
}
