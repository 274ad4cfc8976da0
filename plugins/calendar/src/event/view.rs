//! An event as tools show it.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::JsonSchema;
use serde::Serialize;

use super::reminder::reminders;
use crate::dav::Object;
use crate::ical::{Component, ContentLine, split_unescaped, unescape};
use crate::recurrence::{Occurrence, Series};
use crate::zone::{Moment, Zone};

/// An event, or one occurrence of it. What is empty is left out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Event {
    pub(crate) uid: String,
    /// Name of the calendar.
    pub(crate) calendar: String,
    pub(crate) title: String,
    /// With offset, in the zone that `shown_in` names; a date for an all-day event.
    pub(crate) start: String,
    /// As `start`, exclusive: an all-day event ends on the day after its last.
    pub(crate) end: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) all_day: bool,
    /// The last day of an all-day event of several days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_day: Option<String>,
    /// The zone that the event lives in, where it is another than the one shown; "floating" for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    /// CONFIRMED, TENTATIVE or CANCELLED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    /// Does not block the time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    free: bool,
    /// PRIVATE or CONFIDENTIAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    /// The series' rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recurrence_rule: Option<String>,
    /// Which occurrence of a series this is: where the series has it, even if it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recurrence_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reminders: Vec<Reminder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organizer: Option<Person>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attendees: Vec<Person>,
    /// For `etag` of the tools that change and delete.
    pub(crate) etag: String,
}

/// An organizer or attendee.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Person {
    pub(crate) email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// NEEDS-ACTION, ACCEPTED, DECLINED, TENTATIVE, DELEGATED.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

/// A reminder.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Reminder {
    /// Before the start; negative: after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minutes_before: Option<i64>,
    /// Where it is no such thing: the trigger as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trigger: Option<String>,
    /// By e-mail instead of on the screen.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) email: bool,
}

/// Shows one occurrence.
pub(crate) fn present(object: &Object, series: &Series<'_>, occurrence: &Occurrence<'_>) -> Event {
    let component = occurrence.component;
    let reader = series.zones.reader();
    let all_day = matches!(occurrence.start, Moment::Day(_));
    let last_day = last_day(occurrence);
    let rule = series
        .master
        .as_ref()
        .and_then(|master| master.component.get("RRULE"));
    Event {
        uid: uid_of(component),
        calendar: object.calendar.clone(),
        title: text(component, "SUMMARY").unwrap_or_default(),
        start: day_or_time(&occurrence.start, reader),
        end: day_or_time(&occurrence.end, reader),
        all_day,
        last_day,
        stored_zone: stored_zone(component, &occurrence.start, reader),
        location: text(component, "LOCATION"),
        description: text(component, "DESCRIPTION"),
        categories: categories(component),
        status: word(component, "STATUS"),
        free: word(component, "TRANSP").is_some_and(|word| word == "TRANSPARENT"),
        privacy: word(component, "CLASS").filter(|word| word != "PUBLIC"),
        priority: component
            .get("PRIORITY")
            .and_then(|line| line.value.trim().parse().ok())
            .filter(|number| *number > 0),
        url: component
            .get("URL")
            .map(|line| line.value.trim().to_owned())
            .filter(|url| !url.is_empty()),
        color: text(component, "COLOR"),
        recurrence_rule: rule.map(|line| line.value.trim().to_owned()),
        recurrence_id: occurrence.id.as_ref().map(|id| day_or_time(id, reader)),
        reminders: reminders(component),
        organizer: component.get("ORGANIZER").map(person),
        attendees: component.all("ATTENDEE").map(person).collect(),
        etag: object.etag.clone(),
    }
}

/// A date, or a time with offset in the reader's zone.
pub(crate) fn day_or_time(moment: &Moment, reader: &TimeZone) -> String {
    match moment {
        Moment::Day(date) => date.to_string(),
        Moment::At { instant, .. } => instant_text(*instant, reader),
    }
}

pub(super) fn instant_text(at: Timestamp, reader: &TimeZone) -> String {
    at.display_with_offset(reader.to_offset(at)).to_string()
}

pub(crate) fn uid_of(component: &Component) -> String {
    text(component, "UID").unwrap_or_default()
}

/// A text property; `None` for an empty one, which says as much as none.
pub(crate) fn text(component: &Component, name: &str) -> Option<String> {
    let line = component.get(name)?;
    Some(unescape(&line.value)).filter(|text| !text.trim().is_empty())
}

pub(crate) fn categories(component: &Component) -> Vec<String> {
    let lines = component
        .all("CATEGORIES")
        .flat_map(|line| split_unescaped(&line.value));
    lines
        .map(|item| unescape(item).trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

fn word(component: &Component, name: &str) -> Option<String> {
    text(component, name).map(|word| word.trim().to_uppercase())
}

fn last_day(occurrence: &Occurrence<'_>) -> Option<String> {
    let (Moment::Day(start), Moment::Day(end)) = (&occurrence.start, &occurrence.end) else {
        return None;
    };
    let last = end.checked_sub(Span::new().days(1)).ok()?;
    (last > *start).then(|| last.to_string())
}

fn stored_zone(component: &Component, start: &Moment, reader: &TimeZone) -> Option<String> {
    let Moment::At { zone, .. } = start else {
        return None;
    };
    let line = component.get("DTSTART")?;
    if line.param("TZID").is_none() && !line.value.trim().ends_with(['Z', 'z']) {
        return Some("floating".to_owned());
    }
    let same = matches!(zone, Zone::Iana(zone) if zone.iana_name() == reader.iana_name());
    (!same).then(|| zone.name().to_owned())
}

fn person(line: &ContentLine) -> Person {
    let address = line.value.trim();
    let mail = address
        .get(..7)
        .filter(|head| head.eq_ignore_ascii_case("mailto:"))
        .map_or(address, |_| &address[7..]);
    Person {
        email: mail.to_owned(),
        name: line
            .param("CN")
            .map(str::to_owned)
            .filter(|name| !name.is_empty()),
        answer: (line.name == "ATTENDEE").then(|| {
            line.param("PARTSTAT")
                .unwrap_or("NEEDS-ACTION")
                .to_uppercase()
        }),
    }
}
