//! Asking the person in front of the client: what is asked, and what comes of it. How a question reaches them, now or with
//! another request, is not decided here.

use futures_util::future::BoxFuture;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::form::{self, FormError};
use super::schema::{JsonObject, Schema};
use super::text::visible;

/// Longest text of a question, in bytes: what a person reads before they decide.
const MESSAGE_BYTES: usize = 4 * 1024;

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Why, in a few lines without hidden characters.
    pub message: String,
    /// What to fill in: a flat JSON Schema object of strings, numbers, booleans and choices. Without properties the answer
    /// is yes or no.
    pub form: JsonObject,
}

/// What a person answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes, with the form as they filled it in, unchecked.
    Accepted(JsonObject),
    /// No.
    Declined,
    /// Neither: the question was closed, or time ran out.
    Cancelled,
}

/// What comes of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The answer is there.
    Answered(Answer),
    /// It will come with another call, which begins again from its start.
    Later,
    /// This client cannot ask after all.
    Nobody,
}

/// Somebody who can be asked in the course of one call.
pub trait Person: Send + Sync {
    /// Puts the next question of the call to them. The same questions in the same order get the same answers, however often
    /// the call begins again.
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Asked>;
}

impl Question {
    /// One that is answered with yes or no.
    pub fn agreement(message: &str) -> Self {
        let form = serde_json::json!({"type": "object", "properties": {}});
        Self {
            message: lines(message),
            form: form.as_object().cloned().unwrap_or_default(),
        }
    }

    /// A plugin's, and the schema that its answer must fit.
    pub(super) fn of_plugin(message: &str, schema: &str) -> Result<(Self, Schema), FormError> {
        let (form, schema) = form::parse(schema)?;
        let message = lines(message);
        Ok((Self { message, form }, schema))
    }

    /// Tells questions apart, across restarts, too.
    pub fn digest(&self) -> String {
        let form = Value::Object(self.form.clone()).to_string();
        let digest = Sha256::new()
            .chain_update(self.message.as_bytes())
            .chain_update([0])
            .chain_update(form.as_bytes());
        hex::encode(digest.finalize())
    }

    /// Takes out of an answer what was not asked for.
    pub(super) fn only_asked(&self, mut answer: JsonObject) -> JsonObject {
        let known = self.form.get("properties").and_then(Value::as_object);
        answer.retain(|name, _| known.is_some_and(|known| known.contains_key(name)));
        answer
    }
}

/// As [`visible`], with its lines kept apart.
fn lines(message: &str) -> String {
    let mut shown = String::new();
    for line in message.lines() {
        if !shown.is_empty() {
            shown.push('\n');
        }
        let Some(room) = MESSAGE_BYTES.checked_sub(shown.len()) else {
            break;
        };
        shown.push_str(&visible(line.trim_end(), room));
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_question_is_shown_in_lines_and_hides_nothing() {
        let shown = Question::agreement("Delete it?\n\u{202e}ton od\u{1b}[2J\r\n").message;
        assert_eq!(shown, "Delete it?\n\\u{202e}ton od\\u{1b}[2J");
        let long = Question::agreement(&"lorem\n".repeat(10_000)).message;
        assert!(long.len() <= MESSAGE_BYTES + 8, "{}", long.len());
    }

    #[test]
    fn another_text_or_another_form_is_another_question() {
        let form = |name: &str| {
            let schema = json!({"type": "object", "properties": {name: {"type": "string"}}});
            Question::of_plugin("a", &schema.to_string()).unwrap().0
        };
        assert_eq!(form("x").digest(), form("x").digest());
        assert_ne!(form("x").digest(), form("y").digest());
        assert_ne!(
            Question::agreement("a").digest(),
            Question::agreement("b").digest()
        );
    }

    #[test]
    fn a_plugin_sees_only_what_it_asked_for() {
        let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}});
        let (question, _) = Question::of_plugin("", &schema.to_string()).unwrap();
        let answer = json!({"name": "Ada", "other": 1});
        let seen = question.only_asked(answer.as_object().unwrap().clone());
        assert_eq!(Value::Object(seen), json!({"name": "Ada"}));
    }
}
