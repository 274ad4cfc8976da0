//! The environment that a server is started with: nothing of the test's own, so that no variable of a developer's
//! shell decides a test.

use std::path::{Path, PathBuf};

use super::peers::{Peer, profile_folder};
use crate::nextcloud::StandIn;

/// A key as `openssl rand -hex 32` makes them; for tests alone.
const SECRET_KEY: &str = "5f0c1e9a7b3d4862a1c9e05f7d3b2a48f6e1d0c9b8a7968574635241302f1e0d";
/// The folder within a data folder that the server keeps compiled plugins in.
const COMPILED: &str = "compiled";

/// A variable and its value.
pub type Setting = (String, String);

/// Basic mode as one user of a stand-in, on a free port, with the built plugins.
pub(super) fn basic(nextcloud: &StandIn, user: &str) -> Vec<Setting> {
    let password = nextcloud.state().user(user).password.clone();
    let plugins = Peer::Plugins.required();
    let settings = [
        ("NEXTCLOUD_HOST", nextcloud.url()),
        ("NEXTCLOUD_USERNAME", user.to_owned()),
        ("NEXTCLOUD_PASSWORD", password),
        ("NEXTCLOUD_MCP_PORT", "0".to_owned()),
        ("NEXTCLOUD_MCP_PLUGIN_DIR", plugins.display().to_string()),
        (
            "NEXTCLOUD_MCP_DATA_DIR",
            data_folder().display().to_string(),
        ),
        ("NEXTCLOUD_MCP_LOG_LEVEL", "debug".to_owned()),
    ];
    settings
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
}

/// OAuth mode at a stand-in, on a port of its own, with the built plugins, its own data and a fixed key.
pub(super) fn oauth(nextcloud: &StandIn, folder: &Path) -> Vec<Setting> {
    let plugins = Peer::Plugins.required();
    let port = free_port();
    let settings = [
        ("NEXTCLOUD_HOST", nextcloud.url()),
        ("NEXTCLOUD_MCP_PORT", port.to_string()),
        (
            "NEXTCLOUD_MCP_SERVER_URL",
            format!("http://127.0.0.1:{port}"),
        ),
        ("NEXTCLOUD_MCP_SECRET_KEY", SECRET_KEY.to_owned()),
        ("NEXTCLOUD_MCP_PLUGIN_DIR", plugins.display().to_string()),
        (
            "NEXTCLOUD_MCP_DATA_DIR",
            own_data_folder(folder).display().to_string(),
        ),
        ("NEXTCLOUD_MCP_LOG_LEVEL", "debug".to_owned()),
    ];
    settings
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
}

/// A command that runs the server with these settings and nothing else, in a folder without a `.env`.
pub(super) fn command(settings: &[Setting], folder: &Path) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(Peer::Server.required());
    command.env_clear().current_dir(folder).kill_on_drop(true);
    for (name, value) in settings.iter().filter(|(_, value)| !value.is_empty()) {
        command.env(name, value);
    }
    command
}

/// Sets a variable, over an earlier value; an empty value takes it out.
pub(super) fn set(settings: &mut Vec<Setting>, name: &str, value: &str) {
    settings.retain(|(one, _)| one != name);
    settings.push((name.to_owned(), value.to_owned()));
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port on loopback");
    listener.local_addr().expect("an address").port()
}

/// A data folder for one server alone, in which only the compiled plugins are everybody's.
fn own_data_folder(folder: &Path) -> PathBuf {
    let own = folder.join("data");
    std::fs::create_dir_all(&own).expect("a folder in a folder of our own");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o700))
            .expect("a folder of our own");
        let compiled = data_folder().join(COMPILED);
        std::fs::create_dir_all(&compiled).expect("a folder beside the binaries");
        std::os::unix::fs::symlink(compiled, own.join(COMPILED)).expect("a link in it");
    }
    own
}

/// Where compiled plugins are kept, so that each is compiled once for all tests. It must belong to its user alone.
pub fn data_folder() -> PathBuf {
    let folder = profile_folder().join("test-data");
    std::fs::create_dir_all(&folder).expect("a folder beside the binaries");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))
            .expect("a folder of our own");
    }
    folder
}
