//! Where the values of settings come from: the process environment, then `.env` in the working directory; in each,
//! `NAME` holds the value itself and `NAME_FILE` the path of a file with it.
//!
//! Never here: what a value means. An empty value counts as unset, because compose files and shells set names to
//! nothing when they mean to leave them out. Values are text: `123456` and `true` stay what they are.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::dotenv::{self, DotenvError};

/// The file of settings in the working directory.
const DOTENV: &str = ".env";

/// What is appended to a setting's name to give the path of a file that holds its value.
const FILE_SUFFIX: &str = "_FILE";

/// A file that holds one value is small; anything larger is the wrong file.
const VALUE_FILE_BYTES: u64 = 64 * 1024;

/// Why the sources of settings cannot be read. No message holds a value.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A name in the environment whose value is not text.
    #[error("{0} is not valid UTF-8")]
    NotText(String),
    /// The file exists but cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// As it was named.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// See [`DotenvError`].
    #[error(".env, {0}. Nothing was read from it")]
    Dotenv(DotenvError),
    /// Two places say what one setting is.
    #[error("{name} and {name}_FILE are both set{place}; keep one of them")]
    Twice {
        /// The setting.
        name: String,
        /// Empty, or ` in .env`.
        place: &'static str,
    },
    /// `NAME_FILE` names a file that cannot give a value.
    #[error("{name}_FILE names {path}, which {reason}")]
    ValueFile {
        /// The setting.
        name: String,
        /// As it was named.
        path: PathBuf,
        /// Why not, as the end of the sentence.
        reason: String,
    },
}

/// The sources as they were when the process started.
#[derive(Debug, Clone)]
pub struct Sources {
    /// In order of precedence.
    layers: Vec<Layer>,
    /// The working directory: paths in `NAME_FILE` are relative to it.
    folder: PathBuf,
}

#[derive(Clone)]
struct Layer {
    /// How an error names it, after a setting's name.
    place: &'static str,
    values: BTreeMap<String, String>,
}

/// Names only: values may be secrets.
impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer")
            .field("place", &self.place)
            .field("names", &self.values.keys())
            .finish()
    }
}

/// The value of one setting and where it was found.
pub(super) struct Found {
    pub(super) value: String,
    /// For an error: `NEXTCLOUD_MCP_PORT in .env`, or `NEXTCLOUD_MCP_PORT_FILE`.
    pub(super) origin: String,
}

impl Sources {
    /// The environment of this process and the `.env` of its working directory.
    pub fn of_process() -> Result<Self, SourceError> {
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let mut environment = BTreeMap::new();
        for (name, value) in variables.filter(|(name, _)| name.starts_with("NEXTCLOUD_")) {
            let value = value
                .into_string()
                .map_err(|_| SourceError::NotText(name.clone()))?;
            environment.insert(name, value);
        }
        Self::new(environment, PathBuf::from("."))
    }

    /// `environment` and the `.env` in `folder`.
    pub fn new(
        environment: BTreeMap<String, String>,
        folder: PathBuf,
    ) -> Result<Self, SourceError> {
        let mut layers = vec![Layer {
            place: "",
            values: environment,
        }];
        if let Some(text) = read_dotenv(&folder.join(DOTENV))? {
            layers.push(Layer {
                place: " in .env",
                values: dotenv::parse(&text).map_err(SourceError::Dotenv)?,
            });
        }
        for layer in &mut layers {
            layer.values.retain(|_, value| !value.is_empty());
        }
        Ok(Self { layers, folder })
    }

    /// The value that the first source gives for `name`.
    pub(super) fn find(&self, name: &str) -> Result<Option<Found>, SourceError> {
        let file_name = format!("{name}{FILE_SUFFIX}");
        for Layer { place, values } in &self.layers {
            match (values.get(name), values.get(&file_name)) {
                (Some(_), Some(_)) => {
                    return Err(SourceError::Twice {
                        name: name.to_owned(),
                        place,
                    });
                }
                (Some(value), None) => {
                    return Ok(Some(Found {
                        value: value.clone(),
                        origin: format!("{name}{place}"),
                    }));
                }
                (None, Some(path)) => {
                    let value = read_value(name, &self.folder.join(path))?;
                    return Ok(Some(Found {
                        value,
                        origin: format!("{file_name}{place}"),
                    }));
                }
                (None, None) => {}
            }
        }
        Ok(None)
    }

    /// Whether any source sets `name` itself (not through a file).
    pub(super) fn sets(&self, name: &str) -> bool {
        self.layers
            .iter()
            .any(|layer| layer.values.contains_key(name))
    }

    /// Every name that any source sets, without `_FILE`.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.layers.iter().flat_map(|layer| layer.values.keys());
        names.map(|name| name.strip_suffix(FILE_SUFFIX).unwrap_or(name))
    }

    /// Says so if `.env` holds one of `secrets` and somebody else on this machine can read it.
    pub(super) fn exposed_dotenv(&self, secrets: &[String]) -> Option<String> {
        let dotenv = self.layers.get(1)?;
        let secret = secrets
            .iter()
            .find(|secret| dotenv.values.contains_key(*secret))?;
        let others_can_read = readable_by_others(&self.folder.join(DOTENV));
        others_can_read.then(|| format!(".env holds {secret} and other users of this machine can read it; run `chmod 600 .env`"))
    }
}

fn read_dotenv(path: &Path) -> Result<Option<String>, SourceError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SourceError::Unreadable {
            path: PathBuf::from(DOTENV),
            source,
        }),
    }
}

/// The file's content without the line end that editors and `echo` leave behind.
fn read_value(name: &str, path: &Path) -> Result<String, SourceError> {
    let wrong = |reason: String| SourceError::ValueFile {
        name: name.to_owned(),
        path: path.to_owned(),
        reason,
    };
    let metadata = fs::metadata(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if metadata.len() > VALUE_FILE_BYTES {
        return Err(wrong(format!("is larger than {VALUE_FILE_BYTES} bytes")));
    }
    let text =
        fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let value = text
        .strip_suffix('\n')
        .map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line));
    if value.is_empty() {
        return Err(wrong("is empty".to_owned()));
    }
    Ok(value.to_owned())
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

/// Other systems have no such mode bits to look at.
#[cfg(not(unix))]
fn readable_by_others(_path: &Path) -> bool {
    false
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn sources(
        environment: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> (tempfile::TempDir, Result<Sources, SourceError>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let sources = Sources::new(environment, folder.path().to_owned());
        (folder, sources)
    }

    fn value(sources: &Sources, name: &str) -> Option<String> {
        sources.find(name).unwrap().map(|found| found.value)
    }

    #[test]
    fn the_environment_wins_over_dotenv_and_empty_is_unset() {
        let (_folder, sources) = sources(&[("A", "1"), ("B", "")], &[(".env", "A=2\nB=3\nC=\n")]);
        let sources = sources.unwrap();
        assert_eq!(value(&sources, "A").as_deref(), Some("1"));
        assert_eq!(value(&sources, "B").as_deref(), Some("3"));
        assert_eq!(value(&sources, "C"), None);
        assert_eq!(sources.find("B").unwrap().unwrap().origin, "B in .env");
    }

    #[test]
    fn a_value_can_come_from_a_file_without_its_last_line_end() {
        for (text, expected) in [
            ("pass word\n", "pass word"),
            ("pass\r\n", "pass"),
            ("two\n\n", "two\n"),
            (" x ", " x "),
        ] {
            let (_folder, sources) = sources(&[("A_FILE", "secret")], &[("secret", text)]);
            assert_eq!(value(&sources.unwrap(), "A").as_deref(), Some(expected));
        }
    }

    #[test]
    fn both_a_value_and_its_file_are_refused_in_one_source_only() {
        let (_folder, sources_) = sources(&[("A", "1"), ("A_FILE", "secret")], &[("secret", "2")]);
        let message = sources_.unwrap().find("A").err().unwrap().to_string();
        assert_eq!(message, "A and A_FILE are both set; keep one of them");

        let (_folder, sources_) =
            sources(&[("A", "1")], &[("secret", "2"), (".env", "A_FILE=secret")]);
        assert_eq!(value(&sources_.unwrap(), "A").as_deref(), Some("1"));
    }

    #[test]
    fn a_file_that_gives_no_value_is_an_error_and_not_an_unset_setting() {
        let long = "x".repeat(70_000);
        for (text, reason) in [
            (Some(""), "is empty"),
            (Some("\n"), "is empty"),
            (Some(long.as_str()), "is larger"),
            (None, "cannot be read"),
        ] {
            let files: Vec<_> = text.map(|text| ("secret", text)).into_iter().collect();
            let (_folder, sources) = sources(&[("A_FILE", "secret")], &files);
            let message = sources.unwrap().find("A").err().unwrap().to_string();
            assert!(
                message.starts_with("A_FILE names ") && message.contains(reason),
                "{message}"
            );
        }
    }

    #[test]
    fn nothing_that_is_printed_of_the_sources_holds_a_value() {
        let (_folder, sources) = sources(&[("A", "canary")], &[(".env", "B=canary")]);
        assert!(!format!("{sources:?}").contains("canary"));
    }

    #[cfg(unix)]
    #[test]
    fn a_dotenv_with_a_secret_that_others_can_read_is_pointed_out() {
        use std::os::unix::fs::PermissionsExt;
        let secrets = ["PASSWORD".to_owned()];
        for (mode, text, warns) in [
            (0o644, "PASSWORD=x", true),
            (0o640, "PASSWORD=x", true),
            (0o600, "PASSWORD=x", false),
            (0o644, "PORT=1", false),
        ] {
            let (folder, sources) = sources(&[], &[(".env", text)]);
            fs::set_permissions(folder.path().join(".env"), fs::Permissions::from_mode(mode))
                .unwrap();
            assert_eq!(
                sources.unwrap().exposed_dotenv(&secrets).is_some(),
                warns,
                "{mode:o} {text}"
            );
        }
    }
}
