//! Blocks that stand for themselves: each is run as it is, by somebody who has a server and a checkout.

use std::fs;

use nextcloud_mcp_tests::harness::{Peer, Server, skip};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn, TokenKind};

use super::assert_none;
use super::page::{At, Block, Page};
use super::reader::{Reader, copy, finished, has, text};
use super::shown;

/// A server in OAuth mode, as most pages speak of.
struct Stage {
    nextcloud: StandIn,
    server: Server,
}

impl Stage {
    async fn new() -> Self {
        let nextcloud = StandIn::with_two_users().await;
        let server = Server::oauth(&nextcloud).start().await;
        Self { nextcloud, server }
    }

    /// An access token of Nextcloud's for alice.
    fn token(&self) -> String {
        let client = self
            .nextcloud
            .create_client(NewClient::at("http://127.0.0.1:1/"));
        let (scopes, kind) = ("openid profile", TokenKind::Opaque);
        let issued = self
            .nextcloud
            .issue_token("alice", &client.id, scopes, None, kind);
        issued.access_token
    }

    /// Runs a block in a place of its own, with the files that its page names and the token that it speaks of.
    async fn run(&self, page: &Page, block: &str) -> Result<String, String> {
        let reader = Reader::at(&self.nextcloud.url(), self.server.url());
        let files = page
            .blocks
            .iter()
            .filter(|one| one.it.is(&["toml"]) && !one.it.mark.is_empty());
        for file in files {
            let place = reader.checkout().join(&file.it.mark);
            fs::write(place, &file.it.text).expect("a file");
        }
        reader.with("TOKEN", &self.token()).run(block).await
    }
}

/// All blocks of this language and mark.
fn marked<'a>(pages: &'a [Page], mark: &str) -> Vec<(&'a Page, usize, &'a At<Block>)> {
    let mut found = Vec::new();
    for page in pages {
        let blocks = page.blocks.iter().enumerate();
        let blocks = blocks.filter(|(_, block)| block.it.mark == mark);
        found.extend(blocks.map(|(index, block)| (page, index, block)));
    }
    found
}

#[tokio::test]
async fn every_block_that_can_be_run_does_what_its_page_says() {
    if let Some(missing) = ["curl", "openssl"].iter().find_map(|one| has(one).err()) {
        let test = "every_block_that_can_be_run_does_what_its_page_says";
        return skip(test, &missing);
    }
    let stage = Stage::new().await;
    let pages = Page::all();
    let blocks = marked(&pages, "run");
    assert!(!blocks.is_empty(), "no page has a block to run");
    let mut wrong = Vec::new();
    for (page, index, block) in blocks {
        assert_eq!(block.it.language, "sh", "{}", page.at(block.line));
        let result = stage.run(page, &block.it.text).await;
        let result = result.and_then(|written| match page.output_of(index) {
            Some(shown) => shown::holds(&written, &shown.text),
            None => Ok(()),
        });
        if let Err(why) = result {
            wrong.push(format!("{}: {why}", page.at(block.line)));
        }
    }
    assert_none(&wrong);
}

/// A question is asked of a terminal only, so the reader has one, with `y` typed in it.
#[tokio::test]
async fn every_block_that_asks_is_answered_and_done() {
    if let Err(missing) = has("script") {
        return skip("every_block_that_asks_is_answered_and_done", &missing);
    }
    let pages = Page::all();
    let blocks = marked(&pages, "ask");
    assert!(!blocks.is_empty(), "no page has a block that asks");
    for (page, _, block) in blocks {
        let nowhere = "http://127.0.0.1:1";
        let reader = Reader::at(nowhere, nowhere);
        let (typed, installed) = (reader.home().join("typed"), reader.home().join("plugins"));
        fs::write(&typed, "y\n").expect("a file");
        fs::create_dir(&installed).expect("a folder");
        copy(&Peer::Plugins.required().join("notes"), &reader.checkout());
        let reader = reader.with("NEXTCLOUD_MCP_PLUGIN_DIR", &text(&installed));
        let mut terminal = reader.shell("script --quiet --return --command \"$BLOCK\" /dev/null");
        terminal
            .env("BLOCK", reader.reads(&block.it.text))
            .stdin(fs::File::open(&typed).expect("the file"));
        let said = finished(terminal).await;
        let said = said.unwrap_or_else(|why| panic!("{}: {why}", page.at(block.line)));
        assert!(said.contains("[y/N]"), "{}: {said}", page.at(block.line));
        let listed = reader
            .run("nextcloud-mcp-server plugins verify && nextcloud-mcp-server plugins list")
            .await;
        assert!(
            listed
                .as_ref()
                .is_ok_and(|listed| listed.contains("pinned")),
            "{}: {said}\n{listed:?}",
            page.at(block.line)
        );
    }
}
