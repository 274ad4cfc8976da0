//! `list_todos`: the tasks of one calendar or of all.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::collect::{Found, Paging, collect};
use super::filter::{Conditions, Filter};
use crate::dav::Home;

pub(crate) const DESCRIPTION: &str = "Lists tasks of one calendar or (without calendar_name) of all, overdue first, \
then by due time and priority; of a repeating one the occurrence to do now. Finished ones only with include_completed \
or such a status. Example: due_before 2026-12-08, min_priority 4.";

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    calendar_name: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
    /// Day or time, inclusive.
    due_after: Option<String>,
    /// Day or time, exclusive.
    due_before: Option<String>,
    parent_uid: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn list_todos(arguments: Arguments) -> Result<Reply<Found>, Failure> {
    let home = Home::of_caller()?;
    let filter = Filter::new(&arguments.conditions)?
        .of_parent(arguments.parent_uid.as_deref())
        .due(
            arguments.due_after.as_deref(),
            arguments.due_before.as_deref(),
            &home,
        )?;
    collect(
        &home,
        arguments.calendar_name.as_deref(),
        &filter,
        &arguments.paging,
    )
}
