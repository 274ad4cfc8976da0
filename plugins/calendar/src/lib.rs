//! Tools for Nextcloud's calendars: list calendars; list, read, create, change and delete events and tasks.
//!
//! Rules that hold in every tool: a time without a zone is the user's; an event is written only if it is what was
//! read (`If-Match`, `If-None-Match: *`); a change touches the lines it names and no other byte; what cannot be
//! understood is named and refused, never guessed; what is reported is what Nextcloud confirmed.
//!
//! # Layout
//! - `dav`: `CalDAV` requests and answers. `ical`: iCalendar text, its lines and edits.
//! - `zone`: wall clocks and instants, VTIMEZONE. `recurrence`: rules, series, occurrences.
//! - `event`, `task`: an event or task as tools show, write and change it. `people`: guests, answers, free times.
//! - `tools`: a file for each tool. `resources`, `prompts`: the same by address, and what people often ask.

mod dav;
mod event;
mod ical;
mod people;
mod prompts;
mod recurrence;
mod resources;
mod task;
mod tools;
mod zone;

use nextcloud_mcp_plugin::Tools;

use prompts::prompts;
use resources::resources;
use tools::{bulk, calendars, events, exchange, tasks};

nextcloud_mcp_plugin::export!(tools, resources, prompts);

fn tools() -> Tools {
    let groups = [
        calendars::add,
        events::add,
        tools::people::add,
        tasks::add,
        bulk::add,
        exchange::add,
    ];
    groups
        .into_iter()
        .fold(Tools::new(), |tools, add| add(tools))
}
