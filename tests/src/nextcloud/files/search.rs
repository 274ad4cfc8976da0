//! `SEARCH` of files (RFC 5323) as Nextcloud's developer manual describes it: one scope, `like` on name and media type, a limit.
//! No recording holds it.

use super::super::auth::{self, Identity, Part};
use super::super::caldav;
use super::super::reply::Reply;
use super::super::request::Request;
use super::super::state::State;
use super::super::time;
use super::super::xml::{DAV, Element, OWNCLOUD};
use super::tree::media_type;

/// What files are numbered from, above all that tests number by themselves.
const FIRST_ID: usize = 100_000;

/// Answers a search that is sent to DAV's root.
pub(in crate::nextcloud) fn answer(state: &mut State, request: &Request) -> Reply {
    let who = auth::identify(state, request, Part::Dav);
    if let Some(refusal) = caldav::login_error(request, &who) {
        return refusal;
    }
    let body = match Element::parse(&request.text()) {
        Ok(body) => body,
        Err(malformed) => return bad_request(&who, &malformed.0),
    };
    let Some(search) = body.child(DAV, "basicsearch") else {
        return bad_request(&who, "no basicsearch");
    };
    let Some(folder) = folder(search, who.name()) else {
        return bad_request(&who, "Search is only supported on directories of the user");
    };
    let notes = &state.notes[who.name()];
    if !folder.is_empty() && !notes.files.is_folder(folder) {
        let message = format!("File with name {folder} could not be located");
        return caldav::error(404, &who, "Sabre\\DAV\\Exception\\NotFound", &message);
    }
    let below = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    let most = search
        .child(DAV, "limit")
        .and_then(|limit| limit.child(DAV, "nresults")?.text.parse().ok())
        .unwrap_or(usize::MAX);
    let found = notes
        .files
        .paths()
        .enumerate()
        .filter(|(_, path)| path.starts_with(&below))
        .filter(|(_, path)| {
            let condition = search
                .child(DAV, "where")
                .and_then(|one| one.children.first());
            condition.is_none_or(|condition| holds(condition, path))
        })
        .take(most);
    let responses: Vec<Element> = found
        .map(|(index, path)| {
            response(
                request,
                &who,
                path,
                FIRST_ID + index,
                notes.files.file(path),
            )
        })
        .collect();
    let multistatus = Element::new(DAV, "multistatus").with_all(responses);
    Reply::dav(207, &who).traced().xml(multistatus.document())
}

/// The folder that is searched, if it is the user's.
fn folder<'a>(search: &'a Element, user: &str) -> Option<&'a str> {
    let scope = search.child(DAV, "from")?.child(DAV, "scope")?;
    let href = scope.child(DAV, "href")?.text.trim();
    let below = href.strip_prefix("/files/")?.strip_prefix(user)?;
    Some(below.trim_matches('/'))
}

/// Whether a condition of `where` holds for a file.
fn holds(condition: &Element, path: &str) -> bool {
    match condition.name.as_str() {
        "and" => condition.children.iter().all(|one| holds(one, path)),
        "or" => condition.children.iter().any(|one| holds(one, path)),
        "like" => {
            let property = condition
                .child(DAV, "prop")
                .and_then(|prop| prop.children.first());
            let value = match property.map(|property| property.name.as_str()) {
                Some("displayname") => path.rsplit('/').next().unwrap_or_default(),
                Some("getcontenttype") => media_type(path),
                _ => return false,
            };
            let pattern = condition
                .child(DAV, "literal")
                .map(|literal| literal.text.as_str());
            like(
                &value.to_lowercase(),
                &pattern.unwrap_or_default().to_lowercase(),
            )
        }
        _ => false,
    }
}

/// `LIKE` of SQL: `%` is any text, `_` any one character.
fn like(value: &str, pattern: &str) -> bool {
    match pattern.chars().next() {
        None => value.is_empty(),
        Some('%') => (0..=value.len())
            .filter(|at| value.is_char_boundary(*at))
            .any(|at| like(&value[at..], &pattern[1..])),
        Some(letter) => value.chars().next().is_some_and(|own| {
            (letter == '_' || letter == own)
                && like(&value[own.len_utf8()..], &pattern[letter.len_utf8()..])
        }),
    }
}

fn response(
    request: &Request,
    who: &Identity,
    path: &str,
    id: usize,
    bytes: Option<&[u8]>,
) -> Element {
    let text = |namespace: &str, name: &str, text: String| Element::new(namespace, name).text(text);
    let properties = [
        text(DAV, "getcontenttype", media_type(path).to_owned()),
        text(DAV, "getlastmodified", time::http(time::now())),
        Element::new(DAV, "resourcetype"),
        text(OWNCLOUD, "size", bytes.map_or(0, <[u8]>::len).to_string()),
        text(OWNCLOUD, "fileid", id.to_string()),
    ];
    let segments: Vec<String> = path.split('/').map(caldav::encode).collect();
    let user = caldav::encode(who.name());
    let href = format!(
        "{}/remote.php/dav/files/{user}/{}",
        request.web_root,
        segments.join("/")
    );
    let propstat = Element::new(DAV, "propstat")
        .with(Element::new(DAV, "prop").with_all(properties))
        .with(Element::new(DAV, "status").text("HTTP/1.1 200 OK"));
    Element::new(DAV, "response")
        .with(Element::new(DAV, "href").text(href))
        .with(propstat)
}

fn bad_request(who: &Identity, message: &str) -> Reply {
    caldav::error(400, who, "Sabre\\DAV\\Exception\\BadRequest", message)
}
