//! One occurrence of a series: the one that a recurrence id names, and the component that it becomes where it differs.

use jiff::{SignedDuration, Timestamp};
use nextcloud_mcp_plugin::Failure;

use crate::event;
use crate::ical::{Component, ContentLine, Document, When};
use crate::recurrence::{Budget, Occurrence, Series, Window};
use crate::zone::{Argument, Moment, Zone, timestamp_in};

/// How far around the id occurrences are looked for, to be named where none fits.
const NEAR: SignedDuration = SignedDuration::from_hours(24 * 35);
/// How many are named.
const NAMED: usize = 3;
const BUDGET: u32 = 400_000;
/// Of one series in that time: hourly for the whole of it.
const MOST: usize = 2_000;

/// Lines of the series that mean nothing, or something else, for a single occurrence.
const OF_THE_SERIES: [&str; 10] = [
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE-ID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "DTSTAMP",
    "LAST-MODIFIED",
];

/// The occurrence that the series has at this id, wherever it was moved.
///
/// # Errors
/// Names the occurrences near it, if there is none.
pub(super) fn named<'d>(series: &Series<'d>, id: &str) -> Result<Occurrence<'d>, Failure> {
    if !series.is_recurring() {
        return Err(Failure::invalid(
            "The event does not repeat: leave recurrence_id out.",
        ));
    }
    let wanted = moment(series, id)?;
    let reader = series.zones.reader();
    let at = wanted.instant(reader);
    let is_wanted = |own: &Option<Moment>| own.as_ref().is_some_and(|own| own.matches(&wanted));
    let stored = series.overrides.iter().find(|item| is_wanted(&item.id));
    if let Some(item) = stored {
        let end = item
            .end()
            .ok_or_else(|| Failure::other("The end of this occurrence is not understood."))?;
        return Ok(Occurrence {
            component: item.component,
            start: item.start.clone(),
            end,
            id: item.id.clone(),
        });
    }
    let window = Window {
        from: at.saturating_sub(NEAR).unwrap_or(Timestamp::MIN),
        to: at.saturating_add(NEAR).unwrap_or(Timestamp::MAX),
        starting: Timestamp::MIN,
    };
    let mut near = series
        .occurrences(window, MOST, &mut Budget::new(BUDGET), &|_, _| true)
        .map_err(|bad| Failure::other(format!("The series is not understood: {}.", bad.0)))?;
    if let Some(found) = near.iter().position(|one| is_wanted(&one.id)) {
        return Ok(near.swap_remove(found));
    }
    let distance = |one: &Occurrence<'_>| one.start.instant(reader).duration_since(at).abs();
    near.sort_by_key(distance);
    let ids: Vec<String> = near
        .iter()
        .filter_map(|one| one.id.as_ref())
        .take(NAMED)
        .map(|id| event::day_or_time(id, reader))
        .collect();
    let near = match ids.as_slice() {
        [] => "get_event shows the next ones".to_owned(),
        ids => format!("near it are {}", ids.join(", ")),
    };
    Err(Failure::invalid(format!(
        "recurrence_id: the series has no occurrence at {id}; {near}."
    )))
}

fn moment(series: &Series<'_>, id: &str) -> Result<Moment, Failure> {
    let invalid = |message: String| Failure::invalid(format!("recurrence_id: {message}."));
    let reader = series.zones.reader();
    match Argument::parse(id).map_err(invalid)? {
        Argument::Day(date) => Ok(Moment::Day(date)),
        Argument::Time {
            local,
            offset,
            zone,
        } => {
            let zone = zone.unwrap_or_else(|| reader.clone());
            let instant = timestamp_in(local, offset, &zone).map_err(invalid)?;
            Ok(Moment::At {
                local: zone.to_datetime(instant),
                instant,
                zone: Zone::Iana(zone),
            })
        }
    }
}

/// A component of its own for an occurrence that had none: the series' lines as they stand, but for its times and for
/// what `adjust` makes of a line. `stamps` come as they are.
pub(super) fn detached(
    document: &Document,
    occurrence: &Occurrence<'_>,
    adjust: &dyn Fn(&ContentLine) -> Option<ContentLine>,
    stamps: &[ContentLine],
) -> Option<String> {
    let component = occurrence.component;
    let form = component
        .get("DTSTART")
        .and_then(|line| When::of(line).ok())?;
    let id = occurrence.id.as_ref()?;
    let mut lines = vec![
        written(&form, &occurrence.start, id).to_line("RECURRENCE-ID"),
        written(&form, &occurrence.start, &occurrence.start).to_line("DTSTART"),
    ];
    if component.get("DTEND").is_some() || component.get("DURATION").is_some() {
        lines.push(written(&form, &occurrence.start, &occurrence.end).to_line("DTEND"));
    }
    lines.extend_from_slice(stamps);
    let mut text = ContentLine::new("BEGIN", "VEVENT").to_folded(document.eol);
    for line in &lines {
        text.push_str(&line.to_folded(document.eol));
    }
    let kept = component
        .lines
        .iter()
        .filter(|placed| !OF_THE_SERIES.contains(&placed.line.name.as_str()));
    for placed in kept {
        match adjust(&placed.line) {
            Some(line) => text.push_str(&line.to_folded(document.eol)),
            None => text.push_str(&document.text[placed.range.clone()]),
        }
    }
    for child in &component.children {
        text.push_str(&document.text[child.range.clone()]);
    }
    text.push_str(&ContentLine::new("END", "VEVENT").to_folded(document.eol));
    Some(text)
}

/// A moment in the form and zone of the start.
fn written(form: &When, start: &Moment, moment: &Moment) -> When {
    let local = match (start, moment) {
        (Moment::At { zone, .. }, Moment::At { instant, .. }) => zone.local(*instant),
        _ => moment.local(),
    };
    match form {
        When::Date(_) => When::Date(local.date()),
        When::Floating(_) => When::Floating(local),
        When::Utc(_) => When::Utc(local),
        When::Zoned(_, tzid) => When::Zoned(local, tzid.clone()),
    }
}

/// The last event of a text: another one goes behind it.
pub(super) fn last_event(document: &Document) -> Option<&Component> {
    document.events().last()
}
