//! How far a change of a series reaches: one occurrence, one and all after it, or every one.

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

use crate::recurrence::Series;
use crate::zone::Moment;

/// The argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// The occurrence that `recurrence_id` names.
    This,
    /// That one and all after it.
    Following,
    /// The whole series.
    All,
}

/// The occurrences that a change is for.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// An event that does not repeat, or every occurrence.
    All,
    /// One: where the series has it, even if it was moved.
    This(Moment),
    /// One and all after it.
    Following(Moment),
}

impl Reach {
    /// What the arguments mean for this series. A recurrence id that is none of the series' occurrences is refused with
    /// those near it; so are a scope without the id it needs, and a series without either.
    pub(crate) fn of_arguments(
        scope: Option<Scope>,
        recurrence_id: Option<&str>,
        series: &Series<'_>,
    ) -> Result<Self, Failure> {
        todo!("{scope:?} {recurrence_id:?} {}", series.is_recurring())
    }
}
