//! The files of one account that are no notes: attachments, in folders made for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::nextcloud::state::State;

/// Files by path below the account's own folder, such as `Notes/.attachments.7/a.png`.
#[derive(Debug, Default)]
pub(in crate::nextcloud) struct Tree {
    files: BTreeMap<String, Vec<u8>>,
    folders: BTreeSet<String>,
}

impl Tree {
    pub(in crate::nextcloud) fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    pub(in crate::nextcloud) fn is_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }

    /// The paths of all files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The files directly in a folder.
    pub(super) fn children<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.files
            .keys()
            .map(String::as_str)
            .filter(move |path| parent(path) == folder)
    }

    pub(super) fn make_folder(&mut self, path: &str) {
        self.folders.insert(path.to_owned());
    }

    /// Stores a file, with the folder that it lies in.
    pub(in crate::nextcloud) fn store(&mut self, path: &str, bytes: Vec<u8>) {
        self.folders.insert(parent(path).to_owned());
        self.files.insert(path.to_owned(), bytes);
    }
}

/// The path without its last segment.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A file's type by its name.
pub(in crate::nextcloud) fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "png")) => "image/png",
        Some((_, "jpg" | "jpeg")) => "image/jpeg",
        Some((_, "pdf")) => "application/pdf",
        Some((_, "csv")) => "text/csv",
        Some((_, "md")) => "text/markdown",
        Some((_, "txt")) => "text/plain",
        _ => "application/octet-stream",
    }
}

impl State {
    /// Stores a file as if the user had made it elsewhere.
    pub fn add_file(&mut self, user: &str, path: &str, bytes: &[u8]) {
        self.notes_of(user).files.store(path, bytes.to_vec());
    }

    /// A file as it is stored.
    pub fn file(&self, user: &str, path: &str) -> Option<&[u8]> {
        self.notes.get(user)?.files.file(path)
    }
}
