//! The little of files that notes need: a note written by `WebDAV`, attachments, and a folder of notes shared to read and
//! moved into the notes folder (notes/073, 074, 087, 089). Everything else under `files/` is 404 here.

mod dav;
pub(super) mod search;
pub(super) mod tree;

use serde_json::json;

use super::auth::{self, Identity, Part};
use super::caldav;
use super::etag;
use super::notes::store::Draft;
use super::ocs::Ocs;
use super::reply::Reply;
use super::request::{Request, segments};
use super::session::INSTANCE;
use super::state::State;
use super::time;

/// Rights of the one who owns a folder.
const ALL_RIGHTS: i64 = 31;

/// Answers `/remote.php/dav/files/...`.
pub(super) fn answer(state: &mut State, request: &Request, rest: &[&str]) -> Reply {
    let who = auth::identify(state, request, Part::Dav);
    if let Some(refusal) = caldav::login_error(request, &who) {
        return refusal;
    }
    let path: Vec<&str> = match rest {
        [user, path @ ..] if *user == who.name() => path.to_vec(),
        _ => {
            return caldav::error(
                404,
                &who,
                "Sabre\\DAV\\Exception\\NotFound",
                "File not found",
            );
        }
    };
    let whole = path.join("/");
    match (request.method.as_str(), path.as_slice()) {
        ("GET", [_, ..]) => dav::get(&state.notes[who.name()], &who, &whole),
        ("PROPFIND", [_, ..]) => dav::propfind(&state.notes[who.name()], request, &who, &whole),
        ("MKCOL", [_, ..]) => dav::mkcol(state.notes_of(who.name()), &who, &whole),
        ("PUT", [_, .., file]) if !is_note(file) => {
            dav::put(state.notes_of(who.name()), request, &who, &whole)
        }
        ("PUT", ["Notes", category @ .., file]) => put_note(state, request, &who, category, file),
        ("MOVE", [folder]) => move_folder(state, request, &who, folder),
        _ => caldav::error(
            404,
            &who,
            "Sabre\\DAV\\Exception\\NotFound",
            "File not found",
        ),
    }
}

/// A note that is written as the file that it is.
fn put_note(
    state: &mut State,
    request: &Request,
    who: &Identity,
    category: &[&str],
    file: &str,
) -> Reply {
    let id = state.ids.next();
    let title = file.rsplit_once('.').map_or(file, |(name, _)| name);
    let draft = Draft {
        title: title.to_owned(),
        category: category.join("/"),
        content: readable(&request.body),
        ..Draft::default()
    };
    state.notes_of(who.name()).add(id, draft);
    let tag = format!("\"{}\"", etag::of(format!("{id}")));
    Reply::dav(201, who)
        .traced()
        .with("OC-FileId", file_id(id))
        .with("ETag", tag.clone())
        .with("OC-ETag", tag)
        .html("")
}

/// A folder that others shared goes into the notes.
fn move_folder(state: &mut State, request: &Request, who: &Identity, folder: &str) -> Reply {
    let Some(category) = destination(request) else {
        let exception = "Sabre\\DAV\\Exception\\BadRequest";
        return caldav::error(400, who, exception, "Bad Destination");
    };
    let id = state.folders.get(folder).copied();
    mount(state, who.name(), folder, &category);
    Reply::dav(201, who)
        .traced()
        .with("OC-FileId", file_id(id.unwrap_or_default()))
        .html("")
}

/// Whether the Notes app takes a file of this name for a note.
fn is_note(name: &str) -> bool {
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    ["md", "txt", "org", "markdown", "note"].contains(&suffix)
}

/// Shares a folder with another account (notes/073). A folder is a category of its owner's notes here.
pub(super) fn share(state: &mut State, ocs: &Ocs<'_>) -> Reply {
    let body: serde_json::Value = serde_json::from_slice(&ocs.request.body).unwrap_or_default();
    let (path, with) = (
        body["path"].as_str().unwrap_or_default(),
        body["shareWith"].as_str().unwrap_or_default(),
    );
    let (Some(owner), Some(sharee)) = (
        state.users.get(ocs.who.name()).cloned(),
        state.users.get(with).cloned(),
    ) else {
        return ocs.failure(404, 404, "Please specify a valid account to share with");
    };
    let (share, folder) = (state.ids.next(), state.ids.next());
    state
        .folders
        .insert(path.trim_start_matches('/').to_owned(), folder);
    let size: usize = state.notes[&owner.id]
        .of_category(path.trim_start_matches('/'))
        .iter()
        .map(|note| note.content.len())
        .sum();
    let now = time::now();
    ocs.success(&json!({
        "id": share.to_string(), "share_type": 0, "uid_owner": owner.id, "displayname_owner": owner.display_name,
        "permissions": body["permissions"], "can_edit": true, "can_delete": true, "stime": now, "parent": null,
        "expiration": null, "token": null, "uid_file_owner": owner.id, "note": "", "label": "",
        "displayname_file_owner": owner.display_name, "path": path, "item_type": "folder",
        "item_permissions": ALL_RIGHTS, "is-mount-root": false, "mount-type": "", "mimetype": "httpd/unix-directory",
        "has_preview": false, "storage_id": format!("home::{}", owner.id), "storage": state.ids.next(), "item_source": folder,
        "file_source": folder, "file_parent": state.ids.next(), "file_target": path, "item_size": size,
        "item_mtime": now, "share_with": sharee.id, "share_with_displayname": sharee.display_name,
        "share_with_displayname_unique": sharee.email, "mail_send": 1, "hide_download": 0, "attributes": null,
    }))
}

/// Puts a folder that others shared into an account's notes, where it can only be read.
fn mount(state: &mut State, user: &str, folder: &str, category: &str) {
    let others: Vec<String> = state
        .users
        .keys()
        .filter(|id| *id != user)
        .cloned()
        .collect();
    let shared: Vec<_> = others
        .iter()
        .flat_map(|other| state.notes[other].of_category(folder))
        .collect();
    let notes = state.notes_of(user);
    for note in shared {
        let draft = Draft {
            title: note.title,
            category: category.to_owned(),
            content: note.content,
            modified: Some(note.modified),
            favorite: false,
        };
        notes.add(note.id, draft);
    }
    notes.make_readonly(category);
}

/// The category that a move into the notes folder names.
fn destination(request: &Request) -> Option<String> {
    let url = url::Url::parse(request.header("Destination")?).ok()?;
    let all = segments(url.path());
    let place = all.iter().position(|segment| segment == "Notes")?;
    Some(all[place + 1..].join("/"))
}

/// Bytes as Notes shows them: what is no UTF-8 becomes `?` (notes/088).
fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\u{fffd}', "?")
}

fn file_id(id: i64) -> String {
    format!("{id:08}{INSTANCE}")
}
