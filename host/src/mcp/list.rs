//! Which tools a caller sees, and how the protocol describes them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{CacheScope, ListToolsResult, Tool as McpTool, ToolAnnotations};

use super::arrival::Arrival;
use crate::nextcloud::{Access, CAPABILITIES_TTL, Caller, FetchError};
use crate::plugin::{Catalogue, Tool};

/// How long a client may believe a list. As long as this server believes a user's capabilities.
const TTL_MS: u64 = CAPABILITIES_TTL.as_secs() * 1000;

/// The same while Nextcloud cannot say what it has: the list is then too long, perhaps.
pub(super) const UNSURE_TTL_MS: u64 = 5_000;

/// How long to wait for Nextcloud to say what it has. A slow one must not keep a client from seeing its tools.
const CAPABILITIES_WITHIN: Duration = Duration::from_secs(5);

/// What `caller` may call and their Nextcloud has; everything they may call while Nextcloud cannot say.
pub(super) async fn tools(
    catalogue: &Catalogue,
    caller: &Caller,
    arrival: &Arrival,
) -> ListToolsResult {
    let present = capabilities(caller, arrival).await;
    let visible = catalogue.tools().filter(|tool| {
        caller.has_scope(&tool.scope()) && missing(tool, present.as_deref()).is_none()
    });
    let ttl = if present.is_some() {
        TTL_MS
    } else {
        UNSURE_TTL_MS
    };
    // Private: it depends on who asks.
    ListToolsResult::with_all_items(visible.map(|tool| describe(tool)).collect())
        .with_ttl_ms(ttl)
        .with_cache_scope(CacheScope::Private)
}

/// What of `tool`'s requirements the caller's Nextcloud lacks. For a tool without any it is not asked.
pub(super) async fn lacks<'a>(
    tool: &'a Tool,
    caller: &Caller,
    arrival: &Arrival,
) -> Option<&'a str> {
    if tool.requires.is_empty() {
        return None;
    }
    missing(tool, capabilities(caller, arrival).await.as_deref())
}

/// What the caller's Nextcloud has; nothing if it cannot say, or not soon. A refused sign-in is told to the edge.
async fn capabilities(caller: &Caller, arrival: &Arrival) -> Option<Arc<BTreeSet<String>>> {
    let asked = tokio::time::timeout(CAPABILITIES_WITHIN, caller.capabilities());
    let answer = asked.await.ok()?;
    if matches!(answer, Err(FetchError::Unauthorized)) {
        arrival.refuse_sign_in();
    }
    answer.ok()
}

/// What of a tool's requirements is not among the capabilities that are `present`; nothing while those are unknown.
fn missing<'a>(tool: &'a Tool, present: Option<&BTreeSet<String>>) -> Option<&'a str> {
    let present = present?;
    tool.requires
        .iter()
        .find(|required| !present.contains(*required))
        .map(String::as_str)
}

/// The annotations are true: `access` is enforced on every request that a tool sends.
pub(super) fn describe(tool: &Tool) -> McpTool {
    let annotations = ToolAnnotations::with_title(&*tool.title)
        .read_only(tool.access == Access::Read)
        .destructive(tool.access >= Access::Update)
        .idempotent(tool.idempotent || tool.access == Access::Read)
        // Notes and events come from people whom nobody vetted.
        .open_world(true);
    let described = McpTool::new(
        tool.full_name.clone(),
        tool.description.clone(),
        Arc::clone(&tool.input_schema),
    )
    .with_title(&*tool.title)
    .with_annotations(annotations);
    match &tool.output_schema {
        Some(schema) => described.with_raw_output_schema(Arc::clone(schema)),
        None => described,
    }
}
