//! `GET`, `PROPFIND`, `MKCOL` and `PUT` of files, as Sabre answers them: the statuses are those of calendars (caldav/018, 026,
//! 054), the rest is RFC 4918.

use super::super::auth::Identity;
use super::super::caldav;
use super::super::etag;
use super::super::notes::store::Notes;
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::xml::{DAV, Element};
use super::tree::{media_type, parent};

/// What lies at a path.
enum Node {
    Folder,
    File(Vec<u8>),
}

/// The properties of a file or folder, and of what is directly in it for `Depth: 1`.
pub(super) fn propfind(notes: &Notes, request: &Request, who: &Identity, path: &str) -> Reply {
    let Some(own) = node(notes, path) else {
        return not_found(who, path);
    };
    let asked = match Element::parse(&request.text()) {
        Ok(body) => body.child(DAV, "prop").cloned().unwrap_or_default(),
        Err(malformed) => return bad_request(who, &malformed.0),
    };
    let mut shown = vec![(path.to_owned(), own)];
    if request.header("Depth") == Some("1") {
        let children = notes.files.children(path);
        shown.extend(children.filter_map(|child| Some((child.to_owned(), node(notes, child)?))));
    }
    let responses = shown
        .iter()
        .map(|(path, node)| response(request, who, path, node, &asked.children));
    let multistatus = Element::new(DAV, "multistatus").with_all(responses);
    Reply::dav(207, who).traced().xml(multistatus.document())
}

/// A file's bytes.
pub(super) fn get(notes: &Notes, who: &Identity, path: &str) -> Reply {
    let Some(Node::File(bytes)) = node(notes, path) else {
        return not_found(who, path);
    };
    let tag = format!("\"{}\"", etag::of(&bytes));
    Reply::dav(200, who)
        .traced()
        .with("Content-Type", media_type(path))
        .with("ETag", tag.clone())
        .with("OC-ETag", tag)
        .body(bytes)
}

/// Makes a folder.
pub(super) fn mkcol(notes: &mut Notes, who: &Identity, path: &str) -> Reply {
    if node(notes, path).is_some() {
        let message = "The resource you tried to create already exists";
        return caldav::error(405, who, "Sabre\\DAV\\Exception\\MethodNotAllowed", message);
    }
    if !matches!(node(notes, parent(path)), Some(Node::Folder)) {
        let message = "Parent node does not exist";
        return caldav::error(409, who, "Sabre\\DAV\\Exception\\Conflict", message);
    }
    if in_readonly_folder(notes, path) {
        return forbidden(who);
    }
    notes.files.make_folder(path);
    Reply::dav(201, who).traced().html("")
}

/// Stores a file that is no note.
pub(super) fn put(notes: &mut Notes, request: &Request, who: &Identity, path: &str) -> Reply {
    let exists = node(notes, path).is_some();
    if exists && request.header("If-None-Match") == Some("*") {
        let message =
            "An If-None-Match header was specified, but the ETag matched (or * was specified).";
        let exception = "Sabre\\DAV\\Exception\\PreconditionFailed";
        return caldav::error(412, who, exception, message);
    }
    if !matches!(node(notes, parent(path)), Some(Node::Folder)) {
        return not_found(who, parent(path));
    }
    if in_readonly_folder(notes, path) {
        return forbidden(who);
    }
    let tag = format!("\"{}\"", etag::of(&request.body));
    notes.files.store(path, request.body.to_vec());
    Reply::dav(if exists { 204 } else { 201 }, who)
        .traced()
        .with("ETag", tag.clone())
        .with("OC-ETag", tag)
        .html("")
}

fn node(notes: &Notes, path: &str) -> Option<Node> {
    if let Some(bytes) = notes.files.file(path) {
        return Some(Node::File(bytes.to_vec()));
    }
    if let Some(content) = notes.content_at(path) {
        return Some(Node::File(content.as_bytes().to_vec()));
    }
    let folder = notes.files.is_folder(path) || notes.has_folder(path);
    folder.then_some(Node::Folder)
}

fn response(
    request: &Request,
    who: &Identity,
    path: &str,
    node: &Node,
    asked: &[Element],
) -> Element {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for property in asked {
        let own = Element::new(&property.namespace, &property.name);
        let value = match (property.name.as_str(), node) {
            ("resourcetype", Node::Folder) => Some(own.with(Element::new(DAV, "collection"))),
            ("resourcetype", Node::File(_)) => Some(own),
            ("getcontentlength", Node::File(bytes)) => Some(own.text(bytes.len().to_string())),
            ("getcontenttype", Node::File(_)) => Some(own.text(media_type(path))),
            _ => None,
        };
        match value {
            Some(value) => found.push(value),
            None => missing.push(Element::new(&property.namespace, &property.name)),
        }
    }
    let segments = path
        .split('/')
        .map(caldav::encode)
        .collect::<Vec<_>>()
        .join("/");
    let slash = if matches!(node, Node::Folder) {
        "/"
    } else {
        ""
    };
    let user = caldav::encode(who.name());
    let href = format!(
        "{}/remote.php/dav/files/{user}/{segments}{slash}",
        request.web_root
    );
    let mut response = Element::new(DAV, "response").with(Element::new(DAV, "href").text(href));
    for (properties, status) in [(found, "200 OK"), (missing, "404 Not Found")] {
        if !properties.is_empty() {
            let status = Element::new(DAV, "status").text(format!("HTTP/1.1 {status}"));
            let properties = Element::new(DAV, "prop").with_all(properties);
            let propstat = Element::new(DAV, "propstat").with(properties).with(status);
            response.children.push(propstat);
        }
    }
    response
}

/// A folder that others shared to read is read-only with all that is in it.
fn in_readonly_folder(notes: &Notes, path: &str) -> bool {
    let inside = |folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    notes.readonly_folders().any(|folder| inside(&folder))
}

fn not_found(who: &Identity, path: &str) -> Reply {
    let message = format!("File with name /{path} could not be located");
    caldav::error(404, who, "Sabre\\DAV\\Exception\\NotFound", &message)
}

fn forbidden(who: &Identity) -> Reply {
    caldav::error(403, who, "Sabre\\DAV\\Exception\\Forbidden", "")
}

fn bad_request(who: &Identity, message: &str) -> Reply {
    caldav::error(400, who, "Sabre\\DAV\\Exception\\BadRequest", message)
}
