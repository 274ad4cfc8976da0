//! `plugins new`: a folder with a plugin that builds at once. Needs no checkout: everything it writes is in this binary.

mod embedded;
mod standalone;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use self::embedded::File;
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::plugin::PluginName;

/// What stands in a template for the plugin's name.
const PLACEHOLDER: &str = "PLUGIN_NAME";

/// The tool that every template has.
const TOOL: &str = "list_apps";

/// Width of the commands that are named at the end: with the longest name.
const COMMAND: usize = 31;

/// The language that a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Built with cargo, through the SDK, whose sources are written beside it.
    Rust,
    /// Built with componentize-py, from `PyPI`.
    Python,
    /// Built with componentize-js, from npm.
    Js,
    /// Built with clang and wasi-libc.
    C,
}

impl Language {
    /// Everything but the contract.
    fn files(self, name: &str) -> Result<Vec<(String, String)>, CommandError> {
        match self {
            Self::Rust => standalone::rust(name),
            Self::Python => Ok(named(embedded::PYTHON, name).collect()),
            Self::Js => Ok(named(embedded::JS, name).collect()),
            Self::C => Ok(named(embedded::C, name).collect()),
        }
    }
}

/// Writes a plugin called `name` into a new folder of that name in the working directory.
pub(in crate::cli) fn new(
    name: &PluginName,
    language: Language,
    out: &mut Output,
) -> Result<(), CommandError> {
    let folder = PathBuf::from(name.as_str());
    create(&folder, name, language)?;
    out.line(&format!(
        "{name}/ is made. README.md says what is in it. Next:"
    ))?;
    for (command, what) in [
        (
            format!("build {name}"),
            "builds it and says what is wrong with it",
        ),
        (format!("call {name} {TOOL}"), "runs its tool"),
        (
            format!("dev {name}"),
            "serves it, and builds it again whenever a file is saved",
        ),
    ] {
        let program = env!("CARGO_PKG_NAME");
        out.line(&format!("  {program} plugins {command:COMMAND$}  {what}"))?;
    }
    Ok(())
}

fn create(folder: &Path, name: &PluginName, language: Language) -> Result<(), CommandError> {
    let failed = |error| CommandError::New(format!("{} cannot be made: {error}", folder.display()));
    let contract = embedded::WIT.iter();
    let contract = contract.map(|file| (format!("wit/{}", file.path), file.text.to_owned()));
    let files = language.files(name.as_str())?.into_iter().chain(contract);
    // Fails if it is there, whatever it is.
    fs::create_dir(folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CommandError::New(format!("{} is there already", folder.display()))
        }
        _ => failed(error),
    })?;
    for (path, text) in files {
        write(&folder.join(path), &text).map_err(failed)?;
    }
    Ok(())
}

/// A template's files with the plugin's name in them.
fn named(files: &[File], name: &str) -> impl Iterator<Item = (String, String)> {
    files
        .iter()
        .map(move |file| (file.path.to_owned(), file.text.replace(PLACEHOLDER, name)))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    if path.extension().is_some_and(|extension| extension == "sh") {
        make_executable(path)?;
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_template_is_left_and_nothing_is_written_over() {
        for language in Language::value_variants() {
            let parent = tempfile::tempdir().unwrap();
            let folder = parent.path().join("hello");
            let name: PluginName = "hello".parse().unwrap();
            create(&folder, &name, *language).unwrap();
            let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
            for file in ["plugin.toml", "README.md", "wit/plugin.wit"] {
                assert!(!read(file).contains(PLACEHOLDER), "{file}");
            }
            assert!(read("plugin.toml").contains("name = \"hello\""));
            let error = create(&folder, &name, *language).unwrap_err();
            assert!(error.to_string().ends_with("is there already"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_script_can_be_run() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("hello");
        create(&folder, &"hello".parse().unwrap(), Language::Python).unwrap();
        let script = fs::metadata(folder.join("build.sh")).unwrap();
        assert_eq!(script.permissions().mode() & 0o111, 0o111);
    }
}
