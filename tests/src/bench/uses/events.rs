//! Events, by themselves and many at once.

use serde_json::{Value, json};

use super::{Call, Use, both, each, here};
use crate::bench::known::Known;
use crate::bench::scene::{MONTH, WEEK, WORK};

/// An event that is there from the beginning.
const EVENT: &str = "personal-7";

pub(super) const LIST_MONTH: Call = Call::Tool(
    "nc_calendar_list_events",
    |_| json!({"calendar_name": "personal", "start_date": MONTH.0, "end_date": MONTH.1, "limit": 100}),
);

pub(super) const COUNTED: [Use; 13] = [
    both("list a month of a calendar", &[LIST_MONTH]),
    both(
        "list a week of all calendars",
        &[Call::Tool(
            "nc_calendar_list_events",
            |_| json!({"start_date": WEEK.0, "end_date": WEEK.1, "search_all_calendars": true}),
        )],
    ),
    both(
        "list what comes next",
        &[Call::Tool("nc_calendar_get_upcoming_events", |_| json!({}))],
    ),
    both(
        "get an event",
        &[Call::Tool(
            "nc_calendar_get_event",
            |_| json!({"calendar_name": "personal", "event_uid": EVENT}),
        )],
    ),
    both(
        "create an event",
        &[Call::Tool("nc_calendar_create_event", |_| {
            json!({"calendar_name": WORK, "title": "Review", "start_datetime": "2027-03-09T10:00:00",
                "end_datetime": "2027-03-09T11:00:00", "timezone": "Europe/Berlin"})
        })],
    ),
    both(
        "rename an event",
        &[Call::Tool(
            "nc_calendar_update_event",
            |known| json!({"calendar_name": WORK, "event_uid": known.uid, "title": "Design review"}),
        )],
    ),
    both(
        "delete an event",
        &[Call::Tool(
            "nc_calendar_delete_event",
            |known| json!({"calendar_name": WORK, "event_uid": known.uid}),
        )],
    ),
    here(
        "list the trash bin",
        &[Call::Tool("nc_calendar_list_trash", |_| json!({}))],
    ),
    here(
        "bring back an event",
        &[Call::Tool(
            "nc_calendar_restore_from_trash",
            |known| json!({"id": known.trashed}),
        )],
    ),
    here(
        "import an event",
        &[Call::Tool("nc_calendar_import_ics", imported)],
    ),
    here(
        "export an event",
        &[Call::Tool(
            "nc_calendar_export_ics",
            |known| json!({"calendar_name": WORK, "event_uid": import_uid(known)}),
        )],
    ),
    here(
        "move an event to another calendar",
        &[Call::Tool(
            "nc_calendar_move_event",
            |known| json!({"calendar_name": WORK, "event_uid": import_uid(known), "target_calendar": "personal"}),
        )],
    ),
    each(
        "change the place of eleven events",
        &[Call::Confirmed("nc_calendar_bulk_operations", elsewhere)],
        &[Call::Tool("nc_calendar_bulk_operations", elsewhere)],
    ),
];

/// Another event each time: one that is there already is not imported.
fn import_uid(known: &Known) -> String {
    format!("imported-{}", known.round)
}

fn imported(known: &Known) -> Value {
    let uid = import_uid(known);
    let ics = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20270101T000000Z\r\n\
         DTSTART:20270311T100000Z\r\nDTEND:20270311T110000Z\r\nSUMMARY:Lecture\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    json!({"calendar_name": WORK, "ics": ics})
}

/// Those whose names are `Meeting work-3` and `Meeting work-30` to `39`.
fn elsewhere(known: &Known) -> Value {
    json!({"operation": "update", "calendar_name": WORK, "title_contains": "Meeting work-3", "start_date": MONTH.0,
        "end_date": MONTH.1, "new_location": format!("Room {}", 5 + known.round)})
}
