//! The `plugins` commands: what an operator wants to know before serving a plugin and what they decide about it (`list`,
//! `inspect`, `install`, `verify`, `enable`, `disable`, `remove`), and what an author wants (`check`, `call`, `build`, `dev`, `new`).
//!
//! Shown by several: `review` (with `effective` and `standing`), `json`, `changes`. Everything that a plugin says about itself
//! is shown in full, and as data: what a terminal would obey, or only a model would see, is made visible.

mod build;
mod call;
mod changes;
mod check;
mod command;
mod dev;
mod effective;
mod inspect;
mod install;
mod json;
mod left;
mod list;
mod new;
mod remove;
mod review;
mod standing;
mod switch;
mod verify;

use std::path::Path;
use std::sync::Arc;

use super::CommandError;
use crate::config::Settings;
use crate::plugin::{Bundled, InstallError, PluginName, Plugins, visible};

use build::build;
pub use call::CallArguments;
use call::call;
use check::check;
pub use command::PluginsCommand;
pub(super) use command::run;
use dev::dev;
use inspect::inspect;
use install::install;
use list::list;
pub use new::Language;
use new::new;
use remove::remove;
use switch::switch;
use verify::verify;

fn sandbox(settings: &Settings) -> Result<Arc<Plugins>, CommandError> {
    Ok(Plugins::new(
        settings.limits.sandbox(settings.plugins.data_dir.clone()),
    )?)
}

/// Where plugins are installed.
fn plugin_folder(settings: &Settings) -> Result<&Path, CommandError> {
    let folder = settings.plugins.plugin_dir.as_deref();
    folder.ok_or(CommandError::NoFolder)
}

/// What is not in the lock file may be part of the program; then another setting is meant.
fn or_bundled(error: InstallError, name: &PluginName) -> CommandError {
    let bundled = Bundled::all().iter().any(|one| one.name() == name.as_str());
    match error {
        InstallError::Unknown { .. } if bundled => CommandError::PartOfProgram(name.clone()),
        error => error.into(),
    }
}

/// A plugin's own words, without anything that a terminal would obey or that only a model would see.
fn shown(text: &str) -> String {
    visible(text, usize::MAX)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::cli::output::Output;
    use crate::cli::output::tests::Paper;
    use crate::cli::{Cli, CommandError};
    use crate::config::{Sources, load};

    fn settings(folder: &Path) -> Settings {
        let sources = Sources::new(BTreeMap::new(), folder.to_owned()).unwrap();
        let arguments = ["x", "--plugin-dir", folder.to_str().unwrap()].map(OsString::from);
        load::<Cli>(arguments, &sources).unwrap().parsed.settings
    }

    /// A folder with a plugin called `notes` whose component is no component.
    fn broken() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let plugin = folder.path().join("some-folder");
        fs::create_dir(&plugin).unwrap();
        let manifest = "name = 'notes'\nversion = '1'\nwit = '0.1'\ncomponent = 'notes.wasm'\n";
        fs::write(plugin.join("plugin.toml"), manifest).unwrap();
        fs::write(plugin.join("notes.wasm"), "not wasm").unwrap();
        folder
    }

    #[tokio::test]
    async fn a_plugin_that_does_not_load_is_listed_with_its_reason_and_fails_the_command() {
        let folder = broken();
        let paper = Paper::default();
        let result = list(
            &settings(folder.path()),
            false,
            &mut Output::to(paper.clone()),
        )
        .await;
        assert!(matches!(result, Err(CommandError::NotAll)));
        assert!(
            paper
                .text()
                .contains("some-folder is not loaded: the component does not compile"),
            "{}",
            paper.text()
        );

        let paper = Paper::default();
        let result = list(
            &settings(folder.path()),
            true,
            &mut Output::to(paper.clone()),
        )
        .await;
        assert!(result.is_err());
        let listed: serde_json::Value = serde_json::from_str(&paper.text()).unwrap();
        assert_eq!(listed["loaded"], serde_json::json!([]));
        assert!(
            listed["refused"][0]["source"]
                .as_str()
                .unwrap()
                .ends_with("some-folder")
        );
    }

    #[tokio::test]
    async fn a_plugin_is_found_by_the_name_in_its_manifest_and_others_are_named() {
        let folder = broken();
        let look = async |name: &str| {
            inspect(
                &settings(folder.path()),
                Path::new(name),
                false,
                &mut Output::to(Paper::default()),
            )
            .await
            .unwrap_err()
            .to_string()
        };
        assert!(look("notes").await.contains("does not compile"));
        let unknown = look("deck").await;
        assert!(
            unknown.contains("is called `deck`") && unknown.ends_with("There: notes"),
            "{unknown}"
        );
    }

    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
    }
}
