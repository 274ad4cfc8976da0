//! A conversation with a server: what its answers said so far, which the next call may rest on.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::uses::Call;
use crate::harness::{Client, Outcome};

/// What earlier answers said.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// How often the conversation was had before: what must be new each time is named after it.
    pub(super) round: usize,
    /// A note that is there from the beginning and stays.
    pub(super) kept_note: Value,
    /// Of the last note.
    pub(super) note: Value,
    pub(super) note_etag: Value,
    /// Of the last event or task.
    pub(super) uid: Value,
    /// What was deleted last, in the calendars' trash bin.
    pub(super) trashed: Value,
}

impl Known {
    /// A note that is there.
    pub(super) fn note(id: i64) -> Self {
        Self {
            kept_note: json!(id),
            note: json!(id),
            ..Self::default()
        }
    }

    /// Makes the calls; each must succeed. The bytes of what was answered, as a client hands it on.
    pub(super) async fn perform(&mut self, client: &Client, calls: &[Call]) -> Result<usize> {
        let mut bytes = 0;
        for call in calls {
            bytes += match call {
                Call::Read(uri) => client.read(uri).await.len(),
                Call::Tool(tool, arguments) => self.call(client, tool, arguments(self)).await?,
                Call::Confirmed(tool, arguments) => {
                    let mut arguments = arguments(self);
                    let shown = client.call(tool, arguments.clone()).await;
                    arguments["confirm"] = handle(&shown)
                        .with_context(|| format!("{tool} shows nothing first: {}", shown.text))?;
                    shown.text.len() + self.call(client, tool, arguments).await?
                }
            };
        }
        Ok(bytes)
    }

    async fn call(&mut self, client: &Client, tool: &str, arguments: Value) -> Result<usize> {
        let outcome = client.call(tool, arguments).await;
        ensure!(!outcome.is_error, "{tool} failed: {}", outcome.text);
        // Some tools of the Python server answer in text alone.
        let said = match outcome.structured {
            Value::Null => serde_json::from_str(&outcome.text).unwrap_or_default(),
            said => said,
        };
        self.learn(tool, &said);
        Ok(outcome.text.len())
    }

    fn learn(&mut self, tool: &str, said: &Value) {
        let keep = |place: &mut Value, found: &Value| {
            if !found.is_null() {
                place.clone_from(found);
            }
        };
        if tool.starts_with("nc_notes_create") {
            keep(&mut self.note, &said["id"]);
        }
        if tool.starts_with("nc_notes_") {
            keep(&mut self.note_etag, &said["etag"]);
        }
        if tool.starts_with("nc_calendar_create_") {
            for place in ["/uid", "/event/uid", "/task/uid", "/todo/uid"] {
                keep(&mut self.uid, said.pointer(place).unwrap_or(&Value::Null));
            }
        }
        if tool == "nc_calendar_list_trash" {
            keep(&mut self.trashed, &said["items"][0]["id"]);
        }
    }
}

/// What confirms that the call is meant: in a structured answer, or in the details of a refusal, which are its last line.
fn handle(shown: &Outcome) -> Option<Value> {
    let details: Value = match &shown.structured {
        Value::Null => serde_json::from_str(shown.text.lines().last()?).ok()?,
        said => said.clone(),
    };
    Some(details["confirm"].clone()).filter(Value::is_string)
}
