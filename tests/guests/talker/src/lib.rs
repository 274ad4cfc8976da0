//! Says everything that a plugin can say while it works: questions to the person, log lines, progress. And waits, and
//! deletes, so that a test can stop the one and ask about the other.

use std::time::{SystemTime, UNIX_EPOCH};

use nextcloud_mcp_plugin::ask::{self, Refusal};
use nextcloud_mcp_plugin::nextcloud::Request;
use nextcloud_mcp_plugin::{
    Contents, Failure, JsonSchema, Message, NoArguments, Prompt, Prompts, Reply, Resource,
    Resources, Tool, Tools, log, progress,
};
use serde::{Deserialize, Serialize};

nextcloud_mcp_plugin::export!(tools, resources, prompts);

fn tools() -> Tools {
    Tools::new()
        .add(Tool::read(
            "order",
            "Order a cake",
            "Asks which cake, and whether it is sure.",
            order,
        ))
        .add(Tool::read(
            "nested",
            "Ask too much",
            "Asks with a form that no client can show.",
            nested,
        ))
        .add(Tool::read(
            "restless",
            "Never the same",
            "Asks something else each time.",
            restless,
        ))
        .add(Tool::read(
            "curious",
            "Many questions",
            "Asks as often as it is told to.",
            curious,
        ))
        .add(Tool::read(
            "say",
            "Say something",
            "Logs a line of each level, and a hostile one.",
            say,
        ))
        .add(Tool::read(
            "chatter",
            "Say much",
            "Logs as many lines as it is told to.",
            chatter,
        ))
        .add(Tool::read(
            "wait",
            "Wait",
            "Reports progress, then waits for an answer.",
            wait,
        ))
        .add(Tool::delete(
            "remove",
            "Remove a thing",
            "Deletes without a word.",
            remove,
        ))
        .add(Tool::delete(
            "careless",
            "Careless",
            "Takes a handle and does not look at it.",
            careless,
        ))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Cake {
    /// Of what it is made.
    flavour: Flavour,
    /// How many.
    pieces: u8,
    note: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Flavour {
    Plum,
    Poppy,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Sure {
    sure: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct For {
    /// Who gets it.
    name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Order {
    pieces: u8,
    flavour: Flavour,
    note: Option<String>,
    sure: bool,
}

fn order(For { name }: For) -> Result<Reply<Order>, Failure> {
    let cake: Cake = ask::form(&format!("Which cake for {name}?")).map_err(refused)?;
    let Cake {
        flavour,
        pieces,
        note,
    } = cake;
    let Sure { sure } = ask::form(&format!("{pieces} pieces: are you sure?")).map_err(refused)?;
    let text = format!("{pieces} pieces of {flavour:?} for {name}.");
    Ok(Reply::new(
        text,
        Order {
            pieces,
            flavour,
            note,
            sure,
        },
    ))
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Unsupported => Failure::unsupported("Nobody can be asked."),
        Refusal::Declined => Failure::other("They said no."),
        Refusal::Cancelled => Failure::other("They said nothing."),
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Nested {
    #[serde(rename = "inner")]
    _inner: Sure,
}

fn nested(_: NoArguments) -> Result<Reply<Done>, Failure> {
    ask::form::<Nested>("Too much?").map_err(refused)?;
    done()
}

fn restless(_: NoArguments) -> Result<Reply<Done>, Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    ask::form::<Sure>(&format!("At {} ns?", now.as_nanos())).map_err(refused)?;
    done()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Count {
    count: u32,
}

fn curious(Count { count }: Count) -> Result<Reply<Done>, Failure> {
    for number in 0..count {
        ask::form::<Sure>(&format!("Question {number}?")).map_err(refused)?;
    }
    done()
}

#[derive(Debug, Serialize, JsonSchema)]
struct Done {
    done: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "the end of tools")]
fn done() -> Result<Reply<Done>, Failure> {
    Ok(Reply::new("Done.", Done { done: true }))
}

#[expect(clippy::print_stderr, reason = "it goes to the log, too")]
fn say(_: NoArguments) -> Result<Reply<Done>, Failure> {
    log::debug("a detail");
    log::info("a fact");
    log::warn("an oddity");
    log::error("a mistake");
    log::warn("two\nlines \u{1b}[2J");
    log::warn("x".repeat(5000));
    eprintln!("by hand");
    done()
}

fn chatter(Count { count }: Count) -> Result<Reply<Done>, Failure> {
    for number in 0..count {
        log::info(format!("line {number}"));
    }
    done()
}

fn wait(_: NoArguments) -> Result<Reply<Done>, Failure> {
    progress::report(1.0, Some(2.0), Some("waiting"));
    log::info("waiting");
    Request::get("/apps/talker/api/slow").send()?.ok()?;
    done()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    /// Which.
    id: u32,
}

fn remove(Thing { id }: Thing) -> Result<Reply<Done>, Failure> {
    Request::delete("/apps/talker/api/things")
        .segment(id)
        .send()?
        .ok()?;
    done()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Careless {
    id: u32,
    #[serde(rename = "confirm")]
    _confirm: Option<String>,
}

fn careless(Careless { id, .. }: Careless) -> Result<Reply<Done>, Failure> {
    remove(Thing { id })
}

fn resources() -> Resources {
    Resources::new().add(Resource::new(
        "nc://talker/cake",
        "cake",
        "A cake",
        "Asks before it is read.",
        Some("application/json"),
        cake,
    ))
}

fn cake(_: NoArguments) -> Result<Contents, Failure> {
    let Sure { sure } = ask::form("Read it?").map_err(refused)?;
    Contents::json(&Done { done: sure })
}

fn prompts() -> Prompts {
    Prompts::new().add(Prompt::new("greet", "Greet", "Asks whom to greet.", greet))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Whom {
    whom: String,
}

fn greet(_: NoArguments) -> Result<Vec<Message>, Failure> {
    let Whom { whom } = ask::form("Whom?").map_err(refused)?;
    Ok(vec![Message::user(format!("Greet {whom}."))])
}
