//! What a plugin can ask of the host: `fetch`, `fetch-all`, `whoami`, `where-am-i`, log, progress, ask, settings.
//!
//! Nothing is decided here: `nextcloud::Caller` decides what may be sent, [`super::store::CallState`] what may be spent.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::bench::Fetched;
use super::bindings::nextcloud_mcp::plugin::{ask, log, nextcloud, progress, settings, types};
use super::console::Level;
use super::limit::Limit;
use super::limits::{FETCH_ALL_PARALLEL, PROGRESS_INTERVAL, PROGRESS_MESSAGE_BYTES, QUESTIONS};
use super::output::{CallError, StopReason};
use super::question::{Answer, Asked, Question};
use super::store::{CallState, User};
use super::text::visible;
use crate::nextcloud::{FetchError, Layer, Refusal, Request, Response, UsedUp};

impl nextcloud::Host for CallState {
    async fn fetch(
        &mut self,
        request: nextcloud::Request,
    ) -> wasmtime::Result<Result<nextcloud::Response, nextcloud::FetchError>> {
        let result = self.waiting(async |user| user.fetch(request).await).await;
        Ok(result.map_err(Into::into))
    }

    async fn fetch_all(
        &mut self,
        requests: Vec<nextcloud::Request>,
    ) -> wasmtime::Result<Vec<Result<nextcloud::Response, nextcloud::FetchError>>> {
        let count = requests.len();
        let before = self.cpu.now();
        let results: Vec<_> = match &self.user {
            None => (0..count).map(|_| Err(nobody())).collect(),
            Some(user) => {
                let all = requests.into_iter().map(|request| user.fetch(request));
                stream::iter(all)
                    .buffered(FETCH_ALL_PARALLEL)
                    .collect()
                    .await
            }
        };
        self.cpu.waited_since(before);
        Ok(results
            .into_iter()
            .map(|result| self.latch(result).map_err(Into::into))
            .collect())
    }

    async fn whoami(
        &mut self,
    ) -> wasmtime::Result<Result<nextcloud::Account, nextcloud::FetchError>> {
        let result = self.waiting(async |user| user.caller.whoami().await).await;
        Ok(result
            .map(|identity| identity.as_ref().clone().into())
            .map_err(Into::into))
    }

    async fn where_am_i(
        &mut self,
    ) -> wasmtime::Result<Result<nextcloud::Server, nextcloud::FetchError>> {
        let result = self.waiting(async |user| user.caller.server().await).await;
        Ok(result
            .map(|server| server.as_ref().clone().into())
            .map_err(Into::into))
    }
}

impl CallState {
    /// Waits for Nextcloud on the guest's behalf; that time is not the guest's.
    async fn waiting<T>(
        &mut self,
        work: impl AsyncFnOnce(&User) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let Some(user) = &self.user else {
            return Err(nobody());
        };
        let before = self.cpu.now();
        let result = work(user).await;
        self.cpu.waited_since(before);
        self.latch(result)
    }

    /// A refused credential decides what the call ends in, whatever the guest makes of it; a refused request is the
    /// operator's to know.
    fn latch<T>(&mut self, result: Result<T, FetchError>) -> Result<T, FetchError> {
        match &result {
            Err(FetchError::Forbidden(refusal)) => self.console.refused(refusal),
            Err(FetchError::Limited(UsedUp::Requests)) => self.limited(Limit::Requests),
            Err(FetchError::Limited(UsedUp::Bytes(_))) => self.limited(Limit::Answers),
            Err(FetchError::TooLarge(_)) => self.limited(Limit::Answer),
            _ => {}
        }
        self.unauthorized |= matches!(result, Err(FetchError::Unauthorized));
        result
    }

    fn limited(&self, limit: Limit) {
        self.console
            .limited(limit.key(), self.limits().set_by(limit));
    }
}

impl User {
    async fn fetch(&self, request: nextcloud::Request) -> Result<nextcloud::Response, FetchError> {
        let request = request.into();
        let Some(witness) = &self.witness else {
            return Ok(self.send(request).await?.into());
        };
        let (method, path) = (request.method.clone(), request.path.clone());
        let (sent, begun) = (request.body.as_ref().map_or(0, Bytes::len), Instant::now());
        let answer = self.send(request).await;
        witness.fetched(Fetched {
            method,
            path,
            sent,
            answer: answer
                .as_ref()
                .map(|answer| (answer.status, answer.body.len()))
                .map_err(Clone::clone),
            took: begun.elapsed(),
        });
        Ok(answer?.into())
    }

    async fn send(&self, request: Request) -> Result<Response, FetchError> {
        self.caller
            .fetch(&self.grant, self.access, &self.budget, request)
            .await
    }
}

fn nobody() -> FetchError {
    FetchError::Forbidden(Refusal::new(
        Layer::NoUser,
        "",
        "describe",
        "a plugin describes itself for no user; nothing can be sent",
    ))
}

impl log::Host for CallState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        Ok(self.console.write(level, &message)?)
    }
}

impl progress::Host for CallState {
    /// Only steps forward are passed on (the protocol demands it), and not more often than a person can read.
    fn report(
        &mut self,
        done: f64,
        total: Option<f64>,
        message: Option<String>,
    ) -> wasmtime::Result<()> {
        let progress = &mut self.client.progress;
        let Some(sink) = &progress.sink else {
            return Ok(());
        };
        let now = Instant::now();
        let fits = done.is_finite()
            && progress
                .last
                .is_none_or(|(when, before)| done > before && now - when >= PROGRESS_INTERVAL);
        if fits {
            progress.last = Some((now, done));
            let total = total.filter(|total| total.is_finite());
            sink.report(
                done,
                total,
                message.map(|text| visible(&text, PROGRESS_MESSAGE_BYTES)),
            );
        }
        Ok(())
    }
}

impl ask::Host for CallState {
    /// A question that no client could show is the plugin's mistake, whoever calls.
    async fn form(
        &mut self,
        message: String,
        schema: types::Json,
    ) -> wasmtime::Result<Result<types::Json, ask::Refusal>> {
        let asked = Question::of_plugin(&message, &schema);
        let (question, schema) = asked.map_err(|error| StopReason::Question(error.to_string()))?;
        let Some(person) = self.client.person.clone() else {
            return Ok(Err(ask::Refusal::Unsupported));
        };
        self.client.asked += 1;
        if self.client.asked > QUESTIONS {
            return Err(StopReason::Questions(QUESTIONS).into());
        }
        let before = self.cpu.now();
        let deadline = self.deadline.clone();
        let at_most = self.client.question;
        let asked = timeout(at_most, person.ask(&question));
        let asked = deadline.stand_still(at_most, asked).await;
        self.cpu.waited_since(before);
        let answer = match asked.unwrap_or(Asked::Answered(Answer::Cancelled)) {
            Asked::Answered(Answer::Accepted(answer)) => answer,
            Asked::Answered(Answer::Declined) => return Ok(Err(ask::Refusal::Declined)),
            Asked::Answered(Answer::Cancelled) => return Ok(Err(ask::Refusal::Cancelled)),
            Asked::Nobody => return Ok(Err(ask::Refusal::Unsupported)),
            Asked::Later => return self.end_early(CallError::Asks).await,
        };
        let answer = Value::Object(question.only_asked(answer));
        match schema.check(answer).await {
            Ok(answer) => Ok(Ok(answer.to_string())),
            Err(mistakes) => self.end_early(CallError::InvalidAnswer(mistakes)).await,
        }
    }
}

impl CallState {
    /// Ends the call here, without blaming the plugin.
    async fn end_early<T>(&mut self, error: CallError) -> wasmtime::Result<T> {
        match self.client.early.take() {
            Some(early) => early.end(error).await,
            // Only a plugin that describes itself has none, and it can ask nobody.
            None => Err(StopReason::Questions(0).into()),
        }
    }
}

impl settings::Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.get(&key).cloned())
    }
}

/// Records and enums only.
impl types::Host for CallState {}
