//! What the tour needs: a Nextcloud with a user in Berlin and another one, and a server with the bundled plugins and one that oversteps.

use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::harness::{Peer, Server, Start};
use crate::nextcloud::{Options, StandIn, User};

/// The port that the README names, for whoever connects a client after the tour.
const USUAL_PORT: u16 = 8000;

/// How people are known to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each signs in.
    OAuth,
    /// It is alice, always.
    Basic,
}

/// Everything that runs during the tour; it ends when this is dropped.
#[derive(Debug)]
pub struct Stage {
    /// The stand-in.
    pub nextcloud: StandIn,
    /// The built server.
    pub server: Server,
    mode: Mode,
    _plugins: tempfile::TempDir,
}

impl Stage {
    /// Starts all of it on free ports.
    pub async fn set(mode: Mode) -> Result<Self> {
        let alice = User {
            timezone: "Europe/Berlin".to_owned(),
            ..User::example("alice")
        };
        let nextcloud = StandIn::start(Options {
            users: vec![alice, User::example("bob")],
            ..Options::default()
        })
        .await?;
        let plugins = gather_plugins()?;
        let server = prepared(mode, &nextcloud)
            .with(
                "NEXTCLOUD_MCP_PLUGIN_DIR",
                plugins.path().display().to_string(),
            )
            .start()
            .await;
        Ok(Self {
            nextcloud,
            server,
            mode,
            _plugins: plugins,
        })
    }

    /// A server for the visitor's own client: the same Nextcloud, the bundled plugins alone, on the usual port if that
    /// is free.
    pub async fn server_for_visitors(&self) -> Server {
        let server = prepared(self.mode, &self.nextcloud);
        if !is_free(USUAL_PORT) {
            return server.start().await;
        }
        server
            .with("NEXTCLOUD_MCP_PORT", USUAL_PORT.to_string())
            .with(
                "NEXTCLOUD_MCP_SERVER_URL",
                format!("http://localhost:{USUAL_PORT}"),
            )
            .start()
            .await
    }
}

fn prepared(mode: Mode, nextcloud: &StandIn) -> Start {
    match mode {
        Mode::OAuth => Server::oauth(nextcloud),
        Mode::Basic => Server::basic(nextcloud, "alice"),
    }
}

/// The bundled plugins, and beside them the guest that does what no plugin may.
fn gather_plugins() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    for entry in std::fs::read_dir(Peer::Plugins.required())? {
        let entry = entry?;
        copy_plugin(&entry.path(), &folder.path().join(entry.file_name()))?;
    }
    copy_plugin(
        &Peer::Guests.required().join("hostile"),
        &folder.path().join("hostile"),
    )?;
    Ok(folder)
}

fn copy_plugin(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for file in std::fs::read_dir(from).with_context(|| format!("{} is missing", from.display()))? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
