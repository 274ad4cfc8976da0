//! From a manifest and a component to a plugin that can be called, or to a sentence that says why not.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;
use wasmtime::component::Component;

use super::authority::Untrusted;
use super::component::{ImportError, check as check_component};
use super::console::{Console, Origin};
use super::describe::{self, Checked, DescribeError, Described, Raw};
use super::engine::Sandbox;
use super::exports::Exports;
use super::folder::{Approval, Found};
use super::limit::SetBy;
use super::limits::{Limits, Settings};
use super::lock::LockError;
use super::manifest::{Manifest, ManifestError, check_setting_value};
use super::name::{PluginName, Prefix};
use super::output::StopReason;
use super::policy::{PluginPolicy, PolicyError};
use super::prompt::RawPrompt;
use super::run::run;
use super::selection::Choice;
use super::shown::Shown;
use super::source::Binary;
use super::store::{Client, new_store};
use super::template::Template;
use super::text::visible;
use crate::nextcloud::{Grant, Rule, RuleError};

/// What a plugin's calls need, made once.
pub(super) struct Loaded {
    pub(super) manifest: Manifest,
    pub(super) digest: String,
    pub(super) imports: Vec<String>,
    pub(super) allow: Vec<String>,
    pub(super) prefix: Prefix,
    pub(super) grant: Arc<Grant>,
    pub(super) limits: Limits,
    pub(super) settings: Arc<BTreeMap<String, String>>,
    pub(super) requires: Arc<[String]>,
    pub(super) warnings: Vec<String>,
    pub(super) templates: Vec<Template>,
    pub(super) exports: Exports,
    pub(super) manifest_sha256: String,
    /// What it says of itself, in digests.
    pub(super) shown: Shown,
    /// It is what the lock file says.
    pub(super) pinned: bool,
    /// What the operator's policy says about its tools.
    pub(super) policy: PluginPolicy,
}

/// Why a plugin, or the folder of all of them, cannot be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The folder with all plugins.
    #[error("the plugin folder {} cannot be read: {error}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// See [`ManifestError`].
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// An `[[allow]]` line that is not taken.
    #[error("plugin.toml: the allow line {0}")]
    Rule(#[from] RuleError),
    /// The operator set what the plugin does not have.
    #[error("the setting `{key}` {problem}")]
    Setting {
        /// Which.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No component, or not readable.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The component.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Compiling costs time and memory by the byte.
    #[error("{} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The component.
        path: PathBuf,
        /// What is allowed.
        limit: u64,
    },
    /// Not the component that the manifest was written for.
    #[error("the component's SHA-256 is {found}, plugin.toml says {expected}")]
    Digest {
        /// In the manifest.
        expected: String,
        /// Of the file.
        found: String,
    },
    /// Not a WebAssembly component.
    #[error("the component does not compile: {0}")]
    Compile(String),
    /// It wants what no plugin gets, or lacks what every plugin must have.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Its types are not the contract's.
    #[error("the component does not fit the contract: {0}")]
    Link(String),
    /// It did not survive describing itself.
    #[error("while it described itself: {0}")]
    Stopped(StopReason),
    /// See [`DescribeError`].
    #[error(transparent)]
    Describe(#[from] DescribeError),
    /// See [`Untrusted`].
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// See [`LockError`].
    #[error(transparent)]
    Lock(#[from] LockError),
    /// See [`PolicyError`].
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The host itself failed.
    #[error("loading was interrupted: {0}")]
    Interrupted(String),
    /// `inspect` was pointed at something else.
    #[error("{} is neither a folder with plugin.toml nor the component that the plugin.toml beside it names", .0.display())]
    NoPlugin(PathBuf),
}

/// Loads a plugin whose manifest was read already, if it is what was approved.
pub(super) async fn load(
    sandbox: &Sandbox,
    found: Found,
    settings: &Settings,
    choice: &Choice,
) -> Result<(Loaded, Vec<Described>, Vec<RawPrompt>), LoadError> {
    let (grant, allow) = grant(&found.manifest)?;
    let grant = grant.narrowed(found.policy.restrictions());
    let values = setting_values(&found.manifest, choice)?;
    found.policy.check_settings(&values)?;
    let (digest, bytes) = read_component(found.component.clone(), settings.component_bytes).await?;
    check_digest(&found, &digest)?;
    let component = compile(sandbox, bytes).await?;
    let imports = check_component(&component).map_err(|wrong| {
        LoadError::Import(wrong.into_iter().next().unwrap_or(ImportError::NoTools))
    })?;
    let exports = link(sandbox, &component)?;
    let (limits, mut warnings) = found
        .manifest
        .limits
        .apply(&settings.limits, &SetBy::Manifest);
    let limits = found.policy.lower(limits);
    let prefix = choice
        .prefix
        .clone()
        .unwrap_or_else(|| Prefix::of(&found.manifest.name));
    let raw = describe_itself(sandbox, &exports, &limits, &found.manifest.name).await?;
    let shown = Shown::of(&raw);
    let Checked {
        tools,
        templates,
        prompts,
        warnings: more,
    } = describe::check(raw, &prefix).map_err(|wrong| LoadError::Describe(first(wrong)))?;
    if let Approval::Pinned(pin) = &found.approval {
        pin.holds_words(&shown, &found.source.place())?;
    }
    found
        .policy
        .check_tools(&tools.iter().map(|tool| &*tool.name).collect())?;
    warnings.extend(more);
    let loaded = Loaded {
        requires: found.manifest.requires.clone().into(),
        grant: Arc::new(grant),
        settings: Arc::new(values),
        manifest: found.manifest,
        manifest_sha256: found.manifest_sha256,
        shown,
        pinned: matches!(found.approval, Approval::Pinned(_)),
        policy: found.policy,
        digest,
        imports,
        allow,
        prefix,
        limits,
        warnings,
        templates,
        exports,
    };
    Ok((loaded, tools, prompts))
}

/// What the component exports, if its types are the contract's.
pub(super) fn link(sandbox: &Sandbox, component: &Component) -> Result<Exports, LoadError> {
    sandbox
        .linker
        .instantiate_pre(component)
        .and_then(Exports::find)
        .map_err(|error| LoadError::Link(visible(&format!("{error:#}"), 400)))
}

/// The log names one mistake; `plugins check` names them all.
fn first(wrong: Vec<DescribeError>) -> DescribeError {
    wrong.into_iter().next().unwrap_or(DescribeError::None)
}

/// SHA-256 of the component in hex, and its bytes, at most `limit` of them.
pub(super) async fn read_component(
    component: Binary,
    limit: u64,
) -> Result<(String, Bytes), LoadError> {
    tokio::task::spawn_blocking(move || component.read(limit))
        .await
        .map_err(|error| LoadError::Interrupted(error.to_string()))?
}

/// What the manifest allows, for the policy and in plain words.
fn grant(manifest: &Manifest) -> Result<(Grant, Vec<String>), LoadError> {
    let rules: Vec<_> = manifest
        .allow
        .iter()
        .map(|line| Rule::parse(&line.methods, &line.path, line.access))
        .collect::<Result<_, _>>()?;
    let words = rules.iter().map(ToString::to_string).collect();
    Ok((Grant::new(rules), words))
}

/// The manifest's defaults under the operator's values.
fn setting_values(
    manifest: &Manifest,
    choice: &Choice,
) -> Result<BTreeMap<String, String>, LoadError> {
    let mut values: BTreeMap<_, _> = manifest
        .settings
        .iter()
        .map(|(key, setting)| (key.clone(), setting.default.clone()))
        .collect();
    for (key, value) in &choice.settings {
        let wrong = |problem| LoadError::Setting {
            key: visible(key, 64),
            problem,
        };
        check_setting_value(value).map_err(wrong)?;
        let known = values
            .get_mut(key)
            .ok_or_else(|| wrong(format!("is not a setting of {}", manifest.name)))?;
        known.clone_from(value);
    }
    Ok(values)
}

/// Whether the bytes with this digest are those that the manifest was written for, and that were approved.
fn check_digest(found: &Found, digest: &str) -> Result<(), LoadError> {
    match &found.manifest.sha256 {
        Some(expected) if !expected.eq_ignore_ascii_case(digest) => {
            return Err(LoadError::Digest {
                expected: expected.clone(),
                found: digest.to_owned(),
            });
        }
        _ => {}
    }
    if let Approval::Pinned(pin) = &found.approval {
        pin.holds_component(digest, &found.source.place())?;
    }
    Ok(())
}

/// Compiles a component, or takes it from the cache.
pub(super) async fn compile(sandbox: &Sandbox, bytes: Bytes) -> Result<Component, LoadError> {
    let engine = sandbox.engine.clone();
    let work = move || {
        Component::from_binary(&engine, &bytes)
            .map_err(|error| LoadError::Compile(visible(&format!("{error:#}"), 400)))
    };
    // Seconds of computing for a large component: not on a thread that serves others.
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| LoadError::Interrupted(error.to_string()))?
}

/// Runs `describe` for no user: everything it asks of Nextcloud is refused, and it has no settings.
pub(super) async fn describe_itself(
    sandbox: &Sandbox,
    exports: &Exports,
    limits: &Limits,
    name: &PluginName,
) -> Result<Raw, LoadError> {
    let origin = Origin {
        plugin: name.to_string(),
        tool: "describe".to_owned(),
        request_id: String::new(),
    };
    let console = Console::new(origin.clone(), limits.log_lines, None);
    let mut store = new_store(
        sandbox,
        limits,
        console,
        Arc::default(),
        None,
        Client::default(),
        None,
    );
    let ended = run(&mut store, limits, &origin, async |store| {
        exports.describe(store).await
    });
    Box::pin(ended).await.map_err(LoadError::Stopped)
}
