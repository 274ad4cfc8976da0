//! Tasks.

use serde_json::json;

use super::{Call, Use, both, here};
use crate::bench::scene::WORK;

pub(super) const COUNTED: [Use; 7] = [
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
        "search the tasks of all calendars",
        &[Call::Tool(
            "nc_calendar_search_todos",
            |_| json!({"summary_contains": "minutes"}),
        )],
    ),
    here(
        "get a task",
        &[Call::Tool(
            "nc_calendar_get_todo",
            |known| json!({"calendar_name": WORK, "todo_uid": known.uid}),
        )],
    ),
    both(
        "give a task a description",
        &[Call::Tool(
            "nc_calendar_update_todo",
            |known| json!({"calendar_name": WORK, "todo_uid": known.uid, "description": "Of Monday"}),
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
];
