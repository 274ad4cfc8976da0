//! `get_settings` and `update_settings`: where the Notes app keeps the user's notes and how it shows them.
//!
//! Nextcloud takes any value and makes a possible one of it (recording `notes/050`: `../../etc` becomes the folder `etc`),
//! so what is no possible value is refused here, and what was stored is reported.

use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::{Deserialize, Serialize};

use crate::api;

pub(crate) const GET_DESCRIPTION: &str = "Shows the user's settings of the Notes app: folder, file ending, editor. Example: no \
arguments.";

pub(crate) const UPDATE_DESCRIPTION: &str = "Changes the user's settings of the Notes app, only those that are given. Another \
notes_path moves no notes: the app then shows those in the new folder. Example: file_suffix \".txt\".";

/// Endings whose files are notes whatever the setting says (`NotesService::isNote` of Notes 6).
const ALWAYS_NOTES: [&str; 5] = [".md", ".txt", ".org", ".markdown", ".note"];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(length(min = 1, max = 1000))]
    notes_path: Option<String>,
    #[schemars(regex(pattern = r"^\.[a-z0-9-]{1,20}$"))]
    file_suffix: Option<String>,
    note_mode: Option<Mode>,
}

/// The Text app's editor, plain text, or rendered.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Rich,
    Edit,
    Preview,
}

/// As Nextcloud has them now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Settings {
    notes_path: String,
    file_suffix: String,
    note_mode: String,
}

pub(crate) fn get_settings(NoArguments {}: NoArguments) -> Result<Reply<Settings>, Failure> {
    let settings = Settings::from(api::settings()?);
    Ok(Reply::new(
        format!(
            "Notes are kept in the folder \"{}\" as {} files.",
            settings.notes_path, settings.file_suffix
        ),
        settings,
    ))
}

pub(crate) fn update_settings(arguments: Arguments) -> Result<Reply<Settings>, Failure> {
    let changes = changes(arguments)?;
    let before = Settings::from(api::settings()?);
    let after = Settings::from(api::change_settings(&changes)?);
    let text = summary(&changes, &before, &after);
    Ok(Reply::new(text, after))
}

fn changes(arguments: Arguments) -> Result<api::Settings, Failure> {
    let Arguments {
        notes_path,
        file_suffix,
        note_mode,
    } = arguments;
    let notes_path = notes_path.as_deref().map(folder).transpose()?;
    file_suffix.as_deref().map_or(Ok(()), suffix)?;
    let note_mode = note_mode.map(|mode| {
        match mode {
            Mode::Rich => "rich",
            Mode::Edit => "edit",
            Mode::Preview => "preview",
        }
        .to_owned()
    });
    if notes_path.is_none() && file_suffix.is_none() && note_mode.is_none() {
        return Err(Failure::invalid(
            "Nothing to change: give notes_path, file_suffix or note_mode.",
        ));
    }
    Ok(api::Settings {
        notes_path,
        file_suffix,
        note_mode,
    })
}

/// A folder as Nextcloud stores it.
fn folder(path: &str) -> Result<String, Failure> {
    let path = path.trim_matches('/');
    let is_odd = |name: &str| {
        name.trim().is_empty()
            || matches!(name, "." | "..")
            || name.contains(|letter: char| letter == '\\' || letter.is_control())
    };
    if path.split('/').any(is_odd) {
        return Err(Failure::invalid(
            "`notes_path` is a folder in the user's files, such as \"Notes\" or \"Documents/Notes\", without `.`, `..`, \
             backslashes and empty names.",
        ));
    }
    Ok(path.to_owned())
}

/// Nextcloud takes more than this, and then no longer finds the notes: it compares endings in lower case, and only what
/// comes after the last dot.
fn suffix(suffix: &str) -> Result<(), Failure> {
    let is_ending = suffix.strip_prefix('.').is_some_and(|ending| {
        (1..=20).contains(&ending.len())
            && ending
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    if !is_ending {
        return Err(Failure::invalid(
            "`file_suffix` is a dot and 1 to 20 of a-z, 0-9 and -, such as \".md\" or \".txt\".",
        ));
    }
    Ok(())
}

fn summary(given: &api::Settings, before: &Settings, after: &Settings) -> String {
    let mut sentences = vec![format!(
        "The notes' folder is \"{}\", new notes are {} files, and notes open in mode {}.",
        after.notes_path, after.file_suffix, after.note_mode
    )];
    for (name, given, stored) in [
        ("notes_path", &given.notes_path, &after.notes_path),
        ("file_suffix", &given.file_suffix, &after.file_suffix),
        ("note_mode", &given.note_mode, &after.note_mode),
    ] {
        if given.as_ref().is_some_and(|given| given != stored) {
            sentences.push(format!(
                "Nextcloud did not take the {name} that was given; it is \"{stored}\"."
            ));
        }
    }
    if before.notes_path != after.notes_path {
        sentences.push(format!(
            "No note was moved: those in \"{}\" are still there as files.",
            before.notes_path
        ));
    }
    let (old, new) = (before.file_suffix.as_str(), after.file_suffix.as_str());
    if old != new && !ALWAYS_NOTES.contains(&old) && !ALWAYS_NOTES.contains(&new) {
        sentences.push(format!(
            "Files that end in {old} are no longer shown as notes until this is set back."
        ));
    }
    sentences.join(" ")
}

impl From<api::Settings> for Settings {
    fn from(settings: api::Settings) -> Self {
        Self {
            notes_path: settings.notes_path.unwrap_or_default(),
            file_suffix: settings.file_suffix.unwrap_or_default(),
            note_mode: settings.note_mode.unwrap_or_default(),
        }
    }
}
