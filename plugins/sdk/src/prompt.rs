//! Prompts: texts that a person can start from, and the way from what they filled in to the author's function.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::bindings::prompts::exported::{Message, Role};

use crate::bindings::prompts::exported as wire;
use crate::tool::parse;
use crate::{Content, Failure, schema, words};

/// A prompt's function, from what was filled in on.
type Render = dyn Fn(BTreeMap<String, String>) -> Result<Vec<Message>, Failure>;

/// One prompt. Rendering runs with the access `read`.
pub struct Prompt {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    // A function, so that a call pays for no schema.
    arguments: fn() -> Value,
    render: Box<Render>,
}

impl Prompt {
    /// `render` gets what the person filled in as a struct: each field is an argument, its comment the description, and
    /// what is neither an `Option` nor has a default is required. People fill in texts; fields may be numbers, booleans,
    /// enums and whatever else parses from one text ([`crate::NoArguments`] where there are none).
    pub fn new<A>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        render: impl Fn(A) -> Result<Vec<Message>, Failure> + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
    {
        Self {
            name,
            title,
            description,
            arguments: schema::input::<A>,
            render: Box::new(move |arguments| render(words::read(arguments)?)),
        }
    }

    fn describe(&self) -> wire::Prompt {
        let schema = (self.arguments)();
        let required = |name: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|names| names.iter().any(|one| one == name))
        };
        let arguments = schema["properties"].as_object().into_iter().flatten();
        wire::Prompt {
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            arguments: arguments
                .map(|(name, property)| wire::Argument {
                    name: name.clone(),
                    description: description(property),
                    required: required(name),
                })
                .collect(),
        }
    }
}

/// A prompt's argument has no schema that a client could see, so the words of an enum are told.
fn description(property: &Value) -> String {
    let said = property["description"].as_str().unwrap_or_default();
    let words: Vec<_> = property["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if words.is_empty() {
        return said.to_owned();
    }
    format!("{said} One of: {}.", words.join(", "))
        .trim_start()
        .to_owned()
}

impl Message {
    /// What the person says.
    pub fn user(text: impl Into<String>) -> Self {
        Self::content(Role::User, Content::Text(text.into()))
    }

    /// What the assistant says.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::content(Role::Assistant, Content::Text(text.into()))
    }

    /// Anything, such as an embedded note.
    pub fn content(role: Role, content: Content) -> Self {
        Self { role, content }
    }
}

/// The prompts of a plugin, in the order in which people see them.
#[derive(Default)]
pub struct Prompts(Vec<Prompt>);

impl Prompts {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "not arithmetic: a builder's word"
    )]
    pub fn add(mut self, prompt: Prompt) -> Self {
        self.0.push(prompt);
        self
    }

    /// What the host asks once, at load.
    pub fn describe(&self) -> Vec<wire::Prompt> {
        self.0.iter().map(Prompt::describe).collect()
    }

    /// Renders one prompt. `arguments` is a JSON object of texts.
    pub fn render(&self, name: &str, arguments: &str) -> Result<Vec<Message>, Failure> {
        let prompt = self.0.iter().find(|prompt| prompt.name == name);
        let prompt =
            prompt.ok_or_else(|| Failure::internal(format!("there is no prompt `{name}`")))?;
        (prompt.render)(parse(arguments)?)
    }
}
