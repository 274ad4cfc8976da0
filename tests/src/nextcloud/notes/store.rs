//! The notes of one account, as files in a folder: titles are file names, categories are sub-folders.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::NotesSettings;
use super::title;
use crate::nextcloud::files::tree::Tree;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// One note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file's id.
    pub id: i64,
    /// The file's name without its suffix.
    pub title: String,
    /// The file's folder below the notes folder; empty for none.
    pub category: String,
    /// The file's content.
    pub content: String,
    /// Unix time of the last change of the content.
    pub modified: i64,
    /// Whether it is a favourite.
    pub favorite: bool,
    /// Whether it lies in a folder shared without the right to write.
    pub readonly: bool,
    /// Whether another client holds a lock: reads show an error note, writes are 423 (notes/084-086).
    pub locked: bool,
    /// Kinds of shares that the file itself has; 0 is one with another account.
    pub share_types: Vec<i64>,
    pub(super) suffix: String,
    pub(super) last_update: i64,
}

/// The notes of one account.
#[derive(Debug, Default)]
pub(in crate::nextcloud) struct Notes {
    by_id: BTreeMap<i64, Note>,
    pub(super) settings: NotesSettings,
    /// What else lies in the account's folders.
    pub(in crate::nextcloud) files: Tree,
    /// Categories that are shared folders without the right to write.
    readonly: BTreeSet<String>,
    latest: i64,
}

/// What is known of a note before it is made.
#[derive(Debug, Default)]
pub(in crate::nextcloud) struct Draft {
    pub(in crate::nextcloud) title: String,
    pub(in crate::nextcloud) category: String,
    pub(in crate::nextcloud) content: String,
    pub(in crate::nextcloud) modified: Option<i64>,
    pub(in crate::nextcloud) favorite: bool,
}

impl Notes {
    /// The note with this id, written as in a path.
    pub(super) fn get(&self, id: &str) -> Option<&Note> {
        self.by_id.get(&id.parse().ok()?)
    }

    pub(super) fn get_mut(&mut self, id: i64) -> Option<&mut Note> {
        self.by_id.get_mut(&id)
    }

    /// All notes by id.
    pub(in crate::nextcloud) fn iter(&self) -> impl Iterator<Item = &Note> {
        self.by_id.values()
    }

    /// Bytes of all contents.
    pub(in crate::nextcloud) fn bytes(&self) -> usize {
        self.by_id.values().map(|note| note.content.len()).sum()
    }

    /// Adds a note; its title gets a number where the name is taken.
    pub(in crate::nextcloud) fn add(&mut self, id: i64, draft: Draft) -> &Note {
        let category = title::safe_category(&draft.category);
        let title = self.free_title(None, &category, &title::safe(&draft.title));
        let note = Note {
            id,
            title,
            readonly: self.readonly.contains(&category),
            category,
            content: draft.content,
            modified: draft.modified.unwrap_or_else(time::now),
            favorite: draft.favorite,
            locked: false,
            share_types: Vec::new(),
            suffix: self.settings.suffix.clone(),
            last_update: self.tick(),
        };
        self.by_id.entry(id).or_insert(note)
    }

    pub(super) fn remove(&mut self, id: i64) {
        self.by_id.remove(&id);
    }

    /// Moves a note to a category and a title, which gets a number where the name is taken.
    pub(super) fn rename(&mut self, id: i64, category: &str, title: &str) {
        let title = self.free_title(Some(id), category, title);
        if let Some(note) = self.by_id.get_mut(&id) {
            title.clone_into(&mut note.title);
            category.clone_into(&mut note.category);
        }
    }

    /// Remembers that a note changed: lists are ordered by it.
    pub(super) fn touched(&mut self, id: i64) {
        let now = self.tick();
        if let Some(note) = self.by_id.get_mut(&id) {
            note.last_update = now;
        }
    }

    /// Whether a new note in this category would lie in a folder that cannot be written to.
    pub(super) fn is_readonly(&self, category: &str) -> bool {
        self.readonly.contains(category)
    }

    /// Makes a category one that cannot be written to.
    pub(in crate::nextcloud) fn make_readonly(&mut self, category: &str) {
        self.readonly.insert(category.to_owned());
        for note in self
            .by_id
            .values_mut()
            .filter(|note| note.category == category)
        {
            note.readonly = true;
        }
    }

    /// The content of the note whose file lies at this path of the account's files.
    pub(in crate::nextcloud) fn content_at(&self, path: &str) -> Option<&str> {
        self.iter()
            .find(|note| note.path(&self.settings.path).strip_prefix('/') == Some(path))
            .map(|note| note.content.as_str())
    }

    /// Whether this path of the account's files is a folder that notes lie in or below.
    pub(in crate::nextcloud) fn has_folder(&self, path: &str) -> bool {
        let below = format!("/{path}/");
        format!("/{}/", self.settings.path).starts_with(&below)
            || self
                .iter()
                .any(|note| note.path(&self.settings.path).starts_with(&below))
    }

    /// Folders of the account's files that cannot be written to.
    pub(in crate::nextcloud) fn readonly_folders(&self) -> impl Iterator<Item = String> {
        self.readonly
            .iter()
            .map(|category| format!("{}/{category}", self.settings.path))
    }

    /// Moves the notes of a category out, as a new share's folder does.
    pub(in crate::nextcloud) fn of_category(&self, category: &str) -> Vec<Note> {
        self.iter()
            .filter(|note| note.category == category)
            .cloned()
            .collect()
    }

    fn free_title(&self, own: Option<i64>, category: &str, title: &str) -> String {
        let taken = |name: &str| {
            self.by_id
                .values()
                .any(|note| Some(note.id) != own && note.category == category && note.title == name)
        };
        let mut free = title.to_owned();
        while taken(&free) {
            free = title::numbered(&free);
        }
        free
    }

    /// A second that no other change of this account has: the order of changes is the order of the list.
    fn tick(&mut self) -> i64 {
        self.latest = time::now().max(self.latest + 1);
        self.latest
    }
}

impl Note {
    /// Path of the file in the account's files.
    pub(super) fn path(&self, folder: &str) -> String {
        format!("/{}/{}{}", self.folder(folder), self.title, self.suffix)
    }

    /// Path of the file's folder in the account's files, without a slash.
    pub(super) fn folder(&self, folder: &str) -> String {
        if self.category.is_empty() {
            folder.to_owned()
        } else {
            format!("{folder}/{}", self.category)
        }
    }
}

impl State {
    /// Adds a note as if the user had made it elsewhere, and says its id.
    pub fn add_note(&mut self, user: &str, title: &str, category: &str, content: &str) -> i64 {
        let id = self.ids.next();
        let draft = Draft {
            title: title.into(),
            category: category.into(),
            content: content.into(),
            ..Draft::default()
        };
        self.notes_of(user).add(id, draft);
        id
    }

    /// A note as it is stored.
    pub fn note(&self, user: &str, id: i64) -> Option<&Note> {
        self.notes.get(user)?.by_id.get(&id)
    }

    /// All notes of an account, by id.
    pub fn notes(&self, user: &str) -> Vec<Note> {
        self.notes
            .get(user)
            .map(|notes| notes.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// Changes a note behind the client's back.
    pub fn change_note(&mut self, user: &str, id: i64, change: impl FnOnce(&mut Note)) {
        let notes = self.notes_of(user);
        change(notes.by_id.get_mut(&id).expect("a note with this id"));
        notes.touched(id);
    }

    /// Deletes a note behind the client's back.
    pub fn delete_note(&mut self, user: &str, id: i64) {
        self.notes_of(user).remove(id);
    }

    /// Calls the account's notes folder something else, as its settings can.
    pub fn set_notes_path(&mut self, user: &str, path: &str) {
        path.clone_into(&mut self.notes_of(user).settings.path);
    }

    /// Makes a category a folder that cannot be written to.
    pub fn make_category_readonly(&mut self, user: &str, category: &str) {
        self.notes_of(user).make_readonly(category);
    }

    pub(in crate::nextcloud) fn notes_of(&mut self, user: &str) -> &mut Notes {
        self.notes.get_mut(user).expect("an account with this id")
    }
}
