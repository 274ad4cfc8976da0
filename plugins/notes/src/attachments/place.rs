//! Where a note and its files lie. A path that leads out of the notes folder is none.

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::Path;

use crate::api;

/// The folder of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    note: u64,
    /// The notes folder below the user's files.
    root: Vec<String>,
    /// The note's category below that.
    category: Vec<String>,
}

/// A file below the notes folder, named as a note's text names it: relative to the note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePath {
    /// Folders to go up from the note's own.
    up: usize,
    /// Then down; never empty.
    down: Vec<String>,
}

impl Place {
    /// `internalPath` is the note's file below the user's files, whatever the notes folder is called (recording
    /// `notes/014`).
    pub(super) fn of(note: &api::Note) -> Result<Self, Failure> {
        let category = segments(&note.category);
        let mut root = segments(&note.internal_path);
        root.pop();
        let at = root.len().checked_sub(category.len());
        match at {
            Some(at) if at > 0 && root[at..] == category[..] => {
                root.truncate(at);
                Ok(Self {
                    note: note.id,
                    root,
                    category,
                })
            }
            _ => Err(Failure::unsupported(format!(
                "This version of the Notes app does not say where note {} lies, so its files cannot be found.",
                note.id
            ))),
        }
    }

    /// A file of this name in the note's own folder of files.
    pub(super) fn own(&self, name: &str) -> FilePath {
        FilePath {
            up: 0,
            down: vec![self.own_folder(), name.to_owned()],
        }
    }

    /// A path relative to the note; nothing for one that leads out of the notes folder or to no file.
    pub(super) fn relative(&self, path: &str) -> Option<FilePath> {
        let mut file = FilePath {
            up: 0,
            down: Vec::new(),
        };
        for segment in path.split('/') {
            match segment {
                "" | "." => {}
                ".." => match file.down.pop() {
                    Some(_) => {}
                    None => file.up += 1,
                },
                name if is_name(name) => file.down.push(name.to_owned()),
                _ => return None,
            }
        }
        let inside = file.up <= self.category.len() && !path.starts_with('/');
        (inside && !file.down.is_empty()).then_some(file)
    }

    /// The address of the note's own folder of files.
    pub(super) fn own_folder_path(&self, user: &str) -> Path {
        self.path(user, 0, &[self.own_folder()]).folder()
    }

    /// A file's address.
    pub(super) fn file_path(&self, user: &str, file: &FilePath) -> Path {
        self.path(user, file.up, &file.down)
    }

    /// Whether a file lies in the note's own folder of files.
    pub(super) fn is_own(&self, file: &FilePath) -> bool {
        file.up == 0 && file.down.len() == 2 && file.down[0] == self.own_folder()
    }

    fn own_folder(&self) -> String {
        format!(".attachments.{}", self.note)
    }

    fn path(&self, user: &str, up: usize, down: &[String]) -> Path {
        let category = &self.category[..self.category.len() - up.min(self.category.len())];
        self.root.iter().chain(category).chain(down).fold(
            Path::new("/remote.php/dav/files").segment(user),
            Path::segment,
        )
    }
}

impl FilePath {
    /// As the attachments route of Notes takes it: relative to the note's category.
    pub(super) fn relative(&self) -> String {
        "../".repeat(self.up) + &self.down.join("/")
    }

    /// The file's own name.
    pub(super) fn name(&self) -> &str {
        self.down.last().map(String::as_str).unwrap_or_default()
    }
}

/// Whether Nextcloud and the host take it as the name of one file.
pub(super) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && !name
            .chars()
            .any(|letter| matches!(letter, '/' | '\\') || letter.is_control())
}

fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn place(internal_path: &str, category: &str) -> Result<Place, Failure> {
        let note = json!({"id": 118, "internalPath": internal_path, "category": category});
        Place::of(&serde_json::from_value(note).unwrap())
    }

    #[test]
    fn the_folder_is_where_nextcloud_says_that_the_note_is() {
        for (internal_path, category, folder) in [
            ("/Notes/a.md", "", "Notes"),
            (
                "/Notes/Home/Groceries/a.md",
                "Home/Groceries",
                "Notes/Home/Groceries",
            ),
            (
                "/Docs/My notes/Ü & b/a.md",
                "Ü & b",
                "Docs/My%20notes/%C3%9C%20%26%20b",
            ),
        ] {
            assert_eq!(
                place(internal_path, category)
                    .unwrap()
                    .own_folder_path("al/ice")
                    .as_str(),
                format!("/remote.php/dav/files/al%2Fice/{folder}/.attachments.118/")
            );
        }
        for (internal_path, category) in [("", ""), ("/Notes/Other/a.md", "Home"), ("/a.md", "")] {
            place(internal_path, category).unwrap_err();
        }
    }

    #[test]
    fn no_path_leads_out_of_the_notes_folder() {
        let place = place("/Notes/Home/Groceries/a.md", "Home/Groceries").unwrap();
        for (path, normal) in [
            ("x.png", "x.png"),
            ("./img/x.png", "img/x.png"),
            (".attachments.118/x.png", ".attachments.118/x.png"),
            ("../x.png", "../x.png"),
            ("img/../../x.png", "../x.png"),
            ("../../x.png", "../../x.png"),
        ] {
            assert_eq!(place.relative(path).unwrap().relative(), normal, "{path}");
        }
        for path in [
            "../../../x.png",
            "a/../../../../x",
            "/etc/passwd",
            "",
            ".",
            "..",
            "../..",
            "a\\..\\b",
            "a\0b",
        ] {
            assert_eq!(place.relative(path), None, "{path}");
        }
        let up = place.relative("../x y.png").unwrap();
        assert_eq!(
            place.file_path("alice", &up).as_str(),
            "/remote.php/dav/files/alice/Notes/Home/x%20y.png"
        );
    }
}
