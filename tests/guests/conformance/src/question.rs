//! What is asked of the person in the middle of a call. A client that cannot ask is told so, never left waiting.

use std::fmt::Debug;

use nextcloud_mcp_plugin::ask::{self, Refusal};
use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Text, Tool, Tools};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(crate) fn add_to(tools: Tools) -> Tools {
    tools
        .add(Tool::read(
            "test_elicitation",
            "Question",
            "Asks what its argument says.",
            |Asked { message }| Ok(told(ask::form::<User>(&message))),
        ))
        .add(Tool::read(
            "test_elicitation_sep1034_defaults",
            "Question with answers filled in",
            "Asks with a default for each kind of field (SEP-1034).",
            |_: NoArguments| Ok(told(ask::form::<Defaults>("Please review and update the form fields"))),
        ))
        .add(Tool::read(
            "test_elicitation_sep1330_enums",
            "Question with choices",
            "Asks with the kinds of choices that a form of the contract has (SEP-1330).",
            |_: NoArguments| Ok(told(ask::form::<Choices>("Please select options from the enum fields"))),
        ))
        .add(Tool::read(
            "test_streaming_elicitation",
            "Question on a stream",
            "Asks for a confirmation.",
            |_: NoArguments| Ok(told(confirmed())),
        ))
        .add(Tool::read(
            "test_input_required_result_elicitation",
            "Name",
            "Asks for a name and greets.",
            greet,
        ))
        .add(Tool::read(
            "test_input_required_result_request_state",
            "Confirmation",
            "Asks for a confirmation; what it knew before comes back with the answer.",
            |_: NoArguments| Ok(told(confirmed())),
        ))
        .add(Tool::read(
            "test_input_required_result_multi_round",
            "Two questions",
            "Asks for a name, then for a colour.",
            two_rounds,
        ))
        // The suite's name for it ends in `tampered_state`; a tool's name has at most 40 characters.
        .add(Tool::read(
            "test_input_required_result_tampered",
            "Sealed state",
            "Asks for a confirmation; an answer with another state than the one sent must not be taken.",
            |_: NoArguments| Ok(told(confirmed())),
        ))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// What to ask.
    message: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "shown by its Debug")]
struct User {
    /// The name to sign in with.
    username: String,
    /// The address for mail.
    email: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "shown by its Debug")]
struct Defaults {
    #[schemars(extend("default" = "John Doe"))]
    name: String,
    #[schemars(extend("default" = 30))]
    age: i64,
    #[schemars(extend("default" = 95.5))]
    score: f64,
    #[schemars(extend("default" = "active"))]
    status: Status,
    #[schemars(extend("default" = true))]
    verified: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Inactive,
    Pending,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "shown by its Debug")]
struct Choices {
    untitled_single: Choice,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Option1,
    Option2,
    Option3,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Name {
    name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Colour {
    color: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "shown by its Debug")]
struct Confirmation {
    ok: bool,
}

fn confirmed() -> Result<Confirmation, Refusal> {
    ask::form("Please confirm")
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn greet(_: NoArguments) -> Result<Text, Failure> {
    Ok(match ask::form::<Name>("What is your name?") {
        Ok(Name { name }) => Text(format!("Hello, {name}!")),
        Err(refusal) => unanswered(refusal),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn two_rounds(_: NoArguments) -> Result<Text, Failure> {
    let name = match ask::form::<Name>("Step 1: What is your name?") {
        Ok(Name { name }) => name,
        Err(refusal) => return Ok(unanswered(refusal)),
    };
    Ok(
        match ask::form::<Colour>("Step 2: What is your favorite color?") {
            Ok(Colour { color }) => Text(format!("{name} likes {color}.")),
            Err(refusal) => unanswered(refusal),
        },
    )
}

fn told<T: Debug + DeserializeOwned>(answer: Result<T, Refusal>) -> Text {
    match answer {
        Ok(answer) => Text(format!("User response: {answer:?}")),
        Err(refusal) => unanswered(refusal),
    }
}

fn unanswered(refusal: Refusal) -> Text {
    Text(format!("User response: none, {}", why(refusal)))
}

/// The generated type's own words are for authors.
pub(crate) fn why(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unsupported => "this client cannot be asked",
        Refusal::Declined => "declined",
        Refusal::Cancelled => "cancelled",
    }
}
