//! What a tool returns: a line for people and data for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::bindings::nextcloud_mcp::plugin::types::Output;
use crate::{Content, Failure, Link, schema};

/// What a tool's function may return.
pub trait Answer {
    /// The JSON Schema of `structured`; nothing for a tool without data.
    fn schema() -> Option<serde_json::Value>;

    /// The contract's form of it.
    fn into_output(self) -> Result<Output, Failure>;
}

/// A line that says what happened, and the data that the line is about. The data's type is the tool's output schema.
///
/// The data goes out as `structured` and, because many clients show their model nothing but text, as compact JSON after
/// the line; so the line need not repeat it.
#[derive(Debug, Clone)]
pub struct Reply<T> {
    /// One or a few sentences, the result first.
    pub text: String,
    /// Fits the tool's output schema; `#[serde(skip_serializing_if = ...)]` leaves empty fields out.
    pub data: T,
    /// Links, images or files that come along.
    pub more: Vec<Content>,
}

impl<T> Reply<T> {
    /// A line and its data.
    pub fn new(text: impl Into<String>, data: T) -> Self {
        Self {
            text: text.into(),
            data,
            more: Vec::new(),
        }
    }

    /// Adds an image, a file or other content.
    #[must_use]
    pub fn content(mut self, content: Content) -> Self {
        self.more.push(content);
        self
    }

    /// Adds a link that the client can open.
    #[must_use]
    pub fn link(
        self,
        uri: impl Into<String>,
        name: impl Into<String>,
        mime_type: Option<&str>,
    ) -> Self {
        let link = Link {
            uri: uri.into(),
            name: name.into(),
            mime_type: mime_type.map(str::to_owned),
        };
        self.content(Content::Link(link))
    }
}

/// Text alone, for a tool without an output schema.
#[derive(Debug, Clone)]
pub struct Text(pub String);

impl<T: Serialize + JsonSchema> Answer for Reply<T> {
    fn schema() -> Option<serde_json::Value> {
        Some(schema::output::<T>())
    }

    fn into_output(self) -> Result<Output, Failure> {
        let structured = serde_json::to_string(&self.data).map_err(|error| {
            Failure::internal(format!("the result cannot be written as JSON: {error}"))
        })?;
        let mut content = vec![Content::Text(self.text), Content::Text(structured.clone())];
        content.extend(self.more);
        Ok(Output {
            content,
            structured: Some(structured),
            extra: Vec::new(),
        })
    }
}

impl Answer for Text {
    fn schema() -> Option<serde_json::Value> {
        None
    }

    fn into_output(self) -> Result<Output, Failure> {
        Ok(Output {
            content: vec![Content::Text(self.0)],
            structured: None,
            extra: Vec::new(),
        })
    }
}
