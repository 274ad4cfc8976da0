//! Resources at work: listing and reading them, and what a plugin may say they are.

use super::address::is_address;
use super::bindings::exports::nextcloud_mcp::plugin::resources as wit;
use super::catalogue::Plugin;
use super::engine::Sandbox;
use super::output::{CallError, Document};
use super::task::{CallContext, Task};
use super::template::is_mime_type;
use super::text::visible;
use crate::nextcloud::{Access, Caller};

/// Most entries of one page, from `wit/plugin.wit`: more is nothing that a person picks from.
const ENTRIES: usize = 1000;

/// Longest cursor of a plugin in bytes, from `wit/plugin.wit`: those of all plugins travel together in one of ours.
const CURSOR_BYTES: usize = 1024;

/// Longest name or title of an entry in bytes: a line. Names are users' own, so a longer one is cut, not refused.
const NAME_BYTES: usize = 256;

/// How much of an address that is not passed on a message repeats, in bytes.
const URI_SHOWN: usize = 200;

/// Some of the user's own resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the plugin's order.
    pub entries: Vec<Entry>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<String>,
}

/// Something that has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// On one of the plugin's shelves.
    pub uri: String,
    /// For people and models; mostly the user's own words.
    pub name: String,
    /// As the name.
    pub title: Option<String>,
    /// Where it is known.
    pub mime_type: Option<String>,
    /// In bytes.
    pub size: Option<u64>,
}

/// One page of what the caller has.
pub(super) async fn enumerate(
    sandbox: &Sandbox,
    plugin: &Plugin,
    caller: &Caller,
    cursor: Option<&str>,
    context: CallContext,
) -> Result<Page, CallError> {
    let exports = &plugin.loaded.exports;
    let page = task(plugin, caller, "enumerate")
        .run(sandbox, context, async |store| {
            exports.enumerate(store, cursor).await
        })
        .await?;
    accept_page(plugin, page)
}

/// What is at `uri`, which is on one of the plugin's shelves.
pub(super) async fn read(
    sandbox: &Sandbox,
    plugin: &Plugin,
    caller: &Caller,
    uri: &str,
    context: CallContext,
) -> Result<Vec<Document>, CallError> {
    let exports = &plugin.loaded.exports;
    let parts = task(plugin, caller, "read")
        .run(sandbox, context, async |store| {
            exports.read(store, uri).await
        })
        .await?;
    let parts: Vec<Document> = parts.into_iter().map(Into::into).collect();
    if parts.is_empty() {
        return Err(CallError::InvalidOutput("it holds nothing".to_owned()));
    }
    match parts
        .iter()
        .find(|part| part.uri != uri && !is_own(plugin, &part.uri))
    {
        Some(foreign) => Err(not_its_own(&foreign.uri)),
        None => Ok(parts),
    }
}

fn task<'a>(plugin: &'a Plugin, caller: &'a Caller, name: &'a str) -> Task<'a> {
    Task {
        plugin,
        name,
        access: Access::Read,
        caller,
    }
}

fn accept_page(plugin: &Plugin, page: wit::Page) -> Result<Page, CallError> {
    let wit::Page { entries, next } = page;
    if entries.len() > ENTRIES {
        let count = entries.len();
        return Err(CallError::InvalidOutput(format!(
            "a page of {count} entries; at most {ENTRIES} are taken"
        )));
    }
    if next.as_ref().is_some_and(|next| next.len() > CURSOR_BYTES) {
        return Err(CallError::InvalidOutput(format!(
            "a cursor longer than {CURSOR_BYTES} bytes"
        )));
    }
    let entries = entries
        .into_iter()
        .map(|entry| {
            let wit::Entry {
                uri,
                name,
                title,
                mime_type,
                size,
            } = entry;
            if !is_own(plugin, &uri) {
                return Err(not_its_own(&uri));
            }
            Ok(Entry {
                uri,
                name: visible(&name, NAME_BYTES),
                title: title.map(|title| visible(&title, NAME_BYTES)),
                mime_type: mime_type.filter(|mime_type| is_mime_type(mime_type)),
                size,
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Page { entries, next })
}

/// An address of another plugin's would let one plugin speak in the other's name.
fn is_own(plugin: &Plugin, uri: &str) -> bool {
    is_address(uri) && plugin.has_shelf_of(uri)
}

fn not_its_own(uri: &str) -> CallError {
    CallError::InvalidOutput(format!(
        "`{}` is no address on a shelf of its own",
        visible(uri, URI_SHOWN)
    ))
}
