//! A recording as files: `call.json` says what was called and what came of it, and each exchange is a file of its own, in
//! the order in which they ended. Text is text, JSON is JSON, anything else base64, so that a person can read and change it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::nextcloud::{Answered, Asked};

/// What was called, when, and what came of it.
const CALL: &str = "call.json";

/// Longest part of a path in a file's name, in characters.
const NAME: usize = 60;

/// Why there is no recording.
#[derive(Debug, Error)]
pub(super) enum RecordingError {
    /// A file or the folder.
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    /// A file that holds something else.
    #[error("{} is not part of a recording: {error}", path.display())]
    Format {
        path: PathBuf,
        error: serde_json::Error,
    },
    /// The operator's own files are not to be mixed with a recording's.
    #[error("{} holds something else than a recording; name an empty folder or a new one", .0.display())]
    Taken(PathBuf),
    /// Something was asked for, or came of it, that was not recorded.
    #[error("{0}")]
    Differs(String),
}

/// `call.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) plugin: String,
    pub(super) version: String,
    pub(super) name: String,
    pub(super) arguments: Value,
    /// Of the person, as they were given on the command line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) answers: Vec<Value>,
    /// Seconds since 1970, at which the plugin's clock began.
    pub(super) clock: u64,
    pub(super) seed: u64,
    /// Where Nextcloud was, since answers and links name it.
    pub(super) nextcloud: String,
    pub(super) answer: Value,
}

/// The file of one exchange.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    request: Request,
    answer: Answer,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Body>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Body {
    /// Written without a space between, this gives the same bytes.
    Json(Value),
    Text(String),
    Base64(String),
}

impl Body {
    fn of(bytes: &[u8]) -> Self {
        let json = serde_json::from_slice::<Value>(bytes).ok();
        // A number or a word is as readable as text.
        let json = json.filter(|value| value.is_object() || value.is_array());
        match json.filter(|value| value.to_string().as_bytes() == bytes) {
            Some(value) => Self::Json(value),
            None => std::str::from_utf8(bytes).map_or_else(
                |_| Self::Base64(STANDARD.encode(bytes)),
                |text| Self::Text(text.to_owned()),
            ),
        }
    }

    fn bytes(&self) -> Result<Bytes, serde_json::Error> {
        Ok(match self {
            Self::Json(value) => value.to_string().into(),
            Self::Text(text) => text.clone().into(),
            Self::Base64(text) => STANDARD
                .decode(text)
                .map_err(serde::de::Error::custom)?
                .into(),
        })
    }
}

/// Makes `folder` ready for a recording; an earlier one in it is removed.
pub(super) fn clear(folder: &Path) -> Result<(), RecordingError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let found = files(folder)?;
    let is_own = |path: &PathBuf| path.ends_with(CALL) || is_exchange(path);
    if !found.iter().all(is_own) {
        return Err(RecordingError::Taken(folder.to_owned()));
    }
    found
        .iter()
        .try_for_each(|path| fs::remove_file(path).map_err(at(path)))
}

/// Writes the exchange that is the `number`th.
pub(super) fn write_exchange(
    folder: &Path,
    number: usize,
    asked: &Asked,
    answered: &Answered,
) -> Result<(), RecordingError> {
    let path = asked.path.split('?').next().unwrap_or_default();
    let safe = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            letter
        } else {
            '-'
        }
    };
    let path: String = path
        .trim_matches('/')
        .chars()
        .map(safe)
        .take(NAME)
        .collect();
    let name = format!("{number:03}-{}-{path}.json", asked.method);
    let exchange = Exchange {
        request: Request {
            method: asked.method.clone(),
            path: asked.path.clone(),
            headers: asked.headers.clone(),
            body: asked.body.as_deref().map(Body::of),
        },
        answer: Answer {
            status: answered.status,
            headers: answered.headers.clone(),
            body: Body::of(&answered.body),
        },
    };
    write(&folder.join(name), &exchange)
}

/// Writes what the exchanges belong to.
pub(super) fn write_call(folder: &Path, call: &Call) -> Result<(), RecordingError> {
    write(&folder.join(CALL), call)
}

/// A whole recording, its exchanges in order.
pub(super) fn read(folder: &Path) -> Result<(Call, Vec<(Asked, Answered)>), RecordingError> {
    let call = read_file(&folder.join(CALL))?;
    let mut exchanges = Vec::new();
    for path in files(folder)?.into_iter().filter(|path| is_exchange(path)) {
        let Exchange { request, answer } = read_file(&path)?;
        let format = |error| RecordingError::Format {
            path: path.clone(),
            error,
        };
        let body = request.body.as_ref().map(Body::bytes);
        let asked = Asked {
            method: request.method,
            path: request.path,
            headers: request.headers,
            body: body.transpose().map_err(format)?,
        };
        let answered = Answered {
            status: answer.status,
            headers: answer.headers,
            body: answer.body.bytes().map_err(format)?,
        };
        exchanges.push((asked, answered));
    }
    Ok((call, exchanges))
}

/// Everything in a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, RecordingError> {
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let paths: io::Result<Vec<_>> = paths.collect();
    let mut paths = paths.map_err(at(folder))?;
    paths.sort();
    Ok(paths)
}

/// Three digits, a method, and so on, as [`write_exchange`] names them.
fn is_exchange(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let Some(name) = name.and_then(|name| name.strip_suffix(".json")) else {
        return false;
    };
    let mut parts = name.splitn(3, '-');
    let number = parts.next().unwrap_or_default();
    let method = parts.next().unwrap_or_default();
    number.len() >= 3
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_uppercase())
        && parts.next().is_some()
}

fn read_file<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, RecordingError> {
    let text = fs::read(path).map_err(at(path))?;
    serde_json::from_slice(&text).map_err(|error| RecordingError::Format {
        path: path.to_owned(),
        error,
    })
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), RecordingError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| RecordingError::Format {
        path: path.to_owned(),
        error,
    })?;
    fs::write(path, text + "\n").map_err(at(path))
}

fn at(path: &Path) -> impl Fn(io::Error) -> RecordingError {
    let path = path.to_owned();
    move |error| RecordingError::File {
        path: path.clone(),
        error,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_body_comes_back_byte_for_byte() {
        for bytes in [
            &b""[..],
            b"plain",
            b"12",
            br#"{"b":1,"a":[null,1.5]}"#,
            br#"{"spaced": true}"#,
            br#"{"twice":1,"twice":2}"#,
            b"\xff\x00",
            "\u{fc}\r\n".as_bytes(),
        ] {
            let text = serde_json::to_string(&Body::of(bytes)).unwrap();
            let body: Body = serde_json::from_str(&text).unwrap();
            assert_eq!(body.bytes().unwrap(), bytes, "{text}");
        }
        assert!(matches!(Body::of(br#"{"a":1}"#), Body::Json(_)));
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [CALL, "001-GET-a.json"] {
            fs::write(path(name), "{}").unwrap();
        }
        clear(folder.path()).unwrap();
        assert!(files(folder.path()).unwrap().is_empty());
        fs::write(path("thesis.json"), "{}").unwrap();
        fs::write(path("001-GET-a.json"), "{}").unwrap();
        assert!(matches!(
            clear(folder.path()),
            Err(RecordingError::Taken(_))
        ));
        assert_eq!(files(folder.path()).unwrap().len(), 2);
    }
}
