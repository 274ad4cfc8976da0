//! Handles that a client brings back once the user agreed: the host's own, and those that a tool gives out itself.
//!
//! A tool's own are marked on their way out and looked at on their way back, so that what reaches a plugin as agreed to is
//! what it gave out for the same call, in a run without the right to delete. Nothing is kept between the two calls.

use serde_json::Value;

use super::bond::LIVES;
use super::rules::Seal;
use crate::plugin::{CallError, Content, JsonObject, Output};

/// The argument that a handle comes back in; the bundled plugins use the same for their own.
pub(super) const CONFIRM: &str = "confirm";

/// Handles for one call: the time until which they hold, and a mark of the call.
pub(super) struct Handles<'a> {
    seal: &'a dyn Seal,
    /// What they are for; see [`Bond::text`](super::bond::Bond::text).
    bond: String,
}

impl<'a> Handles<'a> {
    pub(super) fn new(seal: &'a dyn Seal, bond: String) -> Self {
        Self { seal, bond }
    }

    /// The host's own.
    pub(super) fn give(&self, now: u64) -> String {
        let expires = now.saturating_add(LIVES.as_secs());
        let mark = self.seal.mark(&self.content(expires));
        format!("{expires:x}.{mark}")
    }

    pub(super) fn is_good(&self, handle: &str, now: u64) -> bool {
        let Some((expires, mark)) = handle.trim().split_once('.') else {
            return false;
        };
        u64::from_str_radix(expires, 16)
            .is_ok_and(|expires| expires > now && self.seal.is_mark(&self.content(expires), mark))
    }

    /// The tool's own handle, if `text` is what [`Handles::marked`] made of it for this call.
    pub(super) fn unmarked(&self, text: &str, now: u64) -> Option<String> {
        let mut parts = text.trim().rsplitn(3, '.');
        let (mark, expires, own) = (parts.next()?, parts.next()?, parts.next()?);
        let handle = format!("{expires}.{mark}");
        self.of(own).is_good(&handle, now).then(|| own.to_owned())
    }

    /// The answer, with the tool's own handle in it marked: where it stands as `confirm`, and wherever the texts repeat it.
    pub(super) fn marked(
        &self,
        answer: Result<Output, CallError>,
        now: u64,
    ) -> Result<Output, CallError> {
        let mark = |own: &str| format!("{own}.{}", self.of(own).give(now));
        match answer {
            Ok(mut output) => {
                if let Some((own, marked)) = replace(output.structured.as_mut(), mark) {
                    for content in &mut output.content {
                        if let Content::Text(text) = content {
                            *text = text.replace(&own, &marked);
                        }
                    }
                }
                Ok(output)
            }
            Err(CallError::Failed(mut failure)) => {
                if let Some((own, marked)) = replace(failure.structured.as_mut(), mark) {
                    failure.message = failure.message.replace(&own, &marked);
                }
                Err(CallError::Failed(failure))
            }
            Err(error) => Err(error),
        }
    }

    fn of(&self, own: &str) -> Self {
        Self {
            seal: self.seal,
            bond: format!("{} {own} {}", own.len(), self.bond),
        }
    }

    fn content(&self, expires: u64) -> String {
        format!("delete {expires} {}", self.bond)
    }
}

/// The handle that stands in an answer, and what stands there now.
fn replace(
    structured: Option<&mut Value>,
    mark: impl FnOnce(&str) -> String,
) -> Option<(String, String)> {
    let place = structured?.get_mut(CONFIRM)?;
    let own = place.as_str().filter(|own| !own.is_empty())?.to_owned();
    let marked = mark(&own);
    *place = Value::String(marked.clone());
    Some((own, marked))
}

/// The arguments without a handle: what a handle is for.
pub(super) fn without(arguments: &JsonObject) -> JsonObject {
    let mut arguments = arguments.clone();
    arguments.shift_remove(CONFIRM);
    arguments
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::CallSeal;

    #[test]
    fn a_handle_is_good_for_its_call_and_for_ten_minutes() {
        let seal = CallSeal::basic(None).unwrap();
        let handles = |bond: &str| Handles::new(&seal, bond.to_owned());
        let (one, other) = (handles("alice, 7"), handles("alice, 8"));
        let handle = one.give(1_000);
        assert!(one.is_good(&handle, 1_000) && one.is_good(&handle, 1_599));
        assert!(!one.is_good(&handle, 1_600), "too late");
        assert!(!other.is_good(&handle, 1_000), "another call");
        let (_, mark) = handle.split_once('.').unwrap();
        let longer = format!("{:x}.{mark}", 9_999);
        assert!(!one.is_good(&longer, 1_000), "its end is part of it");
        for wrong in ["", ".", "yes", mark, "-1.x"] {
            assert!(!one.is_good(wrong, 1_000), "{wrong}");
        }
        assert!(handle.len() < 40, "short enough to repeat: {handle}");
    }

    #[test]
    fn a_tools_own_handle_comes_back_only_as_it_was_given_for_the_same_call() {
        let seal = CallSeal::basic(None).unwrap();
        let one = Handles::new(&seal, "alice, 7".to_owned());
        let answer = Output {
            content: vec![Content::Text("call again with confirm \"a.b\"".to_owned())],
            structured: Some(json!({"confirm": "a.b", "count": 1})),
        };
        let answer = one.marked(Ok(answer), 1_000).unwrap();
        let structured = answer.structured.unwrap();
        let marked = structured["confirm"].as_str().unwrap();
        let Content::Text(text) = &answer.content[0] else {
            panic!("a text");
        };
        assert_eq!(*text, format!("call again with confirm \"{marked}\""));
        assert_eq!(one.unmarked(marked, 1_599).as_deref(), Some("a.b"));
        assert_eq!(one.unmarked(marked, 1_600), None, "too late");
        let other = Handles::new(&seal, "alice, 8".to_owned());
        assert_eq!(other.unmarked(marked, 1_000), None, "another call");
        let host = one.give(1_000);
        for wrong in [
            "a.b",
            "yes",
            "",
            &host,
            &format!("x{marked}"),
            &format!("a.{host}"),
        ] {
            assert_eq!(one.unmarked(wrong, 1_000), None, "{wrong}");
        }
    }
}
