//! What the entries of the capabilities document mean, in plain words. Apps that this table does not know are named all
//! the same; their entries can be read as they are.

use serde_json::Value;

/// An app that people know, and the entries of its part that say something to them: where the entry is there and not
/// false, empty or zero, the words hold.
struct Known {
    key: &'static str,
    name: &'static str,
    entries: &'static [(&'static str, &'static str)],
}

/// After recording `capabilities/004` and the documentation of the apps that it lacks.
const KNOWN: &[Known] = &[
    known(
        "activity",
        "Activity",
        &[("/apiv2", "a log of what happened")],
    ),
    known(
        "circles",
        "Teams",
        &[("/settings/frontendEnabled", "teams of users")],
    ),
    known(
        "deck",
        "Deck",
        &[("/canCreateBoards", "boards can be created")],
    ),
    known(
        "downloadlimit",
        "Download limit",
        &[("/enabled", "share links can be limited to some downloads")],
    ),
    known(
        "dav",
        "Calendars, contacts and WebDAV",
        &[
            ("/chunking", "large uploads in pieces"),
            ("/bulkupload", "many small files in one upload"),
            ("/absence-supported", "out-of-office periods"),
            ("/absence-replacement", "a replacement while away"),
        ],
    ),
    known(
        "files",
        "Files",
        &[
            ("/undelete", "deleted files go to a trash bin"),
            ("/versioning", "old versions of files are kept"),
            ("/comments", "comments on files"),
            ("/directEditing", "files can be edited in the browser"),
        ],
    ),
    known(
        "files_sharing",
        "File sharing",
        &[
            ("/api_enabled", "files and folders can be shared"),
            ("/group_sharing", "with groups, too"),
            ("/public/enabled", "by public link, too"),
            ("/public/password/enforced", "public links need a password"),
            ("/public/expire_date/enforced", "public links expire"),
            ("/federation/outgoing", "with users of other servers, too"),
            ("/sharebymail/enabled", "by e-mail, too"),
        ],
    ),
    known(
        "notes",
        "Notes",
        &[(
            "/api_version",
            "notes can be read and written by other programs",
        )],
    ),
    known(
        "notifications",
        "Notifications",
        &[("/ocs-endpoints", "notifications can be read and dismissed")],
    ),
    known(
        "password_policy",
        "Password policy",
        &[("/minLength", "passwords have a minimum length")],
    ),
    known(
        "recommendations",
        "Recommendations",
        &[("/enabled", "recommended files")],
    ),
    known(
        "richdocuments",
        "Office documents",
        &[(
            "/mimetypes",
            "office documents can be edited in the browser",
        )],
    ),
    known("spreed", "Talk", &[("/features", "chats and calls")]),
    known("systemtags", "Tags", &[("/enabled", "files can be tagged")]),
    known(
        "user_status",
        "User status",
        &[
            ("/enabled", "users can say whether they are available"),
            ("/supports_emoji", "with an emoji"),
        ],
    ),
    known(
        "weather_status",
        "Weather",
        &[("/enabled", "the weather on the dashboard")],
    ),
];

const fn known(
    key: &'static str,
    name: &'static str,
    entries: &'static [(&'static str, &'static str)],
) -> Known {
    Known { key, name, entries }
}

/// Parts that are about the server itself or about how programs talk to it: no apps to a person.
const NO_APPS: &[&str] = &[
    "app_api",
    "bruteforce",
    "core",
    "ocm",
    "provisioning_api",
    "theming",
];

/// Whether a part of the document belongs to something that people would call an app.
pub(crate) fn is_app(key: &str) -> bool {
    !NO_APPS.contains(&key)
}

/// What people call the app; its key where this table does not know it.
pub(crate) fn name(key: &str) -> &str {
    find(key).map_or(key, |known| known.name)
}

/// What the app's part says, in plain words.
pub(crate) fn words(key: &str, part: &Value) -> Vec<&'static str> {
    let entries = find(key).map(|known| known.entries).unwrap_or_default();
    let holds = |pointer: &str| part.pointer(pointer).is_some_and(says_yes);
    entries
        .iter()
        .filter(|(pointer, _)| holds(pointer))
        .map(|(_, words)| *words)
        .collect()
}

fn find(key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key == key)
}

fn says_yes(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
        Value::String(text) => !text.is_empty() && text != "no",
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}
