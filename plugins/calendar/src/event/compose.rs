//! A new event as iCalendar text.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

use super::details::{Details, Property};
use super::reminder::NewReminder;
use super::repeat;
use super::times::{Wanted, of_new};
use super::zones::Needed;
use crate::ical::{ContentLine, NewItem, When};
use crate::people::{Guests, invited};
use crate::zone::{Moment, Zone};

/// What to write.
pub(crate) struct New<'a> {
    pub(crate) uid: &'a str,
    pub(crate) title: &'a str,
    pub(crate) details: &'a Details,
    pub(crate) when: Wanted<'a>,
    pub(crate) rule: Option<&'a str>,
    pub(crate) rule_end: Option<&'a str>,
    pub(crate) reminders: Vec<NewReminder>,
    pub(crate) people: Option<&'a Guests>,
    pub(crate) user: &'a TimeZone,
    pub(crate) now: Timestamp,
}

/// The text of a calendar with this one event, read back by a second reader.
pub(crate) fn compose(new: &New<'_>) -> Result<String, Failure> {
    let times = of_new(&new.when, new.user)?;
    let start = moment_of(&times.start, new.user)?;
    let rule = match (new.rule, new.rule_end) {
        (Some(rule), end) => Some(repeat::of_arguments(rule, end, &start, new.user)?),
        (None, Some(_)) => {
            return Err(Failure::invalid(
                "recurrence_end_date needs a recurrence_rule, as in FREQ=WEEKLY;BYDAY=MO.",
            ));
        }
        (None, None) => None,
    };
    let mut lines = vec![times.start.to_line("DTSTART"), times.end.to_line("DTEND")];
    lines.extend(
        rule.as_ref()
            .map(|rule| ContentLine::new("RRULE", rule.to_string())),
    );
    lines.extend(
        new.details
            .properties(Some(new.title))?
            .into_iter()
            .filter_map(Property::set),
    );
    lines.extend(new.people.map(invited).unwrap_or_default());
    lines.extend(
        new.reminders
            .iter()
            .flat_map(|reminder| reminder.lines(new.title)),
    );
    let item = NewItem {
        component: "VEVENT",
        uid: new.uid,
        now: new.now,
        zones: Needed::of(&times, rule.as_ref())
            .into_iter()
            .flat_map(|needed| needed.lines())
            .collect(),
        lines,
        texts: [
            ("SUMMARY", Some(new.title)),
            ("DESCRIPTION", new.details.description.as_deref()),
            ("LOCATION", new.details.location.as_deref()),
        ],
    };
    item.text()
        .map_err(|why| Failure::internal(format!("the new event was not written well: {why}")))
}

/// A time that is about to be stored, resolved.
pub(super) fn moment_of(when: &When, user: &TimeZone) -> Result<Moment, Failure> {
    let beyond = || Failure::invalid("The time is beyond the calendar.");
    let (local, zone) = match when {
        When::Date(date) => return Ok(Moment::Day(*date)),
        When::Utc(local) => (*local, TimeZone::UTC),
        When::Floating(local) => (*local, user.clone()),
        When::Zoned(local, tzid) => (
            *local,
            crate::zone::named_zone(tzid).map_err(Failure::internal)?,
        ),
    };
    Moment::at(local, Zone::Iana(zone)).ok_or_else(beyond)
}
