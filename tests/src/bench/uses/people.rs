//! Meetings with others.

use serde_json::json;

use super::{Call, Use, both, here};
use crate::bench::scene::{INVITATION, WEEK, WORK};

pub(super) const COUNTED: [Use; 4] = [
    both(
        "create a meeting with a guest",
        &[Call::Tool("nc_calendar_create_meeting", |_| {
            json!({"title": "Planning", "date": "2027-03-10", "time": "14:00", "calendar_name": WORK,
                "attendees": "bob@example.org"})
        })],
    ),
    both(
        "find a free hour in a week",
        &[Call::Tool(
            "nc_calendar_find_availability",
            |_| json!({"duration_minutes": 60, "date_range_start": WEEK.0, "date_range_end": WEEK.1}),
        )],
    ),
    here(
        "list invitations",
        &[Call::Tool("nc_calendar_list_invitations", |_| json!({}))],
    ),
    here(
        "answer an invitation",
        &[Call::Tool("nc_calendar_respond_to_invitation", |known| {
            let response = ["accepted", "tentative"][known.round % 2];
            json!({"event_uid": INVITATION, "response": response})
        })],
    ),
];
