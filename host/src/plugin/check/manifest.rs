//! A manifest taken apart, so that each part can be wrong by itself. A parser stops at the first mistake.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::super::lower_limits::LowerLimits;
use super::super::manifest::{AllowLine, MANIFEST_FILE, Manifest, Setting};
use super::super::name::PluginName;
use super::super::text::visible;

/// Longest part of a parser's words, in bytes.
const WORDS: usize = 300;

/// The manifest as far as it is right, and all that is wrong with it.
pub(super) fn examine(text: &str) -> (Option<Manifest>, Vec<String>) {
    let (manifest, mut mistakes) = match toml::from_str::<Manifest>(text) {
        Ok(manifest) => (Some(manifest), Vec::new()),
        Err(error) => match toml::from_str::<Table>(text) {
            Ok(table) => take_apart(table),
            Err(_) => (None, vec![said(MANIFEST_FILE, &error)]),
        },
    };
    if let Some(manifest) = &manifest {
        mistakes.extend(manifest.mistakes().iter().map(ToString::to_string));
    }
    (manifest, mistakes)
}

/// Without what is essential there is no manifest; without the rest there is one without it.
fn take_apart(table: Table) -> (Option<Manifest>, Vec<String>) {
    let mut parts = Parts {
        table,
        mistakes: Vec::new(),
    };
    let name: Option<PluginName> = parts.essential("name");
    let version: Option<String> = parts.essential("version");
    let wit: Option<String> = parts.essential("wit");
    let component: Option<String> = parts.essential("component");
    let sha256 = parts.optional("sha256");
    let requires = parts.optional("requires").unwrap_or_default();
    let allow: Vec<AllowLine> = parts.lines("allow");
    let settings = parts.entries("settings");
    let limits = parts.limits();
    for key in parts.table.keys() {
        let key = visible(key, WORDS);
        parts
            .mistakes
            .push(format!("{MANIFEST_FILE}: the key `{key}` is not known"));
    }
    let manifest = || {
        Some(Manifest {
            name: name?,
            version: version?,
            wit: wit?,
            component: component?,
            sha256,
            requires,
            allow,
            settings,
            limits,
        })
    };
    (manifest(), parts.mistakes)
}

struct Parts {
    /// What was not looked at yet.
    table: Table,
    mistakes: Vec<String>,
}

impl Parts {
    fn essential<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.table.contains_key(key) {
            self.mistakes
                .push(format!("{MANIFEST_FILE}: `{key}` is missing"));
        }
        self.optional(key)
    }

    fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.table.remove(key)?;
        self.read(&format!("`{key}`"), value)
    }

    fn read<T: DeserializeOwned>(&mut self, place: &str, value: Value) -> Option<T> {
        let place = format!("{MANIFEST_FILE}: {place}");
        let read = value.try_into();
        read.map_err(|error| self.mistakes.push(said(&place, &error)))
            .ok()
    }

    fn lines<T: DeserializeOwned>(&mut self, key: &str) -> Vec<T> {
        let values: Vec<Value> = self.optional(key).unwrap_or_default();
        let count = 1..;
        let lines = count.zip(values);
        lines
            .filter_map(|(number, value)| self.read(&format!("`[[{key}]]` number {number}"), value))
            .collect()
    }

    fn entries(&mut self, key: &str) -> std::collections::BTreeMap<String, Setting> {
        let entries: Table = self.optional(key).unwrap_or_default();
        let read = |(name, value): (String, Value)| {
            let place = format!("`[{key}.{}]`", visible(&name, WORDS));
            Some((name, self.read(&place, value)?))
        };
        entries.into_iter().filter_map(read).collect()
    }

    /// Each limit by itself; those that are right hold.
    fn limits(&mut self) -> LowerLimits {
        let entries: Table = self.optional("limits").unwrap_or_default();
        let mut good = Table::new();
        for (key, value) in entries {
            let one = Table::from_iter([(key.clone(), value.clone())]);
            if self
                .read::<LowerLimits>("`[limits]`", Value::Table(one))
                .is_some()
            {
                good.insert(key, value);
            }
        }
        Value::Table(good).try_into().unwrap_or_default()
    }
}

/// The place and what is wrong there, without the parser's drawing of it.
fn said(place: &str, error: &toml::de::Error) -> String {
    let words: Vec<_> = error.message().split_whitespace().collect();
    format!("{place}: {}", visible(&words.join(" "), WORDS))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_and_the_rest_is_read() {
        let (manifest, mistakes) = examine(
            "name = 'notes'\nversion = ''\nwit = '0.2'\ncomponent = 'notes.wasm'\nauthor = 'me'\n\
             [[allow]]\nmethods = ['GET']\npath = '/a/b'\n\
             [[allow]]\nmethods = 'GET'\npath = '/a/c'\n\
             [[allow]]\nmethods = ['GET']\npath = '/a/d'\nacces = 'read'\n\
             [settings.A]\ndefault = ''\ndescription = 'x'\n[settings.b]\ndefault = 1\n\
             [limits]\ncpu-ms = 'much'\nrequests = 0\nmemory-mib = 8\nspeed = 1\n",
        );
        let manifest = manifest.unwrap();
        assert_eq!(
            (manifest.allow.len(), manifest.limits.memory_mib),
            (1, Some(8))
        );
        for expected in [
            "`[[allow]]` number 2",
            "acces",
            "`[settings.b]`",
            "`author` is not known",
            "string \"much\"",
            "speed",
            "built for contract 0.2, this host speaks 0.1",
            "`version` must be",
            "settings.A",
            "limits.requests",
        ] {
            let told = mistakes.iter().filter(|one| one.contains(expected)).count();
            assert_eq!(told, 1, "{expected}: {mistakes:#?}");
        }
        assert_eq!(mistakes.len(), 10, "{mistakes:#?}");
    }

    #[test]
    fn without_what_is_essential_there_is_none() {
        let (manifest, mistakes) = examine("name = 'Notes!'\nversion = '1'\n");
        assert!(manifest.is_none());
        assert_eq!(mistakes.len(), 3, "{mistakes:#?}");
        let (manifest, mistakes) = examine("name = \n");
        assert!(manifest.is_none() && mistakes.len() == 1, "{mistakes:#?}");
    }
}
