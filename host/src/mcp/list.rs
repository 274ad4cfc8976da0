//! What the protocol is told about tools, prompts and templates of resources: all of each kind, in one page.

use std::sync::Arc;

use rmcp::model::{
    CacheScope, ErrorData, ListPromptsResult, ListResourceTemplatesResult, ListToolsResult,
    PaginatedRequestParams, Prompt as McpPrompt, PromptArgument, ResourceTemplate, Tool as McpTool,
    ToolAnnotations,
};

use super::audience::Audience;
use super::consent;
use crate::nextcloud::Access;
use crate::plugin::{Catalogue, Prompt, Template, Tool};

/// A cursor that this server never gave out. Tools, prompts and templates all fit one page, so no cursor of theirs exists.
pub(super) fn foreign_cursor() -> ErrorData {
    ErrorData::invalid_params("this cursor is not one of this server's", None)
}

/// Refuses whatever asks for another page.
pub(super) fn only_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(foreign_cursor()),
        None => Ok(()),
    }
}

/// What `audience` may call.
pub(super) fn tools(
    catalogue: &Catalogue,
    audience: &Audience<'_>,
    confirm_delete: bool,
) -> ListToolsResult {
    let visible = catalogue
        .tools()
        .filter(|tool| audience.sees(&tool.scope(), &tool.requires));
    // Private: it depends on who asks.
    let described = visible.map(|tool| describe(tool, confirm_delete));
    ListToolsResult::with_all_items(described.collect())
        .with_ttl_ms(audience.ttl_ms())
        .with_cache_scope(CacheScope::Private)
}

/// What `audience` may start from.
pub(super) fn prompts(catalogue: &Catalogue, audience: &Audience<'_>) -> ListPromptsResult {
    let visible = catalogue.prompts().filter(|prompt| {
        let plugin = &prompt.plugin;
        audience.sees(&plugin.read_scope(), plugin.requires())
    });
    ListPromptsResult::with_all_items(visible.map(|prompt| describe_prompt(prompt)).collect())
        .with_ttl_ms(audience.ttl_ms())
        .with_cache_scope(CacheScope::Private)
}

/// The kinds of resources that `audience` may read. Single ones are in the list of resources.
pub(super) fn templates(
    catalogue: &Catalogue,
    audience: &Audience<'_>,
) -> ListResourceTemplatesResult {
    let visible = catalogue
        .plugins()
        .iter()
        .filter(|plugin| audience.sees(&plugin.read_scope(), plugin.requires()))
        .flat_map(|plugin| plugin.templates())
        .filter(|template| !template.is_single());
    ListResourceTemplatesResult::with_all_items(visible.map(describe_template).collect())
        .with_ttl_ms(audience.ttl_ms())
        .with_cache_scope(CacheScope::Private)
}

/// The annotations are true: `access` is enforced on every request that a tool sends.
///
/// The title is said once, where clients of every version since 2025-03-26 look for it: `Tool.title` came with
/// 2025-06-18, whose clients show `annotations.title` in its absence ("Tool" in the specification's schema). That a
/// tool is idempotent is said where it means something and differs from the default: of one that writes, if it is.
pub(super) fn describe(tool: &Tool, confirm_delete: bool) -> McpTool {
    let mut annotations = ToolAnnotations::with_title(&*tool.title)
        .read_only(tool.access == Access::Read)
        .destructive(tool.access >= Access::Update)
        // Notes and events come from people whom nobody vetted.
        .open_world(true);
    if tool.idempotent && tool.access > Access::Read {
        annotations = annotations.idempotent(true);
    }
    let described = McpTool::new(
        tool.full_name.clone(),
        tool.description.clone(),
        consent::described(tool, confirm_delete)
            .map_or_else(|| Arc::clone(&tool.input_schema), Arc::new),
    )
    .with_annotations(annotations);
    match &tool.output_schema {
        Some(schema) => described.with_raw_output_schema(Arc::clone(schema)),
        None => described,
    }
}

fn describe_prompt(prompt: &Prompt) -> McpPrompt {
    let arguments = prompt.arguments.iter().map(|argument| {
        let described = PromptArgument::new(&argument.name).with_required(argument.required);
        if argument.description.is_empty() {
            described
        } else {
            described.with_description(&argument.description)
        }
    });
    let arguments: Vec<_> = arguments.collect();
    let arguments = Some(arguments).filter(|arguments| !arguments.is_empty());
    McpPrompt::new(&prompt.full_name, Some(&prompt.description), arguments)
        .with_title(&prompt.title)
}

fn describe_template(template: &Template) -> ResourceTemplate {
    let mut described = ResourceTemplate::new(&template.uri_template, &template.name)
        .with_title(&template.title)
        .with_description(&template.description);
    described.mime_type.clone_from(&template.mime_type);
    described
}
