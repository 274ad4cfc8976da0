//! A tool, as a plugin described it at load.

use std::sync::Arc;

use serde_json::Value;

use super::absent::drop_absent;
use super::catalogue::Plugin;
use super::describe::Described;
use super::name::PluginName;
use super::output::CallError;
use super::schema::{JsonObject, Schema};
use crate::nextcloud::Access;

/// One tool of one plugin, as it was described and checked at load.
#[derive(Debug)]
pub struct Tool {
    /// What clients call it: `nc_<plugin>_<name>`, unless the operator set another prefix.
    pub full_name: String,
    /// Whose tool it is.
    pub plugin: PluginName,
    /// Its name within the plugin.
    pub name: String,
    /// For people.
    pub title: String,
    /// For the model. Data, never an instruction to the host.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Arc<JsonObject>,
    /// JSON Schema of the structured answer, where there is one.
    pub output_schema: Option<Arc<JsonObject>>,
    /// What it may do; enforced on every request.
    pub access: Access,
    /// Calling it twice with the same arguments is the same as calling it once.
    pub idempotent: bool,
    /// Keys of the capabilities document that a user's Nextcloud must have for the tool to be shown.
    pub requires: Arc<[String]>,
    pub(super) input: Schema,
    pub(super) output: Option<Schema>,
    pub(super) owner: Arc<Plugin>,
}

impl Tool {
    /// The scope that a caller needs: `<plugin>.read`, or `<plugin>.write` for everything above reading.
    pub fn scope(&self) -> String {
        let kind = if self.access == Access::Read {
            "read"
        } else {
            "write"
        };
        format!("{}.{kind}", self.plugin)
    }

    /// SHA-256 of the component that it is in, in hex.
    pub fn plugin_digest(&self) -> &str {
        self.owner.digest()
    }

    /// The arguments as the plugin gets them, if they fit the input schema. The error says field by field what does not.
    pub async fn check(&self, mut arguments: JsonObject) -> Result<Value, CallError> {
        drop_absent(&mut arguments, &self.input_schema);
        let checked = self.input.check(Value::Object(arguments)).await;
        checked.map_err(|mistakes| {
            CallError::InvalidArguments(format!("the arguments do not fit: {mistakes}"))
        })
    }

    pub(super) fn new(owner: &Arc<Plugin>, described: Described) -> Self {
        let Described {
            name,
            title,
            description,
            input,
            output,
            access,
            idempotent,
        } = described;
        Self {
            full_name: format!("{}{name}", owner.loaded.prefix.as_str()),
            plugin: owner.name.clone(),
            name,
            title,
            description,
            input_schema: input.document().clone(),
            output_schema: output.as_ref().map(|schema| schema.document().clone()),
            access,
            idempotent,
            requires: owner.loaded.requires.clone(),
            input,
            output,
            owner: owner.clone(),
        }
    }
}
