//! Commands that a deployment needs: the health check, completions, the page for `man`.

use nextcloud_mcp_tests::harness::{Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;

/// Exit code of a server that is not well.
const FAILED: i32 = 1;

/// The health check of a server with this port.
fn healthcheck(port: &str) -> Start {
    Server::bare()
        .with("NEXTCLOUD_MCP_PORT", port)
        .argument("healthcheck")
}

fn port(url: &str) -> &str {
    url.rsplit(':').next().unwrap()
}

#[tokio::test]
async fn the_health_check_ends_with_zero_while_the_server_is_ready_and_with_one_after() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let url = server.url().to_owned();
    let (status, told) = healthcheck(port(&url)).output().await;
    assert!(status.success() && told.contains("\"ready\""), "{told}");
    let everywhere = healthcheck(port(&url)).with("NEXTCLOUD_MCP_HOST", "0.0.0.0");
    assert!(everywhere.output().await.0.success());

    server.terminate().await;
    let (status, log) = healthcheck(port(&url)).run().await;
    assert_eq!(status.code(), Some(FAILED), "{log}");
    assert!(log.contains("/health/ready does not answer"), "{log}");
}

#[tokio::test]
async fn a_server_that_waits_for_nextcloud_is_alive_but_not_ready() {
    let mut nextcloud = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud);
    nextcloud.stop().await;
    let server = start.launch();
    server.listening().await;
    let (status, log) = healthcheck(port(server.url())).run().await;
    assert_eq!(status.code(), Some(FAILED), "{log}");
    assert!(log.contains("503"), "{log}");
    let live = healthcheck(port(server.url())).argument("--live");
    assert!(live.output().await.0.success());
}

#[tokio::test]
async fn over_stdio_there_is_nothing_to_check() {
    let (status, log) = healthcheck("8000")
        .with("NEXTCLOUD_MCP_TRANSPORT", "stdio")
        .run()
        .await;
    assert_eq!(status.code(), Some(FAILED), "{log}");
    assert!(log.contains("NEXTCLOUD_MCP_TRANSPORT is stdio"), "{log}");
}

#[tokio::test]
async fn a_shell_takes_the_completions() {
    let start = Server::bare().argument("completions").argument("bash");
    let (status, script) = start.output().await;
    assert!(status.success());
    // As bash does when somebody presses the tabulator key.
    let asked = format!(
        "{script}\ncomplete=($(complete -p nextcloud-mcp-server))\nfor i in \"${{!complete[@]}}\"; do [ \"${{complete[i]}}\" = -F ] && f=${{complete[i + 1]}}; done\n\
         COMP_WORDS=(nextcloud-mcp-server plu) COMP_CWORD=1\n$f nextcloud-mcp-server plu nextcloud-mcp-server\necho \"${{COMPREPLY[@]}}\""
    );
    let bash = tokio::process::Command::new("bash")
        .args(["--norc", "-c", &asked])
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&bash.stdout);
    assert_eq!(
        told.trim(),
        "plugins",
        "{}",
        String::from_utf8_lossy(&bash.stderr)
    );
}

#[tokio::test]
async fn the_page_for_man_comes_from_the_program() {
    let (status, page) = Server::bare().argument("man").output().await;
    assert!(status.success());
    assert!(
        page.contains(".TH nextcloud\\-mcp\\-server 1")
            || page.contains(".TH nextcloud-mcp-server 1"),
        "{page}"
    );
}
