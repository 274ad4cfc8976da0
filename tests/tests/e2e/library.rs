//! Resources, prompts and completions through the whole server, as a plugin that has all of them (`tests/guests/library`)
//! serves them.

use std::path::Path;

use nextcloud_mcp_tests::harness::{Client, Peer, Server};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use serde_json::json;

struct Stage {
    nextcloud: StandIn,
    client: Client,
    _server: Server,
    _plugins: tempfile::TempDir,
}

async fn begin(change: impl FnOnce(&StandIn)) -> Stage {
    let plugins = tempfile::tempdir().unwrap();
    let guest = Peer::Guests.required().join("library");
    copy_folder(&guest, &plugins.path().join("library"));
    let nextcloud = StandIn::with_two_users().await;
    change(&nextcloud);
    let folder = plugins.path().display().to_string();
    let server = Server::basic(&nextcloud, "alice").with("NEXTCLOUD_MCP_PLUGIN_DIR", folder);
    let server = server.start().await;
    Stage {
        client: server.client().await,
        nextcloud,
        _server: server,
        _plugins: plugins,
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[tokio::test]
async fn everything_listed_can_be_read_whatever_it_is_called() {
    let stage = begin(|_| {}).await;
    let listed = stage.client.resources().await;
    let names: Vec<_> = listed.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "reader",
            "Moby Dick",
            "Q&A: 100% / \"why?\" ü",
            "Middlemarch"
        ],
        "the single one and both pages"
    );
    for book in &listed[1..] {
        let text = stage.client.read(&book.uri).await;
        assert!(text.starts_with(&format!("# {}\n", book.name)), "{text}");
    }
    assert_eq!(stage.client.read(&listed[0].uri).await, r#"{"id":"alice"}"#);
}

#[tokio::test]
async fn templates_lead_to_what_no_list_names() {
    let stage = begin(|_| {}).await;
    let templates = stage.client.templates().await;
    let addresses: Vec<_> = templates
        .iter()
        .map(|one| one.uri_template.as_str())
        .collect();
    assert_eq!(
        addresses,
        ["nc://library/books/{title}", "nc://library/covers/{number}"],
        "the single one is in the list"
    );
    let cover = stage
        .client
        .try_read("nc://library/covers/7")
        .await
        .unwrap();
    let cover = serde_json::to_value(&cover[0]).unwrap();
    assert_eq!(
        cover,
        json!({"uri": "nc://library/covers/7", "mimeType": "image/png", "blob": "iVBORwc="})
    );
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_what_there_is() {
    let stage = begin(|_| {}).await;
    for (uri, said) in [
        (
            "nc://library/books/Ulysses",
            "There is no book called `Ulysses`.",
        ),
        ("nc://library/shelves", "nc://library/books/{title}"),
        (
            "nc://library/covers/seven",
            "`number` must be a whole number",
        ),
        ("nc://garden/1", "Unknown resource: nc://garden/1"),
    ] {
        let told = stage.client.no_read(uri).await;
        assert!(told.contains(said), "{told}");
    }
}

#[tokio::test]
async fn a_prompt_is_rendered_for_what_a_person_filled_in() {
    let stage = begin(|_| {}).await;
    let prompts = serde_json::to_value(stage.client.prompts().await).unwrap();
    assert_eq!(
        prompts,
        json!([{
            "name": "nc_library_discuss",
            "title": "Discuss a book",
            "description": "Talks about one of the books.",
            "arguments": [
                {"name": "title", "description": "The book's title.", "required": true},
                {"name": "length", "description": "How long the talk may be. One of: short, long.", "required": false},
            ],
        }])
    );
    let filled = json!({"title": "Moby Dick", "length": "short"});
    let said = stage
        .client
        .prompt("nc_library_discuss", filled)
        .await
        .unwrap();
    assert_eq!(
        said,
        ["# Moby Dick\n\nBook 1.", "Be brief.", "With pleasure."]
    );
    for (arguments, because) in [
        (json!({}), "`title` is required and missing"),
        (
            json!({"title": "Moby Dick", "length": "medium"}),
            "expected `short` or `long`",
        ),
        (
            json!({"title": "Ulysses"}),
            "There is no book called `Ulysses`.",
        ),
    ] {
        let refused = stage.client.prompt("nc_library_discuss", arguments).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(because), "{refused}");
    }
}

#[tokio::test]
async fn values_are_proposed_while_a_person_types() {
    let stage = begin(|_| {}).await;
    let client = &stage.client;
    let proposed = client
        .complete_prompt("nc_library_discuss", "title", "m")
        .await;
    assert_eq!(proposed, ["Moby Dick", "Middlemarch"]);
    let books = "nc://library/books/{title}";
    assert_eq!(
        client.complete_resource(books, "title", "mid").await,
        ["Middlemarch"]
    );
    let none = client
        .complete_prompt("nc_library_discuss", "length", "")
        .await;
    assert!(none.is_empty(), "{none:?}");
}

#[tokio::test]
async fn what_the_users_nextcloud_cannot_serve_is_neither_listed_nor_read() {
    let stage = begin(|nextcloud| nextcloud.set(|settings| settings.notes_app = false)).await;
    assert!(stage.client.resources().await.is_empty());
    assert!(stage.client.templates().await.is_empty());
    assert!(stage.client.prompts().await.is_empty());
    let told = stage.client.no_read("nc://library/reader").await;
    assert!(told.contains("does not have `notes`"), "{told}");
}

#[tokio::test]
async fn a_nextcloud_in_trouble_is_said_in_words() {
    let stage = begin(|_| {}).await;
    stage.client.read("nc://library/reader").await;
    stage
        .nextcloud
        .inject(Fault::at("/ocs/v2.php/cloud/user", Trouble::Status(503)));
    let told = stage.client.no_read("nc://library/reader").await;
    assert!(told.len() > 40 && told.contains("wait"), "{told}");
}

#[tokio::test]
async fn an_operator_reads_what_clients_are_told_before_serving_it() {
    let inspect = Server::bare()
        .argument("plugins")
        .argument("inspect")
        .argument(
            &Peer::Guests
                .required()
                .join("library")
                .display()
                .to_string(),
        );
    let (status, shown) = inspect.output().await;
    assert!(status.success(), "{shown}");
    for line in [
        "  nc://library/books/{title}    book    text/markdown     Book",
        "  nc_library_discuss  title length?  Discuss a book",
        "    One book by its title.",
        "      title: The book's title.",
    ] {
        assert!(shown.contains(line), "{line}:\n{shown}");
    }
}
