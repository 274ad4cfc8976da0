//! `plugin.toml`: what a plugin asks for, in a form that an operator can read without running any code of it.
//!
//! Parsed strictly: an unknown key, a wrong type or a value out of range is an error, because a misspelt permission
//! that is silently ignored looks granted.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::lower_limits::LowerLimits;
use super::name::PluginName;
use super::text::visible;
use crate::nextcloud::Access;

/// The contract that this host speaks, as `wit` in a manifest says it.
pub const CONTRACT: &str = "0.1";

/// The manifest's file name in a plugin's folder.
pub const MANIFEST_FILE: &str = "plugin.toml";

/// Largest manifest in bytes; a real one has some hundred.
const MANIFEST_BYTES: u64 = 64 * 1024;

/// Longest value of a setting in bytes, the operator's included.
const SETTING_BYTES: usize = 4 * 1024;

/// A plugin's manifest, checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The plugin's name: prefix of its tools and of its scopes.
    pub name: PluginName,
    /// The plugin's own version, for people.
    pub version: String,
    /// The contract that it was built for; must be [`CONTRACT`].
    pub wit: String,
    /// File name of the component, beside the manifest.
    pub component: String,
    /// Hex digest of the component. Optional for a file that the operator put there.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Keys of Nextcloud's capabilities document, all of which a user's Nextcloud must have for the tools to be shown.
    #[serde(default)]
    pub requires: Vec<String>,
    /// What its tools may send.
    #[serde(default)]
    pub allow: Vec<AllowLine>,
    /// What the operator can set.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// Limits lower than the host's.
    #[serde(default)]
    pub limits: LowerLimits,
}

/// One `[[allow]]` table, as written. `nextcloud::Rule` gives it its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowLine {
    /// HTTP and DAV methods.
    pub methods: Vec<String>,
    /// Path pattern below Nextcloud's web root.
    pub path: String,
    /// What such a request does, where the method does not say it: the POST that only searches, the PUT that only adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// One `[settings.<key>]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What the plugin gets unless the operator says otherwise.
    pub default: String,
    /// What it changes, for the operator.
    pub description: String,
}

/// Longest of a line and of the parser's words that are repeated, in bytes.
const PROBLEM_BYTES: usize = 200;

/// What is wrong with a manifest.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// No manifest, or not readable.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The manifest.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Larger than any manifest needs to be.
    #[error("{} is larger than {MANIFEST_BYTES} bytes", .0.display())]
    TooLarge(PathBuf),
    /// Not TOML, or not these keys.
    #[error("{}, line {line}, `{said}`: {problem}", path.display())]
    Format {
        /// The manifest.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What stands there.
        said: String,
        /// What is wrong there.
        problem: String,
    },
    /// Built for another contract.
    #[error("built for contract {0}, this host speaks {CONTRACT}")]
    Contract(String),
    /// A value that is not allowed.
    #[error("{MANIFEST_FILE}: `{key}` {problem}")]
    Value {
        /// Which key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Manifest {
    /// Reads and checks `<folder>/plugin.toml`.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(MANIFEST_FILE);
        Self::parse(&read_file(&path)?, &path)
    }

    /// Checks a manifest. `path` is for messages.
    pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_slice(bytes).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(bytes.len()));
            let line = bytes[..at].split(|byte| *byte == b'\n').count();
            let said = bytes.split(|byte| *byte == b'\n').nth(line - 1);
            let said = String::from_utf8_lossy(said.unwrap_or_default());
            ManifestError::Format {
                path: path.to_owned(),
                line,
                said: visible(said.trim(), PROBLEM_BYTES),
                problem: visible(error.message(), PROBLEM_BYTES),
            }
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        self.mistakes().into_iter().next().map_or(Ok(()), Err)
    }

    /// Every value that is not allowed.
    pub(super) fn mistakes(&self) -> Vec<ManifestError> {
        let contract = if self.wit == CONTRACT {
            Ok(())
        } else {
            Err(ManifestError::Contract(visible(&self.wit, 32)))
        };
        let one_line = |text: &str, max| !text.is_empty() && visible(text, max) == text;
        let version = ensure(one_line(&self.version, 64), "version", || {
            "must be one line of 1 to 64 bytes".to_owned()
        });
        let component = ensure(is_file_name(&self.component), "component", || {
            "must be the name of a file beside the manifest, without a folder".to_owned()
        });
        let is_digest =
            |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let sha256 = ensure(self.sha256.as_ref().is_none_or(is_digest), "sha256", || {
            "must be 64 hexadecimal digits".to_owned()
        });
        let requires = self.requires.iter().map(|key| {
            ensure(one_line(key, 64), "requires", || {
                format!("names `{}`, which is no capability's key", visible(key, 64))
            })
        });
        let settings = self.settings.iter();
        let settings = settings.map(|(key, setting)| check_setting(key, setting));
        let limits = self.limits.zeros().map(|key| {
            Err(ManifestError::Value {
                key: format!("limits.{key}"),
                problem: "must be at least 1".to_owned(),
            })
        });
        [contract, version, component, sha256]
            .into_iter()
            .chain(requires)
            .chain(settings)
            .chain(limits)
            .filter_map(Result::err)
            .collect()
    }
}

/// A manifest's bytes, once: what was digested is what is parsed.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, ManifestError> {
    let unreadable = |error| ManifestError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MANIFEST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MANIFEST_BYTES {
        return Err(ManifestError::TooLarge(path.to_owned()));
    }
    Ok(bytes)
}

/// Whether a value of a setting can be given to a plugin.
pub(super) fn check_setting_value(value: &str) -> Result<(), String> {
    if value.len() > SETTING_BYTES {
        Err(format!("is longer than {SETTING_BYTES} bytes"))
    } else {
        Ok(())
    }
}

fn check_setting(key: &str, setting: &Setting) -> Result<(), ManifestError> {
    let name = format!("settings.{}", visible(key, 64));
    let fits = key.len() <= 40
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    ensure(fits, &name, || {
        "cannot be a setting's name: at most 40 of a-z, 0-9 and -, a letter first".to_owned()
    })?;
    ensure(!setting.description.trim().is_empty(), &name, || {
        "needs a description".to_owned()
    })?;
    check_setting_value(&setting.default)
        .map_err(|problem| ManifestError::Value { key: name, problem })
}

pub(super) fn is_file_name(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    matches!((parts.next(), parts.next()), (Some(std::path::Component::Normal(part)), None) if part == text)
        && !text.contains('\\')
        && visible(text, 255) == text
}

fn ensure(fits: bool, key: &str, problem: impl FnOnce() -> String) -> Result<(), ManifestError> {
    if fits {
        Ok(())
    } else {
        Err(ManifestError::Value {
            key: key.to_owned(),
            problem: problem(),
        })
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

    const SMALLEST: &str =
        "name = 'notes'\nversion = '1.0.0'\nwit = '0.1'\ncomponent = 'notes.wasm'\n";

    fn parse(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text.as_bytes(), Path::new("plugin.toml"))
            .map_err(|error| error.to_string())
    }

    fn refused(more: &str, because: &str) {
        let error = parse(&format!("{SMALLEST}{more}")).expect_err(more);
        assert!(error.contains(because), "{more}: {error}");
    }

    #[test]
    fn a_whole_manifest_is_read() {
        let manifest = parse(&format!(
            "{SMALLEST}sha256 = '{}'\nrequires = ['notes']\n[[allow]]\nmethods = ['GET']\npath = '/index.php/apps/notes/**'\n\
             [[allow]]\nmethods = ['POST']\npath = '/x/y'\naccess = 'read'\n\
             [settings.page-size]\ndefault = '50'\ndescription = 'Notes in one page.'\n[limits]\nmemory-mib = 32\n",
            "0f".repeat(32)
        ))
        .unwrap();
        assert_eq!(manifest.name.as_str(), "notes");
        assert_eq!(manifest.allow[1].access, Some(Access::Read));
        assert_eq!(manifest.settings["page-size"].default, "50");
        assert_eq!(manifest.limits.memory_mib, Some(32));
    }

    #[test]
    fn an_unknown_key_is_an_error_wherever_it_stands() {
        refused("allowed = []", "allowed");
        refused(
            "[[allow]]\nmethods = ['GET']\npath = '/a/b'\nacces = 'read'",
            "acces",
        );
        refused(
            "[settings.a]\ndefault = ''\ndescription = 'x'\nsecret = true",
            "secret",
        );
        refused("[limits]\nmemory = 3", "memory");
    }

    #[test]
    fn another_contract_is_named_with_ours() {
        let error = parse(&SMALLEST.replace("'0.1'", "'0.2'")).unwrap_err();
        assert_eq!(error, "built for contract 0.2, this host speaks 0.1");
    }

    #[test]
    fn the_component_cannot_lie_outside_its_folder() {
        for bad in [
            "../x.wasm",
            "/x.wasm",
            "a/x.wasm",
            "..",
            ".",
            "",
            "a\\x.wasm",
        ] {
            let error =
                parse(&SMALLEST.replace("'notes.wasm'", &format!("'{bad}'"))).expect_err(bad);
            assert!(error.contains("component"), "{bad}: {error}");
        }
    }

    #[test]
    fn values_out_of_range_are_errors() {
        refused("sha256 = 'abc'", "sha256");
        refused("requires = ['']", "requires");
        refused(
            "[settings.A]\ndefault = ''\ndescription = 'x'",
            "settings.A",
        );
        refused(
            "[settings.a]\ndefault = ''\ndescription = ' '",
            "description",
        );
        refused("[limits]\nrequests = 0", "limits.requests");
        refused("[limits]\nrequests = -1", "requests");
    }
}
