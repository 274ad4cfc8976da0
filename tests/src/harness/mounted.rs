//! A file system of a test's own, such as a full or a read-only one.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Mounted for as long as it is held.
pub struct Mounted(PathBuf);

impl Mounted {
    /// In memory, with mount options such as `ro`. `None` where nothing can be mounted.
    pub fn new(folder: &Path, options: &str) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder);
        let mounted = mount.output().ok().filter(|output| output.status.success());
        mounted.map(|_| Self(folder.to_owned()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
