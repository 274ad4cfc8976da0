//! What is called, and what it ended in.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cli::CommandError;
use crate::nextcloud::{Access, Caller};
use crate::plugin::{
    Body, CallContext, CallError, Content, Document, Message, Output, Plugin, Plugins, Prompt,
    Role, Tool,
};

/// What addresses of resources begin with.
const RESOURCE: &str = "nc://";

/// One call, ready to be made.
pub(super) struct Job {
    plugins: Arc<Plugins>,
    pub(super) plugin: Arc<Plugin>,
    what: What,
    /// Of a tool or prompt its own, of a resource the address.
    pub(super) name: String,
    pub(super) arguments: Value,
}

enum What {
    Tool(Arc<Tool>),
    Prompt(Arc<Prompt>),
    Resource,
}

impl Job {
    /// Finds what `name` means in `plugin`, which is all that `plugins` serves.
    pub(super) fn find(
        plugins: Arc<Plugins>,
        plugin: Arc<Plugin>,
        name: Option<&str>,
        arguments: Value,
    ) -> Result<Self, CommandError> {
        let catalogue = plugins.catalogue();
        let asked = name.unwrap_or_default();
        let tool = |tool: &&Arc<Tool>| tool.name == asked || tool.full_name == asked;
        let prompt = |prompt: &&Arc<Prompt>| prompt.name == asked || prompt.full_name == asked;
        let (what, name) = if let Some(tool) = catalogue.tools().find(tool) {
            (What::Tool(tool.clone()), tool.name.clone())
        } else if let Some(prompt) = catalogue.prompts().find(prompt) {
            (What::Prompt(prompt.clone()), prompt.name.clone())
        } else if asked.starts_with(RESOURCE) {
            (What::Resource, asked.to_owned())
        } else {
            let tools = catalogue.tools().map(|tool| tool.name.clone());
            let prompts = catalogue.prompts().map(|prompt| prompt.name.clone());
            let resources = plugin
                .templates()
                .iter()
                .map(|one| one.uri_template.clone());
            let there: Vec<_> = tools.chain(prompts).chain(resources).collect();
            return Err(CommandError::NothingToCall {
                plugin: plugin.name.to_string(),
                name: name.unwrap_or("(nothing)").to_owned(),
                there: there.join(", "),
            });
        };
        Ok(Self {
            plugins,
            plugin,
            what,
            name,
            arguments,
        })
    }

    /// What kind of thing it is, and what it may do.
    pub(super) fn kind(&self) -> (&'static str, Access) {
        match &self.what {
            What::Tool(tool) => ("tool", tool.access),
            What::Prompt(_) => ("prompt", Access::Read),
            What::Resource => ("resource", Access::Read),
        }
    }

    /// Makes the call.
    pub(super) async fn run(
        &self,
        caller: &Caller,
        context: CallContext,
    ) -> Result<Ended, CommandError> {
        let Self {
            plugins, plugin, ..
        } = self;
        let place = plugins.admit(&plugin.name, caller).await;
        let place = place.map_err(|busy| CommandError::Call(format!("{busy:?}")))?;
        let arguments = self.arguments.as_object().cloned().unwrap_or_default();
        let ended = match &self.what {
            What::Tool(tool) => {
                let call = plugins.call(place, tool, caller, arguments, context);
                call.await.map(|output| output_json(&output))
            }
            What::Prompt(prompt) => {
                let render = plugins.render(place, prompt, caller, arguments, context);
                render.await.map(|messages| messages_json(&messages))
            }
            What::Resource => {
                let read = plugins.read(place, plugin, caller, &self.name, context);
                read.await.map(|documents| documents_json(&documents))
            }
        };
        Ok(Ended(ended))
    }
}

/// What a call ended in.
pub(super) struct Ended(Result<Value, CallError>);

impl Ended {
    /// The answer or the failure, in a form that does not change from one call to the same call.
    pub(super) fn json(&self) -> Value {
        match &self.0 {
            Ok(answer) => answer.clone(),
            Err(CallError::Failed(failure)) => json!({ "failure": {
                "kind": failure.kind.as_str(), "message": failure.message, "structured": failure.structured,
                "retry_after_s": failure.retry_after_s,
            }}),
            Err(error) => json!({ "stopped": error.to_string() }),
        }
    }

    /// An error if it is none that a client would want.
    pub(super) fn into_result(self) -> Result<(), CommandError> {
        self.0
            .map(drop)
            .map_err(|error| CommandError::Call(error.to_string()))
    }
}

fn output_json(output: &Output) -> Value {
    let content = output.content.iter().map(content_json);
    json!({ "content": content.collect::<Vec<_>>(), "structured": output.structured })
}

fn messages_json(messages: &[Message]) -> Value {
    let messages = messages.iter().map(|message| {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({ "role": role, "content": content_json(&message.content) })
    });
    json!({ "messages": messages.collect::<Vec<_>>() })
}

fn documents_json(documents: &[Document]) -> Value {
    let documents = documents.iter().map(document_json);
    json!({ "contents": documents.map(Value::Object).collect::<Vec<_>>() })
}

fn content_json(content: &Content) -> Value {
    match content {
        Content::Text(text) => json!({ "type": "text", "text": text }),
        Content::Image { data, mime_type } => {
            json!({ "type": "image", "mime_type": mime_type, "base64": STANDARD.encode(data) })
        }
        Content::Audio { data, mime_type } => {
            json!({ "type": "audio", "mime_type": mime_type, "base64": STANDARD.encode(data) })
        }
        Content::Link {
            uri,
            name,
            mime_type,
        } => json!({ "type": "link", "uri": uri, "name": name, "mime_type": mime_type }),
        Content::Embedded(document) => {
            json!({ "type": "embedded", "document": document_json(document) })
        }
    }
}

fn document_json(document: &Document) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("uri".to_owned(), json!(document.uri));
    fields.insert("mime_type".to_owned(), json!(document.mime_type));
    let (key, value) = match &document.body {
        Body::Text(text) => ("text", json!(text)),
        Body::Bytes(bytes) => ("base64", json!(STANDARD.encode(bytes))),
    };
    fields.insert(key.to_owned(), value);
    fields
}
