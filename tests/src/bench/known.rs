//! A conversation with a server: what its answers said so far, which the next call may rest on.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::uses::Call;
use crate::harness::Client;

/// What earlier answers said.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Of the last note.
    pub(super) note: Value,
    pub(super) note_etag: Value,
    /// Of the last event or task.
    pub(super) uid: Value,
}

impl Known {
    /// A note that is there.
    pub(super) fn note(id: i64) -> Self {
        Self {
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
                Call::Tool(tool, arguments) => {
                    let outcome = client.call(tool, arguments(self)).await;
                    ensure!(!outcome.is_error, "{tool} failed: {}", outcome.text);
                    // Some tools of the Python server answer in text alone.
                    let said = match outcome.structured {
                        Value::Null => serde_json::from_str(&outcome.text).unwrap_or_default(),
                        said => said,
                    };
                    self.learn(tool, &said);
                    outcome.text.len()
                }
            };
        }
        Ok(bytes)
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
    }
}
