//! What may differ between a recorded answer and ours: ids, entity tags, random values, server times, the host. Each is
//! replaced by a name that counts its kind in the order of appearance, so that two answers are the same when they are
//! the same up to a renaming, over the whole run: an id that comes back must be the id that went before.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::{Captures, Regex};
use serde_json::Value;

use crate::compare::json;

/// The span of time in which the recordings were made, and in which the stand-in's clock runs while they are replayed.
pub(crate) const RECORDED: std::ops::Range<i64> = 1_795_278_000..1_795_284_000;

/// One side's names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Canon {
    host: String,
    names: HashMap<(&'static str, String), usize>,
    values: HashMap<(&'static str, usize), String>,
    counts: HashMap<&'static str, usize>,
}

/// What is looked for in texts, longest first.
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<jwt>\beyJ[\w-]+\.[\w-]+\.[\w-]+)",
        r"|(?P<secret>FAKE-[a-z]+(?:-[a-z]+)*-\d{3}-0+",
        r"|\b[A-Za-z0-9]{128}\b|\b[A-Za-z0-9]{72}\b|\b[A-Za-z0-9]{64}\b)",
        r"|%3D(?P<embedded>[A-Za-z0-9]{64})\b",
        r"|(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)",
        r"|(?P<cursor>\b\d{10}-\d{10}-\d+\b)",
        r"|(?P<file>\b[0-9a-f]{32}\.png\b)",
        r"|(?P<etag>\b[0-9a-f]{32}\b)",
        r"|(?P<http>[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)",
        r"|(?P<atom>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00)",
        r"|(?P<ical>\b\d{8}T\d{6}Z)",
        r"|(?P<unix>\b1795\d{6}(?:000)?\b)",
        r"|note/(?P<note>\d+)\b",
        r"|objects/(?P<object>\d+)\.ics",
        r"|uid\)=\((?P<calendar>\d+),",
        r"|(?P<fileid>\b\d{8}ocr4ku107hbg\b)",
        r#"|"id":(?P<cut>\d+)\b"#,
    ))
    .expect("a pattern")
});

impl Canon {
    /// For answers of this host.
    pub(crate) fn new(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            ..Self::default()
        }
    }

    /// A text with everything that may differ named.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let text = text.replace(&self.host, "{host}");
        PATTERN
            .replace_all(&text, |found: &Captures<'_>| self.replace(found))
            .into_owned()
    }

    /// The name of an id.
    pub(crate) fn id(&mut self, id: &str) -> String {
        self.name("id", id)
    }

    /// The name of a row in one of the provider's tables.
    pub(crate) fn row(&mut self, table: &'static str, number: &str) -> String {
        self.name(table, number)
    }

    /// A text of the recorded side as the other side would say it: every value known to both is exchanged.
    pub(crate) fn translate(&self, text: &str, other: &Canon) -> String {
        let text = text.replace(&self.host, &other.host);
        let found = PATTERN.replace_all(&text, |found: &Captures<'_>| {
            let whole = &found[0];
            if let Some(value) = found.name("embedded") {
                let ours = self.counterpart("secret", value.as_str(), other);
                return ours.map_or_else(|| whole.to_owned(), |ours| format!("%3D{ours}"));
            }
            for kind in ["jwt", "secret", "uuid", "cursor", "file", "etag"] {
                if let Some(value) = found.name(kind) {
                    return self
                        .counterpart(kind, value.as_str(), other)
                        .unwrap_or_else(|| whole.to_owned());
                }
            }
            whole.to_owned()
        });
        found.into_owned()
    }

    /// The other side's value for one of ours.
    pub(crate) fn counterpart(
        &self,
        kind: &'static str,
        value: &str,
        other: &Canon,
    ) -> Option<String> {
        let number = self.names.get(&(kind, key(kind, value).to_owned()))?;
        other.values.get(&(kind, *number)).cloned()
    }

    /// Makes two values counterparts that no answer shows.
    pub(crate) fn pair(
        recorded: &mut Canon,
        ours: &mut Canon,
        kind: &'static str,
        recorded_value: &str,
        our_value: &str,
    ) {
        assert_eq!(
            recorded.name(kind, recorded_value),
            ours.name(kind, our_value),
            "both sides count alike"
        );
    }

    fn name(&mut self, kind: &'static str, value: &str) -> String {
        self.name_as(kind, key(kind, value), value)
    }

    fn name_as(&mut self, kind: &'static str, key: &str, value: &str) -> String {
        let key = (kind, key.to_owned());
        let number = if let Some(number) = self.names.get(&key) {
            *number
        } else {
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            self.names.insert(key, *count);
            self.values.insert((kind, *count), value.to_owned());
            *count
        };
        format!("<{kind} {number}>")
    }

    /// Names a value anew each time: two tokens of one second are the same, those of two seconds are not, and which of
    /// the two it is says nothing.
    fn again(&mut self, kind: &'static str, value: &str) {
        self.names.remove(&(kind, value.to_owned()));
        self.name(kind, value);
    }

    fn replace(&mut self, found: &Captures<'_>) -> String {
        let whole = &found[0];
        if whole.starts_with("eyJ") {
            self.again("jwt", whole);
            return jwt(whole, self);
        }
        if let Some(value) = found.name("embedded") {
            return format!("%3D{}", self.name("secret", value.as_str()));
        }
        for kind in ["secret", "uuid", "cursor", "file", "etag"] {
            if let Some(value) = found.name(kind) {
                return self.name(kind, value.as_str());
            }
        }
        for kind in ["note", "object", "calendar", "cut"] {
            if let Some(value) = found.name(kind) {
                let name = if kind == "calendar" {
                    self.name("calendar", value.as_str())
                } else {
                    self.id(value.as_str())
                };
                return whole.replace(value.as_str(), &name);
            }
        }
        if found.name("fileid").is_some() {
            return self.id(whole[..8].trim_start_matches('0'));
        }
        if is_recorded_time(whole) {
            "<time>".to_owned()
        } else {
            whole.to_owned()
        }
    }
}

/// What a signed token says, with everything that may differ named.
fn jwt(token: &str, canon: &mut Canon) -> String {
    let parts = token.split('.').take(2).filter_map(|part| {
        let json = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Value>(&json).ok()
    });
    let parts: Vec<Value> = parts.collect();
    parts
        .iter()
        .map(|part| json(part, None, canon, 0))
        .collect()
}

/// What makes a value itself: the time at which a list was begun is no part of where its next chunk begins.
fn key<'a>(kind: &str, value: &'a str) -> &'a str {
    match value.split_once('-') {
        Some((_, rest)) if kind == "cursor" => rest,
        _ => value,
    }
}

fn is_recorded_time(text: &str) -> bool {
    let seconds = if let Ok(number) = text.parse::<i64>() {
        Some(if number > 1_000_000_000_000 {
            number / 1000
        } else {
            number
        })
    } else {
        let formats = [
            "%a, %d %b %Y %H:%M:%S GMT",
            "%Y-%m-%dT%H:%M:%S+00:00",
            "%Y%m%dT%H%M%SZ",
        ];
        formats
            .iter()
            .find_map(|format| jiff::civil::DateTime::strptime(format, text).ok())
            .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|time| time.timestamp().as_second())
    };
    // Attachments and test cookies expire an hour later.
    seconds
        .is_some_and(|seconds| RECORDED.contains(&seconds) || RECORDED.contains(&(seconds - 3600)))
}
