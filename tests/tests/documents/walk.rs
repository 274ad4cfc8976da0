//! Parts of pages that are followed from their first block to their last, as somebody who sets a server up follows them: what
//! `occ` is told is done to Nextcloud, settings go into `.env`, the server is started with the page's own command and the log
//! has what the page shows. At the end somebody signs in, by the tests' scripted browser.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use nextcloud_mcp_tests::harness::{Client, Person, Server, SignIn, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use regex::Regex;
use serde_json::json;

use super::page::{At, Block, Page};
use super::reader::Reader;
use super::started::Started;
use super::{occ, shown};

/// What a client asks for that reads and writes notes.
const NOTES: &str = "notes.read notes.write offline_access";
/// A note of whoever signs in.
const TITLE: &str = "Of the reader";

/// A page and one of its headings.
pub(crate) type Part = (&'static str, &'static str);

/// Somebody who follows pages, with a Nextcloud and a server of their own.
pub(crate) struct Walk {
    pub(crate) nextcloud: StandIn,
    pub(crate) reader: Reader,
    /// The data folder of their server.
    _place: Start,
    server: Option<Started>,
}

impl Walk {
    /// Begins with this Nextcloud and nothing else.
    pub(crate) fn begin(nextcloud: StandIn) -> Self {
        let place = Server::oauth(&nextcloud);
        let port = place.setting("NEXTCLOUD_MCP_PORT").expect("a port");
        let data = place.setting("NEXTCLOUD_MCP_DATA_DIR").expect("a folder");
        let reader = Reader::at(&nextcloud.url(), &format!("http://localhost:{port}"))
            .with("NEXTCLOUD_MCP_PORT", port)
            .with("NEXTCLOUD_MCP_DATA_DIR", data);
        occ::install(&reader);
        Self {
            nextcloud,
            reader,
            _place: place,
            server: None,
        }
    }

    /// With a Nextcloud on which nothing was set up for sign-in, and a note of alice's.
    pub(crate) async fn from_nothing() -> Self {
        let nextcloud = StandIn::with_two_users().await;
        nextcloud.state().add_note("alice", TITLE, "", "text");
        occ::forget_everything(&nextcloud);
        Self::begin(nextcloud)
    }

    /// Where the server's clients reach it.
    pub(crate) fn url(&self) -> String {
        self.reader.reads("http://localhost:8000")
    }

    /// What the running server wrote so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.server.as_ref().expect("a server").logs.all()
    }

    /// Follows a whole part.
    pub(crate) async fn follow(&mut self, (page, heading): Part) {
        let page = Page::read(page);
        self.through(&page, &page.part(heading)).await;
    }

    /// Follows these blocks of a page.
    pub(crate) async fn through(&mut self, page: &Page, blocks: &[&At<Block>]) {
        for block in blocks {
            let index = page.blocks.iter().position(|one| one.line == block.line);
            let shown = page.output_of(index.expect("a block of the page"));
            let done = self.step(&block.it, shown).await;
            done.unwrap_or_else(|why| panic!("{}: {why}", page.at(block.line)));
        }
    }

    async fn step(&mut self, block: &Block, shown: Option<&Block>) -> Result<(), String> {
        match (&*block.language, &*block.mark) {
            ("sh", "occ") => {
                self.reader.run(&block.text).await?;
                occ::play(&self.reader, &self.nextcloud)
            }
            ("sh", "run") => {
                let written = self.reader.run(&block.text).await?;
                shown.map_or(Ok(()), |shown| shown::holds(&written, &shown.text))
            }
            ("dotenv", _) => self.set(&block.text),
            ("sh", "start") => self.start(&block.text).await,
            ("text", "log") => shown::logs(&self.log(), &block.text),
            // The client is another one; it gets the address that the page gives to this one.
            ("sh", "claude") => {
                let address = self.reader.reads(block.text.trim());
                self.sign_in(address.rsplit(' ').next().unwrap_or_default())
                    .await
            }
            _ => Ok(()),
        }
    }

    /// Writes settings into `.env`, each in the place of the line that is there for it.
    fn set(&self, settings: &str) -> Result<(), String> {
        let place = self.reader.checkout().join(".env");
        let mut dotenv = fs::read_to_string(&place).unwrap_or_default();
        let name = Regex::new(r"(?m)^(?:export )?(\w+)=.*$").unwrap();
        let settings = self.reader.reads(settings);
        for found in name.captures_iter(&settings) {
            let (line, name) = (&found[0], &found[1]);
            let there = Regex::new(&format!("(?m)^#?{name}=.*$")).unwrap();
            if there.is_match(&dotenv) {
                dotenv = there.replace(&dotenv, regex::NoExpand(line)).into_owned();
            } else {
                dotenv.extend([line, "\n"]);
            }
        }
        fs::write(&place, dotenv).map_err(|error| error.to_string())?;
        let own = fs::set_permissions(&place, fs::Permissions::from_mode(0o600));
        own.map_err(|error| error.to_string())
    }

    /// Starts the server, after the one that runs has ended, and waits until it serves.
    pub(crate) async fn start(&mut self, script: &str) -> Result<(), String> {
        if let Some(server) = self.server.take() {
            server.end().await;
        }
        let server = Started::by(self.reader.shell(script));
        server.ready().await?;
        self.server = Some(server);
        Ok(())
    }

    /// Signs alice in at an endpoint, where she finds her note.
    pub(crate) async fn sign_in(&self, endpoint: &str) -> Result<(), String> {
        let (_, tokens) = SignIn::whole(endpoint, &Person::example("alice"), NOTES).await;
        self.finds_the_note(endpoint, Some(&tokens.access)).await
    }

    /// Asks what page after page says that an assistant asks: which notes there are.
    pub(crate) async fn finds_the_note(
        &self,
        endpoint: &str,
        token: Option<&str>,
    ) -> Result<(), String> {
        let client = Client::http(endpoint, token).await?;
        let list = client.ok("nc_notes_list_notes", json!({})).await;
        (list["notes"][0]["title"] == TITLE)
            .then_some(())
            .ok_or_else(|| format!("not the note: {list}"))
    }
}
