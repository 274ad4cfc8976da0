//! `CalDAV` as Nextcloud serves it: which node a path names, which method it is asked, and the errors in Sabre's words.

mod collection;
mod expand;
mod export;
mod filter;
mod freebusy;
mod ical;
mod jcal;
mod node;
mod object;
mod occurrences;
mod propfind;
mod props;
mod report;
mod restore;
mod schedule;
mod share;
pub(super) mod store;
mod validate;

use self::node::Node;
use super::auth::{self, By, Identity, Part};
use super::reply::Reply;
use super::request::Request;
use super::state::State;
use super::xml::{DAV, Element, SABRE};

/// Methods that every node takes.
const ALLOW: &str = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT";

/// Sabre's exceptions, by what they say.
const NOT_FOUND: &str = "Sabre\\DAV\\Exception\\NotFound";
const FORBIDDEN: &str = "Sabre\\DAV\\Exception\\Forbidden";
const BAD_REQUEST: &str = "Sabre\\DAV\\Exception\\BadRequest";
const NOT_IMPLEMENTED: &str = "Sabre\\DAV\\Exception\\NotImplemented";
const NOT_ALLOWED: &str = "Sabre\\DAV\\Exception\\MethodNotAllowed";
const UNSUPPORTED: &str = "Sabre\\DAV\\Exception\\UnsupportedMediaType";

/// One DAV call: the request, who makes it, and the path below `/remote.php/dav`.
struct Call<'a> {
    request: &'a Request,
    who: &'a Identity,
    path: &'a [&'a str],
}

/// Answers `/remote.php/dav/...`.
pub(super) fn answer(state: &mut State, request: &Request, path: &[&str]) -> Reply {
    let who = auth::identify(state, request, Part::Dav);
    if let Some(refusal) = login_error(request, &who) {
        return refusal;
    }
    let call = Call {
        request,
        who: &who,
        path,
    };
    match request.method.as_str() {
        "OPTIONS" => options(&call),
        "PROPFIND" => propfind::answer(state, &call),
        "PROPPATCH" => collection::proppatch(state, &call),
        "MKCALENDAR" | "MKCOL" => collection::make(state, &call),
        "REPORT" => report::answer(state, &call),
        "GET" | "HEAD" => object::get(state, &call),
        "PUT" => object::put(state, &call),
        "DELETE" => object::delete(state, &call),
        "MOVE" | "COPY" => object::relocate(state, &call),
        "POST" => post(state, &call),
        method => {
            let message = format!(
                "There was no plugin in the system that was willing to handle this {method} method."
            );
            error(501, &who, NOT_IMPLEMENTED, &message)
        }
    }
}

/// Answers the old endpoint, which only ever says where the home is.
pub(super) fn legacy(state: &mut State, request: &Request, path: &[&str]) -> Reply {
    let mut who = auth::identify(state, request, Part::Dav);
    if let Some(refusal) = login_error(request, &who) {
        return refusal;
    }
    let home = ["calendars", who.name()];
    if request.method != "PROPFIND" || path != home {
        return error(404, &who, NOT_FOUND, "Node not found");
    }
    let href = format!("{}{}", request.web_root, request.path);
    who.user = None;
    let body = propfind::bare_collection(&href);
    Reply::dav(207, &who)
        .with("Vary", "Brief,Prefer")
        .with(
            "DAV",
            "1, 3, extended-mkcol, calendar-access, calendar-proxy, access-control, \
             calendarserver-principal-property-search, calendar-auto-schedule, calendar-availability",
        )
        .traced()
        .without("X-Debug-Token")
        .without("X-Request-Id")
        .xml(body.document())
}

/// Why nobody is logged in, if so.
pub(super) fn login_error(request: &Request, who: &Identity) -> Option<Reply> {
    const NO_BASIC: &str = "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured";
    const NO_BEARER: &str = "No 'Authorization: Bearer' header found. Either the client didn't send one, or the server is mis-configured";
    const WRONG: &str = "Username or password was incorrect";
    if who.user.is_some() {
        return None;
    }
    let (basic, bearer) = match &who.by {
        By::Throttled => return Some(refuse(429, who)),
        By::Disabled(_) => {
            let message = "OC\\User\\DisabledUserException: Account disabled";
            return Some(error(
                503,
                who,
                "Sabre\\DAV\\Exception\\ServiceUnavailable",
                message,
            ));
        }
        By::WrongBasic => (WRONG, NO_BEARER),
        By::WrongBearer => (NO_BASIC, "Bearer token was incorrect"),
        _ => (NO_BASIC, NO_BEARER),
    };
    let by_script = request.header("X-Requested-With") == Some("XMLHttpRequest");
    let (challenge, message) = if by_script {
        (
            "DummyBasic realm=\"Nextcloud\"",
            "Cannot authenticate over ajax calls".to_owned(),
        )
    } else {
        let reasons = format!(
            "No public access to this resource., AppAPIAuth has not passed, This request is not for a federated \
             calendar, {basic}, {bearer}, {basic}"
        );
        ("Basic realm=\"Nextcloud\", charset=\"UTF-8\"", reasons)
    };
    let refusal = error(
        401,
        who,
        "Sabre\\DAV\\Exception\\NotAuthenticated",
        &message,
    );
    Some(refusal.with("WWW-Authenticate", challenge))
}

/// A status in the words of the DAV server, for faults and for throttled addresses.
pub(super) fn refuse(status: u16, who: &Identity) -> Reply {
    match status {
        429 => {
            let mut element =
                error_element("OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests", "");
            element
                .children
                .push(Element::new("o:", "hint").text("too many requests"));
            Reply::dav(429, who).xml(element.document())
        }
        401 => error(
            401,
            who,
            "Sabre\\DAV\\Exception\\NotAuthenticated",
            "No public access to this resource.",
        )
        .with(
            "WWW-Authenticate",
            "Basic realm=\"Nextcloud\", charset=\"UTF-8\"",
        ),
        423 => error(
            423,
            who,
            "OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked",
            "The resource is locked",
        ),
        507 => error(507, who, "Sabre\\DAV\\Exception\\InsufficientStorage", ""),
        503 => error(503, who, "Sabre\\DAV\\Exception\\ServiceUnavailable", ""),
        404 => error(404, who, NOT_FOUND, "Node not found"),
        403 => error(403, who, FORBIDDEN, "Access denied"),
        status => error(status, who, "Exception", ""),
    }
}

/// An error in Sabre's form.
pub(super) fn error(status: u16, who: &Identity, exception: &str, message: &str) -> Reply {
    Reply::dav(status, who).xml(error_element(exception, message).document())
}

fn error_element(exception: &str, message: &str) -> Element {
    Element::new(DAV, "error")
        .with(Element::new(SABRE, "exception").text(exception))
        .with(Element::new(SABRE, "message").text(message))
}

impl Call<'_> {
    /// An error of this call.
    fn fail(&self, status: u16, exception: &str, message: &str) -> Reply {
        error(status, self.who, exception, message)
    }

    /// A node that is not there, or not for this account to see.
    fn not_found(&self, message: &str) -> Reply {
        self.fail(404, NOT_FOUND, message)
    }

    /// A success without a body.
    fn done(&self, status: u16) -> Reply {
        Reply::dav(status, self.who).traced().html("")
    }

    /// The path of a node as it appears in answers.
    fn href(&self, path: &[&str], collection: bool) -> String {
        let mut href = format!("{}/remote.php/dav", self.request.web_root);
        for segment in path {
            href.push('/');
            href.push_str(&encode(segment));
        }
        if collection {
            href.push('/');
        }
        href
    }

    /// The features that `DAV` names for a path.
    fn features(&self) -> String {
        let calendar = "oc-resource-sharing, calendar-access, calendar-proxy, calendar-auto-schedule, \
             calendar-availability, nc-calendar-trashbin, nc-calendar-webcal-cache, calendarserver-subscribed, \
             oc-calendar-publishing, calendarserver-sharing, ";
        let (calendar, addressbook) = match self.path.first() {
            Some(&"calendars") => (calendar, ""),
            Some(&"principals") => (calendar, "addressbook, "),
            _ => ("", ""),
        };
        format!(
            "1, 3, extended-mkcol, access-control, calendarserver-principal-property-search, {calendar}{addressbook}\
             nc-paginate, nextcloud-checksum-update, nc-calendar-search, nc-enable-birthday-calendar"
        )
    }

    /// The request's `Depth`.
    fn depth(&self) -> Option<&str> {
        self.request.header("Depth")
    }

    /// Whether the client wants only what was found (RFC 8144, section 2.1).
    fn minimal(&self) -> bool {
        self.request
            .header("Prefer")
            .is_some_and(|prefer| prefer.contains("return=minimal"))
    }
}

fn options(call: &Call<'_>) -> Reply {
    let root = call.path.is_empty();
    let allow = if root {
        format!("{ALLOW}, SEARCH")
    } else {
        ALLOW.to_owned()
    };
    let reply = Reply::dav(200, call.who)
        .traced()
        .with("Allow", allow)
        .with("DAV", call.features())
        .with("MS-Author-Via", "DAV")
        .with("Accept-Ranges", "bytes")
        .html("");
    if root {
        reply.with("DASL", "<DAV:basicsearch>")
    } else {
        reply
    }
}

fn post(state: &mut State, call: &Call<'_>) -> Reply {
    match node::find(state, call.who.name(), call.path) {
        Ok(Node::Outbox) => freebusy::outbox(state, call),
        Ok(Node::Calendar(place)) => share::answer(state, call, &place),
        Ok(_) if call.request.body.is_empty() => {
            let message = "The input element to parse is empty. Do not attempt to parse";
            call.fail(500, "Sabre\\Xml\\ParseException", message)
        }
        Ok(_) => {
            let message =
                "There was no plugin in the system that was willing to handle this POST method.";
            call.fail(501, NOT_IMPLEMENTED, message)
        }
        Err(missing) => call.not_found(&missing.message),
    }
}

/// A path segment as Sabre encodes it: lower-case digits, few characters kept (caldav/069).
pub(super) fn encode(segment: &str) -> String {
    let mut out = String::new();
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"_-.~()/@:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}
