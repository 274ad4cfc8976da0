//! What may be written at all: refused here with a sentence, before Nextcloud cuts, cleans or fails.

use nextcloud_mcp_plugin::Failure;

/// Largest text of a note, in bytes. Nextcloud's answer holds it again, up to three times as large as JSON, and one answer
/// may have 8 MiB (`wit/plugin.wit`).
const CONTENT_LIMIT: usize = 2 << 20;

/// Longest name of a folder in Nextcloud, in bytes; a longer one fails there without a reason.
const FOLDER_LIMIT: usize = 250;

/// Longest path of folders, in characters: the column that Nextcloud keeps paths in has 4000, the notes folder included.
const CATEGORY_LIMIT: usize = 3_000;

/// A note's title.
pub(crate) fn title(title: &str) -> Result<(), Failure> {
    if title.trim().is_empty() {
        return Err(Failure::invalid(
            "A note cannot be without a title: give `title` a text, or leave it out to keep the one that is there.",
        ));
    }
    Ok(())
}

/// A note's whole content.
pub(crate) fn content(content: &str) -> Result<(), Failure> {
    let length = content.len();
    if length > CONTENT_LIMIT {
        return Err(Failure::limited(format!(
            "The note would have {length} bytes, and at most {CONTENT_LIMIT} can be written through this server. Nothing was \
             written: divide the text between several notes."
        )));
    }
    Ok(())
}

/// A category; what Nextcloud only cleans passes, since its answer says what became of it.
pub(crate) fn category(category: &str) -> Result<(), Failure> {
    let too_long = category
        .split('/')
        .find(|folder| folder.len() > FOLDER_LIMIT);
    if let Some(folder) = too_long {
        let begin: String = folder.chars().take(20).collect();
        return Err(Failure::invalid(format!(
            "A category's part can have at most {FOLDER_LIMIT} bytes, and \"{begin}...\" has {}.",
            folder.len()
        )));
    }
    if category.chars().count() > CATEGORY_LIMIT {
        return Err(Failure::invalid(format!(
            "A category can have at most {CATEGORY_LIMIT} characters with all its parts."
        )));
    }
    Ok(())
}

/// An etag that was given: an empty one is as if there were none.
pub(crate) fn etag(etag: Option<&str>) -> Option<&str> {
    etag.map(|etag| etag.trim().trim_start_matches("W/").trim_matches('"'))
        .filter(|etag| !etag.is_empty())
}
