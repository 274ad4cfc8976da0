//! `plugins build`: runs a plugin's own build, and lays the component beside its manifest.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{check, sandbox};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::config::Settings;
use crate::plugin::{Checkup, MANIFEST_FILE, Manifest};

/// A plugin's own way of being built; it leaves the component in `$OUT`, else beside the manifest.
const SCRIPT: &str = "build.sh";

/// Where the names of build tools' own folders stand, whose contents are no sources.
const MADE: [&str; 6] = [
    "target",
    "node_modules",
    "__pycache__",
    ".venv",
    ".git",
    "build",
];

/// How a plugin is built.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Recipe {
    /// What was given with `--build`, or the plugin's own script.
    Shell(String),
    /// A Rust package. Cargo says where the component is.
    Cargo,
}

/// Builds what is in a folder, as often as asked.
#[derive(Debug, Clone)]
pub(super) struct Builder {
    folder: PathBuf,
    recipe: Recipe,
}

/// Builds once and says what is wrong with what came of it.
pub(in crate::cli) async fn build(
    settings: &Settings,
    folder: &Path,
    command: Option<&str>,
    out: &mut Output,
) -> Result<(), CommandError> {
    Builder::new(folder, command)?.build().await?;
    if built(settings, folder, out).await?.loads() {
        Ok(())
    } else {
        Err(CommandError::Wrong)
    }
}

/// Says what `plugins check` says.
pub(super) async fn built(
    settings: &Settings,
    folder: &Path,
    out: &mut Output,
) -> Result<Checkup, CommandError> {
    let checkup = sandbox(settings)?.check(folder).await;
    check::print(folder, &checkup, out)?;
    Ok(checkup)
}

impl Builder {
    /// Looks for a way to build the plugin in `folder`.
    pub(super) fn new(folder: &Path, command: Option<&str>) -> Result<Self, CommandError> {
        let there = |name: &str| folder.join(name).is_file();
        let recipe = if let Some(command) = command {
            Recipe::Shell(command.to_owned())
        } else if there(SCRIPT) {
            Recipe::Shell(format!("sh ./{SCRIPT}"))
        } else if there("Cargo.toml") {
            Recipe::Cargo
        } else {
            return Err(CommandError::Build(format!(
                "{} has neither {SCRIPT} nor Cargo.toml; say with --build how it is built",
                folder.display()
            )));
        };
        let folder = folder
            .canonicalize()
            .map_err(|error| CommandError::Build(format!("{}: {error}", folder.display())))?;
        Ok(Self { folder, recipe })
    }

    /// The plugin's folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a file or folder is made by a build, or by an editor for a moment.
    pub(super) fn is_made(path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        let kind = path.extension().and_then(|kind| kind.to_str());
        name.is_none_or(|name| MADE.contains(&name) || name.ends_with('~'))
            || matches!(kind, Some("wasm" | "swp"))
    }

    /// Runs the build to its end. What it says goes to standard error: standard output may be MCP's.
    pub(super) async fn build(&self) -> Result<(), CommandError> {
        let builder = self.clone();
        let build = move || match &builder.recipe {
            Recipe::Shell(command) => builder.shell(command),
            Recipe::Cargo => builder.cargo(),
        };
        tokio::task::spawn_blocking(build)
            .await
            .map_err(|error| CommandError::Build(error.to_string()))?
    }

    fn shell(&self, command: &str) -> Result<(), CommandError> {
        let status = Command::new("sh")
            .args(["-c", command])
            .current_dir(&self.folder)
            .env("OUT", &self.folder)
            .stdin(Stdio::null())
            .stdout(io::stderr())
            .status()
            .map_err(|error| cannot_run("sh", &error))?;
        if status.success() {
            Ok(())
        } else {
            Err(CommandError::Build(format!(
                "`{command}` ended with {status}"
            )))
        }
    }

    fn cargo(&self) -> Result<(), CommandError> {
        let manifest = Manifest::read(&self.folder);
        let manifest = manifest.map_err(|error| CommandError::Build(error.to_string()))?;
        let output = Command::new("cargo")
            .args(["build", "--release", "--target", "wasm32-wasip2"])
            .arg("--message-format=json-render-diagnostics")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| cannot_run("cargo", &error))?;
        if !output.status.success() {
            let status = output.status;
            return Err(CommandError::Build(format!(
                "`cargo build` ended with {status}"
            )));
        }
        let component = artifact(&output.stdout, &self.folder.join("Cargo.toml"));
        let component = component.ok_or_else(|| {
            CommandError::Build(
                "cargo built no component: Cargo.toml needs `[lib]` with `crate-type = [\"cdylib\"]`".to_owned(),
            )
        })?;
        self.lay(&component, &manifest.component).map_err(|error| {
            CommandError::Build(format!("{} cannot be copied: {error}", component.display()))
        })
    }

    /// In one step, since a server may be reading it.
    fn lay(&self, component: &Path, name: &str) -> io::Result<()> {
        let beside = self.folder.join(format!(".{name}~"));
        std::fs::copy(component, &beside)?;
        std::fs::rename(&beside, self.folder.join(name))
    }
}

/// A message of cargo's, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The component that cargo says it made of the package at `manifest`.
fn artifact(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    let lines = messages.split(|byte| *byte == b'\n');
    let messages = lines.filter_map(|line| serde_json::from_slice::<Message>(line).ok());
    let own = messages.filter(|message| {
        message.reason == "compiler-artifact" && message.manifest_path == manifest
    });
    let mut files = own.flat_map(|message| message.filenames);
    files.find(|file| {
        file.extension()
            .is_some_and(|extension| extension == "wasm")
    })
}

fn cannot_run(program: &str, error: &io::Error) -> CommandError {
    CommandError::Build(format!("`{program}` cannot be run: {error}"))
}

/// Whether `folder` is a plugin's at all.
pub(super) fn is_plugin(folder: &Path) -> Result<(), CommandError> {
    if folder.join(MANIFEST_FILE).is_file() {
        Ok(())
    } else {
        let folder = folder.display();
        Err(CommandError::Build(format!(
            "{folder} has no {MANIFEST_FILE}"
        )))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_command_comes_before_the_script_and_the_script_before_the_language() {
        let folder = tempfile::tempdir().unwrap();
        let recipe = |command| Builder::new(folder.path(), command).map(|one| one.recipe);
        assert!(recipe(None).unwrap_err().to_string().contains("--build"));
        fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        assert_eq!(recipe(None).unwrap(), Recipe::Cargo);
        fs::write(folder.path().join(SCRIPT), "").unwrap();
        assert_eq!(
            recipe(None).unwrap(),
            Recipe::Shell("sh ./build.sh".to_owned())
        );
        assert_eq!(
            recipe(Some("make")).unwrap(),
            Recipe::Shell("make".to_owned())
        );
    }

    #[test]
    fn cargo_says_where_the_component_is() {
        let messages = br#"{"reason":"compiler-artifact","manifest_path":"/p/sdk/Cargo.toml","filenames":["/t/sdk.wasm"]}
not json
{"reason":"compiler-artifact","manifest_path":"/p/Cargo.toml","filenames":["/t/own.d","/t/own.wasm"]}
{"reason":"build-finished","success":true}"#;
        let found = artifact(messages, Path::new("/p/Cargo.toml"));
        assert_eq!(found.as_deref(), Some(Path::new("/t/own.wasm")));
        assert_eq!(artifact(messages, Path::new("/q/Cargo.toml")), None);
    }

    #[tokio::test]
    async fn a_script_that_fails_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let build = |command: &str| Builder::new(folder.path(), Some(command)).unwrap();
        build("echo made > \"$OUT/x.wasm\"").build().await.unwrap();
        assert!(folder.path().join("x.wasm").is_file());
        let error = build("exit 3").build().await.unwrap_err().to_string();
        assert!(error.contains("`exit 3` ended with"), "{error}");
    }
}
