//! The tools that clients see: frozen at load, read on every request, replaced as a whole.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::describe::Described;
use super::load::Loaded;
use super::name::PluginName;
use super::schema::{JsonObject, Schema};
use crate::nextcloud::Access;

/// A plugin that is loaded: what the operator is shown, and what its calls need.
pub struct Plugin {
    /// Its name.
    pub name: PluginName,
    /// Where it lies.
    pub folder: PathBuf,
    pub(super) loaded: Loaded,
}

impl Plugin {
    /// The plugin's own version, for people.
    pub fn version(&self) -> &str {
        &self.loaded.manifest.version
    }

    /// SHA-256 of the component, in hex.
    pub fn digest(&self) -> &str {
        &self.loaded.digest
    }

    /// What its manifest says.
    pub fn manifest(&self) -> &super::Manifest {
        &self.loaded.manifest
    }

    /// What the operator should know, in sentences: nothing that kept it from loading.
    pub fn warnings(&self) -> &[String] {
        &self.loaded.warnings
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("digest", &self.loaded.digest)
            .finish_non_exhaustive()
    }
}

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

/// All tools of all plugins at one moment.
#[derive(Debug, Default)]
pub struct Catalogue {
    plugins: Vec<Arc<Plugin>>,
    tools: BTreeMap<String, Arc<Tool>>,
}

impl Catalogue {
    /// Every tool, ordered by full name.
    pub fn tools(&self) -> impl Iterator<Item = &Arc<Tool>> {
        self.tools.values()
    }

    /// The tool that clients call `full_name`.
    pub fn tool(&self, full_name: &str) -> Option<&Arc<Tool>> {
        self.tools.get(full_name)
    }

    /// Every plugin, ordered by name.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// All plugins whose tools' full names are theirs alone, and the others with the first name that is not.
    pub(super) fn new(plugins: Vec<(Arc<Plugin>, Vec<Tool>)>) -> (Self, Vec<Collision>) {
        let mut owners: BTreeMap<String, Vec<PluginName>> = BTreeMap::new();
        for tool in plugins.iter().flat_map(|(_, tools)| tools) {
            owners
                .entry(tool.full_name.clone())
                .or_default()
                .push(tool.plugin.clone());
        }
        let mut catalogue = Self::default();
        let mut collisions = Vec::new();
        for (plugin, tools) in plugins {
            let shared = tools.iter().find_map(|tool| {
                let other = owners
                    .get(&tool.full_name)?
                    .iter()
                    .find(|owner| **owner != plugin.name)?;
                Some((tool.full_name.clone(), other.clone()))
            });
            if let Some((tool, other)) = shared {
                collisions.push(Collision {
                    plugin,
                    tool,
                    other,
                });
                continue;
            }
            let tools = tools
                .into_iter()
                .map(|tool| (tool.full_name.clone(), Arc::new(tool)));
            catalogue.tools.extend(tools);
            catalogue.plugins.push(plugin);
        }
        catalogue
            .plugins
            .sort_by(|one, other| one.name.cmp(&other.name));
        (catalogue, collisions)
    }
}

/// A plugin that has a tool with the same full name as another plugin's.
#[derive(Debug)]
pub(super) struct Collision {
    pub(super) plugin: Arc<Plugin>,
    pub(super) tool: String,
    pub(super) other: PluginName,
}
