//! What the operator decides about single plugins: which are loaded, their prefix, their settings.

use std::str::FromStr;

use super::settings::PluginSettings;
use crate::plugin::{NameError, PluginName, Prefix, Selection};

/// `NAME=PREFIX`.
#[derive(Debug, Clone)]
pub struct PluginPrefix {
    plugin: PluginName,
    prefix: Prefix,
}

impl FromStr for PluginPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (plugin, prefix) = text
            .split_once('=')
            .ok_or_else(|| format!("'{text}' is not NAME=PREFIX, such as notes=my_notes_"))?;
        Ok(Self {
            plugin: plugin
                .parse()
                .map_err(|error: NameError| error.to_string())?,
            prefix: prefix
                .parse()
                .map_err(|error: NameError| error.to_string())?,
        })
    }
}

/// `NAME.KEY=VALUE`.
#[derive(Debug, Clone)]
pub struct PluginSetting {
    plugin: PluginName,
    key: String,
    value: String,
}

impl FromStr for PluginSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once('=')
            .and_then(|(name, value)| Some((name.split_once('.')?, value)));
        let ((plugin, key), value) =
            parts.ok_or_else(|| format!("'{text}' is not NAME.KEY=VALUE"))?;
        Ok(Self {
            plugin: plugin
                .parse()
                .map_err(|error: NameError| error.to_string())?,
            key: key.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl PluginSettings {
    /// The same, as the sandbox takes it. What is said twice about one plugin: the later one counts.
    pub fn selection(&self) -> Selection {
        let mut selection = Selection {
            enabled: (!self.enable.is_empty()).then(|| self.enable.clone()),
            disabled: self.disable.clone(),
            read_only: self.read_only,
            lock: self.plugin_lock.clone(),
            lock_required: self.require_lock,
            policy: self.policy_file.clone(),
            beside: self.beside.clone(),
            ..Selection::default()
        };
        for PluginPrefix { plugin, prefix } in &self.prefixes {
            selection.choices.entry(plugin.clone()).or_default().prefix = Some(prefix.clone());
        }
        for PluginSetting { plugin, key, value } in &self.settings {
            selection
                .choices
                .entry(plugin.clone())
                .or_default()
                .settings
                .insert(key.clone(), value.clone());
        }
        selection
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_anything_and_a_prefix_be_empty() {
        let setting: PluginSetting = "calendar.hours=9=17, mo-fr".parse().unwrap();
        assert_eq!(
            (setting.plugin.as_str(), &*setting.key, &*setting.value),
            ("calendar", "hours", "9=17, mo-fr")
        );
        let prefix: PluginPrefix = "notes=".parse().unwrap();
        assert_eq!(prefix.prefix.as_str(), "");
    }

    #[test]
    fn what_does_not_name_a_plugin_is_refused() {
        for bad in [
            "calendar",
            "calendar.hours",
            "calendar=1",
            "Calendar.hours=1",
        ] {
            assert!(bad.parse::<PluginSetting>().is_err(), "{bad}");
        }
        for bad in ["notes", "No=x", "notes=Upper"] {
            assert!(bad.parse::<PluginPrefix>().is_err(), "{bad}");
        }
    }
}
