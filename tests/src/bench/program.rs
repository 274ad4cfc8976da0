//! Another program that is measured beside this server where the environment names it. Nothing here installs one.

use std::path::{Path, PathBuf};

use tokio::process::Command;

/// Its executable, which runs here.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) executable: PathBuf,
    /// What it answers to `--version`.
    pub(super) version: String,
}

impl Program {
    /// The one that this variable of the environment names, if it runs.
    pub(super) async fn find(variable: &str) -> Option<Self> {
        let executable = PathBuf::from(std::env::var_os(variable)?);
        let home = tempfile::tempdir().ok()?;
        let mut command = bare(&executable, home.path());
        let output = command.arg("--version").output().await.ok()?;
        let version = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| Self {
            executable,
            version: version.trim().to_owned(),
        })
    }

    /// A command that knows nothing but a home of its own, where it keeps what it keeps.
    pub(super) fn command(&self, home: &Path) -> Command {
        bare(&self.executable, home)
    }
}

fn bare(executable: &Path, home: &Path) -> Command {
    let mut command = Command::new(executable);
    command
        .env_clear()
        .env("HOME", home)
        .current_dir(home)
        .kill_on_drop(true);
    command
}
