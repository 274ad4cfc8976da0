//! A new task as iCalendar text.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

use super::details::Details;
use super::progress::Progress;
use super::relation::parent_line;
use super::reminder::Setting;
use super::times::{Times, changed};
use crate::event::{Needed, PRODID, Property, repeat};
use crate::ical::verify::{self, Expected};
use crate::ical::{ContentLine, When, escape};
use crate::recurrence::Rule;

const EOL: &str = "\r\n";

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
    let mut lines = vec![
        ContentLine::new("BEGIN", "VCALENDAR"),
        ContentLine::new("VERSION", "2.0"),
        ContentLine::new("PRODID", PRODID),
    ];
    let zones = times.needed(rule.as_ref());
    lines.extend(zones.iter().flat_map(Needed::lines));
    lines.extend([
        ContentLine::new("BEGIN", "VTODO"),
        ContentLine::new("UID", escape(new.uid)),
        When::utc(new.now).to_line("DTSTAMP"),
        When::utc(new.now).to_line("CREATED"),
        When::utc(new.now).to_line("LAST-MODIFIED"),
        ContentLine::new("SEQUENCE", "0"),
    ]);
    let dates = [("DTSTART", &times.start), ("DUE", &times.due)];
    lines.extend(
        dates
            .into_iter()
            .filter_map(|(name, point)| Some(point.as_ref()?.when.to_line(name))),
    );
    lines.extend(rule.map(|rule| ContentLine::new("RRULE", rule.to_string())));
    let properties = details
        .properties(Some(new.summary))?
        .into_iter()
        .chain(progress.unwrap_or(Progress::NEW).properties());
    lines.extend(properties.filter_map(|property| match property {
        Property::Set(line) => Some(line),
        Property::Remove(_) => None,
    }));
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
    lines.extend([
        ContentLine::new("END", "VTODO"),
        ContentLine::new("END", "VCALENDAR"),
    ]);
    let text: String = lines.iter().map(|line| line.to_folded(EOL)).collect();
    verify::holds(&text, &expected(new))
        .map_err(|why| Failure::internal(format!("the new task was not written well: {why}")))?;
    Ok(text)
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

fn expected<'a>(new: &New<'a>) -> Expected<'a> {
    let given = |name, value: Option<&'a str>| {
        value
            .filter(|value| !value.trim().is_empty())
            .map(|value| (name, value))
    };
    let texts = [
        given("SUMMARY", Some(new.summary)),
        given("DESCRIPTION", new.details.description.as_deref()),
        given("LOCATION", new.details.location.as_deref()),
    ];
    Expected {
        uid: new.uid,
        texts: texts.into_iter().flatten().collect(),
    }
}
