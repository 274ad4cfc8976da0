//! Resources, prompts and completions: what an author writes, and what the host gets of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking; the signatures are those of an author's functions"
)]

use nextcloud_mcp_plugin::testing::{self, complete_prompt, complete_resource};
use nextcloud_mcp_plugin::{
    Body, Completions, Contents, Entry, Failure, FailureKind, JsonSchema, Message, NoArguments,
    Page, Prompt, Prompts, Resource, Resources, Role, Typed, UriTemplate,
};
use serde::Deserialize;
use serde_json::json;

const MARKDOWN: Option<&str> = Some("text/markdown");

#[derive(Deserialize)]
struct NoteAddress {
    id: u64,
}

fn note(NoteAddress { id }: NoteAddress) -> Result<String, Failure> {
    if id == 404 {
        return Err(Failure::not_found("There is no note 404."));
    }
    Ok(format!("# {id}"))
}

fn newest(_: NoArguments) -> Result<Contents, Failure> {
    let picture = Contents::bytes([1, 2]).mime_type("image/png");
    Ok(Contents::text("# newest").and("nc://notes/1/attachments/a.png", picture))
}

#[derive(Deserialize)]
struct EventAddress {
    calendar: String,
    uid: String,
}

fn event(address: EventAddress) -> Result<Contents, Failure> {
    let EventAddress { calendar, uid } = address;
    Contents::json(&json!({"calendar": calendar, "uid": uid}))
}

fn notes(cursor: Option<String>) -> Result<Page, Failure> {
    let first = cursor.is_none();
    let id = if first { 1 } else { 2 };
    Ok(Page {
        entries: vec![Entry::new(format!("nc://notes/{id}"), format!("Note {id}"))],
        next: first.then(|| "a:b".to_owned()),
    })
}

fn recent(_: Option<String>) -> Result<Page, Failure> {
    Ok(Page {
        entries: vec![Entry::new("nc://calendar/personal/a", "Lunch")],
        next: None,
    })
}

fn resources() -> Resources {
    let one =
        |template, name, run| Resource::new(template, name, "Note", "One note.", MARKDOWN, run);
    let latest = Resource::new(
        "nc://notes/newest",
        "newest",
        "Newest",
        "The newest.",
        MARKDOWN,
        newest,
    );
    let event = Resource::new(
        "nc://calendar/{calendar}/{uid}",
        "event",
        "Event",
        "One event.",
        Some("application/json"),
        event,
    );
    Resources::new()
        .add(one("nc://notes/{id}", "note", note).listed(notes))
        .add(latest)
        .add(event.listed(recent))
}

#[test]
fn an_address_reaches_its_function_with_typed_variables() {
    let (mime_type, text) = testing::read(&resources(), "nc://notes/118").unwrap();
    assert_eq!((mime_type.as_deref(), text.as_str()), (MARKDOWN, "# 118"));
    let uri = UriTemplate::new("nc://calendar/{calendar}/{uid}").expand(["a/b", "x@y z"]);
    assert_eq!(uri, "nc://calendar/a%2Fb/x%40y%20z");
    let (_, text) = testing::read(&resources(), &uri).unwrap();
    assert_eq!(text, r#"{"calendar":"a/b","uid":"x@y z"}"#);
}

#[test]
fn the_most_literal_template_is_meant_and_parts_keep_their_addresses() {
    let parts = resources().read("nc://notes/newest").unwrap();
    assert_eq!(parts[0].uri, "nc://notes/newest");
    assert_eq!(parts[0].mime_type.as_deref(), MARKDOWN);
    assert_eq!(parts[1].uri, "nc://notes/1/attachments/a.png");
    assert_eq!(parts[1].mime_type.as_deref(), Some("image/png"));
    assert!(matches!(&parts[1].body, Body::Bytes(bytes) if bytes == &[1, 2]));
}

#[test]
fn an_address_that_is_none_says_what_there_is() {
    for (uri, kind, said) in [
        ("nc://notes", FailureKind::NotFound, "nc://notes/{id}"),
        (
            "nc://notes/1/2",
            FailureKind::NotFound,
            "nc://calendar/{calendar}/{uid}",
        ),
        (
            "nc://notes/abc",
            FailureKind::Invalid,
            "`id` must be a whole number",
        ),
        ("nc://notes/%zz", FailureKind::Invalid, "percent-encoded"),
        ("nc://notes/404", FailureKind::NotFound, "no note 404"),
    ] {
        let failure = testing::read(&resources(), uri).unwrap_err();
        assert_eq!(failure.kind, kind, "{uri}");
        assert!(failure.message.contains(said), "{}", failure.message);
    }
}

#[test]
fn lists_of_several_kinds_are_one_list() {
    let mut cursor = None;
    let mut seen = Vec::new();
    loop {
        let page = testing::enumerate(&resources(), cursor.as_deref()).unwrap();
        seen.extend(page.entries.into_iter().map(|entry| entry.uri));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        ["nc://notes/1", "nc://notes/2", "nc://calendar/personal/a"]
    );
    let failure = testing::enumerate(&resources(), Some("deck:7")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert!(
        testing::enumerate(&Resources::new(), None)
            .unwrap()
            .entries
            .is_empty()
    );
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Agenda {
    /// The day, such as 2026-11-22.
    date: String,
    /// How much.
    span: Option<Span>,
    /// How many at most.
    #[serde(default)]
    limit: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Span {
    Day,
    Week,
}

fn agenda(arguments: Agenda) -> Result<Vec<Message>, Failure> {
    let Agenda { date, span, limit } = arguments;
    Ok(vec![
        Message::user(format!("{date} {span:?} {limit}")),
        Message::assistant("Yes."),
    ])
}

fn prompts() -> Prompts {
    Prompts::new().add(Prompt::new("agenda", "Agenda", "The day's agenda.", agenda))
}

#[test]
fn a_prompts_arguments_are_the_fields_of_its_struct() {
    let described = prompts().describe();
    let arguments: Vec<_> = described[0]
        .arguments
        .iter()
        .map(|one| (one.name.as_str(), one.description.as_str(), one.required))
        .collect();
    assert_eq!(
        arguments,
        [
            ("date", "The day, such as 2026-11-22.", true),
            ("span", "How much. One of: day, week.", false),
            ("limit", "How many at most.", false),
        ]
    );
}

#[test]
fn what_a_person_filled_in_arrives_typed() {
    let filled = json!({"date": "2026-11-22", "span": "week", "limit": "3"});
    let texts = testing::render(&prompts(), "agenda", filled).unwrap();
    assert_eq!(texts, ["2026-11-22 Some(Week) 3", "Yes."]);
    let messages = prompts()
        .render("agenda", r#"{"date":"x","span":""}"#)
        .unwrap();
    assert!(matches!(messages[0].role, Role::User) && matches!(messages[1].role, Role::Assistant));
    for (arguments, said) in [
        (json!({}), "missing field `date`"),
        (json!({"date": "x", "limit": "many"}), "`limit` must be"),
        (json!({"date": "x", "day": "y"}), "unknown field `day`"),
    ] {
        let failure = testing::render(&prompts(), "agenda", arguments).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid);
        assert!(failure.message.contains(said), "{}", failure.message);
    }
    let unknown = testing::render(&prompts(), "agendas", json!({})).unwrap_err();
    assert_eq!(unknown.kind, FailureKind::Internal);
}

#[test]
fn proposals_begin_with_what_was_typed() {
    fn calendars(typed: &Typed) -> Result<Vec<String>, Failure> {
        assert_eq!(typed.known("nothing"), None);
        Ok(["Personal", "Work", "personal-2"].map(str::to_owned).into())
    }
    let completions = Completions::new()
        .prompt("agenda", "calendar", calendars)
        .resource("nc://calendar/{calendar}/{uid}", "calendar", calendars);
    let all = complete_prompt(&completions, "agenda", "calendar", "PERS").unwrap();
    assert_eq!(all, ["Personal", "personal-2"]);
    let template = "nc://calendar/{calendar}/{uid}";
    assert_eq!(
        complete_resource(&completions, template, "calendar", "w").unwrap(),
        ["Work"]
    );
    assert!(
        complete_resource(&completions, template, "uid", "")
            .unwrap()
            .is_empty()
    );
    assert!(
        complete_prompt(&completions, "review", "calendar", "")
            .unwrap()
            .is_empty()
    );
}

#[test]
fn problems_names_what_the_host_would_refuse() {
    assert!(testing::resource_problems(&resources()).is_empty());
    assert!(testing::prompt_problems(&prompts()).is_empty());
    let bad = |template, name| Resource::new(template, name, "T", "D", None, newest);
    for (template, name) in [
        ("https://notes/{id}", "note"),
        ("nc://{plugin}/a", "note"),
        ("nc://Notes/{id}", "note"),
        ("nc://notes/{+path}", "note"),
        ("nc://notes/{a}{b}", "note"),
        ("nc://notes/a b", "note"),
        ("nc://notes/{id", "note"),
        ("nc://notes/{id}", "Note"),
    ] {
        let found = testing::resource_problems(&Resources::new().add(bad(template, name)));
        assert_eq!(found.len(), 1, "{template} {found:?}");
    }
    let twice = Resources::new()
        .add(bad("nc://notes/a", "note"))
        .add(bad("nc://notes/b", "note"));
    assert_eq!(testing::resource_problems(&twice).len(), 1);
    let untitled = Prompts::new()
        .add(Prompt::new("a", "", "D", agenda))
        .add(Prompt::new("a", "T", "D", agenda));
    assert_eq!(testing::prompt_problems(&untitled).len(), 2);
}
