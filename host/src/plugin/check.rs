//! Everything that is wrong with a plugin, for its author: what loading would stop at, and what it would not get to.
//!
//! Each part is looked at as far as it can be without the others: a manifest with two mistakes has two, and its component is
//! looked at all the same. What a plugin sends is not in its files; only a call shows that.

mod manifest;
mod paths;

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::component::ImportError;
use super::describe::{self, Checked};
use super::engine::Sandbox;
use super::exports::Exports;
use super::limit::SetBy;
use super::limits::{Limits, Settings};
use super::load::{self, LoadError};
use super::manifest::{CONTRACT, MANIFEST_FILE, Manifest};
use super::name::Prefix;
use super::source::Binary;
use super::text::visible;
use crate::nextcloud::{Access, Rule};

/// The name under which a component describes itself that has none yet.
const NAMELESS: &str = "plugin";

/// What was found.
#[derive(Debug, Default)]
pub struct Checkup {
    /// From the manifest, as far as it can be read.
    pub manifest: Option<Manifest>,
    /// SHA-256 of the component, in hex.
    pub digest: Option<String>,
    /// What keeps the plugin from being loaded, in sentences.
    pub errors: Vec<String>,
    /// What is worth knowing, in sentences.
    pub warnings: Vec<String>,
    /// The full names of its tools, where they can be had.
    pub tools: Vec<String>,
    /// The addresses of its resources.
    pub resources: Vec<String>,
    /// The full names of its prompts.
    pub prompts: Vec<String>,
}

impl Checkup {
    /// Whether the host would load it.
    pub fn loads(&self) -> bool {
        self.errors.is_empty()
    }

    fn wrong(&mut self, error: &impl ToString) {
        self.errors.push(error.to_string());
    }
}

/// Looks at the plugin whose folder or component `path` is.
pub(super) async fn check(sandbox: &Sandbox, settings: &Settings, path: &Path) -> Checkup {
    let mut checkup = Checkup::default();
    let component = find(path, &mut checkup);
    check_rules(&mut checkup);
    let manifest = checkup.manifest.clone();
    let lower = manifest.as_ref().map(|manifest| &manifest.limits);
    let (limits, notes) = lower.map_or_else(
        || (settings.limits.clone(), Vec::new()),
        |lower| lower.apply(&settings.limits, &SetBy::Manifest),
    );
    checkup.warnings.extend(notes);
    let Some(path) = component else {
        return checkup;
    };
    let read = load::read_component(Binary::File(path), settings.component_bytes).await;
    let (digest, bytes) = match read {
        Ok(read) => read,
        Err(error) => {
            checkup.wrong(&error);
            return checkup;
        }
    };
    checkup.digest = Some(digest.clone());
    let expected = manifest
        .as_ref()
        .and_then(|manifest| manifest.sha256.clone());
    if let Some(expected) = expected.filter(|expected| !expected.eq_ignore_ascii_case(&digest)) {
        checkup.wrong(&LoadError::Digest {
            expected,
            found: digest,
        });
    }
    if let Some(manifest) = &manifest {
        checkup.warnings.extend(paths::uncovered(&bytes, manifest));
    }
    Box::pin(check_component(sandbox, &limits, bytes, &mut checkup)).await;
    checkup
}

/// Reads the manifest, and says where the component should be.
fn find(path: &Path, checkup: &mut Checkup) -> Option<PathBuf> {
    let is_folder = path.is_dir();
    let folder = if is_folder {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    // A bare file name lies in the working directory, whose name is empty here.
    let text = match std::fs::read_to_string(folder.join(MANIFEST_FILE)) {
        Ok(text) => text,
        Err(error) => {
            checkup.wrong(&format!(
                "there is no readable {MANIFEST_FILE} in {}: {error}",
                folder.display()
            ));
            return (!is_folder).then(|| path.to_owned());
        }
    };
    let (manifest, mistakes) = manifest::examine(&text);
    checkup.errors.extend(mistakes);
    let named = manifest.as_ref().map(|one| one.component.clone());
    checkup.manifest = manifest;
    if is_folder {
        return Some(folder.join(named?));
    }
    if named.is_some() && named.as_deref().map(AsRef::as_ref) != path.file_name() {
        checkup.wrong(&format!(
            "the {MANIFEST_FILE} beside it is for another component: `component` says `{}`",
            visible(&named.unwrap_or_default(), 80)
        ));
    }
    Some(path.to_owned())
}

fn check_rules(checkup: &mut Checkup) {
    let lines = checkup.manifest.iter().flat_map(|manifest| &manifest.allow);
    let wrong = lines.filter_map(|line| Rule::parse(&line.methods, &line.path, line.access).err());
    let wrong: Vec<_> = wrong
        .map(|error| LoadError::from(error).to_string())
        .collect();
    checkup.errors.extend(wrong);
}

async fn check_component(sandbox: &Sandbox, limits: &Limits, bytes: Bytes, checkup: &mut Checkup) {
    if is_core_module(&bytes) {
        checkup.wrong(
            &"the component is a WebAssembly module of the older kind, not a component: build it for wasm32-wasip2, or wrap it \
             (`wasm-tools component new`)",
        );
        return;
    }
    let component = match load::compile(sandbox, bytes).await {
        Ok(component) => component,
        Err(error) => return checkup.wrong(&error),
    };
    match super::component::check(&component) {
        Ok(imports) => checkup
            .warnings
            .extend(paths::none_open(&imports, checkup.manifest.as_ref())),
        Err(wrong) => {
            checkup.errors.extend(wrong.iter().map(explain));
            return;
        }
    }
    match load::link(sandbox, &component) {
        Ok(exports) => Box::pin(check_description(sandbox, limits, &exports, checkup)).await,
        Err(error) => checkup.wrong(&error),
    }
}

/// The preamble's version tells modules and components apart.
fn is_core_module(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm\x01\0\0\0")
}

/// What is wrong, with what helps.
fn explain(error: &ImportError) -> String {
    let remedy = match error {
        ImportError::Contract(_) => {
            format!("; build it with the `wit` folder of this host (package version {CONTRACT})")
        }
        ImportError::Wasi(_) => "; build it for WASI 0.2 (wasip2)".to_owned(),
        ImportError::NoTools => {
            "; its world must include `tool-plugin` of `nextcloud-mcp:plugin`".to_owned()
        }
        ImportError::Http(_) | ImportError::Unknown(_) => String::new(),
    };
    format!("the component {error}{remedy}")
}

async fn check_description(
    sandbox: &Sandbox,
    limits: &Limits,
    exports: &Exports,
    checkup: &mut Checkup,
) {
    let name = checkup.manifest.as_ref().map(|one| one.name.clone());
    let Some(name) = name.or_else(|| NAMELESS.parse().ok()) else {
        return;
    };
    let prefix = Prefix::of(&name);
    let raw = match load::describe_itself(sandbox, exports, limits, &name).await {
        Ok(raw) => raw,
        Err(error) => return checkup.wrong(&error),
    };
    match describe::check(raw, &prefix) {
        Err(wrong) => {
            let wrong = wrong.iter().map(ToString::to_string);
            checkup.errors.extend(wrong);
        }
        Ok(good) => take(good, &prefix, checkup),
    }
}

fn take(good: Checked, prefix: &Prefix, checkup: &mut Checkup) {
    let full = |name: &str| format!("{}{name}", prefix.as_str());
    // Resources, prompts and completions read.
    let most = good.tools.iter().map(|tool| tool.access).max();
    let most = most.unwrap_or(Access::Read);
    checkup.warnings.extend(good.warnings);
    checkup.tools = good.tools.iter().map(|tool| full(&tool.name)).collect();
    checkup.prompts = good.prompts.iter().map(|one| full(&one.name)).collect();
    let resources = good.templates.into_iter().map(|one| one.uri_template);
    checkup.resources = resources.collect();
    let idle: Vec<_> = checkup
        .manifest
        .iter()
        .flat_map(|manifest| &manifest.allow)
        .filter_map(|line| paths::never_used(line, most))
        .collect();
    checkup.warnings.extend(idle);
}
