//! Where plugins, and what the operator decided about them, can change. Looked at and watched here; never loaded.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::cli::tree::Tree;
use crate::config::PluginSettings;
use crate::plugin::folder_of;

/// What the link is called that Kubernetes turns to change all files of a mounted volume at once.
const VOLUME_LINK: &str = "..data";

/// What is looked at.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// All of it.
    folder: Option<PathBuf>,
    /// Only the files in each: a build goes on further down.
    beside: Vec<PathBuf>,
    /// The lock file and the policy, where they have places of their own. Their folders may hold files that change often.
    files: Vec<PathBuf>,
}

impl Places {
    pub(super) fn of(settings: &PluginSettings) -> Self {
        // What is told of changes has absolute paths. Without a working directory there are none; then nothing is told.
        let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let files = settings.plugin_lock.iter().chain(&settings.policy_file);
        let mut files: Vec<_> = files.map(whole).collect();
        let folder = settings.plugin_dir.as_ref().map(whole);
        // A link can be turned, and what it leads to can be written; each is told of in its own folder.
        let turned = folder
            .as_ref()
            .filter(|folder| folder.is_symlink())
            .cloned();
        let led_to = files.iter().filter(|file| file.is_symlink());
        let led_to: Vec<_> = led_to.filter_map(|file| file.canonicalize().ok()).collect();
        files.extend(led_to.into_iter().chain(turned));
        Self {
            folder,
            beside: settings.beside.iter().map(whole).collect(),
            files,
        }
    }

    /// Whether everything is built in.
    pub(super) fn is_empty(&self) -> bool {
        self.folder.is_none() && self.beside.is_empty() && self.files.is_empty()
    }

    pub(super) fn watch(&self, watcher: &mut RecommendedWatcher) -> notify::Result<()> {
        if let Some(folder) = self.present_folder() {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        // Files are replaced as a whole, so it is their folders that tell.
        let around = self.files.iter().map(|file| folder_of(file));
        let flat: BTreeSet<_> = self
            .beside
            .iter()
            .map(PathBuf::as_path)
            .chain(around)
            .collect();
        let mut flat = flat
            .into_iter()
            .filter(|flat| self.folder.as_deref() != Some(flat));
        flat.try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))
    }

    /// Beside others it need not be there.
    fn present_folder(&self) -> Option<&Path> {
        let folder = self.folder.as_deref();
        folder.filter(|folder| self.beside.is_empty() || folder.exists())
    }

    /// Whether what happened at `path` can have to do with plugins.
    pub(super) fn concern(&self, path: &Path) -> bool {
        let mut folders = self.folder.iter().chain(&self.beside);
        let is_file = |file: &PathBuf| {
            path.parent() == Some(folder_of(file))
                && (path.file_name() == file.file_name() || path.ends_with(VOLUME_LINK))
        };
        folders.any(|folder| path.starts_with(folder)) || self.files.iter().any(is_file)
    }

    /// All of it as it is now.
    pub(super) fn look(&self) -> Vec<Tree> {
        let whole = self
            .folder
            .iter()
            .map(|folder| Tree::of(folder, &|_| false));
        let files = |folder: &PathBuf| Tree::of(folder, &Path::is_dir);
        let one = |file: &PathBuf| {
            Tree::of(folder_of(file), &|path| {
                path.file_name() != file.file_name()
            })
        };
        let beside = self.beside.iter().map(files);
        whole
            .chain(beside)
            .chain(self.files.iter().map(one))
            .collect()
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.folder {
            Some(folder) => write!(f, "the plugin folder {}", folder.display()),
            None => f.write_str("the place of a plugin, of the lock file or of the policy"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_policy_elsewhere_counts_and_what_lies_beside_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.toml");
        let places = Places {
            folder: None,
            beside: Vec::new(),
            files: vec![policy.clone()],
        };
        let before = places.look();
        fs::write(folder.path().join("oauth.sqlite3"), "x").unwrap();
        assert_eq!(before, places.look());
        assert!(!places.concern(&folder.path().join("oauth.sqlite3")));
        fs::write(&policy, "x").unwrap();
        assert_ne!(before, places.look());
        assert!(places.concern(&policy));
        assert!(places.concern(&folder.path().join("..data")));
    }
}
