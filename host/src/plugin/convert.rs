//! The contract's words into the host's, and back. No decision is made here.

use super::bindings::exports::nextcloud_mcp::plugin::{prompts, resources, tools};
use super::bindings::nextcloud_mcp::plugin::{nextcloud as wit, types};
use super::describe::RawTool;
use super::output::{Body, Content, Document, Failure, FailureKind, Message, Role};
use super::prompt::{Argument, RawPrompt};
use super::template::Template;
use super::text::cut;
use crate::nextcloud::{Access, FetchError, Identity, Request, Response, ServerInfo};

impl From<wit::Request> for Request {
    fn from(request: wit::Request) -> Self {
        let wit::Request {
            method,
            path,
            headers,
            body,
            extra: _,
        } = request;
        Self {
            method,
            path,
            headers,
            body: body.map(Into::into),
        }
    }
}

impl From<Response> for wit::Response {
    fn from(response: Response) -> Self {
        let Response {
            status,
            headers,
            body,
        } = response;
        Self {
            status,
            headers,
            body: body.into(),
        }
    }
}

impl From<FetchError> for wit::FetchError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Malformed(text) => Self::Malformed(text),
            FetchError::Forbidden(refusal) => Self::Forbidden(refusal.to_string()),
            FetchError::Unauthorized => Self::Unauthorized,
            FetchError::TooLarge(bytes) => Self::TooLarge(bytes),
            FetchError::Limited(what) => Self::Limited(what.to_string()),
            FetchError::TimedOut => Self::TimedOut,
            FetchError::Unreachable(text) => Self::Unreachable(text),
            FetchError::Cancelled => Self::Cancelled,
            FetchError::Other(text) => Self::Other(text),
        }
    }
}

impl From<Identity> for wit::Account {
    fn from(identity: Identity) -> Self {
        let Identity {
            id,
            display_name,
            email,
            time_zone,
            language,
            groups,
        } = identity;
        Self {
            id,
            display_name,
            email,
            time_zone,
            language,
            groups,
        }
    }
}

impl From<ServerInfo> for wit::Server {
    fn from(server: ServerInfo) -> Self {
        let ServerInfo {
            url,
            web_root,
            version,
        } = server;
        Self {
            url,
            web_root,
            version,
        }
    }
}

impl From<tools::Tool> for RawTool {
    fn from(tool: tools::Tool) -> Self {
        let tools::Tool {
            name,
            title,
            description,
            input_schema,
            output_schema,
            access,
            idempotent,
            extra: _,
        } = tool;
        Self {
            name,
            title,
            description,
            input_schema,
            output_schema,
            access: access.into(),
            idempotent,
        }
    }
}

/// What its variables are is found out when it is checked.
impl From<resources::Template> for Template {
    fn from(template: resources::Template) -> Self {
        let resources::Template {
            uri_template,
            name,
            title,
            description,
            mime_type,
        } = template;
        Self {
            uri_template,
            name,
            title,
            description,
            mime_type,
            variables: Vec::new(),
        }
    }
}

impl From<prompts::Prompt> for RawPrompt {
    fn from(prompt: prompts::Prompt) -> Self {
        let prompts::Prompt {
            name,
            title,
            description,
            arguments,
        } = prompt;
        let argument = |one: prompts::Argument| Argument {
            name: one.name,
            description: one.description,
            required: one.required,
        };
        Self {
            name,
            title,
            description,
            arguments: arguments.into_iter().map(argument).collect(),
        }
    }
}

impl From<types::Access> for Access {
    fn from(access: types::Access) -> Self {
        match access {
            types::Access::Read => Self::Read,
            types::Access::Create => Self::Create,
            types::Access::Update => Self::Update,
            types::Access::Delete => Self::Delete,
        }
    }
}

impl From<types::Content> for Content {
    fn from(content: types::Content) -> Self {
        match content {
            types::Content::Text(text) => Self::Text(text),
            types::Content::Image(types::Blob { data, mime_type }) => {
                Self::Image { data, mime_type }
            }
            types::Content::Audio(types::Blob { data, mime_type }) => {
                Self::Audio { data, mime_type }
            }
            types::Content::Link(types::Link {
                uri,
                name,
                mime_type,
            }) => Self::Link {
                uri,
                name,
                mime_type,
            },
            types::Content::Embedded(document) => Self::Embedded(document.into()),
        }
    }
}

impl From<types::Embedded> for Document {
    fn from(embedded: types::Embedded) -> Self {
        let types::Embedded {
            uri,
            mime_type,
            body,
        } = embedded;
        Self {
            uri,
            mime_type,
            body: body.into(),
        }
    }
}

impl From<prompts::Message> for Message {
    fn from(message: prompts::Message) -> Self {
        let prompts::Message { role, content } = message;
        Self {
            role: match role {
                prompts::Role::User => Role::User,
                prompts::Role::Assistant => Role::Assistant,
            },
            content: content.into(),
        }
    }
}

impl From<types::Body> for Body {
    fn from(body: types::Body) -> Self {
        match body {
            types::Body::Text(text) => Self::Text(text),
            types::Body::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

impl From<types::FailureKind> for FailureKind {
    fn from(kind: types::FailureKind) -> Self {
        match kind {
            types::FailureKind::Invalid => Self::Invalid,
            types::FailureKind::NotFound => Self::NotFound,
            types::FailureKind::Conflict => Self::Conflict,
            types::FailureKind::Denied => Self::Denied,
            types::FailureKind::Unsupported => Self::Unsupported,
            types::FailureKind::Limited => Self::Limited,
            types::FailureKind::Unavailable => Self::Unavailable,
            types::FailureKind::NeedsConfirmation => Self::NeedsConfirmation,
            types::FailureKind::Internal => Self::Internal,
            types::FailureKind::Other => Self::Other,
        }
    }
}

/// Longest message of a failure in bytes: it is shown to the model, and says what to change.
const FAILURE_BYTES: usize = 8 * 1024;

/// `structured` is JSON text in the contract. What is no JSON is left out: a failure is reported even so.
impl From<types::Failure> for Failure {
    fn from(failure: types::Failure) -> Self {
        let types::Failure {
            kind,
            message,
            structured,
            retry_after_s,
        } = failure;
        let structured = structured.and_then(|text| serde_json::from_str(&text).ok());
        let message = cut(message, FAILURE_BYTES);
        Self {
            kind: kind.into(),
            message,
            structured,
            retry_after_s,
        }
    }
}
