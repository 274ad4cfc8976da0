//! What the operator decides about plugins: which of them, what they may do at most, what they are called.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::name::{PluginName, Prefix};

/// Which plugins and tools are served.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these; `None` means all.
    pub enabled: Option<Vec<PluginName>>,
    /// All but these; wins over `enabled`.
    pub disabled: Vec<PluginName>,
    /// Only tools with [`crate::nextcloud::Access::Read`].
    pub read_only: bool,
    /// The lock file; `None` means `plugins.lock` in the folder of plugins, if there is one.
    pub lock: Option<PathBuf>,
    /// Nothing is loaded without a lock file.
    pub lock_required: bool,
    /// The file of the operator's policy.
    pub policy: Option<PathBuf>,
    /// Folders of single plugins that are loaded besides. Each takes the place of a plugin of the same name.
    pub beside: Vec<PathBuf>,
    /// What is different from the defaults for single plugins.
    pub choices: BTreeMap<PluginName, Choice>,
}

/// What the operator decides about one plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// In place of `nc_<plugin>_`.
    pub prefix: Option<Prefix>,
    /// In place of the manifest's defaults.
    pub settings: BTreeMap<String, String>,
}

impl Selection {
    /// What the operator chose for one plugin.
    pub(super) fn choice(&self, name: &PluginName) -> Choice {
        self.choices.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn takes(&self, name: &PluginName) -> bool {
        self.enabled
            .as_ref()
            .is_none_or(|enabled| enabled.contains(name))
            && !self.disabled.contains(name)
    }

    /// Everything that the operator names.
    pub(super) fn named(&self) -> impl Iterator<Item = &PluginName> {
        self.enabled
            .iter()
            .flatten()
            .chain(&self.disabled)
            .chain(self.choices.keys())
    }
}
