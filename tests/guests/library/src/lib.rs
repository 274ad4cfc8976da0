//! A shelf of three books, as every kind of thing that a plugin can have: a tool, single and templated resources that are
//! listed in pages, a prompt with arguments, completions. The books are made up; the reader is whoever calls.

use nextcloud_mcp_plugin::nextcloud::Request;
use nextcloud_mcp_plugin::{
    Body, Completions, Content, Contents, Embedded, Entry, Failure, JsonSchema, Message,
    NoArguments, Page, Prompt, Prompts, Reply, Resource, Resources, Role, Tool, Tools, Typed,
    UriTemplate,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

nextcloud_mcp_plugin::export!(tools, resources, prompts, completions);

/// Number and title. The second has everything in it that an address cannot hold as it is.
const BOOKS: [(u32, &str); 3] = [
    (1, "Moby Dick"),
    (2, "Q&A: 100% / \"why?\" ü"),
    (3, "Middlemarch"),
];

/// By title, so that a title is seen to survive in an address.
const BOOK: UriTemplate<'_> = UriTemplate::new("nc://library/books/{title}");

/// Of a page, so that three books need two.
const PAGE: usize = 2;

fn tools() -> Tools {
    const DESCRIPTION: &str = "Counts the books. Example: no arguments.";
    Tools::new().add(Tool::read("count", "Count books", DESCRIPTION, count))
}

#[derive(Debug, Serialize, JsonSchema)]
struct Count {
    books: usize,
}

#[expect(clippy::unnecessary_wraps, reason = "a tool's signature")]
fn count(_: NoArguments) -> Result<Reply<Count>, Failure> {
    let books = BOOKS.len();
    Ok(Reply::new(format!("{books} books."), Count { books }))
}

fn resources() -> Resources {
    let reader = Resource::new(
        "nc://library/reader",
        "reader",
        "Reader",
        "Who reads here, as Nextcloud knows them.",
        Some("application/json"),
        reader,
    );
    let book = Resource::new(
        BOOK.as_str(),
        "book",
        "Book",
        "One book by its title.",
        Some("text/markdown"),
        book,
    );
    let cover = Resource::new(
        "nc://library/covers/{number}",
        "cover",
        "Cover",
        "A book's cover, by its number.",
        Some("image/png"),
        cover,
    );
    Resources::new()
        .add(reader)
        .add(book.listed(books))
        .add(cover)
}

fn reader(_: NoArguments) -> Result<Contents, Failure> {
    let user: Value = Request::ocs("/ocs/v2.php/cloud/user").send()?.ok()?.ocs()?;
    Contents::json(&json!({"id": user["id"]}))
}

#[derive(Debug, Deserialize)]
struct BookAddress {
    title: String,
}

fn book(BookAddress { title }: BookAddress) -> Result<String, Failure> {
    BOOKS
        .iter()
        .find(|(_, there)| *there == title)
        .map(|(number, title)| format!("# {title}\n\nBook {number}."))
        .ok_or_else(|| Failure::not_found(format!("There is no book called `{title}`.")))
}

#[derive(Debug, Deserialize)]
struct CoverAddress {
    number: u8,
}

#[expect(clippy::unnecessary_wraps, reason = "a resource's signature")]
fn cover(CoverAddress { number }: CoverAddress) -> Result<Contents, Failure> {
    Ok(Contents::bytes([0x89, b'P', b'N', b'G', number]))
}

fn books(cursor: Option<String>) -> Result<Page, Failure> {
    let from: usize = cursor
        .map_or(Ok(0), |cursor| cursor.parse())
        .map_err(|_| Failure::invalid("This cursor is none of this list's."))?;
    let entries: Vec<_> = BOOKS
        .iter()
        .skip(from)
        .take(PAGE)
        .map(|(_, title)| Entry::new(BOOK.expand([title]), *title))
        .collect();
    let next = from + entries.len();
    Ok(Page {
        entries,
        next: (next < BOOKS.len()).then(|| next.to_string()),
    })
}

fn prompts() -> Prompts {
    Prompts::new().add(Prompt::new(
        "discuss",
        "Discuss a book",
        "Talks about one of the books.",
        discuss,
    ))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Discuss {
    /// The book's title.
    title: String,
    /// How long the talk may be.
    length: Option<Length>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Length {
    Short,
    Long,
}

fn discuss(Discuss { title, length }: Discuss) -> Result<Vec<Message>, Failure> {
    let text = book(BookAddress {
        title: title.clone(),
    })?;
    let uri = BOOK.expand([&title]);
    let text = Embedded {
        uri,
        mime_type: Some("text/markdown".to_owned()),
        body: Body::Text(text),
    };
    let wish = match length {
        Some(Length::Short) => "Be brief.",
        Some(Length::Long) => "Take your time.",
        None => "Let us talk about it.",
    };
    Ok(vec![
        Message::content(Role::User, Content::Embedded(text)),
        Message::user(wish),
        Message::assistant("With pleasure."),
    ])
}

fn completions() -> Completions {
    #[expect(clippy::unnecessary_wraps, reason = "a completion's signature")]
    fn titles(_: &Typed) -> Result<Vec<String>, Failure> {
        Ok(BOOKS.map(|(_, title)| title.to_owned()).into())
    }
    Completions::new()
        .prompt("discuss", "title", titles)
        .resource(BOOK.as_str(), "title", titles)
}
