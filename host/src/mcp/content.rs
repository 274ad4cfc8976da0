//! A tool's output as the protocol's content. The only place that knows which revision brought which kind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    CallToolResult, ContentBlock, PromptMessage, ProtocolVersion, Resource, ResourceContents,
    Role as McpRole,
};

use crate::plugin::{Body, Content, Document, Message, Output, Role};

/// The result for a client of revision `version`.
pub(super) fn result(output: Output, version: &ProtocolVersion) -> CallToolResult {
    let Output {
        content,
        structured,
    } = output;
    let mut blocks: Vec<ContentBlock> =
        content.into_iter().map(|one| block(one, version)).collect();
    // Clients before 2025-06-18 see text only, and many later ones show the model nothing else.
    if blocks.is_empty()
        && let Some(value) = &structured
    {
        blocks.push(ContentBlock::text(value.to_string()));
    }
    let mut result = CallToolResult::success(blocks);
    result.structured_content = structured;
    result
}

fn block(content: Content, version: &ProtocolVersion) -> ContentBlock {
    match content {
        Content::Text(text) => ContentBlock::text(text),
        Content::Image { data, mime_type } => ContentBlock::image(STANDARD.encode(data), mime_type),
        // Audio came with 2025-03-26, links with 2025-06-18; a client that does not know a kind drops the whole result.
        Content::Audio { mime_type, .. }
            if version.as_str() < ProtocolVersion::V_2025_03_26.as_str() =>
        {
            ContentBlock::text(format!(
                "(a sound, {mime_type}, which this client's revision of MCP cannot carry)"
            ))
        }
        Content::Audio { data, mime_type } => ContentBlock::audio(STANDARD.encode(data), mime_type),
        Content::Link { uri, name, .. }
            if version.as_str() < ProtocolVersion::V_2025_06_18.as_str() =>
        {
            ContentBlock::text(format!("{name}: {uri}"))
        }
        Content::Link {
            uri,
            name,
            mime_type,
        } => {
            let mut link = Resource::new(uri, name);
            link.mime_type = mime_type;
            ContentBlock::resource_link(link)
        }
        Content::Embedded(document) => ContentBlock::resource(contents(document)),
    }
}

/// A resource, or a part of it.
pub(super) fn contents(document: Document) -> ResourceContents {
    let Document {
        uri,
        mime_type,
        body,
    } = document;
    match body {
        Body::Text(text) => ResourceContents::TextResourceContents {
            uri,
            mime_type,
            text,
            meta: None,
        },
        Body::Bytes(bytes) => ResourceContents::BlobResourceContents {
            uri,
            mime_type,
            blob: STANDARD.encode(bytes),
            meta: None,
        },
    }
}

/// What a prompt has somebody say, for a client of revision `version`.
pub(super) fn message(message: Message, version: &ProtocolVersion) -> PromptMessage {
    let Message { role, content } = message;
    let role = match role {
        Role::User => McpRole::User,
        Role::Assistant => McpRole::Assistant,
    };
    PromptMessage::new(role, block(content, version))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sent(content: Vec<Content>, structured: Option<Value>, version: &ProtocolVersion) -> Value {
        serde_json::to_value(result(
            Output {
                content,
                structured,
            },
            version,
        ))
        .unwrap()
    }

    fn all_kinds() -> Vec<Content> {
        vec![
            Content::Text("text".to_owned()),
            Content::Image {
                data: vec![1, 2],
                mime_type: "image/png".to_owned(),
            },
            Content::Audio {
                data: vec![3],
                mime_type: "audio/ogg".to_owned(),
            },
            Content::Link {
                uri: "https://c/n/1".to_owned(),
                name: "Note".to_owned(),
                mime_type: None,
            },
            Content::Embedded(Document {
                uri: "nc://n/1".to_owned(),
                mime_type: Some("text/markdown".to_owned()),
                body: Body::Text("# x".to_owned()),
            }),
            Content::Embedded(Document {
                uri: "nc://f/1".to_owned(),
                mime_type: None,
                body: Body::Bytes(vec![255]),
            }),
        ]
    }

    #[test]
    fn every_kind_of_content_has_its_form() {
        assert_eq!(
            sent(all_kinds(), None, &ProtocolVersion::LATEST)["content"],
            json!([
                {"type": "text", "text": "text"},
                {"type": "image", "data": "AQI=", "mimeType": "image/png"},
                {"type": "audio", "data": "Aw==", "mimeType": "audio/ogg"},
                {"type": "resource_link", "uri": "https://c/n/1", "name": "Note"},
                {"type": "resource", "resource": {"uri": "nc://n/1", "mimeType": "text/markdown", "text": "# x"}},
                {"type": "resource", "resource": {"uri": "nc://f/1", "blob": "/w=="}},
            ])
        );
    }

    #[test]
    fn an_old_client_is_sent_no_kind_that_it_does_not_know() {
        let sent = sent(all_kinds(), None, &ProtocolVersion::V_2024_11_05);
        let kinds: Vec<&str> = sent["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            ["text", "image", "text", "text", "resource", "resource"]
        );
        assert_eq!(sent["content"][3]["text"], "Note: https://c/n/1");
    }

    #[test]
    fn structured_alone_is_repeated_as_text() {
        let value = json!({"id": 1});
        let alone = sent(vec![], Some(value.clone()), &ProtocolVersion::LATEST);
        assert_eq!(
            (&alone["content"][0]["text"], &alone["structuredContent"]),
            (&json!("{\"id\":1}"), &value)
        );
        let beside = sent(
            vec![Content::Text("one".to_owned())],
            Some(value),
            &ProtocolVersion::LATEST,
        );
        assert_eq!(beside["content"], json!([{"type": "text", "text": "one"}]));
    }
}
