//! Clients that are programs in Python or for Node: the page's lines, and behind them the tour (`tests/peers/tour.*`).

use std::os::unix::fs::symlink;

use nextcloud_mcp_tests::harness::{Peer, skip};
use tokio::process::Command;

use crate::stage::Stage;
use crate::tour::{self, News};

/// The tour in Python.
const PYTHON: &str = include_str!("../../peers/tour.py");

/// The tour for Node.
const NODE: &str = include_str!("../../peers/tour.mjs");

/// How fastmcp's client reads a configuration file.
const READ: &str = "
import json
from fastmcp import Client
client = Client(json.load(open('mcp.json')), mode='auto', message_handler=told)
";

/// v1 cannot take back a call over HTTP, see `tour.mjs`; so it goes away and comes again.
const AGAIN: &str = "
const again = async () => {
  const next = new Client({ name: 'my-program', version: '1.0.0' });
  await next.connect(new StreamableHTTPClientTransport(new URL('ENDPOINT')));
  return next;
};
await tour(client, { passSchema: true, again });
";

/// What a block of the page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    /// A configuration file, which fastmcp's client reads.
    File,
    /// The same client as it was before 2026-07-28.
    OlderFile,
    TypeScriptV1Http,
    TypeScriptV1,
    TypeScriptV2,
}

/// Takes the tour with the client that the block `config` makes.
pub(crate) async fn tour(test: &str, config: &str, language: Language, news: News) {
    let peers = match language {
        Language::Python => vec![Peer::Python],
        Language::File | Language::OlderFile => vec![Peer::Python, Peer::Node],
        _ => vec![Peer::Node],
    };
    if let Some(missing) = peers.into_iter().find_map(|peer| peer.find().err()) {
        return skip(test, &missing);
    }
    let stage = Stage::begin(!config.ends_with("stdio")).await;
    let block = stage.block(config);
    let folder = stage.folder.path();
    let (script, lines) = match language {
        Language::Python => ("tour.py", block),
        Language::File | Language::OlderFile => {
            std::fs::write(folder.join("mcp.json"), block).unwrap();
            let older = language == Language::OlderFile;
            let mode = if older { "legacy" } else { "auto" };
            ("tour.py", READ.replace("auto", mode))
        }
        Language::TypeScriptV1Http => (
            "client.mjs",
            format!("{block}{}", AGAIN.replace("ENDPOINT", &stage.endpoint())),
        ),
        Language::TypeScriptV1 => (
            "client.mjs",
            format!("{block}await tour(client, {{ passSchema: true }});"),
        ),
        Language::TypeScriptV2 => ("client.mjs", format!("{block}await tour(client);")),
    };
    let command = if script == "tour.py" {
        std::fs::write(folder.join("page.py"), lines).unwrap();
        let mut command = Command::new(Peer::Python.required());
        command.args(["-c", PYTHON, "page.py"]);
        // It says so to the server in a request of its own, as v1 does.
        command.args(config.starts_with("mcp-remote").then_some("again"));
        command
    } else {
        let modules = Peer::Node.required().join("node_modules");
        symlink(&modules, folder.join("node_modules")).unwrap();
        std::fs::write(folder.join("tour.mjs"), NODE).unwrap();
        let lines = format!("import {{ tour }} from './tour.mjs';\n{lines}");
        std::fs::write(folder.join(script), lines).unwrap();
        let mut command = Command::new(modules.join(".bin/node"));
        command.arg(script);
        command
    };
    let said = stage.run(command).await;
    let last = said.lines().last().unwrap_or_default();
    let seen = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {said}"));
    tour::check(&seen, news);
}
