//! What a call ends in: an [`Output`], or a [`CallError`] in words that can be shown.
//!
//! Nothing here knows WebAssembly; `mcp/` translates these types once into the protocol's.

use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

use super::limit::Limit;

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// For the model and the person, in the tool's order.
    pub content: Vec<Content>,
    /// Fits the tool's output schema, where the tool has one.
    pub structured: Option<Value>,
}

/// One piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// An image.
    Image {
        /// The file's bytes.
        data: Vec<u8>,
        /// Such as `image/png`.
        mime_type: String,
    },
    /// A sound.
    Audio {
        /// The file's bytes.
        data: Vec<u8>,
        /// Such as `audio/ogg`.
        mime_type: String,
    },
    /// A pointer to something that the client can read by itself.
    Link {
        /// Where it is.
        uri: String,
        /// What it is called.
        name: String,
        /// Where it is known.
        mime_type: Option<String>,
    },
    /// The thing itself, with its address.
    Embedded(Document),
}

/// What an embedded thing holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Text.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// Something with an address: all of a resource, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where it came from.
    pub uri: String,
    /// Where it is known.
    pub mime_type: Option<String>,
    /// What it holds.
    pub body: Body,
}

/// What a prompt has somebody say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What they say.
    pub content: Content,
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// The tool itself says that it could not do it, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What went wrong, in one word.
    pub kind: FailureKind,
    /// For the model, except for [`FailureKind::Internal`], which is for the operator's log.
    pub message: String,
    /// Such as the item as it is now, after a conflict.
    pub structured: Option<Value>,
    /// Seconds after which another try may help.
    pub retry_after_s: Option<u32>,
}

/// See `wit/types.wit`, `failure-kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The arguments do not fit.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// The item changed meanwhile.
    Conflict,
    /// The user may not do this.
    Denied,
    /// The app or feature is not on this Nextcloud.
    Unsupported,
    /// A quota or rate is used up.
    Limited,
    /// Nextcloud is not there now.
    Unavailable,
    /// The person has to confirm first.
    NeedsConfirmation,
    /// A mistake in the plugin.
    Internal,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// The word that `wit/types.wit` uses; also a metric's and a log line's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Denied => "denied",
            Self::Unsupported => "unsupported",
            Self::Limited => "limited",
            Self::Unavailable => "unavailable",
            Self::NeedsConfirmation => "needs-confirmation",
            Self::Internal => "internal",
            Self::Other => "other",
        }
    }
}

/// Why a call has no output.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CallError {
    /// The arguments do not fit the tool's input schema or the prompt's arguments; it was not run. The text names each.
    #[error("{0}")]
    InvalidArguments(String),
    /// The tool ran and says why it could not do it.
    #[error("{}: {}", .0.kind.as_str(), .0.message)]
    Failed(Failure),
    /// The host stopped the plugin. What it had changed in Nextcloud by then stays changed.
    #[error("{0}")]
    Stopped(StopReason),
    /// The plugin's answer is not what it promised at load. What it did in Nextcloud stays done.
    #[error("the plugin's answer does not fit what it promised: {0}")]
    InvalidOutput(String),
    /// Nextcloud refused the credential during the call, whatever the plugin made of it.
    #[error("Nextcloud does not accept this sign-in any more")]
    Unauthorized,
    /// Nobody waits for the answer any more.
    #[error("cancelled")]
    Cancelled,
    /// It needs an answer of the person, who is asked with another call.
    #[error("the person is asked first")]
    Asks,
    /// What the person (or their client) answered is not what was asked for. What the call had changed by then stays changed.
    #[error("the answer to the question does not fit: {0}")]
    InvalidAnswer(String),
}

/// Which limit or mistake ended a call. One sentence each, for the model and the person; details go to the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StopReason {
    /// It took longer than this, waiting included.
    #[error("the plugin was stopped: the call took longer than {} s", .0.as_secs_f64())]
    WallClock(Duration),
    /// It computed longer than this.
    #[error("the plugin was stopped: it computed for more than {} s", .0.as_secs_f64())]
    Cpu(Duration),
    /// It asked for more memory than this, in bytes.
    #[error("the plugin was stopped: it needs more than {} MiB of memory", .0 >> 20)]
    Memory(u64),
    /// It asked for more table elements than this.
    #[error("the plugin was stopped: it needs a table of more than {0} elements")]
    Table(u64),
    /// Its calls nest too deeply.
    #[error("the plugin was stopped: its calls nest too deeply")]
    Stack,
    /// It handed the host more than this in one step, in bytes.
    #[error("the plugin was stopped: it handed over more than {} MiB at once", .0 >> 20)]
    HostCallBytes(u64),
    /// It holds more handles than this.
    #[error("the plugin was stopped: it holds more than {0} open handles")]
    Handles(u64),
    /// It wrote more log lines than this.
    #[error("the plugin was stopped: it wrote more than {0} lines to the log")]
    LogLines(u64),
    /// It asked something that no client can show.
    #[error("the plugin was stopped: {0}")]
    Question(String),
    /// It asked more often than this.
    #[error("the plugin was stopped: it asked more than {0} questions")]
    Questions(usize),
    /// It panicked or broke a rule of WebAssembly.
    #[error("the plugin crashed; the operator's log says where")]
    Crashed,
    /// The host could not start it.
    #[error("the plugin could not be started; the operator's log says why")]
    NotStarted,
}

impl StopReason {
    /// The limit, if it is one that can be lowered.
    pub(super) fn limit(&self) -> Option<Limit> {
        match self {
            Self::WallClock(_) => Some(Limit::WallClock),
            Self::Cpu(_) => Some(Limit::Cpu),
            Self::Memory(_) => Some(Limit::Memory),
            Self::LogLines(_) => Some(Limit::LogLines),
            _ => None,
        }
    }

    /// One word, for metrics and log lines.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::WallClock(_) => "wall-clock",
            Self::Cpu(_) => "cpu",
            Self::Memory(_) => "memory",
            Self::Table(_) => "table",
            Self::Stack => "stack",
            Self::HostCallBytes(_) => "host-call-bytes",
            Self::Handles(_) => "handles",
            Self::LogLines(_) => "log-lines",
            Self::Question(_) => "question",
            Self::Questions(_) => "questions",
            Self::Crashed => "crashed",
            Self::NotStarted => "not-started",
        }
    }
}
