//! The parameters of a request as PHP and Nextcloud collect them: query, then a form or a JSON object over it; and the
//! client that a request names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::nextcloud::request::{Request, pairs};

/// The parameters of one request.
#[derive(Debug, Default)]
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// What cannot be read counts as nothing sent (oidc/026).
    pub(super) fn of(request: &Request) -> Self {
        let mut all = Self::default();
        for (name, value) in &request.query {
            all.add(name, value);
        }
        let kind = request.header("Content-Type").unwrap_or_default();
        if kind.starts_with("application/json") {
            if let Ok(Value::Object(members)) = serde_json::from_slice(&request.body) {
                all.0.extend(members);
            }
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            for (name, value) in pairs(&request.text()) {
                all.add(&name, &value);
            }
        }
        all
    }

    /// A parameter as text; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A parameter as it came.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The texts of a list; a single text is a list of one.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::String(text)) => vec![text.clone()],
            _ => Vec::new(),
        }
    }

    /// `name[]` collects.
    fn add(&mut self, name: &str, value: &str) {
        let value = Value::String(value.to_owned());
        match name.strip_suffix("[]") {
            None => {
                self.0.insert(name.to_owned(), value);
            }
            Some(name) => {
                let list = self
                    .0
                    .entry(name)
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(items) = list {
                    items.push(value);
                }
            }
        }
    }
}

/// The client that a request names and the secret it shows. A `client_id` in the body makes the header be ignored.
pub(super) fn named_client(
    request: &Request,
    parameters: &Parameters,
) -> Option<(String, Option<String>)> {
    if let Some(id) = parameters.text("client_id") {
        let secret = parameters.text("client_secret").map(str::to_owned);
        return Some((id.to_owned(), secret));
    }
    let (scheme, value) = request.header("Authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = plain.split_once(':')?;
    Some((id.to_owned(), Some(secret.to_owned())))
}
