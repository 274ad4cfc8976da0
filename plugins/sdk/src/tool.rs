//! Tools: what the host is told about them, and the way from a call's JSON to the author's function.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::nextcloud_mcp::plugin::types;
use crate::bindings::nextcloud_mcp::plugin::types::Output;
use crate::{Access, Answer, Failure, schema};

/// The arguments of a tool that takes none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArguments {}

/// A tool's function, from the call's JSON on.
type Run = dyn Fn(&str) -> Result<Output, Failure>;

/// One tool. The constructors are named after what the tool does to the user's data at most ([`Access`]); the host
/// holds every request of the tool to it.
pub struct Tool {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    access: Access,
    idempotent: bool,
    // Functions, so that a call pays for no schema.
    input: fn() -> Value,
    output: fn() -> Option<Value>,
    run: Box<Run>,
}

impl Tool {
    /// Looks only. Calling it twice is calling it once.
    pub fn read<A, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: impl Fn(A) -> Result<R, Failure> + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: Answer,
    {
        Self::new(Access::Read, name, title, description, run).idempotent()
    }

    /// Adds what was not there; changes and removes nothing.
    pub fn create<A, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: impl Fn(A) -> Result<R, Failure> + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: Answer,
    {
        Self::new(Access::Create, name, title, description, run)
    }

    /// Changes what is there; removes nothing.
    pub fn update<A, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: impl Fn(A) -> Result<R, Failure> + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: Answer,
    {
        Self::new(Access::Update, name, title, description, run)
    }

    /// Removes, in at least one of its modes.
    pub fn delete<A, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: impl Fn(A) -> Result<R, Failure> + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: Answer,
    {
        Self::new(Access::Delete, name, title, description, run)
    }

    /// Calling it twice with the same arguments has the effect of calling it once.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    fn new<A, R>(
        access: Access,
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: impl Fn(A) -> Result<R, Failure> + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: Answer,
    {
        Self {
            name,
            title,
            description,
            access,
            idempotent: false,
            input: schema::input::<A>,
            output: R::schema,
            run: Box::new(move |arguments| run(parse(arguments)?)?.into_output()),
        }
    }

    fn describe(&self) -> types::Tool {
        types::Tool {
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            input_schema: (self.input)().to_string(),
            output_schema: (self.output)().map(|schema| schema.to_string()),
            access: self.access,
            idempotent: self.idempotent,
            extra: Vec::new(),
        }
    }
}

/// The tools of a plugin, in the order in which clients see them.
#[derive(Default)]
pub struct Tools(Vec<Tool>);

impl Tools {
    /// No tools yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "not arithmetic: a builder's word"
    )]
    pub fn add(mut self, tool: Tool) -> Self {
        self.0.push(tool);
        self
    }

    /// What the host asks once, at load.
    pub fn describe(&self) -> Vec<types::Tool> {
        self.0.iter().map(Tool::describe).collect()
    }

    /// Runs one tool. `arguments` is JSON that the host already held against the tool's input schema.
    pub fn call(&self, name: &str, arguments: &str) -> Result<Output, Failure> {
        let tool = self.0.iter().find(|tool| tool.name == name);
        let tool = tool.ok_or_else(|| Failure::internal(format!("there is no tool `{name}`")))?;
        (tool.run)(arguments)
    }
}

/// What the schema could not say (a date that is none, a number too large for its type) is refused here.
pub(crate) fn parse<A: DeserializeOwned>(arguments: &str) -> Result<A, Failure> {
    serde_json::from_str(arguments)
        .map_err(|error| Failure::invalid(format!("The arguments do not fit: {error}.")))
}
