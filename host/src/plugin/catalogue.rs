//! What clients see: the tools, prompts and resources of all plugins, frozen at load, read on every request, replaced as a
//! whole.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::address;
use super::load::Loaded;
use super::name::PluginName;
use super::prompt::Prompt;
use super::source::Source;
use super::template::Template;
use super::tool::Tool;
use crate::nextcloud::Access;

/// A plugin that is loaded: what the operator is shown, and what its calls need.
pub struct Plugin {
    /// Its name.
    pub name: PluginName,
    /// Where it comes from.
    pub source: Source,
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

    /// Whether it is what the lock file says.
    pub fn is_pinned(&self) -> bool {
        self.loaded.pinned
    }

    /// Its resources, in its own order.
    pub fn templates(&self) -> &[Template] {
        &self.loaded.templates
    }

    /// Whether `uri` would be a resource of its own, if there were one.
    pub(super) fn has_shelf_of(&self, uri: &str) -> bool {
        address::shelf(uri)
            .is_some_and(|name| self.templates().iter().any(|own| own.shelf() == name))
    }

    /// Whether it proposes values for what a person fills in.
    pub fn completes(&self) -> bool {
        self.loaded.exports.completes()
    }

    /// The scope that its reading tools, its resources, prompts and completions need.
    pub fn read_scope(&self) -> String {
        format!("{}.read", self.name)
    }

    /// Keys of the capabilities document that a user's Nextcloud must have for anything of it to be shown.
    pub fn requires(&self) -> &[String] {
        &self.loaded.requires
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

/// A plugin and what it has for clients, before anybody looked whether another has the same.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) plugin: Arc<Plugin>,
    pub(super) tools: Vec<Arc<Tool>>,
    pub(super) prompts: Vec<Arc<Prompt>>,
    /// What the operator took away of the tools.
    pub(super) denied: Vec<Denied>,
}

impl Offer {
    /// Everything that no other plugin may have as well.
    fn claims(&self) -> impl Iterator<Item = Claim> {
        let tools = self
            .tools
            .iter()
            .map(|tool| Claim::Tool(tool.full_name.clone()));
        let prompts = self
            .prompts
            .iter()
            .map(|prompt| Claim::Prompt(prompt.full_name.clone()));
        let shelves = self
            .plugin
            .templates()
            .iter()
            .map(|template| Claim::Shelf(template.shelf().to_owned()));
        tools.chain(prompts).chain(shelves)
    }
}

/// What only one plugin can have, because a client names nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// A tool's full name.
    Tool(String),
    /// A prompt's full name.
    Prompt(String),
    /// What the addresses of resources begin with.
    Shelf(String),
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(name) => write!(f, "its tool `{name}` has the same full name as one"),
            Self::Prompt(name) => write!(f, "its prompt `{name}` has the same full name as one"),
            Self::Shelf(name) => {
                write!(f, "its resources are below `nc://{name}`, as are those")
            }
        }
    }
}

/// Everything of all plugins at one moment.
#[derive(Debug, Default)]
pub struct Catalogue {
    plugins: Vec<Arc<Plugin>>,
    tools: BTreeMap<String, Arc<Tool>>,
    prompts: BTreeMap<String, Arc<Prompt>>,
    shelves: BTreeMap<String, Arc<Plugin>>,
    denied: BTreeMap<String, Denied>,
}

/// A tool that the operator takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Whose it is.
    pub plugin: PluginName,
    /// What clients would call it.
    pub tool: String,
    /// What it may do at most.
    pub access: Access,
    /// How it is taken away.
    pub by: DeniedBy,
}

/// What of the operator's is against a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeniedBy {
    /// A rule of the policy, the first one of those that are.
    Rule(String),
    /// Nothing but reading is served.
    ReadOnly,
}

impl DeniedBy {
    /// The rule's name, if it is one.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Rule(rule) => Some(rule),
            Self::ReadOnly => None,
        }
    }
}

impl fmt::Display for DeniedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => write!(f, "policy rule `{rule}`"),
            Self::ReadOnly => f.write_str("the server is read-only"),
        }
    }
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

    /// The tool that clients would call `full_name`, if the operator takes it away.
    pub fn denied(&self, full_name: &str) -> Option<&Denied> {
        self.denied.get(full_name)
    }

    /// Every prompt, ordered by full name.
    pub fn prompts(&self) -> impl Iterator<Item = &Arc<Prompt>> {
        self.prompts.values()
    }

    /// The prompt that clients call `full_name`.
    pub fn prompt(&self, full_name: &str) -> Option<&Arc<Prompt>> {
        self.prompts.get(full_name)
    }

    /// Whose resource `uri` is, if there is one: only the plugin knows that. A template's owner is found like that of the
    /// addresses it leads to.
    pub fn owner(&self, uri: &str) -> Option<&Arc<Plugin>> {
        self.shelves.get(address::shelf(uri)?)
    }

    /// Every plugin, ordered by name.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// All plugins that have what they have for themselves alone, and the others with the first thing that is not.
    pub(super) fn new(offers: Vec<Offer>) -> (Self, Vec<Collision>) {
        let mut owners: BTreeMap<Claim, Vec<PluginName>> = BTreeMap::new();
        for offer in &offers {
            for claim in offer.claims() {
                owners
                    .entry(claim)
                    .or_default()
                    .push(offer.plugin.name.clone());
            }
        }
        let mut catalogue = Self::default();
        let mut collisions = Vec::new();
        for offer in offers {
            let shared = offer.claims().find_map(|claim| {
                let others = owners.get(&claim)?;
                let other = others.iter().find(|owner| **owner != offer.plugin.name)?;
                Some((claim, other.clone()))
            });
            match shared {
                Some((claim, other)) => collisions.push(Collision {
                    plugin: offer.plugin,
                    claim,
                    other,
                }),
                None => catalogue.add(offer),
            }
        }
        catalogue
            .plugins
            .sort_by(|one, other| one.name.cmp(&other.name));
        (catalogue, collisions)
    }

    fn add(&mut self, offer: Offer) {
        let Offer {
            plugin,
            tools,
            prompts,
            denied,
        } = offer;
        let denied = denied.into_iter().map(|one| (one.tool.clone(), one));
        self.denied.extend(denied);
        let tools = tools.into_iter().map(|tool| (tool.full_name.clone(), tool));
        self.tools.extend(tools);
        let prompts = prompts
            .into_iter()
            .map(|prompt| (prompt.full_name.clone(), prompt));
        self.prompts.extend(prompts);
        let shelves = plugin
            .templates()
            .iter()
            .map(|template| (template.shelf().to_owned(), plugin.clone()));
        self.shelves.extend(shelves);
        self.plugins.push(plugin);
    }
}

/// A plugin that has what another has as well.
#[derive(Debug)]
pub(super) struct Collision {
    pub(super) plugin: Arc<Plugin>,
    pub(super) claim: Claim,
    pub(super) other: PluginName,
}
