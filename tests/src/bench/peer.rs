//! The Python server from `PyPI` (`nextcloud-mcp-server`), started as its documents say. It is measured where it is
//! installed; nothing here installs it (`just bench-peer` does).

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};

use super::program::Program;
use crate::nextcloud::StandIn;

/// Says where its executable is.
const EXECUTABLE: &str = "NEXTCLOUD_MCP_BENCH_PEER";

/// The tool groups that this server has, too. The Python server has no group for capabilities, it always serves them.
const SAME_GROUPS: [&str; 4] = ["-e", "notes", "-e", "calendar"];

/// An installed Python server.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    executable: PathBuf,
    pub(super) version: String,
}

/// Who its users are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// alice, whoever asks.
    SingleUser,
    /// Whoever the request's `Authorization: Basic` names.
    MultiUser,
}

impl Installed {
    /// Where the environment says, if it runs there.
    pub(super) async fn find() -> Option<Self> {
        let program = Program::find(EXECUTABLE).await?;
        let version = program.version.rsplit(' ').next()?.to_owned();
        Some(Self {
            executable: program.executable,
            version,
        })
    }

    /// The folder it is installed into, with all that it needs: above `bin/nextcloud-mcp-server`.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        Some(self.executable.parent()?.parent()?.to_owned())
    }

    /// The command that serves this Nextcloud, in a folder of its own; the transport is the caller's.
    pub(super) fn command(
        &self,
        nextcloud: &StandIn,
        mode: Mode,
        all_groups: bool,
    ) -> Result<(Command, tempfile::TempDir)> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(&self.executable);
        command
            .env_clear()
            .current_dir(folder.path())
            .kill_on_drop(true)
            .env("HOME", folder.path())
            .env("NEXTCLOUD_HOST", nextcloud.url())
            // Its listener for metrics has a fixed port, which may be taken.
            .env("METRICS_ENABLED", "false")
            .arg("run");
        match mode {
            Mode::SingleUser => command
                .env("MCP_DEPLOYMENT_MODE", "single_user_basic")
                .env("NEXTCLOUD_USERNAME", "alice")
                .env(
                    "NEXTCLOUD_PASSWORD",
                    &nextcloud.state().user("alice").password,
                ),
            Mode::MultiUser => command.env("MCP_DEPLOYMENT_MODE", "multi_user_basic"),
        };
        if !all_groups {
            command.args(SAME_GROUPS);
        }
        Ok((command, folder))
    }

    /// Starts it over HTTP and waits for nothing; the process, its folder and where it will be.
    pub(super) fn launch(
        &self,
        nextcloud: &StandIn,
        mode: Mode,
        all_groups: bool,
    ) -> Result<(Child, tempfile::TempDir, String)> {
        let (mut command, folder) = self.command(nextcloud, mode, all_groups)?;
        let port = free_port()?;
        let process = command
            .args(["--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("the Python server does not start")?;
        Ok((process, folder, format!("http://127.0.0.1:{port}")))
    }
}

/// A port that nobody listens on now.
pub(super) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
