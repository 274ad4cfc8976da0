//! The rule that a series has after a change: the one that is given, or its own, fitted to a start that moved.

use nextcloud_mcp_plugin::Failure;

use super::super::edit::{Change, EventDraft};
use super::super::repeat;
use crate::ical::ContentLine;
use crate::recurrence::{Bound, Item, Rule, Series};
use crate::zone::Moment;

/// Whether the change asks for another rule.
pub(super) fn is_given(change: &Change<'_>) -> bool {
    change.rule.is_some() || change.rule_end.is_some()
}

/// Sets the rule where it is given or the start moves to `start`; returns the one that the event then has.
pub(super) fn set(
    draft: &mut EventDraft<'_>,
    series: &Series<'_>,
    master: &Item<'_>,
    start: &Moment,
    change: &Change<'_>,
) -> Result<Option<Rule>, Failure> {
    let moved = !is_same(&master.start, start);
    if (moved || is_given(change)) && series.rules.len() > 1 {
        return Err(several());
    }
    let stored: Option<&Rule> = series.rules.first();
    let rule = match (change.rule.map(str::trim), change.rule_end, stored) {
        (Some(""), None, _) => {
            draft.0.remove("RRULE");
            None
        }
        (Some(rule), end, _) => Some(repeat::of_arguments(rule, end, start, change.user)?),
        (None, Some(end), Some(stored)) => {
            let open = Rule {
                bound: Bound::Never,
                ..stored.clone()
            };
            let rule = open.to_string();
            Some(repeat::of_arguments(&rule, Some(end), start, change.user)?)
        }
        (None, Some(_), None) => {
            return Err(Failure::invalid(
                "recurrence_end_date needs a recurrence_rule: the event does not repeat.",
            ));
        }
        (None, None, Some(stored)) if moved => Some(repeat::of_moved(stored, start, change.user)?),
        (None, None, stored) => stored.cloned(),
    };
    if let Some(rule) = rule.as_ref().filter(|rule| Some(*rule) != stored) {
        draft
            .0
            .set(ContentLine::new("RRULE", rule.to_string()), &[]);
    }
    Ok(rule)
}

pub(super) fn several() -> Failure {
    Failure::unsupported(
        "This series has several rules, which cannot be changed here. Nothing was changed.",
    )
}

/// The same wall clock in the same zone, or the same day.
pub(super) fn is_same(old: &Moment, new: &Moment) -> bool {
    match (old, new) {
        (Moment::Day(old), Moment::Day(new)) => old == new,
        (
            Moment::At { local, zone, .. },
            Moment::At {
                local: new,
                zone: other,
                ..
            },
        ) => local == new && zone.name() == other.name(),
        _ => false,
    }
}
