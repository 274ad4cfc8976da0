//! The API of Notes 6: routes, and what comes before any of them (login, CORS, preflight).

mod attachment;
mod list;
mod many;
mod settings;
pub(super) mod store;
mod title;
mod write;

use serde_json::{Value, json};

use self::store::Note;
use super::auth::{self, By, Identity, Part};
use super::etag;
use super::ocs;
use super::reply::Reply;
use super::request::Request;
use super::state::State;

/// The versions that every answer of the API names.
const VERSIONS: &str = "0.2, 1.3, 1.4";
/// What a locked or unreadable note shows instead of its content (notes/086).
const LOCKED: &str = "OCP\\Lock\\LockedException";

/// Answers `/apps/notes/api/...`.
pub(super) fn answer(state: &mut State, request: &Request, rest: &[&str]) -> Reply {
    let part = if may_be_called_by_other_sites(request, rest) {
        Part::Cors
    } else {
        Part::FrontController
    };
    let who = auth::identify(state, request, part);
    if let Some(refusal) = ocs::login_error(&who) {
        return refusal;
    }
    if request.method == "OPTIONS" {
        return preflight(request, &who);
    }
    if who.user.is_none() {
        return not_logged_in(request, &who);
    }
    let call = Call { request, who: &who };
    match (request.method.as_str(), rest) {
        ("GET" | "HEAD", [version, "notes"]) if supported(version) => list::answer(state, &call),
        ("POST", [version, "notes"]) if supported(version) => write::create(state, &call, version),
        (method, [version, "notes", id]) if supported(version) && is_id(id) => match method {
            "GET" | "HEAD" => get(state, &call, id),
            "PUT" => write::update(state, &call, version, id),
            "DELETE" => write::delete(state, &call, id),
            _ => not_allowed(&call),
        },
        ("GET" | "HEAD", ["v1" | "v1.4", "settings"]) => settings::get(state, &call),
        ("PUT", ["v1" | "v1.4", "settings"]) => settings::put(state, &call),
        ("GET" | "HEAD", ["v1.4", "attachment", id]) if is_id(id) => {
            attachment::get(state, &call, id)
        }
        ("POST", ["v1.4", "attachment", id]) if is_id(id) => attachment::upload(state, &call, id),
        // Everything else under `api/` is a bad version, but only for reading (notes/018, 052, 055-057).
        ("GET" | "HEAD", _) => call.answer(400).json(&json!([])),
        _ => not_allowed(&call),
    }
}

/// A status in the words of an app's API, for faults.
pub(super) fn refuse(status: u16, who: &Identity) -> Reply {
    let body = match status {
        401 => json!({"message": "Current user is not logged in"}),
        429 => json!({"message": "Reached maximum delay"}),
        400 | 503 => return Reply::api(status, who).html(""),
        _ => json!({"errorType": "Exception"}),
    };
    Reply::api(status, who)
        .with("X-Notes-API-Versions", VERSIONS)
        .json(&body)
}

/// One call of the API and who makes it.
struct Call<'a> {
    request: &'a Request,
    who: &'a Identity,
}

impl Call<'_> {
    /// An answer of the API.
    fn answer(&self, status: u16) -> Reply {
        Reply::api(status, self.who).with("X-Notes-API-Versions", VERSIONS)
    }

    /// A failure: the body is always the same (notes/017, 077, 083, 084).
    fn failure(&self, status: u16) -> Reply {
        self.answer(status).json(&json!({"errorType": "Exception"}))
    }

    /// A parameter of a wrong type: nothing but the status (notes/011).
    fn wrong_type(&self) -> Reply {
        Reply::api(400, self.who).html("")
    }

    /// Members that `exclude` names.
    fn excluded(&self) -> Vec<&str> {
        let exclude = self.request.parameter("exclude").unwrap_or_default();
        exclude.split(',').map(str::trim).collect()
    }

    /// A whole note with its tag, 304 where the client has it.
    fn note(&self, note: &Note, settings: &settings::NotesSettings) -> Reply {
        let value = represent(note, settings);
        let tag = value["etag"].as_str().unwrap_or_default().to_owned();
        let known = self.request.header("If-None-Match");
        if known.is_some_and(|header| etag::named_by(header, &tag)) {
            return self.answer(304).with("ETag", format!("\"{tag}\""));
        }
        let value = without(value, &self.excluded());
        self.answer(200)
            .with("ETag", format!("\"{tag}\""))
            .json(&value)
    }
}

fn get(state: &State, call: &Call<'_>, id: &str) -> Reply {
    let notes = &state.notes[call.who.name()];
    match notes.get(id) {
        None => call.failure(404),
        Some(note) => call.note(note, &notes.settings),
    }
}

/// A note as the API shows it. The tag covers everything else, so that every change changes it.
fn represent(note: &Note, settings: &settings::NotesSettings) -> Value {
    let content = if note.locked {
        format!("Error: {LOCKED}")
    } else {
        note.content.clone()
    };
    let mut value = json!({
        "id": note.id, "title": note.title, "modified": note.modified, "category": note.category,
        "favorite": note.favorite, "readonly": note.readonly || note.locked, "internalPath": note.path(&settings.path),
        "shareTypes": note.share_types, "isShared": !note.share_types.is_empty(), "error": note.locked,
        "errorType": if note.locked { LOCKED } else { "" }, "content": content,
    });
    value["etag"] = json!(etag::of(value.to_string()));
    value
}

fn without(mut value: Value, members: &[&str]) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| name == "id" || !members.contains(&name.as_str()));
    }
    value
}

fn preflight(request: &Request, who: &Identity) -> Reply {
    let origin = request.header("Origin").unwrap_or("*").to_owned();
    Reply::api(200, who)
        .with("Access-Control-Allow-Origin", origin)
        .with(
            "Access-Control-Allow-Methods",
            "PUT, POST, GET, DELETE, PATCH",
        )
        .with("Access-Control-Max-Age", "1728000")
        .with(
            "Access-Control-Allow-Headers",
            "Authorization, Content-Type, Accept",
        )
        .with("Access-Control-Allow-Credentials", "false")
        .html("")
}

fn not_logged_in(request: &Request, who: &Identity) -> Reply {
    let message = if request.is_api_request() || who.by == By::Throttled {
        "Current user is not logged in"
    } else {
        "CORS requires basic auth"
    };
    Reply::api(401, who).json(&json!({"message": message}))
}

/// A method that no route has: an answer of the router, not of the app (notes/047).
fn not_allowed(call: &Call<'_>) -> Reply {
    let mut who = call.who.clone();
    who.user = None;
    Reply::early(405, &who, "").html("")
}

/// The routes of the API proper; what falls beside them is answered under the rules of every other page.
fn may_be_called_by_other_sites(request: &Request, rest: &[&str]) -> bool {
    let method = request.method.as_str();
    match rest {
        [version, "notes"] => supported(version) && matches!(method, "GET" | "HEAD" | "POST"),
        [version, "notes", id] => {
            supported(version) && is_id(id) && matches!(method, "GET" | "HEAD" | "PUT" | "DELETE")
        }
        ["v1" | "v1.4", "settings"] => matches!(method, "GET" | "HEAD" | "PUT"),
        ["v1.4", "attachment", id] => is_id(id) && matches!(method, "GET" | "HEAD" | "POST"),
        _ => false,
    }
}

fn supported(version: &str) -> bool {
    matches!(version, "v0.2" | "v1")
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
