//! A container image without a container engine: its archive unpacked, and its program started as an engine would, with the
//! root read-only, in mounts of its own, as the image's user.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nextcloud_mcp_tests::harness::{Peer, Setting, skip};
use serde_json::Value;

/// Runs in mounts of its own: the root read-only, the volume in its place, and from then on what the image says.
const ENTER: &str = r#"set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1 volume=$2 user=$3 network=$4; shift 4
[ "$network" = own ] && ip link set lo up
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --bind "$volume" "$root/data"
exec chroot --userspec="$user" --groups= "$root" "$@""#;

/// Which network a container has.
#[derive(Clone, Copy)]
pub(crate) enum Network {
    /// That of the tests, in which a server must listen on loopback only.
    Ours,
    /// One in which nobody else is.
    Own,
    /// That of a process.
    Of(u32),
}

/// An unpacked image and a volume.
pub(crate) struct Unpacked {
    folder: tempfile::TempDir,
    /// What its builder wrote about it.
    pub(crate) config: Value,
    /// The bytes of all files in it.
    pub(crate) size: u64,
}

impl Unpacked {
    /// The built image, or `None` where there is none or nothing can be started in it.
    pub(crate) fn find(test: &str) -> Option<Self> {
        match Peer::Image
            .find()
            .and_then(|archive| may_mount().map(|()| archive))
        {
            Ok(archive) => Some(Self::unpack(&archive)),
            Err(missing) => {
                skip(test, &missing);
                None
            }
        }
    }

    fn unpack(archive: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (parts, root) = (folder.path().join("parts"), folder.path().join("root"));
        let volume = folder.path().join("volume");
        for folder in [&parts, &root, &volume] {
            fs::create_dir(folder).unwrap();
        }
        tar(archive, &parts);
        let read = |name: &str| -> Value {
            serde_json::from_slice(&fs::read(parts.join(name)).unwrap()).unwrap()
        };
        let manifest = read("manifest.json");
        let config = read(manifest[0]["Config"].as_str().unwrap());
        for layer in manifest[0]["Layers"].as_array().unwrap() {
            tar(&parts.join(layer.as_str().unwrap()), &root);
        }
        // As an engine makes a new volume: what the image has there, with its owner and mode.
        run(Command::new("cp")
            .arg("-aT")
            .arg(root.join("data"))
            .arg(&volume));
        let size = files(&root)
            .iter()
            .map(|file| fs::metadata(root.join(file)).unwrap().len())
            .sum();
        Self {
            folder,
            config,
            size,
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(crate) fn volume(&self) -> PathBuf {
        self.folder.path().join("volume")
    }

    /// Every file and folder in it, as paths from the root.
    pub(crate) fn content(&self) -> Vec<String> {
        let mut all = files(&self.root());
        all.sort();
        all
    }

    /// The image's own settings, under those that whoever starts it gives.
    pub(crate) fn settings(&self, given: &[(&str, &str)]) -> Vec<Setting> {
        let own = self.config["config"]["Env"].as_array().unwrap().iter();
        let own = own.map(|one| one.as_str().unwrap().split_once('=').unwrap());
        let mut settings = Vec::new();
        for (name, value) in own.chain(given.iter().copied()) {
            crate::running::set(&mut settings, name, value);
        }
        settings
    }

    /// Its entry point with these arguments.
    pub(crate) fn command(&self, network: Network, arguments: &[&str]) -> tokio::process::Command {
        let enter: &[&str] = match network {
            Network::Ours => &["unshare", "--mount"],
            Network::Own => &["unshare", "--mount", "--net"],
            Network::Of(process) => &[
                "nsenter",
                &format!("--net=/proc/{process}/ns/net"),
                "unshare",
                "--mount",
            ],
        };
        let mut command = tokio::process::Command::new(enter[0]);
        command.args(&enter[1..]).args(["sh", "-c", ENTER, "sh"]);
        command.args([self.root(), self.volume()]);
        command.arg(self.config["config"]["User"].as_str().unwrap());
        command.arg(if matches!(network, Network::Own) {
            "own"
        } else {
            "any"
        });
        for part in self.config["config"]["Entrypoint"].as_array().unwrap() {
            command.arg(part.as_str().unwrap());
        }
        command.args(arguments);
        command
    }
}

/// Whether this process may make mounts of its own, which only the system's administrator may.
fn may_mount() -> Result<(), String> {
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    match tried {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("the image can be started by root only, without a container engine".to_owned()),
    }
}

/// Unpacks with owners and modes.
fn tar(archive: &Path, into: &Path) {
    run(Command::new("tar")
        .args([
            "--extract",
            "--preserve-permissions",
            "--numeric-owner",
            "--file",
        ])
        .arg(archive)
        .arg("--directory")
        .arg(into));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path.clone());
            }
            let path = path.strip_prefix(root).unwrap();
            found.push(path.display().to_string());
        }
    }
    found
}
