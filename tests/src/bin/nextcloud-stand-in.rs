//! The stand-in Nextcloud as a program of its own, for the demo and for trying things by hand.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use nextcloud_mcp_tests::nextcloud::{Options, StandIn, User};

/// A stand-in Nextcloud on 127.0.0.1: answers like a recorded Nextcloud 33 for Notes, calendars, OCS and sign-in (OIDC), from memory.
#[derive(Debug, Parser)]
struct Arguments {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// An account and its login password; may be given more than once. alice and bob where none is given, with
    /// the passwords alice-pass-12345 and bob-pass-12345.
    #[arg(long = "user", value_name = "NAME:PASSWORD", value_parser = user)]
    users: Vec<User>,
    /// Sub-path to live under, such as /nextcloud.
    #[arg(long, default_value = "")]
    web_root: String,
    /// File to write the port to once it listens. The address always goes to standard output.
    #[arg(long)]
    port_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let defaults = Options::with_two_users();
    let options = Options {
        port: arguments.port,
        web_root: arguments.web_root,
        users: if arguments.users.is_empty() {
            defaults.users
        } else {
            arguments.users
        },
        ..defaults
    };
    let stand_in = StandIn::start(options)
        .await
        .context("cannot listen on that port")?;
    if let Some(path) = arguments.port_file {
        let port = stand_in.address().port().to_string();
        std::fs::write(&path, port).with_context(|| format!("cannot write {}", path.display()))?;
    }
    #[allow(clippy::print_stdout, reason = "the address is this program's output")]
    {
        println!("{}", stand_in.url());
    }
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for the signal to end")
}

fn user(text: &str) -> Result<User, String> {
    match text.split_once(':') {
        Some((name, password)) if !name.is_empty() => Ok(User::new(name, password)),
        _ => Err("expected NAME:PASSWORD".into()),
    }
}
