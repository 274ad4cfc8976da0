//! A recorded request and its answer, as the files hold them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One recording.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// `AREA/NNN-name`.
    pub(crate) name: String,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) status: u16,
    pub(crate) answer_headers: Vec<(String, String)>,
    pub(crate) answer_body: String,
}

impl Recording {
    /// All recordings by name; `None` where there are none.
    pub(crate) fn load_all() -> Option<BTreeMap<String, Recording>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/nextcloud-recordings");
        let mut all = BTreeMap::new();
        for area in std::fs::read_dir(root)
            .ok()?
            .flatten()
            .filter(|entry| entry.path().is_dir())
        {
            for file in std::fs::read_dir(area.path()).ok()?.flatten() {
                let recording = Self::load(&file.path());
                all.insert(recording.name.clone(), recording);
            }
        }
        Some(all)
    }

    /// The folder it lies in.
    pub(crate) fn area(&self) -> &str {
        self.name.split_once('/').map_or("", |(area, _)| area)
    }

    /// A request header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(one, _)| one.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// A header of the answer.
    pub(crate) fn answer_header(&self, name: &str) -> Option<&str> {
        let found = self
            .answer_headers
            .iter()
            .find(|(one, _)| one.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn load(path: &PathBuf) -> Self {
        let text = std::fs::read_to_string(path).expect("a readable recording");
        let value: Value = serde_json::from_str(&text).expect("a recording is JSON");
        let (request, answer) = (&value["request"], &value["response"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let url = text(&request["url"]);
        let target = url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|slash| &rest[slash..]))
            .unwrap_or("/");
        let area = path
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default()
            .to_string_lossy();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let headers = request["headers"].as_object().into_iter().flatten();
        let answers = answer["headers"].as_array().into_iter().flatten();
        Self {
            name: format!("{area}/{name}"),
            method: text(&request["method"]),
            target: target.to_owned(),
            headers: headers
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            body: text(&request["body"]),
            status: u16::try_from(answer["status"].as_u64().unwrap_or_default())
                .unwrap_or_default(),
            answer_headers: answers
                .map(|pair| (text(&pair[0]), text(&pair[1])))
                .collect(),
            answer_body: text(&answer["body"]),
        }
    }
}
