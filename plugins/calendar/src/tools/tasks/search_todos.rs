//! `search_todos`: tasks by their words, over all calendars.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::collect::{Found, Paging, collect};
use super::filter::{Conditions, Filter};
use crate::dav::Home;

pub(crate) const DESCRIPTION: &str = "Finds tasks in all calendars with every word of query in summary, description, \
location or categories, finished ones included. Sorted and paged as list_todos. Example: query \"insurance\", status \
NEEDS-ACTION.";

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    query: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
    #[serde(flatten)]
    paging: Paging,
}

pub(crate) fn search_todos(mut arguments: Arguments) -> Result<Reply<Found>, Failure> {
    let home = Home::of_caller()?;
    let conditions = &mut arguments.conditions;
    conditions.include_completed.get_or_insert(true);
    let filter = Filter::new(conditions)?.with_words(arguments.query.as_deref());
    collect(&home, None, &filter, &arguments.paging)
}
