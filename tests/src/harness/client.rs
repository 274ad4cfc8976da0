//! A real MCP client (rmcp's), over HTTP or over pipes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, CallToolResult, Tool};
use rmcp::service::{RoleClient, RunningService, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use serde_json::Value;

use super::logs::Logs;

/// A connected client.
#[derive(Debug)]
pub struct Client {
    pub(super) service: RunningService<RoleClient, ()>,
    /// The child process, if there is one.
    process: Option<u32>,
    /// The folder that it runs in.
    _folder: Option<tempfile::TempDir>,
}

/// What a tool answered.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Whether the tool says that it failed.
    pub is_error: bool,
    /// The text of the answer, all parts joined.
    pub text: String,
    /// The structured answer.
    pub structured: Value,
    /// All parts of the answer, as they were sent.
    pub content: Value,
}

impl Client {
    /// Connects over streamable HTTP, with a bearer token where one is given.
    pub async fn http(endpoint: &str, token: Option<&str>) -> Result<Self, String> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(endpoint);
        if let Some(token) = token {
            config = config.auth_header(token);
        }
        Self::over(http(), config).await
    }

    /// Connects over streamable HTTP as this user, who signs in with each request (`Authorization: Basic`).
    pub async fn basic(endpoint: &str, user: &str, password: &str) -> Result<Self, String> {
        let plain = format!("{user}:{password}");
        let header = format!("Basic {}", STANDARD.encode(plain));
        let header = HeaderValue::from_str(&header).map_err(|error| error.to_string())?;
        let config = StreamableHttpClientTransportConfig::with_uri(endpoint)
            .custom_headers([(AUTHORIZATION, header)].into());
        Self::over(http(), config).await
    }

    async fn over(
        http: reqwest::Client,
        config: StreamableHttpClientTransportConfig,
    ) -> Result<Self, String> {
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let service = ().serve(transport).await.map_err(|error| error.to_string())?;
        Ok(Self {
            service,
            process: None,
            _folder: None,
        })
    }

    /// Starts the command and speaks to it over its standard input and output.
    pub(crate) async fn stdio(
        command: tokio::process::Command,
        folder: tempfile::TempDir,
    ) -> Result<(Self, Logs), String> {
        let builder = TokioChildProcess::builder(command).stderr(std::process::Stdio::piped());
        let (transport, stderr) = builder.spawn().map_err(|error| error.to_string())?;
        let logs = Logs::of(stderr.expect("a pipe"));
        let process = transport.id();
        let served = ().serve(transport).await;
        let service = served.map_err(|error| format!("{error}\n{}", logs.text()))?;
        let client = Self {
            service,
            process,
            _folder: Some(folder),
        };
        Ok((client, logs))
    }

    /// The server's process, where it is a child of this client's.
    pub(crate) fn process(&self) -> Option<u32> {
        self.process
    }

    /// All tools that the server offers.
    pub async fn tools(&self) -> Vec<Tool> {
        self.service
            .list_all_tools()
            .await
            .expect("a list of tools")
    }

    /// Their names, sorted.
    pub async fn tool_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .tools()
            .await
            .into_iter()
            .map(|tool| tool.name.into_owned())
            .collect();
        names.sort();
        names
    }

    /// Calls a tool; `Err` is what the protocol itself answered instead.
    pub async fn try_call(&self, tool: &str, arguments: Value) -> Result<Outcome, ServiceError> {
        let mut params = CallToolRequestParams::new(tool.to_owned());
        params.arguments = arguments.as_object().cloned();
        self.service.call_tool(params).await.map(Outcome::from)
    }

    /// Calls a tool, whether it succeeds or not.
    pub async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        self.try_call(tool, arguments)
            .await
            .unwrap_or_else(|error| panic!("{tool} was not called: {error}"))
    }

    /// Calls a tool that must succeed; its structured answer.
    pub async fn ok(&self, tool: &str, arguments: Value) -> Value {
        let outcome = self.call(tool, arguments).await;
        assert!(!outcome.is_error, "{tool} failed: {}", outcome.text);
        outcome.structured
    }

    /// Calls a tool that must fail; the text of its answer.
    pub async fn fail(&self, tool: &str, arguments: Value) -> String {
        let outcome = self.call(tool, arguments).await;
        assert!(outcome.is_error, "{tool} succeeded: {}", outcome.text);
        outcome.text
    }

    /// The instructions that the server gave at initialization.
    pub fn instructions(&self) -> String {
        self.service
            .peer_info()
            .and_then(|info| info.instructions.clone())
            .unwrap_or_default()
    }

    /// Ends the connection in order.
    pub async fn close(self) {
        let _ = self.service.cancel().await;
    }
}

impl From<CallToolResult> for Outcome {
    fn from(result: CallToolResult) -> Self {
        let texts: Vec<String> = result
            .content
            .iter()
            .filter_map(|part| part.as_text().map(|text| text.text.clone()))
            .collect();
        Self {
            is_error: result.is_error.unwrap_or(false),
            text: texts.join("\n"),
            content: serde_json::to_value(&result.content).unwrap_or_default(),
            structured: result.structured_content.unwrap_or(Value::Null),
        }
    }
}

/// An HTTP client that keeps to itself: no proxy, ring for the TLS that it never needs here.
pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client")
}
