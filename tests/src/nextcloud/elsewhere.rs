//! Calendars that another `CalDAV` server keeps, behind the stand-in's accounts and addresses: the front that lets the
//! calendar tools be tried against a server that nobody here wrote.
//!
//! It passes requests and answers on as they are. Only addresses differ (`/remote.php/dav/calendars/USER/` outside,
//! `/USER/` inside; the server is told the difference in `X-Script-Name`), and who is asking is checked here.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::Method;
use serde_json::json;

use super::auth::{self, Part};
use super::caldav;
use super::caldav::store::StoredObject;
use super::etag;
use super::reply::Reply;
use super::request::Request;
use super::state::State;

/// Where the calendars of all accounts are outside, below the web root.
const OUTSIDE: &str = "/remote.php/dav/calendars";

/// What of a request the other server is told.
const PASSED_ON: [&str; 7] = [
    "accept",
    "content-type",
    "depth",
    "if-match",
    "if-none-match",
    "overwrite",
    "prefer",
];

/// What of an answer the client is told.
const PASSED_BACK: [&str; 4] = ["content-type", "etag", "last-modified", "allow"];

/// What Radicale writes beside a calendar's objects.
const PROPERTIES: &str = ".Radicale.props";

/// A running `CalDAV` server that takes every user at their word and keeps its calendars in files, as Radicale does.
#[derive(Debug, Clone)]
pub struct CalendarServer {
    http: reqwest::Client,
    url: String,
    folder: PathBuf,
    /// What ends the server when it is dropped.
    _running: Arc<dyn Debug + Send + Sync>,
}

/// Who asks for their own calendars, or what they are told instead; `None` where the request is for something else.
pub(super) fn caller(state: &mut State, request: &Request) -> Option<Result<String, Reply>> {
    let parts = request.parts();
    let ["remote.php", "dav", "calendars", home, ..] = parts.as_slice() else {
        return None;
    };
    let who = auth::identify(state, request, Part::Dav);
    if let Some(refusal) = caldav::login_error(request, &who) {
        return Some(Err(refusal));
    }
    if who.name() != *home {
        return Some(Err(caldav::refuse(404, &who)));
    }
    Some(Ok(who.name().to_owned()))
}

/// Asks the other server as `user`.
pub(super) async fn forward(server: &CalendarServer, user: &str, request: &Request) -> Reply {
    let outside = format!("{}{OUTSIDE}", request.web_root);
    let path = request.path.strip_prefix(OUTSIDE).unwrap_or_default();
    let method = Method::from_bytes(request.method.as_bytes()).expect("a method");
    let mut asked = server
        .http
        .request(method, format!("{}{path}", server.url))
        .basic_auth(user, Some("any"))
        .header("X-Script-Name", &outside)
        .body(request.body.clone());
    for name in PASSED_ON {
        if let Some(value) = request.header(name) {
            asked = asked.header(name, value);
        }
    }
    if let Some(destination) = request.header("destination") {
        let path = destination
            .find(&outside)
            .map_or("", |at| &destination[at..]);
        asked = asked.header("destination", format!("{}{path}", server.url));
    }
    let answer = asked.send().await.expect("the calendar server answers");
    let mut reply = Reply::plain(answer.status().as_u16());
    for name in PASSED_BACK {
        if let Some(value) = answer.headers().get(name) {
            reply = reply.with(name, value.to_str().expect("a plain header"));
        }
    }
    let mut reply = reply.body(answer.bytes().await.expect("a whole answer"));
    reply.user = Some(user.to_owned());
    reply
}

impl CalendarServer {
    /// The server at `url`, such as `http://127.0.0.1:5232`, that keeps its calendars in `folder`, as
    /// `USER/CALENDAR/OBJECT.ics`; it runs as long as `running` lives.
    pub fn new(
        http: reqwest::Client,
        url: String,
        folder: PathBuf,
        running: Arc<dyn Debug + Send + Sync>,
    ) -> Self {
        Self {
            http,
            url,
            folder,
            _running: running,
        }
    }

    /// Makes a calendar behind the client's back.
    pub(super) fn add_calendar(
        &self,
        user: &str,
        name: &str,
        display_name: &str,
        components: &str,
    ) {
        let folder = self.calendar(user, name);
        fs::create_dir_all(&folder).expect("a folder for the calendar");
        let properties = json!({
            "tag": "VCALENDAR", "D:displayname": display_name, "C:supported-calendar-component-set": components,
        });
        fs::write(folder.join(PROPERTIES), properties.to_string()).expect("a writable folder");
    }

    /// Puts an object into a calendar behind the client's back.
    pub(super) fn put_object(&self, user: &str, calendar: &str, name: &str, data: &str) {
        fs::write(self.calendar(user, calendar).join(name), data).expect("a calendar of this name");
    }

    /// The objects of a calendar, by their names.
    pub(super) fn objects(&self, user: &str, calendar: &str) -> Vec<StoredObject> {
        let mut objects: Vec<StoredObject> = visible(&self.calendar(user, calendar))
            .into_iter()
            .map(|uri| {
                let path = self.calendar(user, calendar).join(&uri);
                let data = fs::read_to_string(path).expect("a readable object");
                let etag = etag::of(&data);
                StoredObject { uri, etag, data }
            })
            .collect();
        objects.sort_by(|one, other| one.uri.cmp(&other.uri));
        objects
    }

    /// The names of an account's calendars.
    pub(super) fn calendars(&self, user: &str) -> Vec<String> {
        visible(&self.folder.join(user))
    }

    fn calendar(&self, user: &str, name: &str) -> PathBuf {
        self.folder.join(user).join(name)
    }
}

/// The names in a folder, without the server's own files.
fn visible(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder of this name");
    let names = entries.map(|entry| entry.expect("a readable folder").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with('.')).collect()
}
