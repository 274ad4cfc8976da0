//! Where the calendars of a test are: here in Radicale, behind the stand-in's accounts and addresses.

use std::io::Write as _;

use nextcloud_mcp_tests::harness::{Radicale, skip};

use crate::stage::{Stage, serve};
use crate::unserved;

/// As in `tests/tests/calendar/place.rs`, but small: Radicale takes seconds for each MiB that it reads for the first time.
pub(crate) const ANSWER_MIB: usize = 1;

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
    Some(serve(radicale.stand_in().await).await)
}
