//! A note as tools show it, and the words that tools share.

use std::fmt::Write;

use nextcloud_mcp_plugin::{Failure, JsonSchema, nextcloud};
use serde::Serialize;

use crate::api;

/// A whole note.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Note {
    #[serde(flatten)]
    pub(crate) head: Head,
    pub(crate) content: String,
    /// Give it to `update_note`, so that nobody's change is overwritten.
    pub(crate) etag: String,
    /// The note's page in Nextcloud.
    pub(crate) url: String,
}

/// What changed, as Nextcloud confirmed it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Saved {
    #[serde(flatten)]
    pub(crate) head: Head,
    /// For the next `update_note`.
    pub(crate) etag: String,
    /// The note's page in Nextcloud.
    pub(crate) url: String,
}

/// A note without its content. A field that would be empty or false is absent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Head {
    pub(crate) id: u64,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) category: String,
    /// UTC.
    pub(crate) modified: String,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) favorite: bool,
    /// The user cannot change it.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) readonly: bool,
}

impl Note {
    /// `pages` as [`pages`] gives it.
    pub(crate) fn new(note: api::Note, pages: &str) -> Self {
        Self {
            head: Head::new(&note),
            url: format!("{pages}{}", note.id),
            content: note.content,
            etag: note.etag,
        }
    }
}

impl Saved {
    /// `pages` as [`pages`] gives it, asked for before the write: nothing may fail after one.
    pub(crate) fn new(note: &api::Note, pages: &str) -> Self {
        Self {
            head: Head::new(note),
            url: format!("{pages}{}", note.id),
            etag: note.etag.clone(),
        }
    }
}

impl Head {
    pub(crate) fn new(note: &api::Note) -> Self {
        Self {
            id: note.id,
            title: note.title.clone(),
            category: note.category.clone(),
            modified: utc(note.modified),
            favorite: note.favorite,
            readonly: note.readonly,
        }
    }
}

/// Such as `Note 118 "Shopping list" in category "Home/Groceries"`.
pub(crate) fn name(note: &api::Note) -> String {
    let api::Note {
        id,
        title,
        category,
        ..
    } = note;
    if category.is_empty() {
        format!("Note {id} \"{title}\"")
    } else {
        format!("Note {id} \"{title}\" in category \"{category}\"")
    }
}

/// Says where Nextcloud stored something else than it was given: it strips characters that files cannot have, cuts at
/// 100 characters and numbers titles that are taken (recordings `notes/005` to `notes/009`).
pub(crate) fn differences(given: &api::Fields, stored: &api::Note) -> String {
    let mut words = String::new();
    for (field, given, stored) in [
        ("title", &given.title, &stored.title),
        ("category", &given.category, &stored.category),
    ] {
        if given.as_ref().is_some_and(|given| given != stored) {
            // Writing to a String cannot fail.
            let _ = write!(words, " Nextcloud changed the {field} to \"{stored}\".");
        }
    }
    let content = given.content.as_ref().filter(|_| stored.is_content());
    if content.is_some_and(|content| *content != stored.content) {
        words.push_str(" Nextcloud holds another text than it was given: read the note.");
    }
    words
}

/// What the address of every note's page begins with; the note's number follows.
pub(crate) fn pages() -> Result<String, Failure> {
    Ok(format!(
        "{}/index.php/apps/notes/note/",
        nextcloud::server()?.url
    ))
}

/// Unix seconds as RFC 3339 in UTC.
pub(crate) fn utc(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Days since 0000-03-01, so that a leap day ends its year; 146 097 days are 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn unix_time_becomes_a_date_across_leap_years_and_before_1970() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(utc(1_795_280_043), "2026-11-21T16:54:03Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
    }
}
