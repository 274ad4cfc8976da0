//! The pages as people meet them: in Chromium, on a phone and on a screen, light and dark, without JavaScript and without
//! a mouse. `just screenshots` keeps pictures of them for the documentation.

use std::path::PathBuf;

use nextcloud_mcp_tests::harness::{Peer, Server, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::client::{Client, Kind};
use crate::program::{Program, Said};
use crate::user::{Browses, redirect_uri};

/// Widths in CSS pixels: a phone, a screen.
const WIDTHS: [u32; 2] = [390, 1200];
const SCHEMES: [&str; 2] = ["light", "dark"];
/// Where pictures go, if anywhere.
const PICTURES: &str = "NEXTCLOUD_MCP_TEST_PICTURES";

#[tokio::test]
async fn the_landing_page_is_whole_on_every_screen() {
    let mut chromium = match Chromium::start(WIDTHS[0], SCHEMES[0]) {
        Ok(chromium) => chromium,
        Err(missing) => return skip("the_landing_page_is_whole_on_every_screen", &missing),
    };
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    let url = format!("{}/", server.endpoint().trim_end_matches("/mcp"));
    for width in WIDTHS {
        for scheme in SCHEMES {
            let look = json!({
                "url": url, "width": width, "scheme": scheme, "picture": picture("landing", width, scheme),
            });
            let wrong = chromium.ask("look", &look).await;
            assert_eq!(wrong, json!([]), "{width} {scheme}");
        }
    }
}

#[tokio::test]
async fn a_person_consents_by_keyboard_and_comes_back_to_the_client() {
    let test = "a_person_consents_by_keyboard_and_comes_back_to_the_client";
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    for width in WIDTHS {
        for scheme in SCHEMES {
            let client = Chromium::start(width, scheme)
                .and_then(|chromium| Client::start(Kind::TypeScriptV1, chromium));
            let mut client = match client {
                Ok(client) => client,
                Err(missing) => return skip(test, &missing),
            };
            client.connect(&server.endpoint()).await;
            let tools = client.tools().await;
            let writes = |name: &String| name.starts_with("nc_notes_create");
            assert!(
                !tools.is_empty() && !tools.iter().any(writes),
                "unticked: {tools:?}"
            );
        }
    }
}

/// A person who takes the box for writing notes off, allows the rest and signs in as alice.
#[derive(Debug)]
struct Chromium {
    program: Program,
    width: u32,
    scheme: &'static str,
}

impl Chromium {
    fn start(width: u32, scheme: &'static str) -> Result<Self, String> {
        Peer::Chromium.find()?;
        let program = Program::start(Peer::Node, "pages.mjs", &Value::Null)?;
        Ok(Self {
            program,
            width,
            scheme,
        })
    }

    async fn ask(&mut self, command: &str, what: &Value) -> Value {
        self.program.tell(command, what).await;
        match self.program.next().await {
            Said::Answer(answer) => answer,
            said => panic!("{command}: {said:?}"),
        }
    }
}

impl Browses for Chromium {
    async fn open(&mut self, url: &str) {
        let steps = json!([
            { "check": true, "picture": picture("consent", self.width, self.scheme) },
            { "focus": "Notes: create, change and delete", "press": "Space" },
            // Nextcloud's own pages need scripts; ours is behind us with the next key.
            { "focus": "Allow", "scripts": true, "press": "Enter" },
            { "focus": "Account name", "type": "alice" },
            { "focus": "Password", "type": "alice-pass-12345" },
            { "press": "Enter" },
            { "until": redirect_uri(url) },
        ]);
        let walk =
            json!({ "url": url, "width": self.width, "scheme": self.scheme, "steps": steps });
        let walked = self.ask("walk", &walk).await;
        assert_eq!(walked["wrong"], json!([]), "{} {}", self.width, self.scheme);
        let ended = walked["ended"].as_str().unwrap_or_default();
        assert!(ended.starts_with(&redirect_uri(url)), "{ended}");
    }
}

/// The file for a picture: one of a phone in the dark and one of a screen in the light are enough to see.
fn picture(name: &str, width: u32, scheme: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os(PICTURES)?);
    match (width, scheme) {
        (390, "dark") => Some(folder.join(format!("{name}-phone.png"))),
        (1200, "light") => Some(folder.join(format!("{name}.png"))),
        _ => None,
    }
}
