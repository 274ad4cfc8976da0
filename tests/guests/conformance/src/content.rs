//! Every kind of content that a tool can answer with.

use nextcloud_mcp_plugin::bindings::nextcloud_mcp::plugin::types::Output;
use nextcloud_mcp_plugin::{
    Answer, Blob, Body, Content, Embedded, Failure, FailureKind, NoArguments, Text, Tool, Tools,
};

/// A PNG of one red pixel.
pub(crate) const IMAGE: [u8; 69] = [
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, // signature
    0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0,
    0, // 1 x 1, 8 bits, RGB
    0x90, 0x77, 0x53, 0xde, // its CRC
    0, 0, 0, 12, b'I', b'D', b'A', b'T', 0x78, 0xda, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1,
    0, // the pixel
    0xf7, 0x03, 0x41, 0x43, // its CRC
    0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// A WAV without a sample: PCM, mono, 8 kHz, 8 bits.
const AUDIO: [u8; 44] = *b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0";

pub(crate) fn add_to(tools: Tools) -> Tools {
    tools
        .add(Tool::read(
            "test_simple_text",
            "Simple text",
            "Answers with a text.",
            simple_text,
        ))
        .add(Tool::read(
            "test_image_content",
            "Image",
            "Answers with an image.",
            |_: NoArguments| Ok(Contents(vec![image()])),
        ))
        .add(Tool::read(
            "test_audio_content",
            "Audio",
            "Answers with a sound.",
            |_: NoArguments| Ok(Contents(vec![audio()])),
        ))
        .add(Tool::read(
            "test_embedded_resource",
            "Embedded resource",
            "Answers with a text that has an address.",
            embedded_resource,
        ))
        .add(Tool::read(
            "test_multiple_content_types",
            "Several kinds of content",
            "Answers with a text, an image and a document.",
            several_kinds,
        ))
        .add(Tool::read(
            "test_error_handling",
            "Error",
            "Always fails.",
            error_handling,
        ))
}

/// Content of any kind and nothing structured.
struct Contents(Vec<Content>);

impl Answer for Contents {
    fn schema() -> Option<serde_json::Value> {
        None
    }

    fn into_output(self) -> Result<Output, Failure> {
        Ok(Output {
            content: self.0,
            structured: None,
            extra: Vec::new(),
        })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn simple_text(_: NoArguments) -> Result<Text, Failure> {
    let text = "This is a simple text response for testing.";
    Ok(Text(text.to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn embedded_resource(_: NoArguments) -> Result<Contents, Failure> {
    let text = "This is an embedded resource content.";
    let document = document("nc://test/embedded-resource", "text/plain", text);
    Ok(Contents(vec![document]))
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn several_kinds(_: NoArguments) -> Result<Contents, Failure> {
    let json = r#"{"test":"data","value":123}"#;
    Ok(Contents(vec![
        Content::Text("Multiple content types test:".to_owned()),
        image(),
        document("nc://test/mixed-content-resource", "application/json", json),
    ]))
}

fn error_handling(_: NoArguments) -> Result<Text, Failure> {
    Err(Failure {
        kind: FailureKind::Other,
        message: "This tool intentionally returns an error for testing".to_owned(),
        structured: None,
        retry_after_s: None,
    })
}

pub(crate) fn image() -> Content {
    Content::Image(Blob {
        data: IMAGE.to_vec(),
        mime_type: "image/png".to_owned(),
    })
}

fn audio() -> Content {
    Content::Audio(Blob {
        data: AUDIO.to_vec(),
        mime_type: "audio/wav".to_owned(),
    })
}

pub(crate) fn document(uri: &str, mime_type: &str, text: &str) -> Content {
    Content::Embedded(Embedded {
        uri: uri.to_owned(),
        mime_type: Some(mime_type.to_owned()),
        body: Body::Text(text.to_owned()),
    })
}
