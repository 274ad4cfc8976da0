//! What the person answers in an author's call: what `--answer` or the recording says, in the order of the questions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use serde_json::Value;

use super::transcript::Transcript;
use crate::plugin::{Answer, Asked, Person, Question};

/// Says no to a question.
const DECLINE: &str = "decline";
/// Closes a question.
const CANCEL: &str = "cancel";

/// Answers that are left. A question beyond them finds nobody who can be asked.
pub(super) struct Answers {
    left: Mutex<VecDeque<Value>>,
    transcript: Arc<Transcript>,
}

impl Answers {
    /// Each is one that [`parse`] takes.
    pub(super) fn new(answers: &[Value], transcript: Arc<Transcript>) -> Self {
        Self {
            left: Mutex::new(answers.iter().cloned().collect()),
            transcript,
        }
    }

    fn next(&self) -> Option<Value> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.pop_front()
    }
}

/// What can stand after `--answer`.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    match text {
        DECLINE | CANCEL => Ok(text.into()),
        text => super::object(text)
            .map_err(|error| format!("{error}; or say `{DECLINE}` or `{CANCEL}`")),
    }
}

impl Person for Answers {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Asked> {
        let next = self.next();
        self.transcript.asked(question, next.as_ref());
        let asked = match next {
            None => Asked::Nobody,
            Some(Value::Object(form)) => Asked::Answered(Answer::Accepted(form)),
            Some(Value::String(word)) if word == DECLINE => Asked::Answered(Answer::Declined),
            Some(_) => Asked::Answered(Answer::Cancelled),
        };
        ready(asked).boxed()
    }
}
