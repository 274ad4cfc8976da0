//! A client with somebody in front of it: it says that it can ask, answers as it was told to, and keeps what it was told.
#![allow(deprecated, reason = "log lines, by SEP-2577; clients still get them")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rmcp::ClientHandler;
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
    ElicitationAction, ElicitationCapability, ErrorData, FormElicitationCapability, Implementation,
    LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion,
};
use rmcp::service::ClientLifecycleMode;
use rmcp::service::{
    ClientServiceExt as _, NotificationContext, RequestContext, RoleClient, RunningService,
    ServiceError,
};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{IntoTransport, StreamableHttpClientTransport, TokioChildProcess};
use serde_json::{Value, json};

use super::client::{Outcome, http};
use super::server::Start;

/// The two ways a client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// With `initialize`, as before 2026-07-28.
    Handshake,
    /// With `server/discover`, since then.
    Discover,
}

/// What a person says when they are asked.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Yes, with a form filled in.
    Accept(Value),
    /// No.
    Decline,
    /// Nothing: the question is closed.
    Close,
    /// Nothing at all.
    Silence,
}

/// What the client was told, in the order in which it came.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// A question: its text and its form.
    Question(String, Value),
    /// A log line: its level and text.
    Line(String, String),
    /// How far a call is.
    Progress(f64),
    /// The list of this kind is not what it was.
    Changed(&'static str),
}

/// The person, and what they and their client remember.
#[derive(Debug, Clone, Default)]
pub struct Somebody {
    can_be_asked: bool,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    told: Arc<Mutex<Vec<Told>>>,
}

/// A connected client with somebody in front of it.
#[derive(Debug)]
pub struct Attended {
    /// The client.
    pub service: RunningService<RoleClient, Somebody>,
    somebody: Somebody,
    _folder: Option<tempfile::TempDir>,
}

impl Somebody {
    /// Who answers like this, one question after the other; then no more.
    pub fn who_says(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            can_be_asked: true,
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            told: Arc::default(),
        }
    }

    /// Whose client cannot ask.
    pub fn nobody() -> Self {
        Self::default()
    }

    fn note(&self, told: Told) {
        self.told.lock().expect("no panic").push(told);
    }

    /// Connects over streamable HTTP.
    pub async fn http(self, endpoint: &str, era: Era) -> Attended {
        let config = StreamableHttpClientTransportConfig::with_uri(endpoint);
        self.http_with(config, era).await
    }

    /// As [`Somebody::http`], signed in.
    pub async fn http_as(self, token: &str, endpoint: &str, era: Era) -> Attended {
        let config = StreamableHttpClientTransportConfig::with_uri(endpoint).auth_header(token);
        self.http_with(config, era).await
    }

    async fn http_with(self, config: StreamableHttpClientTransportConfig, era: Era) -> Attended {
        let transport = StreamableHttpClientTransport::with_client(http(), config);
        self.connect(transport, era, None).await
    }

    /// Starts the server and speaks to it over its standard input and output.
    pub async fn stdio(self, start: Start, era: Era) -> Attended {
        let (command, folder) = start.into_stdio();
        let builder = TokioChildProcess::builder(command).stderr(std::process::Stdio::null());
        let (transport, _) = builder.spawn().expect("the server's binary runs");
        self.connect(transport, era, Some(folder)).await
    }

    async fn connect<T, E, A>(
        self,
        transport: T,
        era: Era,
        folder: Option<tempfile::TempDir>,
    ) -> Attended
    where
        T: IntoTransport<RoleClient, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let mode = match era {
            Era::Handshake => ClientLifecycleMode::Initialize,
            Era::Discover => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
        };
        let somebody = self.clone();
        let service = self.serve_with_lifecycle(transport, mode).await;
        Attended {
            service: service.expect("a client connects"),
            somebody,
            _folder: folder,
        }
    }
}

impl ClientHandler for Somebody {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        if self.can_be_asked {
            let form = FormElicitationCapability::default();
            capabilities.elicitation = Some(ElicitationCapability::new().with_form(form));
        }
        ClientConfig::new(capabilities, Implementation::new("attended", "1.0.0"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let request = serde_json::to_value(request).expect("JSON");
        let message = request["message"].as_str().unwrap_or_default();
        self.note(Told::Question(
            message.to_owned(),
            request["requestedSchema"].clone(),
        ));
        let reply = self.replies.lock().expect("no panic").pop_front();
        Ok(match reply.unwrap_or(Reply::Close) {
            Reply::Accept(content) => {
                ElicitResult::new(ElicitationAction::Accept).with_content(content)
            }
            Reply::Decline => ElicitResult::new(ElicitationAction::Decline),
            Reply::Close => ElicitResult::new(ElicitationAction::Cancel),
            Reply::Silence => std::future::pending().await,
        })
    }

    async fn on_logging_message(
        &self,
        line: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let level = json!(line.level);
        let level = level.as_str().unwrap_or_default().to_owned();
        let text = line.data.as_str().unwrap_or_default().to_owned();
        self.note(Told::Line(level, text));
    }

    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.note(Told::Progress(progress.progress));
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.note(Told::Changed("tools"));
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.note(Told::Changed("prompts"));
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.note(Told::Changed("resources"));
    }
}

impl Attended {
    /// Calls a tool and answers what it asks, round after round.
    pub async fn try_call(&self, tool: &str, arguments: &Value) -> Result<Outcome, ServiceError> {
        let called = self.service.call_tool(params(tool, arguments)).await;
        called.map(Outcome::from)
    }

    /// As [`Attended::try_call`], whether it succeeds or not.
    pub async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        let called = self.try_call(tool, &arguments).await;
        called.unwrap_or_else(|error| panic!("{tool} was not called: {error}"))
    }

    /// Says, as clients did before 2026-07-28, from which level on it wants log lines.
    pub async fn wants_lines(&self, level: &str) {
        let level = serde_json::from_value(json!({"level": level})).expect("a level");
        let set = self.service.set_level(level).await;
        set.expect("it can be set");
    }

    /// What the client was told so far.
    pub fn told(&self) -> Vec<Told> {
        self.somebody.told.lock().expect("no panic").clone()
    }

    /// The texts of the questions so far.
    pub fn questions(&self) -> Vec<String> {
        let told = self.told().into_iter();
        told.filter_map(|told| match told {
            Told::Question(text, _) => Some(text),
            _ => None,
        })
        .collect()
    }

    /// Waits until the client was told something like this.
    pub async fn hears(&self, is_it: impl Fn(&Told) -> bool, within: Duration) -> bool {
        let waiting = async {
            while !self.told().iter().any(&is_it) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(within, waiting).await.is_ok()
    }

    /// Ends the connection in order.
    pub async fn close(self) {
        let _ = self.service.cancel().await;
    }
}

/// The parameters of a call.
pub fn params(tool: &str, arguments: &Value) -> CallToolRequestParams {
    let mut params = CallToolRequestParams::new(tool.to_owned());
    params.arguments = arguments.as_object().cloned();
    params
}
