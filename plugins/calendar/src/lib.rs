//! Tools for Nextcloud's calendars: list calendars; list, read, create, change and delete events.
//!
//! Rules that hold in every tool: a time without a zone is the user's; an event is written only if it is what was
//! read (`If-Match`, `If-None-Match: *`); a change touches the lines it names and no other byte; what cannot be
//! understood is named and refused, never guessed; what is reported is what Nextcloud confirmed.
//!
//! # Layout
//! - `dav`: `CalDAV` requests and answers. `ical`: iCalendar text, its lines and edits.
//! - `zone`: wall clocks and instants, VTIMEZONE. `recurrence`: rules, series, occurrences.
//! - `event`: an event as tools show, write and change it. `tools`: a file for each tool.

mod dav;
mod event;
mod ical;
mod recurrence;
mod tools;
mod zone;

use nextcloud_mcp_plugin::{Tool, Tools};

use tools::{create_event, delete_event, get_event, list_calendars, list_events, update_event};

nextcloud_mcp_plugin::export!(tools);

fn tools() -> Tools {
    Tools::new()
        .add(Tool::read(
            "list_calendars",
            "List Calendars",
            list_calendars::DESCRIPTION,
            list_calendars::list_calendars,
        ))
        .add(Tool::read(
            "list_events",
            "List Calendar Events",
            list_events::DESCRIPTION,
            list_events::list_events,
        ))
        .add(Tool::read(
            "get_event",
            "Get Calendar Event",
            get_event::DESCRIPTION,
            get_event::get_event,
        ))
        .add(Tool::create(
            "create_event",
            "Create Calendar Event",
            create_event::DESCRIPTION,
            create_event::create_event,
        ))
        .add(
            Tool::update(
                "update_event",
                "Update Calendar Event",
                update_event::DESCRIPTION,
                update_event::update_event,
            )
            .idempotent(),
        )
        .add(
            Tool::delete(
                "delete_event",
                "Delete Calendar Event",
                delete_event::DESCRIPTION,
                delete_event::delete_event,
            )
            .idempotent(),
        )
}
