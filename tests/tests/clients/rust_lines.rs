//! The lines in Rust that `docs/clients.md` shows, as they are compiled and run: what stands between `// page: NAME` and
//! `// end` is its block of that name, with a value of the test where the page has an example.

#![allow(
    non_snake_case,
    clippy::items_after_statements,
    reason = "the page has a value there, and begins with what it uses"
)]

use std::error::Error;

use nextcloud_mcp_tests::harness::http as with_tls;
use rmcp::ClientHandler;
use rmcp::service::{RoleClient, RunningService};

use crate::page;
use crate::stage::Stage;

type Connected<H> = Result<RunningService<RoleClient, H>, Box<dyn Error>>;

/// What a test puts in, and what stands on the page for it.
const VALUES: [(&str, &str); 6] = [
    ("ENDPOINT", "\"http://localhost:8000/mcp\""),
    ("HOST", "\"https://cloud.example.com\""),
    ("USER", "\"alice\""),
    ("PASSWORD", "\"app-password\""),
    ("TOKEN", "\"YOUR_TOKEN\""),
    ("HANDLER", "()"),
];

/// What the names of these blocks begin with.
pub(crate) const NAMES: &str = "rmcp-";

/// Ends a line that is the test's alone.
const OURS: &str = "// of the test";

pub(crate) async fn http<H: ClientHandler>(HANDLER: H, ENDPOINT: &str) -> Connected<H> {
    with_tls();
    // page: rmcp-http
    use rmcp::model::ProtocolVersion;
    use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _};
    use rmcp::transport::StreamableHttpClientTransport;

    let transport = StreamableHttpClientTransport::from_uri(ENDPOINT);
    let begin = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    let client = HANDLER.serve_with_lifecycle(transport, begin).await?;
    // end
    Ok(client)
}

pub(crate) async fn token<H: ClientHandler>(
    HANDLER: H,
    ENDPOINT: &str,
    TOKEN: &str,
) -> Connected<H> {
    with_tls();
    // page: rmcp-token
    use rmcp::ServiceExt as _;
    use rmcp::transport::StreamableHttpClientTransport;
    use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

    let config = StreamableHttpClientTransportConfig::with_uri(ENDPOINT).auth_header(TOKEN);
    let transport = StreamableHttpClientTransport::from_config(config);
    let client = HANDLER.serve(transport).await?;
    // end
    Ok(client)
}

pub(crate) async fn stdio<H: ClientHandler>(HANDLER: H, stage: &Stage) -> Connected<H> {
    let [HOST, USER, PASSWORD] = stage.account();
    // page: rmcp-stdio
    use rmcp::model::ProtocolVersion;
    use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _};
    use rmcp::transport::TokioChildProcess;
    use tokio::process::Command;

    let mut server = Command::new("nextcloud-mcp-server");
    stage.settle(&mut server); // of the test
    server.args(["--transport", "stdio"]);
    server.env("NEXTCLOUD_HOST", HOST);
    server.env("NEXTCLOUD_USERNAME", USER);
    server.env("NEXTCLOUD_PASSWORD", PASSWORD);
    let begin = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    let transport = TokioChildProcess::new(server)?;
    let client = HANDLER.serve_with_lifecycle(transport, begin).await?;
    // end
    Ok(client)
}

/// The lines of a block, as the page has to show them.
fn shown(block: &str) -> String {
    let lines = block.lines().filter(|line| !line.ends_with(OURS));
    let mut text = String::new();
    for line in lines {
        text.push_str(line.strip_prefix("    ").unwrap_or(line));
        text.push('\n');
    }
    for (name, value) in VALUES {
        let name = regex::Regex::new(&format!(r"\b{name}\b")).unwrap();
        text = name.replace_all(&text, value).into_owned();
    }
    text
}

#[test]
fn the_page_shows_the_lines_in_rust_that_are_run() {
    let mut blocks = 0;
    for rest in include_str!("rust_lines.rs")
        .split("\n    // page: ")
        .skip(1)
    {
        let (name, rest) = rest.split_once('\n').unwrap();
        let (block, _) = rest.split_once("    // end\n").unwrap();
        assert_eq!(page::block(name), shown(block), "{name}");
        blocks += 1;
    }
    let rust = page::tried().filter(|name| name.starts_with(NAMES));
    assert_eq!(rust.count(), blocks);
}
