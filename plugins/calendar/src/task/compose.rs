//! A new task as iCalendar text.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

use super::details::Details;
use super::progress::Progress;
use super::relation::parent_line;
use super::reminder::Setting;
use super::times::{Times, changed};
use crate::event::{Needed, Property, repeat};
use crate::ical::{ContentLine, NewItem};
use crate::recurrence::Rule;

/// What to write.
pub(crate) struct New<'a> {
    pub(crate) uid: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) details: &'a Details,
    pub(crate) user: &'a TimeZone,
    /// The user's own, for reminders by e-mail.
    pub(crate) address: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// The text of a calendar with this one task, read back by a second reader.
pub(crate) fn compose(new: &New<'_>) -> Result<String, Failure> {
    let details = new.details;
    let mut times = changed(details.times(), &Times::default(), new.user)?.unwrap_or_default();
    let rule = rule(new, &mut times)?;
    let progress = Progress::NEW.after(details.progress(None), new.user, new.now)?;
    let dates = [("DTSTART", &times.start), ("DUE", &times.due)];
    let mut lines: Vec<ContentLine> = dates
        .into_iter()
        .filter_map(|(name, point)| Some(point.as_ref()?.when.to_line(name)))
        .collect();
    lines.extend(
        rule.as_ref()
            .map(|rule| ContentLine::new("RRULE", rule.to_string())),
    );
    let properties = details
        .properties(Some(new.summary))?
        .into_iter()
        .chain(progress.unwrap_or(Progress::NEW).properties());
    lines.extend(properties.filter_map(Property::set));
    let parent = details.parent_uid.as_deref().map(str::trim);
    lines.extend(parent.filter(|uid| !uid.is_empty()).map(parent_line));
    let setting = Setting {
        title: new.summary,
        has_start: times.start.is_some(),
        has_due: times.due.is_some(),
        address: new.address,
        user: new.user,
    };
    for reminder in details.reminders.iter().flatten() {
        lines.extend(reminder.lines(setting)?);
    }
    let item = NewItem {
        component: "VTODO",
        uid: new.uid,
        now: new.now,
        zones: times
            .needed(rule.as_ref())
            .iter()
            .flat_map(Needed::lines)
            .collect(),
        lines,
        texts: [
            ("SUMMARY", Some(new.summary)),
            ("DESCRIPTION", new.details.description.as_deref()),
            ("LOCATION", new.details.location.as_deref()),
        ],
    };
    item.text()
        .map_err(|why| Failure::internal(format!("the new task was not written well: {why}")))
}

/// A rule needs a start (RFC 5545, 3.8.2.4): where only the due time is given, that is it, as in Apple's Reminders.
fn rule(new: &New<'_>, times: &mut Times) -> Result<Option<Rule>, Failure> {
    let wish = new.details.repetition.wish()?;
    let Some(rule) = wish.rule.filter(|rule| !rule.is_empty()) else {
        return match wish.end {
            None => Ok(None),
            Some(_) => Err(Failure::invalid(
                "recurrence_end_date needs a recurrence_rule, as in FREQ=WEEKLY;BYDAY=MO.",
            )),
        };
    };
    let anchor = times.anchor().cloned().ok_or_else(needs_a_date)?;
    times.start.get_or_insert_with(|| anchor.clone());
    repeat::of_arguments(&rule, wish.end.as_deref(), &anchor.moment, new.user).map(Some)
}

pub(super) fn needs_a_date() -> Failure {
    Failure::invalid(
        "A task that repeats needs due or dtstart, its first time. (An empty recurrence_rule ends the repetition.)",
    )
}
