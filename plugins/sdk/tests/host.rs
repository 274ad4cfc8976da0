//! What a tool asks of the host beside Nextcloud, and what it cannot do by mistake.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use nextcloud_mcp_plugin::nextcloud::{self, Request, send_all};
use nextcloud_mcp_plugin::testing::{self, Answer, Nextcloud};
use nextcloud_mcp_plugin::{
    Content, Failure, FailureKind, JsonSchema, NoArguments, Reply, Tool, Tools, ask, log, settings,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[test]
fn who_and_where_come_from_the_host() {
    let _nextcloud = Nextcloud::start();
    assert_eq!(nextcloud::whoami().unwrap().id, "alice");
    assert_eq!(nextcloud::server().unwrap().url, "https://cloud.example");
}

#[test]
fn a_setting_that_does_not_parse_is_the_operators_to_hear_of() {
    let nextcloud = Nextcloud::start();
    nextcloud
        .setting("page-size", "50")
        .setting("broken", "fifty");
    assert_eq!(settings::parse("page-size", 10).unwrap(), 50);
    assert_eq!(settings::parse("absent", 10).unwrap(), 10);
    assert_eq!(
        settings::parse("broken", 10).unwrap_err().kind,
        FailureKind::Internal
    );
}

#[test]
fn an_answer_of_the_person_has_the_type_that_was_asked_for() {
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Choice {
        sure: bool,
    }
    let nextcloud = Nextcloud::start();
    assert_eq!(
        ask::form::<Choice>("Sure?").unwrap_err(),
        ask::Refusal::Unsupported
    );
    nextcloud.form(&json!({"sure": true}));
    assert!(ask::form::<Choice>("Sure?").unwrap().sure);
    nextcloud.form(&json!({"sure": "well"}));
    assert_eq!(
        ask::form::<Choice>("Sure?").unwrap_err(),
        ask::Refusal::Unsupported
    );
}

#[test]
fn log_lines_carry_their_level() {
    let nextcloud = Nextcloud::start();
    log::info("one");
    log::error("two");
    assert_eq!(nextcloud.log(), ["Level::Info one", "Level::Error two"]);
}

#[test]
fn a_body_that_has_no_json_is_never_sent() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", "/y", Answer::json(200, &json!({})));
    let keyed = || BTreeMap::from([((1, 2), 3)]);
    assert_eq!(
        Request::post("/x").json(&keyed()).send().unwrap_err().kind,
        FailureKind::Internal
    );
    let answers = send_all([Request::post("/x").json(&keyed()), Request::get("/y")]);
    assert!(answers[0].is_err() && answers[1].is_ok());
    assert_eq!(nextcloud.sent().len(), 1);
}

#[test]
fn unknown_tools_unfit_arguments_and_results_are_failures() {
    #[derive(Serialize, JsonSchema)]
    struct Keyed(BTreeMap<String, u8>);
    fn run(_: NoArguments) -> Result<Reply<Keyed>, Failure> {
        Err(Failure::conflict("It changed.").with(&json!({"etag": "a"})))
    }
    let tools = Tools::new().add(Tool::read("t", "T", "Does it. Example: none.", run));
    let kind = |name: &str, arguments| testing::call(&tools, name, arguments).unwrap_err().kind;
    assert_eq!(kind("u", json!({})), FailureKind::Internal);
    assert_eq!(kind("t", json!({"x": 1})), FailureKind::Invalid);
    let failure = testing::call(&tools, "t", json!({})).unwrap_err();
    assert_eq!(
        (failure.kind, failure.structured.as_deref()),
        (FailureKind::Conflict, Some(r#"{"etag":"a"}"#))
    );
}

#[test]
fn a_client_that_knows_text_only_gets_the_data_too() {
    #[derive(Serialize, JsonSchema)]
    struct Data {
        id: u8,
    }
    #[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
    fn run(_: NoArguments) -> Result<Reply<Data>, Failure> {
        Ok(Reply::new("One.", Data { id: 1 }).link("https://x.example/1", "one", None))
    }
    let tools = Tools::new().add(Tool::read("t", "T", "Does it. Example: none.", run));
    let output = tools.call("t", "{}").unwrap();
    let texts: Vec<_> = output
        .content
        .iter()
        .filter_map(|content| match content {
            Content::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["One.", r#"{"id":1}"#]);
    assert_eq!(
        (output.content.len(), output.structured.as_deref()),
        (3, Some(r#"{"id":1}"#))
    );
}

#[test]
fn problems_names_what_a_host_or_a_model_would_trip_over() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only described")]
    struct Bare {
        x: u8,
    }
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only described")]
    enum Either {
        One { x: u8 },
        Other { y: u8 },
    }
    fn bare(_: Bare) -> Result<Reply<()>, Failure> {
        Err(Failure::other("not run here"))
    }
    fn either(_: Either) -> Result<Reply<BTreeMap<String, u8>>, Failure> {
        Err(Failure::other("not run here"))
    }
    let tools = Tools::new()
        .add(Tool::read("Bad-Name", "T", "Does it. Example: none.", bare))
        .add(Tool::read("good", "", "Does it.", either))
        .add(Tool::read("good", "T", "Does it. Example: none.", either));
    let problems = testing::problems(&tools).join("\n");
    for words in [
        "Bad-Name: a name is",
        "Bad-Name: the root",
        "good: the root",
        "good: the name is taken",
        "good: a title",
    ] {
        assert!(problems.contains(words), "{words}\n{problems}");
    }
}

#[test]
#[should_panic(expected = "no answer for GET /other")]
fn the_scripted_host_is_strict_about_requests() {
    let _nextcloud = Nextcloud::start();
    let _ = Request::get("/other").send();
}

#[test]
#[should_panic(expected = "nothing asked for these: GET /x")]
fn the_scripted_host_is_strict_about_answers() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", "/x", Answer::json(200, &json!({})));
}
