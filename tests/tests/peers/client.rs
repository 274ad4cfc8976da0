//! An MCP client that no one here wrote.

use nextcloud_mcp_tests::harness::Peer;
use serde_json::{Value, json};

use crate::program::{Program, Said};
use crate::user::Browses;

/// The clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Python,
    FastMcp,
    TypeScriptV1,
    TypeScriptV2,
    Inspector,
    McpRemote,
}

/// A client that is running, and whoever uses it.
#[derive(Debug)]
pub(crate) struct Client<U> {
    program: Program,
    pub(crate) user: U,
}

impl<U: Browses> Client<U> {
    /// Starts it. `Err` says what is missing.
    pub(crate) fn start(kind: Kind, user: U) -> Result<Self, String> {
        let (language, script) = match kind {
            Kind::Python => (Peer::Python, "python.py"),
            Kind::FastMcp => (Peer::Python, "fastmcp-client.py"),
            Kind::TypeScriptV1 => (Peer::Node, "typescript-v1.mjs"),
            Kind::TypeScriptV2 => (Peer::Node, "typescript-v2.mjs"),
            Kind::Inspector => (Peer::Node, "inspector.mjs"),
            Kind::McpRemote => (Peer::Node, "mcp-remote.mjs"),
        };
        let program = Program::start(language, script, &Value::Null)?;
        Ok(Self { program, user })
    }

    /// Connects to a server.
    pub(crate) async fn connect(&mut self, endpoint: &str) {
        self.ok("connect", json!(endpoint)).await;
    }

    /// The names of the tools.
    pub(crate) async fn tools(&mut self) -> Vec<String> {
        let answer = self.ok("list", Value::Null).await;
        serde_json::from_value(answer).expect("names")
    }

    /// Calls a tool that must succeed; its structured answer.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let call = json!({ "name": tool, "arguments": arguments });
        let mut answer = self.ok("call", call).await;
        assert_ne!(answer["isError"], true, "{tool} failed: {answer}");
        answer["structuredContent"].take()
    }

    /// Carries out a command; its user opens what it asks for meanwhile.
    async fn ok(&mut self, command: &str, what: Value) -> Value {
        self.program.tell(command, &what).await;
        loop {
            match self.program.next().await {
                Said::Open(url) => self.user.open(&url).await,
                Said::Answer(answer) => return answer,
                Said::Failure(failure) => panic!("{command} failed: {failure}"),
            }
        }
    }
}
