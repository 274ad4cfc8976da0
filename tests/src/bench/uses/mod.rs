//! What people use the servers for, as calls of each: the same question in the words of both.

use serde_json::{Value, json};

use super::known::Known;
use super::report::Name;
use super::scene::{MONTH, WEEK, WORK};

/// One thing that is done, as calls one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub(super) name: &'static str,
    here: &'static [Call],
    /// Empty where the Python server has nothing like it.
    peer: &'static [Call],
}

/// One call. Its arguments may rest on earlier answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    Tool(&'static str, fn(&Known) -> Value),
    Read(&'static str),
}

/// An event that is there from the beginning.
const EVENT: &str = "personal-7";

const GET_NOTE: Call = Call::Tool("nc_notes_get_note", |known| json!({"note_id": known.note}));
const CREATE_NOTE: Call = Call::Tool(
    "nc_notes_create_note",
    |_| json!({"title": "Shopping", "content": "# List\n\n- milk\n- bread\n", "category": ""}),
);
const DELETE_NOTE: Call = Call::Tool(
    "nc_notes_delete_note",
    |known| json!({"note_id": known.note}),
);
const SEARCH_NOTES: Call = Call::Tool("nc_notes_search_notes", |_| json!({"query": "Reykjavik"}));
const LIST_NOTES: Call = Call::Tool("nc_notes_list_notes", |_| json!({}));
const LIST_MONTH: Call = Call::Tool(
    "nc_calendar_list_events",
    |_| json!({"calendar_name": "personal", "start_date": MONTH.0, "end_date": MONTH.1, "limit": 100}),
);
const HERE_CAPABILITIES: Call = Call::Tool("nc_capabilities_get_capabilities", |_| json!({}));
const PEER_CAPABILITIES: Call = Call::Read("nc://capabilities");

const fn both(name: &'static str, calls: &'static [Call]) -> Use {
    Use {
        name,
        here: calls,
        peer: calls,
    }
}

const fn here(name: &'static str, calls: &'static [Call]) -> Use {
    Use {
        name,
        here: calls,
        peer: &[],
    }
}

/// Those whose time is measured: what is done often, and one that writes.
pub(super) const TIMED: [Use; 5] = [
    both("get a note", &[GET_NOTE]),
    both("search notes for a word", &[SEARCH_NOTES]),
    both("list a month of a calendar", &[LIST_MONTH]),
    both("create a note, delete it", &[CREATE_NOTE, DELETE_NOTE]),
    Use {
        name: "read the capabilities",
        here: &[HERE_CAPABILITIES],
        peer: &[PEER_CAPABILITIES],
    },
];

/// Those that are measured in an account with thousands of notes.
pub(super) const LARGE: [Use; 4] = [
    both("list notes", &[LIST_NOTES]),
    both("search: a rare word", &[SEARCH_NOTES]),
    both(
        "search: a word in most notes",
        &[Call::Tool(
            "nc_notes_search_notes",
            |_| json!({"query": "meeting"}),
        )],
    ),
    here(
        "search: every note read",
        &[Call::Tool(
            "nc_notes_search_notes",
            |_| json!({"query": "Reykjavik", "thorough": true}),
        )],
    ),
];

/// Those whose requests are counted, in the order of a conversation: what one leaves behind the next one finds.
pub(super) const COUNTED: [Use; 24] = [
    both("list notes", &[LIST_NOTES]),
    both("search notes for a word", &[SEARCH_NOTES]),
    both("create a note", &[CREATE_NOTE]),
    both("get a note", &[GET_NOTE]),
    both(
        "replace a note's text",
        &[Call::Tool(
            "nc_notes_update_note",
            |known| json!({"note_id": known.note, "etag": known.note_etag, "title": null, "content": "# List\n\n- eggs\n", "category": null}),
        )],
    ),
    both(
        "append to a note",
        &[Call::Tool(
            "nc_notes_append_content",
            |known| json!({"note_id": known.note, "content": "- flour"}),
        )],
    ),
    here(
        "edit one section of a note",
        &[Call::Tool(
            "nc_notes_edit_section",
            |known| json!({"note_id": known.note, "heading": "List", "mode": "append", "content": "- salt"}),
        )],
    ),
    here(
        "list categories",
        &[Call::Tool("nc_notes_list_categories", |_| json!({}))],
    ),
    both("delete a note", &[DELETE_NOTE]),
    both(
        "list calendars",
        &[Call::Tool("nc_calendar_list_calendars", |_| json!({}))],
    ),
    both("list a month of a calendar", &[LIST_MONTH]),
    both(
        "list a week of all calendars",
        &[Call::Tool(
            "nc_calendar_list_events",
            |_| json!({"start_date": WEEK.0, "end_date": WEEK.1, "search_all_calendars": true}),
        )],
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
    both(
        "create a task",
        &[Call::Tool(
            "nc_calendar_create_todo",
            |_| json!({"calendar_name": WORK, "summary": "Write the minutes"}),
        )],
    ),
    both(
        "list the tasks of a calendar",
        &[Call::Tool(
            "nc_calendar_list_todos",
            |_| json!({"calendar_name": WORK}),
        )],
    ),
    both(
        "complete a task",
        &[Call::Tool(
            "nc_calendar_complete_todo",
            |known| json!({"calendar_name": WORK, "todo_uid": known.uid}),
        )],
    ),
    both(
        "delete a task",
        &[Call::Tool(
            "nc_calendar_delete_todo",
            |known| json!({"calendar_name": WORK, "todo_uid": known.uid}),
        )],
    ),
    Use {
        name: "read the capabilities",
        here: &[HERE_CAPABILITIES],
        peer: &[PEER_CAPABILITIES],
    },
    here(
        "ask who the user is",
        &[Call::Tool("nc_capabilities_get_user", |_| json!({}))],
    ),
];

impl Use {
    /// Its calls of this server or of the other one.
    pub(super) fn of(&self, name: Name) -> &'static [Call] {
        match name {
            Name::Peer | Name::WholePeer => self.peer,
            _ => self.here,
        }
    }

    /// The only call, where it is a tool's: its name and arguments.
    pub(super) fn tool(&self, known: &Known) -> Option<(&'static str, Value)> {
        match self.here {
            [Call::Tool(tool, arguments)] => Some((tool, arguments(known))),
            _ => None,
        }
    }
}
