//! The scripted host behind a thread-local: each test thread has its own.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use crate::bindings::nextcloud_mcp::plugin::nextcloud as wire;
use crate::nextcloud::{Account, FetchError, Server};

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

struct Stage {
    script: VecDeque<(String, String, Answer)>,
    sent: Vec<Sent>,
    account: Account,
    server: Server,
    settings: HashMap<String, String>,
    log: Vec<String>,
    form: Option<String>,
}

/// A Nextcloud for the current thread, until it is dropped.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct Nextcloud(());

/// One request as the plugin sent it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Such as `PUT`.
    pub method: String,
    /// With the query.
    pub path: String,
    /// As sent.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
}

/// What Nextcloud answers, or why it does not.
#[derive(Debug, Clone)]
pub struct Answer(Result<wire::Response, FetchError>);

impl Nextcloud {
    /// Takes over the thread: user `alice`, server `https://cloud.example`, version 33.0.3.
    ///
    /// # Panics
    /// If the thread has one already.
    pub fn start() -> Self {
        let account = Account {
            id: "alice".to_owned(),
            display_name: "Alice Example".to_owned(),
            email: Some("alice@example.org".to_owned()),
            time_zone: Some("Europe/Berlin".to_owned()),
            language: "en".to_owned(),
            groups: Vec::new(),
        };
        let server = Server {
            url: "https://cloud.example".to_owned(),
            web_root: String::new(),
            version: "33.0.3".to_owned(),
        };
        let stage = Stage {
            script: VecDeque::new(),
            sent: Vec::new(),
            account,
            server,
            settings: HashMap::new(),
            log: Vec::new(),
            form: None,
        };
        let before = STAGE.with_borrow_mut(|current| current.replace(stage));
        assert!(before.is_none(), "this thread has a Nextcloud already");
        Self(())
    }

    /// Answers the next request with this method and path (the query included) so. Each answer serves once; several for
    /// the same request serve in order. A path that ends in `*` is any that begins so, for names that are made up.
    pub fn on(&self, method: &str, path: &str, answer: Answer) -> &Self {
        with(|stage| {
            stage
                .script
                .push_back((method.to_owned(), path.to_owned(), answer));
        });
        self
    }

    /// Who is calling from now on.
    pub fn account(&self, account: Account) -> &Self {
        with(|stage| stage.account = account);
        self
    }

    /// Where Nextcloud is from now on.
    pub fn server(&self, server: Server) -> &Self {
        with(|stage| stage.server = server);
        self
    }

    /// What the operator set.
    pub fn setting(&self, key: &str, value: &str) -> &Self {
        with(|stage| stage.settings.insert(key.to_owned(), value.to_owned()));
        self
    }

    /// What the person answers when asked; without it the client cannot ask.
    pub fn form(&self, answer: &Value) -> &Self {
        with(|stage| stage.form = Some(answer.to_string()));
        self
    }

    /// The requests so far.
    pub fn sent(&self) -> Vec<Sent> {
        with(|stage| stage.sent.clone())
    }

    /// The log so far.
    pub fn log(&self) -> Vec<String> {
        with(|stage| stage.log.clone())
    }
}

impl Drop for Nextcloud {
    fn drop(&mut self) {
        let stage = STAGE.with_borrow_mut(Option::take);
        let left: Vec<_> = stage.into_iter().flat_map(|stage| stage.script).collect();
        if !std::thread::panicking() {
            assert!(
                left.is_empty(),
                "nothing asked for these: {}",
                expected(left.iter())
            );
        }
    }
}

impl Sent {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` for what is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Answer {
    /// An answer with this body and content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::bare(status, body).header("content-type", content_type)
    }

    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    /// A web page, as Nextcloud sends for a route that is not there.
    pub fn page(status: u16) -> Self {
        Self::new(
            status,
            "text/html; charset=UTF-8",
            "<!DOCTYPE html>\n<html>",
        )
    }

    /// No answer.
    pub fn error(error: FetchError) -> Self {
        Self(Err(error))
    }

    pub(super) fn bare(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self(Ok(wire::Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        }))
    }

    /// With this header too.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(answer) = &mut self.0 {
            answer
                .headers
                .push((name.to_ascii_lowercase(), value.to_owned()));
        }
        self
    }
}

impl Stage {
    fn answer(&mut self, request: &wire::Request) -> Result<wire::Response, FetchError> {
        self.sent.push(Sent {
            method: request.method.clone(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: request.body.clone().unwrap_or_default(),
        });
        let place = self.script.iter().position(|(method, path, _)| {
            let begins = |prefix| request.path.starts_with(prefix);
            *method == request.method
                && (*path == request.path || path.strip_suffix('*').is_some_and(begins))
        });
        let Some((_, _, answer)) = place.and_then(|place| self.script.remove(place)) else {
            panic!(
                "no answer for {} {}; expected: {}",
                request.method,
                request.path,
                expected(self.script.iter())
            );
        };
        answer.0
    }
}

fn expected<'a>(script: impl Iterator<Item = &'a (String, String, Answer)>) -> String {
    let lines: Vec<_> = script
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    lines.join(", ")
}

fn with<R>(act: impl FnOnce(&mut Stage) -> R) -> R {
    STAGE.with_borrow_mut(|stage| {
        act(stage
            .as_mut()
            .unwrap_or_else(|| panic!("start one first: `testing::Nextcloud::start()`")))
    })
}

/// The host's functions, with the signatures of the component's imports.
pub(crate) mod host {
    pub(crate) mod nextcloud {
        use super::super::with;
        use crate::bindings::nextcloud_mcp::plugin::nextcloud::{
            Account, FetchError, Request, Response, Server,
        };

        pub(crate) fn fetch(request: &Request) -> Result<Response, FetchError> {
            with(|stage| stage.answer(request))
        }

        pub(crate) fn fetch_all(requests: &[Request]) -> Vec<Result<Response, FetchError>> {
            requests.iter().map(fetch).collect()
        }

        #[expect(clippy::unnecessary_wraps, reason = "the import's signature")]
        pub(crate) fn whoami() -> Result<Account, FetchError> {
            Ok(with(|stage| stage.account.clone()))
        }

        #[expect(clippy::unnecessary_wraps, reason = "the import's signature")]
        pub(crate) fn where_am_i() -> Result<Server, FetchError> {
            Ok(with(|stage| stage.server.clone()))
        }
    }

    pub(crate) mod log {
        use super::super::with;
        use crate::log::Level;

        pub(crate) fn write(level: Level, message: &str) {
            with(|stage| stage.log.push(format!("{level:?} {message}")));
        }
    }

    pub(crate) mod progress {
        pub(crate) fn report(_done: f64, _total: Option<f64>, _message: Option<&str>) {}
    }

    pub(crate) mod ask {
        use super::super::with;
        use crate::ask::Refusal;

        pub(crate) fn form(_message: &str, _schema: &str) -> Result<String, Refusal> {
            with(|stage| stage.form.clone()).ok_or(Refusal::Unsupported)
        }
    }

    pub(crate) mod settings {
        use super::super::with;

        pub(crate) fn get(key: &str) -> Option<String> {
            with(|stage| stage.settings.get(key).cloned())
        }
    }
}
