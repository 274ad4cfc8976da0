//! The page at `/`: what this server is, and how to add it to a client.
//!
//! For whoever opens the address in a browser to see whether it works. Tells nothing about users, and nothing that the
//! metadata and an MCP client's first request would not tell as well.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::page::{Width, page};

/// What the page says.
#[derive(Clone)]
pub struct Landing {
    /// Where MCP is spoken, as clients are to be given it: `https://mcp.example.com/mcp`.
    pub address: String,
    /// Where people reach the Nextcloud: `https://cloud.example.com`.
    pub nextcloud: String,
    /// How clients get in.
    pub entrance: Entrance,
    /// The tool groups that are loaded now. Asked each time, since plugins come and go.
    pub groups: Arc<dyn Fn() -> Vec<ToolGroup> + Send + Sync>,
}

/// How clients get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// OAuth: each person signs in at their Nextcloud.
    SignIn,
    /// Basic mode behind `NEXTCLOUD_MCP_STATIC_TOKEN`.
    Token,
    /// Basic mode for whoever is on this machine.
    Open,
}

/// One loaded plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolGroup {
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// How many tools it has.
    pub tools: usize,
}

/// What stands for the token, which is nobody's business here.
const TOKEN: &str = "Authorization: Bearer YOUR_TOKEN";

impl Landing {
    /// `GET /`, and nothing else.
    pub fn routes(self) -> Router {
        let landing = Arc::new(self);
        Router::new().route("/", get(async move || landing.page()))
    }

    fn page(&self) -> Response {
        let body = html! {
            p.from { "Nextcloud MCP server, version " (env!("CARGO_PKG_VERSION")) }
            h1 { "Nextcloud for AI assistants" }
            p {
                "This server lets assistants that speak the Model Context Protocol (MCP) work with the Nextcloud at "
                a href=(self.nextcloud) rel="noreferrer" { (without_scheme(&self.nextcloud)) } "."
            }
            dl.facts {
                div {
                    dt { "Address for clients" }
                    dd { pre { code { (self.address) } } }
                }
                div {
                    dt { "Mode" }
                    dd { (self.mode()) p.soft { (self.mode_explained()) } }
                }
            }
            h2 { "Tool groups" }
            (self.groups())
            h2 { "Add it to a client" }
            p.soft { "A click into a box selects all of it." }
            (self.clients())
        };
        page(StatusCode::OK, "Nextcloud MCP server", Width::Wide, &body)
    }

    fn mode(&self) -> &'static str {
        match self.entrance {
            Entrance::SignIn => "OAuth",
            Entrance::Token | Entrance::Open => "Basic",
        }
    }

    fn mode_explained(&self) -> &'static str {
        match self.entrance {
            Entrance::SignIn => {
                "Everybody signs in at their Nextcloud when they connect a client, and chooses what it may do."
            }
            Entrance::Token => {
                "Every client acts as the same Nextcloud user. It must send the token that the operator has set: put \
                 that in place of YOUR_TOKEN."
            }
            Entrance::Open => "Every client on this machine acts as the same Nextcloud user.",
        }
    }

    fn groups(&self) -> Markup {
        let groups = (self.groups)();
        html! {
            @if groups.is_empty() {
                p { "None is loaded yet." }
            } @else {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Version" } th scope="col" { "Tools" } } }
                    tbody {
                        @for group in &groups {
                            tr { td { (group.name) } td { (group.version) } td { (group.tools) } }
                        }
                    }
                }
            }
        }
    }

    fn clients(&self) -> Markup {
        html! {
            // Hosted assistants can send no header of the user's.
            @if self.entrance == Entrance::SignIn {
                details open {
                    summary { "Claude (claude.ai and the desktop app)" }
                    p { "Settings, Connectors, Add custom connector. The address to give there:" }
                    pre { code { (self.address) } }
                    p.soft { "Claude's servers must be able to reach this address." }
                }
            }
            details open[self.entrance != Entrance::SignIn] {
                summary { "Claude Code" }
                pre { code { (self.claude_code()) } }
            }
            details {
                summary { "VS Code" }
                p { "In " code { ".vscode/mcp.json" } " of a workspace, or in your user's " code { "mcp.json" } ":" }
                pre { code { (pretty(&self.vs_code())) } }
            }
            details {
                summary { "Cursor" }
                p { "In " code { "~/.cursor/mcp.json" } ":" }
                pre { code { (pretty(&self.cursor())) } }
            }
            details {
                summary { "Clients that only start programs (stdio)" }
                p { "By way of " code { "mcp-remote" } ", which needs Node.js:" }
                pre { code { (pretty(&self.mcp_remote())) } }
            }
            details {
                summary { "MCP Inspector" }
                p { "Lists the tools, to see whether everything works:" }
                pre { code { (self.inspector()) } }
            }
        }
    }

    fn claude_code(&self) -> String {
        let command = format!("claude mcp add --transport http nextcloud {}", self.address);
        self.with_header(command)
    }

    fn inspector(&self) -> String {
        let command = format!(
            "npx @modelcontextprotocol/inspector --cli {} --transport http --method tools/list",
            self.address
        );
        self.with_header(command)
    }

    fn with_header(&self, command: String) -> String {
        if self.entrance == Entrance::Token {
            format!("{command} --header \"{TOKEN}\"")
        } else {
            command
        }
    }

    fn vs_code(&self) -> Value {
        let mut server = json!({ "type": "http", "url": self.address });
        self.add_headers(&mut server);
        json!({ "servers": { "nextcloud": server } })
    }

    fn cursor(&self) -> Value {
        let mut server = json!({ "url": self.address });
        self.add_headers(&mut server);
        json!({ "mcpServers": { "nextcloud": server } })
    }

    fn add_headers(&self, server: &mut Value) {
        if self.entrance == Entrance::Token {
            server["headers"] = json!({ "Authorization": "Bearer YOUR_TOKEN" });
        }
    }

    fn mcp_remote(&self) -> Value {
        let mut arguments = vec!["-y", "mcp-remote", &self.address];
        if self.address.starts_with("http:") {
            arguments.push("--allow-http");
        }
        if self.entrance == Entrance::Token {
            arguments.extend(["--header", TOKEN]);
        }
        json!({ "mcpServers": { "nextcloud": { "command": "npx", "args": arguments } } })
    }
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// A [`Value`] can always be written.
fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn text(address: &str, entrance: Entrance) -> String {
        let landing = Landing {
            address: address.to_owned(),
            nextcloud: "https://cloud.example.com".to_owned(),
            entrance,
            groups: Arc::new(|| {
                vec![ToolGroup {
                    name: "notes".to_owned(),
                    version: "1.2.3".to_owned(),
                    tools: 7,
                }]
            }),
        };
        let response = landing.page();
        assert_eq!(response.status(), StatusCode::OK);
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        text.replace("&quot;", "\"")
    }

    #[tokio::test]
    async fn the_page_says_what_this_is_and_how_to_add_it() {
        let text = text("https://mcp.example.com/mcp", Entrance::SignIn).await;
        for part in [
            env!("CARGO_PKG_VERSION"),
            "OAuth",
            "<td>notes</td><td>1.2.3</td><td>7</td>",
            "<a href=\"https://cloud.example.com\" rel=\"noreferrer\">cloud.example.com</a>",
            "Add custom connector",
            "claude mcp add --transport http nextcloud https://mcp.example.com/mcp<",
            "\"type\": \"http\"",
            "\"mcp-remote\"",
            "--cli https://mcp.example.com/mcp --transport http --method tools/list<",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("YOUR_TOKEN") && !text.contains("--allow-http"));
        assert!(!text.contains("<script") && !text.contains("src="));
    }

    #[tokio::test]
    async fn in_basic_mode_it_says_where_the_token_goes_and_offers_nothing_that_cannot_work() {
        let guarded = text("http://localhost:8000/mcp", Entrance::Token).await;
        assert!(guarded.contains("Basic") && guarded.contains("--allow-http"));
        assert_eq!(guarded.matches("Bearer YOUR_TOKEN").count(), 5);
        assert!(!guarded.contains("claude.ai"));
        let open = text("http://localhost:8000/mcp", Entrance::Open).await;
        assert!(!open.contains("YOUR_TOKEN") && !open.contains("claude.ai"));
    }
}
