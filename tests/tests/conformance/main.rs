//! The official MCP conformance suite against the built server, through a plugin (`tests/guests/conformance`): so what the
//! suite holds to the protocol is the host and the plugin contract together.
//!
//! Its exit code decides. What may fail stands in `baseline/`, each entry with its reason, and an entry that no longer fails
//! is an error, too. Some of its checks pass where nobody listens, so [`suite`] counts those that do not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod stage;
mod suite;

use suite::{Proven, Suite};

// The numbers are measured. The suite's versions are pinned, so whatever changes one has changed the server.

#[tokio::test]
async fn the_server_meets_mcp_2026_07_28() {
    let proven = Proven {
        direct: 84,
        token: 91,
    };
    suite::run(
        "the_server_meets_mcp_2026_07_28",
        Suite::Revision2026,
        proven,
    )
    .await;
}

#[tokio::test]
async fn the_server_meets_mcp_2025_11_25() {
    let proven = Proven {
        direct: 28,
        token: 32,
    };
    suite::run(
        "the_server_meets_mcp_2025_11_25",
        Suite::Revision2025,
        proven,
    )
    .await;
}

#[tokio::test]
async fn the_server_passes_the_suites_last_release() {
    let proven = Proven {
        direct: 20,
        token: 24,
    };
    suite::run(
        "the_server_passes_the_suites_last_release",
        Suite::Released,
        proven,
    )
    .await;
}
