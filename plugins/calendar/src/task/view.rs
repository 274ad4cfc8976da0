//! A task as tools show it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::JsonSchema;
use serde::Serialize;

use super::progress::Status;
use super::relation::parent_of;
use super::reminder::{Reminder, reminders};
use super::stored::{Stored, To};
use crate::dav::Object;
use crate::event::{categories, day_or_time, text, uid_of};
use crate::ical::{Component, When};
use crate::zone::{Moment, Zone};

/// A task; of a repeating one the occurrence that is to do. What is empty is left out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Task {
    pub(crate) uid: String,
    pub(crate) calendar: String,
    pub(crate) summary: String,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_complete: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dtstart: Option<String>,
    /// A date includes that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) overdue: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) completed: Option<String>,
    /// Where it is another than the one shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recurrence_rule: Option<String>,
    /// Repeating: an earlier occurrence was not marked done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pending_since: Option<String>,
    /// Repeating: the one after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<i64>,
    /// As `create_todo` takes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<serde_json::Value>")]
    reminders: Vec<Reminder>,
    pub(crate) etag: String,
}

/// Shows a task as it is at `now`.
pub(crate) fn present(object: &Object, stored: &Stored<'_>, to: &To<'_>, now: Timestamp) -> Task {
    let component = to.component;
    let reader = stored.zones.reader();
    let show = |moment: &Option<Moment>| moment.as_ref().map(|at| day_or_time(at, reader));
    let number = |name: &str| component.get(name)?.value.trim().parse::<i64>().ok();
    let completed = to.progress.completed.as_ref();
    Task {
        uid: uid_of(component),
        calendar: object.calendar.clone(),
        summary: text(component, "SUMMARY").unwrap_or_default(),
        status: to.progress.status,
        percent_complete: to.progress.percent.filter(|percent| *percent < 100),
        priority: number("PRIORITY")
            .and_then(|number| u8::try_from(number).ok())
            .filter(|priority| (1..=9).contains(priority)),
        dtstart: show(&to.start),
        due: show(&to.due),
        overdue: is_overdue(to, reader, now),
        completed: completed
            .and_then(|when| stored.zones.moment(when).ok())
            .map(|at| day_or_time(&at, reader)),
        stored_zone: stored_zone(component, to, reader),
        location: text(component, "LOCATION"),
        description: text(component, "DESCRIPTION"),
        categories: categories(component),
        url: component
            .get("URL")
            .map(|line| line.value.trim().to_owned())
            .filter(|url| !url.is_empty()),
        recurrence_rule: stored
            .main
            .get("RRULE")
            .map(|line| line.value.trim().to_owned()),
        pending_since: show(&to.pending_since),
        next: show(&to.next),
        parent_uid: parent_of(component),
        order: number("X-APPLE-SORT-ORDER"),
        reminders: reminders(component, reader),
        etag: object.etag.clone(),
    }
}

/// A day is over at its end.
fn is_overdue(to: &To<'_>, reader: &TimeZone, now: Timestamp) -> bool {
    match &to.due {
        _ if to.progress.status.is_done() => false,
        None => false,
        Some(Moment::Day(date)) => *date < reader.to_datetime(now).date(),
        Some(Moment::At { instant, .. }) => *instant < now,
    }
}

fn stored_zone(component: &Component, to: &To<'_>, reader: &TimeZone) -> Option<String> {
    let line = component.get("DUE").or_else(|| component.get("DTSTART"))?;
    let Moment::At { zone, .. } = to.due.as_ref().or(to.start.as_ref())? else {
        return None;
    };
    if matches!(When::of(line), Ok(When::Floating(_))) {
        return Some("floating".to_owned());
    }
    let same = matches!(zone, Zone::Iana(zone) if zone.iana_name() == reader.iana_name());
    (!same).then(|| zone.name().to_owned())
}
