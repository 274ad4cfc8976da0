//! Resources: one list of what all plugins have, and reading one of them.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use rmcp::model::{
    CacheScope, ErrorData, ListResourcesResult, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, Resource,
};

use super::asking::Returned;
use super::audience::Audience;
use super::bond::{self, Call};
use super::cursor::Cursor;
use super::failure::{self, Refused};
use super::run::{Asker, Subject};
use super::{content, list};
use crate::plugin::{CallError, Catalogue, Entry, JsonObject, Page, Plugin, Template};

/// Plugins that list side by side: each is a call, and a caller has eight at once.
const LISTING_PARALLEL: usize = 4;

/// How long a client may believe what is in a list or at an address: whoever changes a note and reads it has to see the
/// change.
const TTL_MS: u64 = 0;

/// A page of everything that the caller can read: one page of each plugin that has more. A plugin that fails is left out,
/// and the log says so (`run`); the others are listed all the same.
pub(super) async fn list(
    asker: Asker<'_>,
    cursor: Option<&str>,
) -> Result<ListResourcesResult, ErrorData> {
    let cursor = cursor
        .map(|text| Cursor::parse(text).ok_or_else(list::foreign_cursor))
        .transpose()?;
    let asker = Asker {
        quiet: true,
        ..asker
    };
    let audience = Audience::of(asker.caller, asker.arrival).await;
    let parts = parts(&asker.plugins.catalogue(), &audience, cursor.as_ref());
    let pages = stream::iter(parts)
        .map(|part| async move {
            let page = page(asker, &part).await;
            (part, page)
        })
        .buffered(LISTING_PARALLEL);
    let pages: Vec<_> = pages.collect().await;
    let mut resources = Vec::new();
    let mut next = Cursor::default();
    for (Part { plugin, cursor }, page) in pages {
        let singles = || plugin.templates().iter().filter(|one| one.is_single());
        if cursor.is_none() {
            resources.extend(singles().map(describe_single));
        }
        match page {
            Ok(page) => {
                if let Some(own) = page.next {
                    next.set(plugin.name.as_str(), own);
                }
                let is_new = |entry: &Entry| singles().all(|one| one.uri_template != entry.uri);
                let entries = page.entries.into_iter().filter(is_new);
                resources.extend(entries.map(describe_entry));
            }
            // No list is worth anything to somebody who has to sign in again.
            Err(refused @ Refused::SignedOut) => {
                return Err(failure::error(refused, &subject(&plugin)));
            }
            Err(refused) => {
                let why = failure::error(refused, &subject(&plugin)).message;
                tracing::warn!("the resources of {} are not listed: {why}", plugin.name);
            }
        }
    }
    let mut result = ListResourcesResult::with_all_items(resources)
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private);
    result.next_cursor = next.into_text();
    Ok(result)
}

/// What is at an address, or a question. `Err` for whatever keeps it from being read: the protocol has no results for failures here.
pub(super) async fn read(
    asker: Asker<'_>,
    request: ReadResourceRequestParams,
) -> Result<ReadResourceResponse, ErrorData> {
    let uri = request.uri;
    let catalogue = asker.plugins.catalogue();
    let plugin = catalogue.owner(&uri).ok_or_else(|| {
        asker.unknown("resources/read");
        failure::unknown_resource(&uri)
    })?;
    let call = Call {
        method: "resources/read",
        name: &uri,
        arguments: bond::digest(&JsonObject::new()),
        plugin: plugin.digest(),
    };
    let returned = Returned {
        state: request.request_state,
        responses: request.input_responses,
    };
    let subject = Subject::resource(plugin, &uri);
    let round = asker.round(&subject, call, returned).await?;
    let outcome = asker
        .run(&subject, async |place, context| {
            let work = async |context| {
                asker
                    .plugins
                    .read(place, plugin, asker.caller, &uri, context)
                    .await
            };
            round.run(context, work).await
        })
        .await;
    if let Err(Refused::Failed(CallError::Asks, _)) = outcome {
        return Ok(round.input_required()?.into());
    }
    let documents = outcome.map_err(|refused| failure::resource_error(refused, &subject))?;
    let contents = documents.into_iter().map(content::contents);
    let result = ReadResourceResult::new(contents.collect())
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private);
    Ok(result.into())
}

/// A plugin, and where its part of the list goes on; at its beginning, if nowhere.
struct Part {
    plugin: Arc<Plugin>,
    cursor: Option<String>,
}

/// What the next page is made of: all plugins that have resources for `audience`, or those of them that `cursor` names.
fn parts(catalogue: &Catalogue, audience: &Audience<'_>, cursor: Option<&Cursor>) -> Vec<Part> {
    let shown = catalogue.plugins().iter().filter(|plugin| {
        !plugin.templates().is_empty() && audience.sees(&plugin.read_scope(), plugin.requires())
    });
    let part = |plugin: &Arc<Plugin>| {
        let cursor = match cursor {
            Some(cursor) => Some(cursor.of(plugin.name.as_str())?.to_owned()),
            None => None,
        };
        Some(Part {
            plugin: plugin.clone(),
            cursor,
        })
    };
    shown.filter_map(part).collect()
}

async fn page(asker: Asker<'_>, part: &Part) -> Result<Page, Refused> {
    let Part { plugin, cursor } = part;
    asker
        .run(&subject(plugin), async |place, context| {
            asker
                .plugins
                .enumerate(place, plugin, asker.caller, cursor.as_deref(), context)
                .await
        })
        .await
}

fn subject(plugin: &Plugin) -> Subject<'_> {
    Subject::reading(plugin, "resources/list")
}

fn describe_single(template: &Template) -> Resource {
    let mut resource = Resource::new(&template.uri_template, &template.name)
        .with_title(&template.title)
        .with_description(&template.description);
    resource.mime_type.clone_from(&template.mime_type);
    resource
}

fn describe_entry(entry: Entry) -> Resource {
    let Entry {
        uri,
        name,
        title,
        mime_type,
        size,
    } = entry;
    let mut resource = Resource::new(uri, name);
    resource.title = title;
    resource.mime_type = mime_type;
    resource.size = size;
    resource
}
