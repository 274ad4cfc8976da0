//! A folder as it is now: which files, how large, last written when. Two that are equal mean that nothing happened between.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How deep folders are looked into: a link that leads back up ends here.
const DEPTH: usize = 16;

/// The files below a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Tree {
    /// The files below `folder` but those in folders, and with names, that `ignored` says. What cannot be read is not there.
    pub(super) fn of(folder: &Path, ignored: &dyn Fn(&Path) -> bool) -> Self {
        let mut tree = Self::default();
        tree.add(folder, ignored, DEPTH);
        tree
    }

    fn add(&mut self, folder: &Path, ignored: &dyn Fn(&Path) -> bool, depth: usize) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let Ok(found) = std::fs::metadata(&path) else {
                continue;
            };
            if ignored(&path) {
            } else if found.is_dir() && depth > 0 {
                self.add(&path, ignored, depth - 1);
            } else if found.is_file() {
                self.0.insert(path, (found.len(), found.modified().ok()));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_written_added_or_gone_is_a_difference_and_an_ignored_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/target")).unwrap();
        fs::write(folder.path().join("a/one"), "1").unwrap();
        let ignored = |path: &Path| path.ends_with("target");
        let look = || Tree::of(folder.path(), &ignored);
        let before = look();
        assert_eq!(before, look());
        fs::write(folder.path().join("a/target/x"), "1").unwrap();
        assert_eq!(before, look());
        fs::write(folder.path().join("a/one"), "22").unwrap();
        let written = look();
        assert_ne!(before, written);
        fs::write(folder.path().join("two"), "").unwrap();
        assert_ne!(written, look());
        fs::remove_file(folder.path().join("two")).unwrap();
        assert_eq!(written, look());
        assert_eq!(
            Tree::of(&folder.path().join("none"), &ignored),
            Tree::default()
        );
    }
}
