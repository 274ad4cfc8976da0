//! Where the calendars of a test are: here in Radicale, behind the stand-in's accounts and addresses.

use std::io::Write as _;

use nextcloud_mcp_tests::harness::{Client, Radicale, Server, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;

use crate::unserved;

/// As in `tests/tests/calendar/place.rs`, but small: Radicale takes seconds for each MiB that it reads for the first time.
pub(crate) const ANSWER_MIB: usize = 1;

/// As in `tests/tests/calendar/place.rs`.
pub(crate) type Stage = (StandIn, Server, Client);

/// Sets it up; nothing for what Radicale cannot serve, and where there is no Radicale.
pub(crate) async fn begin(test: &str) -> Option<Stage> {
    let name = unserved::name(test);
    if let Some(reason) = unserved::reason(&name) {
        // Past the capture of what passing tests print.
        let _ = writeln!(
            std::io::stderr(),
            "NOT FOR RADICALE {name}: it has no {reason}"
        );
        return None;
    }
    let radicale = match Radicale::start() {
        Ok(radicale) => radicale,
        Err(missing) => {
            skip(&name, &missing);
            return None;
        }
    };
    let nextcloud = radicale.stand_in().await;
    nextcloud.state().user("alice").timezone = "Europe/Berlin".into();
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    Some((nextcloud, server, client))
}

/// [`begin`], with the name of the test that says so.
macro_rules! stage {
    () => {
        match $crate::place::begin(std::any::type_name_of_val(&|| ())).await {
            Some(stage) => stage,
            None => return,
        }
    };
}
