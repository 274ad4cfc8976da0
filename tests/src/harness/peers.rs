//! What the tests need besides this crate, and where it lies: the built server, the built plugins and guests,
//! clients from elsewhere, a browser.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Something that must have been built or installed before the tests run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// The server's binary, beside the test's own.
    Server,
    /// The folder of built plugins: `NEXTCLOUD_MCP_TEST_PLUGINS`, or `plugins` in the target folder.
    Plugins,
    /// The folder of guests that only tests load: `NEXTCLOUD_MCP_TEST_GUESTS`, or `guests` in the target folder.
    Guests,
    /// The folder of examples and of guests in their languages: `NEXTCLOUD_MCP_TEST_EXAMPLES`, or `examples` in the target
    /// folder. What the machine has no toolchain for is not in it.
    Examples,
    /// The folder of their toolchains: `NEXTCLOUD_MCP_TEST_TOOLCHAINS`, or `toolchains` in the target folder.
    Toolchains,
    /// A Python with the MCP SDK: `NEXTCLOUD_MCP_TEST_PYTHON`.
    Python,
    /// The folder of what comes from npm, with the Node to run it: `NEXTCLOUD_MCP_TEST_NODE`.
    Node,
    /// The installed static program: below `NEXTCLOUD_MCP_TEST_INSTALLED`, or `installed` in the target folder.
    Installed,
    /// The archive of the container image: in `NEXTCLOUD_MCP_TEST_IMAGE`, or `image` in the target folder.
    Image,
    /// nginx, in the search path.
    Nginx,
    /// Caddy, in the search path.
    Caddy,
    /// systemd's checker of units, in the search path.
    SystemdAnalyze,
    /// A headless browser: `NEXTCLOUD_MCP_TEST_CHROMIUM`, or `chromium` in the search path.
    Chromium,
}

impl Peer {
    /// Where it is, or a sentence that says how to get it.
    pub fn find(self) -> Result<PathBuf, String> {
        let (place, advice) = match self {
            Self::Server => (
                beside("nextcloud-mcp-server"),
                "run `just build-plugins` and `cargo build --workspace --bins`",
            ),
            Self::Plugins => (
                named("NEXTCLOUD_MCP_TEST_PLUGINS", "plugins"),
                "run `just build-plugins`",
            ),
            Self::Guests => (
                named("NEXTCLOUD_MCP_TEST_GUESTS", "guests"),
                "run `just test`, which builds them",
            ),
            Self::Examples => (
                named("NEXTCLOUD_MCP_TEST_EXAMPLES", "examples"),
                "run `just build-examples`",
            ),
            Self::Toolchains => (
                named("NEXTCLOUD_MCP_TEST_TOOLCHAINS", "toolchains"),
                "run `just build-examples`",
            ),
            Self::Python => (
                installed("NEXTCLOUD_MCP_TEST_PYTHON"),
                "set NEXTCLOUD_MCP_TEST_PYTHON to a Python that has the package `mcp`; `just test` does",
            ),
            Self::Node => (
                installed("NEXTCLOUD_MCP_TEST_NODE"),
                "set NEXTCLOUD_MCP_TEST_NODE to a folder made from tests/peers/package.json; `just test` does",
            ),
            Self::Installed => (
                named("NEXTCLOUD_MCP_TEST_INSTALLED", "installed").join("bin/nextcloud-mcp-server"),
                "run `just install-static`",
            ),
            Self::Image => (
                named("NEXTCLOUD_MCP_TEST_IMAGE", "image").join("nextcloud-mcp-server.tar"),
                "run `just image`",
            ),
            Self::Nginx => (on_the_path("nginx"), "install nginx"),
            Self::Caddy => (on_the_path("caddy"), "install Caddy"),
            Self::SystemdAnalyze => (on_the_path("systemd-analyze"), "install systemd"),
            Self::Chromium => (
                std::env::var_os("NEXTCLOUD_MCP_TEST_CHROMIUM")
                    .map_or_else(|| on_the_path("chromium"), PathBuf::from),
                "install Chromium, or set NEXTCLOUD_MCP_TEST_CHROMIUM to where it is",
            ),
        };
        if place.exists() {
            Ok(place)
        } else {
            Err(format!(
                "{self:?} is missing at {}: {advice}",
                place.display()
            ))
        }
    }

    /// Where it is; a test cannot do without it.
    pub fn required(self) -> PathBuf {
        match self.find() {
            Ok(place) => place,
            Err(missing) => panic!("{missing}"),
        }
    }
}

/// Says that a test did not run, and why, past the test runner's capture of what passing tests print. Fails where nothing
/// may be skipped (`REQUIRE_ALL=1`).
pub fn skip(test: &str, reason: &str) {
    assert!(
        std::env::var("REQUIRE_ALL").as_deref() != Ok("1"),
        "{test} cannot run: {reason}"
    );
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {reason}");
}

/// The folder that cargo builds into, for this profile.
pub(super) fn profile_folder() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    let folder = own.parent().unwrap_or(Path::new("."));
    // Tests lie in `deps`, binaries above it.
    if folder.ends_with("deps") {
        folder.parent().unwrap_or(folder).to_owned()
    } else {
        folder.to_owned()
    }
}

fn beside(name: &str) -> PathBuf {
    profile_folder().join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn named(variable: &str, folder: &str) -> PathBuf {
    let own = profile_folder();
    let target = own.parent().unwrap_or(&own);
    std::env::var_os(variable).map_or_else(|| target.join(folder), PathBuf::from)
}

fn installed(variable: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(PathBuf::new, PathBuf::from)
}

/// Where a program of that name is; an empty path if nowhere.
fn on_the_path(program: &str) -> PathBuf {
    let places = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&places)
        .map(|place| place.join(program))
        .find(|place| place.is_file())
        .unwrap_or_default()
}
