//! Trouble on demand: what a proxy, a slow disk or a broken server does to requests, so that tests can show that
//! nothing is lost and the error says what to do.

use std::time::Duration;

use super::reply::Reply;
use super::request::Request;

/// Which requests go wrong, how often, and how.
#[derive(Debug, Clone)]
pub struct Fault {
    method: Option<String>,
    path: String,
    skip: usize,
    times: Option<usize>,
    trouble: Trouble,
}

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// The answer comes this much later.
    Slow(Duration),
    /// The connection is cut without an answer; the request is not carried out.
    Drop,
    /// The request is carried out and then the connection is cut: the client cannot know.
    DropAfter,
    /// This status, in the words of the part of Nextcloud that is asked.
    Status(u16),
    /// This status with these headers and this body, as it stands.
    Answer {
        /// HTTP status.
        status: u16,
        /// Headers.
        headers: Vec<(String, String)>,
        /// Body.
        body: String,
    },
    /// 200 with a page for people, as a login portal does.
    Html,
    /// 200 with JSON that ends in the middle.
    BrokenJson,
    /// 200 with so many bytes of JSON.
    Huge(usize),
    /// A redirect to this place.
    Redirect(u16, String),
}

impl Fault {
    /// For every request.
    pub fn everywhere(trouble: Trouble) -> Self {
        Self::at("", trouble)
    }

    /// For requests whose path below the web root contains this text.
    pub fn at(path: &str, trouble: Trouble) -> Self {
        Self {
            method: None,
            path: path.to_owned(),
            skip: 0,
            times: None,
            trouble,
        }
    }

    /// Only for this method.
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Only after so many matching requests went well.
    #[must_use]
    pub fn after(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let method = self
            .method
            .as_ref()
            .is_none_or(|method| *method == request.method);
        method && request.path.contains(&self.path)
    }
}

/// The troubles of one request, in the order in which they were injected.
pub(super) fn befall(faults: &mut [Fault], request: &Request) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for fault in faults.iter_mut().filter(|fault| fault.matches(request)) {
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        if let Some(times) = &mut fault.times {
            if *times == 0 {
                continue;
            }
            *times -= 1;
        }
        troubles.push(fault.trouble.clone());
    }
    troubles
}

/// The answer that a trouble makes; `None` where it is no answer or the part's own words are needed.
pub(super) fn answer(trouble: &Trouble) -> Option<Reply> {
    let json = |body: String| {
        Reply::plain(200)
            .with("Content-Type", "application/json")
            .body(body)
    };
    match trouble {
        Trouble::Answer {
            status,
            headers,
            body,
        } => {
            let reply = Reply::plain(*status).body(body.clone());
            let all = headers.iter();
            Some(all.fold(reply, |reply, (name, value)| {
                reply.with(name, value.clone())
            }))
        }
        Trouble::Html => {
            let page = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body>Welcome</body></html>\n";
            Some(Reply::plain(200).html(page))
        }
        Trouble::BrokenJson => Some(json("{\"ocs\":{\"meta\":{\"status\":".into())),
        Trouble::Huge(bytes) => Some(json(format!("{{\"x\":\"{}\"}}", "x".repeat(*bytes)))),
        Trouble::Redirect(status, to) => Some(Reply::plain(*status).with("Location", to.clone())),
        Trouble::Slow(_) | Trouble::Drop | Trouble::DropAfter | Trouble::Status(_) => None,
    }
}
