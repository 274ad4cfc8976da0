//! Calendars themselves.

use serde_json::json;

use super::{Call, Use, both, each};

/// A name that no calendar has yet.
const CREATE: Call = Call::Tool(
    "nc_calendar_manage_calendar",
    |known| json!({"action": "create", "calendar_name": format!("travel-{}", known.round), "display_name": "Travel"}),
);

pub(super) const COUNTED: [Use; 4] = [
    both(
        "list calendars",
        &[Call::Tool("nc_calendar_list_calendars", |_| json!({}))],
    ),
    both("create a calendar", &[CREATE]),
    // The Python server answers that it cannot, and calls that a success.
    each(
        "rename a calendar",
        &[Call::Tool(
            "nc_calendar_manage_calendar",
            |known| json!({"action": "update", "calendar_name": format!("travel-{}", known.round), "display_name": "Voyages"}),
        )],
        &[],
    ),
    each(
        "delete a calendar",
        &[Call::Confirmed(
            "nc_calendar_manage_calendar",
            |known| json!({"action": "delete", "calendar_name": format!("travel-{}", known.round)}),
        )],
        &[Call::Tool(
            "nc_calendar_manage_calendar",
            |known| json!({"action": "delete", "calendar_name": format!("travel-{}", known.round)}),
        )],
    ),
];
