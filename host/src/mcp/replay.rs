//! A call that is asked in over several requests (MCP 2026-07-28, basic/patterns/mrtr). It begins again from its start with
//! each: answers that are there are given again, in order, and the first question without one ends it.
//!
//! What was answered so far travels with the client, sealed and bound to the call (`bond`); nothing is kept here, so any
//! replica can go on. The client can send a state again until it expires: that repeats its own call with its own answers,
//! which it could also make anew.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use rmcp::model::{
    ElicitRequest, ElicitResult, ErrorData, InputRequest, InputRequiredResult, InputResponses,
};
use serde::{Deserialize, Serialize};

use super::asking::Returned;
use super::bond::{Bond, Call, LIVES, now};
use super::elicit;
use super::failure;
use super::run::Asker;
use crate::plugin::{Answer, Asked, CallError, Failure, FailureKind, JsonObject, Person, Question};

/// What the question is called in a request, which never has two.
const KEY: &str = "question";

/// Questions of one call at most, over all its requests: a plugin that never asks the same ends here. Reference clients
/// follow ten rounds; this is one less, so that the plugin, and not the client, says how it ends.
const ROUNDS: u32 = 9;

/// Bytes of all answers of one call. They come back with each request, which may have 4 MiB.
const ANSWERS_BYTES: usize = 256 * 1024;

/// See the module's documentation.
pub(super) struct Replay(Mutex<Progress>);

#[derive(Default)]
struct Progress {
    given: Vec<Given>,
    /// Of `given`, which answers the next question.
    next: usize,
    /// Requests of this call so far.
    rounds: u32,
    /// What this request ends with.
    pending: Option<Question>,
    ready: Option<InputRequiredResult>,
}

/// A question that was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Given {
    /// Its digest.
    question: String,
    answer: Wire,
}

/// [`Answer`], as it travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Wire {
    Accepted(JsonObject),
    Declined,
    Cancelled,
}

/// What a client carries.
#[derive(Serialize, Deserialize)]
struct State {
    bond: Bond,
    /// In seconds since 1970.
    expires: u64,
    rounds: u32,
    given: Vec<Given>,
    /// The digest of the question that waits for an answer.
    pending: String,
}

impl Replay {
    /// What the client brings along, if it is for this call.
    pub(super) async fn begin(
        asker: Asker<'_>,
        call: &Call<'_>,
        returned: Returned,
    ) -> Result<Self, ErrorData> {
        // An answer without a state is one to nothing.
        let Some(text) = returned.state else {
            return Ok(Self(Mutex::default()));
        };
        let state = asker.rules.seal.open(&text);
        let state: State = state
            .and_then(|state| serde_json::from_str(&state).ok())
            .ok_or_else(|| {
                refused("it is not one that this server gave out, or it was changed on the way")
            })?;
        if state.expires <= now() {
            let minutes = LIVES.as_secs() / 60;
            return Err(refused(&format!(
                "its question is older than {minutes} minutes"
            )));
        }
        let bond = call.of(asker.caller).await.map_err(|error| {
            if matches!(error, CallError::Unauthorized) {
                asker.arrival.refuse_sign_in();
            }
            failure::unbound(error)
        })?;
        if state.bond != bond {
            return Err(refused(
                "it was given out for another user, another call or other arguments, or the plugin was replaced since",
            ));
        }
        let mut given = state.given;
        if let Some(answer) = answer(returned.responses)? {
            given.push(Given {
                question: state.pending,
                answer,
            });
        }
        let bytes = serde_json::to_string(&given).map_or(usize::MAX, |text| text.len());
        if bytes > ANSWERS_BYTES {
            return Err(ErrorData::invalid_params(
                format!("the answers are longer than {ANSWERS_BYTES} bytes"),
                None,
            ));
        }
        Ok(Self(Mutex::new(Progress {
            given,
            rounds: state.rounds,
            ..Progress::default()
        })))
    }

    /// Makes ready what the client gets instead of a result.
    pub(super) async fn seal(&self, asker: Asker<'_>, call: &Call<'_>) -> Result<(), CallError> {
        let bond = call.of(asker.caller).await?;
        let mut progress = self.progress();
        let ready = progress.pending.as_ref().and_then(|question| {
            let state = State {
                bond,
                expires: now().saturating_add(LIVES.as_secs()),
                rounds: progress.rounds + 1,
                given: progress.given.clone(),
                pending: question.digest(),
            };
            let state = serde_json::to_string(&state).ok()?;
            let state = asker.rules.seal.seal(&state)?;
            let request = ElicitRequest::new(elicit::request(question)?);
            let requests = BTreeMap::from([(KEY.to_owned(), InputRequest::Elicitation(request))]);
            Some(InputRequiredResult::new(Some(requests), Some(state)))
        });
        progress.ready = ready;
        if progress.ready.is_some() {
            return Ok(());
        }
        Err(CallError::Failed(Failure {
            kind: FailureKind::Unavailable,
            message: "The question to the user could not be sealed.".to_owned(),
            structured: None,
            retry_after_s: None,
        }))
    }

    /// What [`Replay::seal`] made ready.
    pub(super) fn take(&self) -> Option<InputRequiredResult> {
        self.progress().ready.take()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Person for Replay {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Asked> {
        let asked = self.progress().ask(question);
        Box::pin(std::future::ready(asked))
    }
}

impl Progress {
    fn ask(&mut self, question: &Question) -> Asked {
        let digest = question.digest();
        if let Some(given) = self.given.get(self.next)
            && given.question == digest
        {
            self.next += 1;
            return Asked::Answered(given.answer.clone().into());
        }
        // What was answered after another question is no answer to what comes after this one.
        self.given.truncate(self.next);
        if self.rounds >= ROUNDS {
            return Asked::Nobody;
        }
        self.pending = Some(question.clone());
        Asked::Later
    }
}

/// The answer among `responses`; nothing if it is not there, which has the question put again.
fn answer(responses: Option<InputResponses>) -> Result<Option<Wire>, ErrorData> {
    let Some(response) = responses.and_then(|mut responses| responses.remove(KEY)) else {
        return Ok(None);
    };
    let result: Option<ElicitResult> = serde_json::from_value(response).ok();
    let answer = result.and_then(elicit::answer).ok_or_else(|| {
        let message = format!("inputResponses.{KEY} is no result of elicitation/create");
        ErrorData::invalid_params(message, None)
    })?;
    Ok(Some(answer.into()))
}

fn refused(why: &str) -> ErrorData {
    let message = format!("this requestState is not taken: {why}. Make the call again without it");
    ErrorData::invalid_params(message, None)
}

impl From<Answer> for Wire {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accepted(content) => Self::Accepted(content),
            Answer::Declined => Self::Declined,
            Answer::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Wire> for Answer {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Accepted(content) => Self::Accepted(content),
            Wire::Declined => Self::Declined,
            Wire::Cancelled => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(question: &Question) -> Given {
        Given {
            question: question.digest(),
            answer: Wire::Declined,
        }
    }

    #[test]
    fn answers_are_given_again_in_order_until_one_is_missing() {
        let questions = ["a", "b", "c"].map(Question::agreement);
        let mut progress = Progress {
            given: questions[..2].iter().map(given).collect(),
            ..Progress::default()
        };
        let declined = Asked::Answered(Answer::Declined);
        assert_eq!(progress.ask(&questions[0]), declined);
        assert_eq!(progress.ask(&questions[1]), declined);
        assert_eq!(progress.ask(&questions[2]), Asked::Later);
        assert_eq!(progress.pending.as_ref(), Some(&questions[2]));
    }

    #[test]
    fn an_answer_to_another_question_is_none_to_this_one() {
        let questions = ["a", "b", "c"].map(Question::agreement);
        let mut progress = Progress {
            given: questions[..2].iter().map(given).collect(),
            ..Progress::default()
        };
        assert_eq!(progress.ask(&questions[1]), Asked::Later);
        assert!(progress.given.is_empty(), "nor are those after it");
    }

    #[test]
    fn a_plugin_that_asks_something_else_each_time_is_told_that_it_cannot_ask() {
        let mut progress = Progress {
            rounds: ROUNDS,
            ..Progress::default()
        };
        assert_eq!(progress.ask(&Question::agreement("a")), Asked::Nobody);
    }

    #[test]
    fn what_is_no_answer_is_refused_and_a_missing_one_asked_for_again() {
        let responses = |key: &str, value| Some(BTreeMap::from([(key.to_owned(), value)]));
        let accept = serde_json::json!({"action": "accept", "content": {}});
        assert!(matches!(
            answer(responses(KEY, accept.clone())),
            Ok(Some(Wire::Accepted(_)))
        ));
        assert!(matches!(answer(responses("other", accept)), Ok(None)));
        assert!(matches!(answer(None), Ok(None)));
        for wrong in [
            serde_json::json!({"action": "agree"}),
            serde_json::json!({"action": "accept", "content": [1]}),
            serde_json::json!("accept"),
        ] {
            assert!(answer(responses(KEY, wrong)).is_err());
        }
    }
}
