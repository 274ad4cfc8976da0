//! `plugin.toml`: what a plugin asks for, in a form that an operator can read without running any code of it.
//!
//! Parsed strictly: an unknown key, a wrong type or a value out of range is an error, because a misspelt permission
//! that is silently ignored looks granted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use super::limits::{Limits, MIB};
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
#[derive(Debug, Clone, Deserialize)]
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowLine {
    /// HTTP and DAV methods.
    pub methods: Vec<String>,
    /// Path pattern below Nextcloud's web root.
    pub path: String,
    /// What such a request does, where the method does not say it: the POST that only searches, the PUT that only adds.
    #[serde(default)]
    pub access: Option<Access>,
}

/// One `[settings.<key>]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What the plugin gets unless the operator says otherwise.
    pub default: String,
    /// What it changes, for the operator.
    pub description: String,
}

/// The `[limits]` table: each may lower the host's limit of the same name, none raises it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LowerLimits {
    /// Seconds from start to end.
    pub wall_clock_s: Option<u64>,
    /// Milliseconds of computing.
    pub cpu_ms: Option<u64>,
    /// Memory in MiB.
    pub memory_mib: Option<u64>,
    /// Requests to Nextcloud.
    pub requests: Option<u64>,
    /// MiB of one answer of Nextcloud.
    pub answer_mib: Option<u64>,
    /// MiB of all answers of Nextcloud.
    pub answers_mib: Option<u64>,
    /// Lines for the log.
    pub log_lines: Option<u64>,
}

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
    #[error("{} does not follow the format: {}", path.display(), error.to_string().trim_end())]
    Format {
        /// The manifest.
        path: PathBuf,
        /// Where and what.
        error: Box<toml::de::Error>,
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
        let unreadable = |error| ManifestError::Unreadable {
            path: path.clone(),
            error,
        };
        if std::fs::metadata(&path).map_err(unreadable)?.len() > MANIFEST_BYTES {
            return Err(ManifestError::TooLarge(path));
        }
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        Self::parse(&text, &path)
    }

    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ManifestError::Format {
            path: path.to_owned(),
            error: Box::new(error),
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        if self.wit != CONTRACT {
            return Err(ManifestError::Contract(visible(&self.wit, 32)));
        }
        let one_line = |text: &str, max| !text.is_empty() && visible(text, max) == text;
        ensure(one_line(&self.version, 64), "version", || {
            "must be one line of 1 to 64 bytes".to_owned()
        })?;
        ensure(is_file_name(&self.component), "component", || {
            "must be the name of a file beside the manifest, without a folder".to_owned()
        })?;
        if let Some(digest) = &self.sha256 {
            let fits = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            ensure(fits, "sha256", || {
                "must be 64 hexadecimal digits".to_owned()
            })?;
        }
        for key in &self.requires {
            ensure(one_line(key, 64), "requires", || {
                format!("names `{}`, which is no capability's key", visible(key, 64))
            })?;
        }
        for (key, setting) in &self.settings {
            check_setting(key, setting)?;
        }
        self.limits.check()
    }
}

impl LowerLimits {
    /// The host's limits, lowered. The second value names, in sentences, what could not be had because the host allows less.
    pub fn apply(&self, host: &Limits) -> (Limits, Vec<String>) {
        let mut notes = Vec::new();
        let mut lower = |name: &str, asked: Option<u64>, allowed: u64| match asked {
            Some(asked) if asked > allowed => {
                notes.push(format!(
                    "asks for {name} = {asked}, the host allows {allowed}: {allowed} holds"
                ));
                allowed
            }
            Some(asked) => asked,
            None => allowed,
        };
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let limits = Limits {
            wall_clock: Duration::from_millis(lower(
                "wall-clock-s (in ms)",
                self.wall_clock_s.map(|s| s.saturating_mul(1000)),
                millis(host.wall_clock),
            )),
            cpu: Duration::from_millis(lower("cpu-ms", self.cpu_ms, millis(host.cpu))),
            memory: lower("memory-mib (in bytes)", bytes(self.memory_mib), host.memory),
            requests: lower("requests", self.requests, host.requests),
            answer_bytes: lower(
                "answer-mib (in bytes)",
                bytes(self.answer_mib),
                host.answer_bytes,
            ),
            answers_bytes: lower(
                "answers-mib (in bytes)",
                bytes(self.answers_mib),
                host.answers_bytes,
            ),
            log_lines: lower("log-lines", self.log_lines, host.log_lines),
            ..host.clone()
        };
        (limits, notes)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let all = [
            ("limits.wall-clock-s", self.wall_clock_s),
            ("limits.cpu-ms", self.cpu_ms),
            ("limits.memory-mib", self.memory_mib),
            ("limits.requests", self.requests),
            ("limits.answer-mib", self.answer_mib),
            ("limits.answers-mib", self.answers_mib),
            ("limits.log-lines", self.log_lines),
        ];
        for (key, value) in all {
            ensure(value != Some(0), key, || "must be at least 1".to_owned())?;
        }
        Ok(())
    }
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

fn is_file_name(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    matches!((parts.next(), parts.next()), (Some(std::path::Component::Normal(part)), None) if part == text)
        && !text.contains('\\')
        && visible(text, 255) == text
}

fn bytes(mib: Option<u64>) -> Option<u64> {
    mib.map(|mib| mib.saturating_mul(MIB))
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
        Manifest::parse(text, Path::new("plugin.toml")).map_err(|error| error.to_string())
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

    #[test]
    fn a_manifest_lowers_limits_and_never_raises_them() {
        let manifest = parse(&format!(
            "{SMALLEST}[limits]\nmemory-mib = 32\nrequests = 100000\ncpu-ms = 200\n"
        ))
        .unwrap();
        let host = Limits::default();
        let (limits, notes) = manifest.limits.apply(&host);
        assert_eq!(limits.memory, 32 * MIB);
        assert_eq!(limits.cpu, Duration::from_millis(200));
        assert_eq!(limits.requests, host.requests);
        assert_eq!(limits.wall_clock, host.wall_clock);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("requests = 100000"), "{}", notes[0]);
    }
}
