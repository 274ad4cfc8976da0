//! Requests and answers of a real Nextcloud, where they lie beside the repository (`../shared/nextcloud-recordings`).
//! Without them a test that needs one says so by name and passes; under `REQUIRE_ALL=1` it fails instead.

use std::path::PathBuf;

use serde::Deserialize;

use super::Answer;

/// Where the recordings are, seen from this crate's folder.
const FOLDER: &str = "../../../shared/nextcloud-recordings";

/// The headers that the host lets through (`wit/host.wit`); `x-notes-*` besides.
const HEADERS: [&str; 9] = [
    "etag",
    "oc-etag",
    "last-modified",
    "content-type",
    "location",
    "dav",
    "allow",
    "retry-after",
    "x-nextcloud-maintenance-mode",
];

/// One recorded exchange.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Such as `PUT`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// What the real server answered, with the headers that a plugin sees.
    pub answer: Answer,
    /// The answer's body.
    pub body: String,
    /// The answer's status.
    pub status: u16,
}

/// One recording by its name, such as `notes/031-update-if-match-stale-412.json`.
///
/// # Panics
/// If the recordings are there and this one is not or cannot be read, and under `REQUIRE_ALL=1` if they are not.
pub fn recording(name: &str) -> Option<Recording> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    if !folder.is_dir() {
        absent(name);
        return None;
    }
    let text = std::fs::read_to_string(folder.join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    Some(
        serde_json::from_str::<File>(&text)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .into(),
    )
}

/// Several at once: all or nothing.
///
/// # Panics
/// As [`recording`].
pub fn recordings<const N: usize>(names: [&str; N]) -> Option<[Recording; N]> {
    names
        .map(recording)
        .into_iter()
        .collect::<Option<Vec<_>>>()?
        .try_into()
        .ok()
}

#[expect(clippy::print_stderr, reason = "a skipped test says so by name")]
fn absent(name: &str) {
    let required = std::env::var_os("REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(
        !required,
        "REQUIRE_ALL=1, and the recording {name} is not there"
    );
    eprintln!("SKIPPED: the recording {name} is not there ({FOLDER})");
}

#[derive(Deserialize)]
struct File {
    request: RequestFile,
    response: ResponseFile,
}

#[derive(Deserialize)]
struct RequestFile {
    method: String,
    url: String,
}

#[derive(Deserialize)]
struct ResponseFile {
    status: u16,
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: Option<String>,
}

impl From<File> for Recording {
    fn from(file: File) -> Self {
        let path = file
            .request
            .url
            .splitn(4, '/')
            .nth(3)
            .map(|path| format!("/{path}"))
            .unwrap_or_default();
        let body = file.response.body.unwrap_or_default();
        let mut answer = Answer::bare(file.response.status, body.clone());
        for (name, value) in file.response.headers {
            let name = name.to_ascii_lowercase();
            if HEADERS.contains(&name.as_str()) || name.starts_with("x-notes-") {
                answer = answer.header(&name, &value);
            }
        }
        Self {
            method: file.request.method,
            path,
            answer,
            body,
            status: file.response.status,
        }
    }
}
