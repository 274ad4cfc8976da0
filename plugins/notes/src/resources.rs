//! Notes and their files by address, for clients that put things into a conversation by themselves.
//!
//! Nothing is changed here, and nothing is shown that the tools would not show.

use nextcloud_mcp_plugin::{Contents, Entry, Failure, Page, Resource, Resources, UriTemplate};
use serde::Deserialize;

use crate::attachments::get::by_address;
use crate::{api, list};

const NOTE: &str = "nc://notes/{id}";
const MARKDOWN: Option<&str> = Some("text/markdown");

#[derive(Debug, Deserialize)]
struct OfNote {
    id: u64,
}

/// `path` as `get_attachment` takes it; its slashes are encoded.
#[derive(Debug, Deserialize)]
struct OfFile {
    id: u64,
    path: String,
}

pub(crate) fn resources() -> Resources {
    Resources::new()
        .add(
            Resource::new(
                NOTE,
                "note",
                "Note",
                "One note's text.",
                MARKDOWN,
                |OfNote { id }| Ok(api::read(id)?.readable()?.content),
            )
            .listed(newest_first),
        )
        .add(Resource::new(
            "nc://notes/{id}/attachments/{path}",
            "attachment",
            "Attachment",
            "A file of a note; slashes in its path are %2F.",
            None,
            |OfFile { id, path }| -> Result<Contents, Failure> { by_address(id, &path) },
        ))
}

fn newest_first(cursor: Option<String>) -> Result<Page, Failure> {
    let page = list::page(cursor)?;
    let entry = |note: &list::Listed| {
        let head = &note.head;
        let uri = UriTemplate::new(NOTE).expand([head.id.to_string()]);
        // Two notes in different categories may have one title.
        let name = match head.category.as_str() {
            "" => head.title.clone(),
            category => format!("{category}/{}", head.title),
        };
        let mut entry = Entry::new(uri, name);
        entry.title = Some(head.title.clone());
        entry.mime_type = MARKDOWN.map(str::to_owned);
        entry
    };
    Ok(Page {
        entries: page.notes.iter().map(entry).collect(),
        next: page.next_cursor,
    })
}
