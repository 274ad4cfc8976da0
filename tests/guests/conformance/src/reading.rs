//! Resources, prompts and completions. The suite's addresses are `test://...`; a plugin's are on a shelf of its own, so
//! these are `nc://test/...`.

use nextcloud_mcp_plugin::{
    Completions, Contents, Failure, JsonSchema, Message, NoArguments, Prompt, Prompts, Resource,
    Resources, Role, Typed, ask,
};
use serde::Deserialize;
use serde_json::json;

use crate::{content, question};

pub(crate) fn resources() -> Resources {
    Resources::new()
        .add(Resource::new(
            "nc://test/static-text",
            "static_text",
            "Static text",
            "A text that stays the same.",
            Some("text/plain"),
            |_: NoArguments| {
                Ok(Contents::text(
                    "This is the content of the static text resource.",
                ))
            },
        ))
        .add(Resource::new(
            "nc://test/static-binary",
            "static_binary",
            "Static image",
            "An image that stays the same.",
            Some("image/png"),
            |_: NoArguments| Ok(Contents::bytes(content::IMAGE)),
        ))
        .add(Resource::new(
            "nc://test/template/{id}/data",
            "template",
            "Data",
            "The data of one id.",
            Some("application/json"),
            data,
        ))
        .add(Resource::new(
            "nc://test/watched-resource",
            "watched_resource",
            "Watched text",
            "A text that a client may want to hear about.",
            Some("text/plain"),
            |_: NoArguments| Ok(Contents::text("Nothing has changed.")),
        ))
}

#[derive(Debug, Deserialize)]
struct Address {
    id: String,
}

fn data(Address { id }: Address) -> Result<Contents, Failure> {
    Contents::json(&json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")}))
}

pub(crate) fn prompts() -> Prompts {
    Prompts::new()
        .add(Prompt::new(
            "test_simple_prompt",
            "Simple prompt",
            "A prompt without arguments.",
            |_: NoArguments| Ok(vec![Message::user("This is a simple prompt for testing.")]),
        ))
        .add(Prompt::new(
            "test_prompt_with_arguments",
            "Prompt with arguments",
            "A prompt that repeats its two arguments.",
            with_arguments,
        ))
        .add(Prompt::new(
            "test_prompt_with_embedded_resource",
            "Prompt with a document",
            "A prompt that brings a document along.",
            with_document,
        ))
        .add(Prompt::new(
            "test_prompt_with_image",
            "Prompt with an image",
            "A prompt that brings an image along.",
            with_image,
        ))
        .add(Prompt::new(
            "test_input_required_result_prompt",
            "Prompt with a question",
            "A prompt that asks before it is rendered.",
            with_question,
        ))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Two {
    /// First argument.
    arg1: String,
    /// Second argument.
    arg2: String,
}

#[expect(clippy::unnecessary_wraps, reason = "a prompt's signature")]
fn with_arguments(Two { arg1, arg2 }: Two) -> Result<Vec<Message>, Failure> {
    let text = format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'");
    Ok(vec![Message::user(text)])
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Document {
    /// The address of what is brought along.
    resource_uri: String,
}

#[expect(clippy::unnecessary_wraps, reason = "a prompt's signature")]
fn with_document(Document { resource_uri }: Document) -> Result<Vec<Message>, Failure> {
    let text = "Embedded resource content for testing.";
    let document = content::document(&resource_uri, "text/plain", text);
    Ok(vec![
        Message::content(Role::User, document),
        Message::user("Please process the embedded resource above."),
    ])
}

#[expect(clippy::unnecessary_wraps, reason = "a prompt's signature")]
fn with_image(_: NoArguments) -> Result<Vec<Message>, Failure> {
    Ok(vec![
        Message::content(Role::User, content::image()),
        Message::user("Please analyze the image above."),
    ])
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Context {
    context: String,
}

fn with_question(_: NoArguments) -> Result<Vec<Message>, Failure> {
    match ask::form::<Context>("What context should the prompt use?") {
        Ok(Context { context }) => Ok(vec![Message::user(format!("Use this: {context}"))]),
        Err(refusal) => Err(Failure::invalid(format!(
            "This prompt cannot do without an answer: {}.",
            question::why(refusal)
        ))),
    }
}

pub(crate) fn completions() -> Completions {
    #[expect(clippy::unnecessary_wraps, reason = "a completion's signature")]
    fn values(_: &Typed) -> Result<Vec<String>, Failure> {
        Ok(["test", "testing", "value"].map(str::to_owned).into())
    }
    Completions::new()
        .prompt("test_prompt_with_arguments", "arg1", values)
        .prompt("test_prompt_with_arguments", "arg2", values)
}
