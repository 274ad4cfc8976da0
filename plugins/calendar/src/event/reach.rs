//! How far a change of a series reaches: one occurrence, one and all after it, or every one.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

use super::view::day_or_time;
use crate::ical::When;
use crate::recurrence::{Frequency, Series, Unreadable};
use crate::zone::{Argument, Moment, Zone, timestamp_in};

/// Places to name beside one that there is not.
const NEAR: usize = 3;
/// How far from it to look for them, in days: by rules of days and longer, and by shorter ones.
const NEAR_DAYS: i64 = 400;
const NEAR_DAYS_FINE: i64 = 1;

/// The argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    // The occurrence that `recurrence_id` names.
    This,
    // That one and all after it.
    Following,
    // The whole series.
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
        let id = recurrence_id.map(str::trim).filter(|id| !id.is_empty());
        if !series.is_recurring() {
            return match id {
                None => Ok(Self::All),
                Some(_) => Err(Failure::invalid(
                    "The event does not repeat, so it has no occurrence to name: leave recurrence_id out.",
                )),
            };
        }
        match (scope, id) {
            (Some(Scope::All), None) => Ok(Self::All),
            (Some(Scope::All), Some(_)) => Err(Failure::invalid(
                "scope \"all\" is for every occurrence, and times given with it are those of the first one: leave \
                 recurrence_id out, or say scope \"this\" or \"following\".",
            )),
            (Some(Scope::Following), Some(id)) => named(id, series).map(Self::Following),
            (Some(Scope::This) | None, Some(id)) => named(id, series).map(Self::This),
            (Some(Scope::This | Scope::Following), None) => Err(Failure::invalid(format!(
                "Say in recurrence_id which occurrence is meant, as list_events shows it.{}",
                first(series)
            ))),
            (None, None) => Err(Failure::invalid(format!(
                "This is a series.{} Nothing was done. Call again with scope \"this\" (one occurrence) or \"following\" (one \
                 and all after it) and its recurrence_id as list_events shows it, or with scope \"all\" for every \
                 occurrence, past and future.",
                first(series)
            ))),
        }
    }
}

/// The occurrence that an optional id names, as [`Reach::of_arguments`] has it.
pub(crate) fn occurrence_of_argument(
    recurrence_id: Option<&str>,
    series: &Series<'_>,
) -> Result<Option<Moment>, Failure> {
    let id = recurrence_id.map(str::trim).filter(|id| !id.is_empty());
    if id.is_none() {
        return Ok(None);
    }
    Ok(match Reach::of_arguments(Some(Scope::This), id, series)? {
        Reach::This(id) | Reach::Following(id) => Some(id),
        Reach::All => None,
    })
}

/// An occurrence that cannot be computed.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unreadable(why: Unreadable) -> Failure {
    Failure::other(format!(
        "Which occurrences this series has is not known: {}. Nothing was changed.",
        why.0
    ))
}

fn first(series: &Series<'_>) -> String {
    let reader = series.zones.reader();
    series.master.as_ref().map_or_else(String::new, |master| {
        format!(" It begins on {}.", day_or_time(&master.start, reader))
    })
}

/// The place in the series that an id names.
fn named(id: &str, series: &Series<'_>) -> Result<Moment, Failure> {
    let meant = meant(id, series)?;
    for moment in &meant {
        if let Some(occurrence) = series.occurrence_at(moment).map_err(unreadable)? {
            return Ok(series.own(&occurrence.id.unwrap_or(occurrence.start)));
        }
    }
    let near = near(series, meant.first());
    let near = if near.is_empty() {
        "list_events shows which it has.".to_owned()
    } else {
        format!("Near it are {}.", near.join(", "))
    };
    Err(Failure::not_found(format!(
        "The series has no occurrence at {id}: it does not repeat then, or that one was deleted. {near}"
    )))
}

/// The moments that an id can mean, the likeliest first.
fn meant(id: &str, series: &Series<'_>) -> Result<Vec<Moment>, Failure> {
    let reader = series.zones.reader();
    let start = series
        .master
        .as_ref()
        .map(|master| &master.start)
        .or_else(|| series.overrides.first().and_then(|item| item.id.as_ref()));
    let of_days = matches!(start, Some(Moment::Day(_)));
    let (local, instants) = match parse(id)? {
        Argument::Day(date) if of_days => return Ok(vec![Moment::Day(date)]),
        Argument::Day(date) => return on_day(date, series),
        Argument::Time { local, .. } if of_days => return Ok(vec![Moment::Day(local.date())]),
        Argument::Time {
            local,
            offset,
            zone,
        } => {
            let instant = |zone: &TimeZone| timestamp_in(local, offset, zone).ok();
            let read = zone.as_ref().unwrap_or(reader);
            (local, (instant(read), offset.is_some() || zone.is_some()))
        }
    };
    let (read, pinned) = instants;
    let at = |instant: Timestamp| {
        let zone = Zone::Iana(reader.clone());
        Moment::At {
            local: zone.local(instant),
            instant,
            zone,
        }
    };
    let mut meant: Vec<Moment> = read.map(at).into_iter().collect();
    // Without offset it may be the wall clock of the series, too.
    if !pinned {
        meant.extend(start.and_then(|start| start.with_local(local)));
    }
    Ok(meant)
}

/// As tools show it (`2026-11-16T09:00:00+01:00`), or as RECURRENCE-ID has it (`20261116T080000Z`).
fn parse(id: &str) -> Result<Argument, Failure> {
    match When::parse(id, None) {
        Ok(When::Date(date)) => Ok(Argument::Day(date)),
        Ok(When::Utc(local)) => Ok(Argument::Time {
            local,
            offset: Some(Offset::UTC),
            zone: None,
        }),
        Ok(When::Floating(local) | When::Zoned(local, _)) => Ok(Argument::Time {
            local,
            offset: None,
            zone: None,
        }),
        Err(_) => {
            Argument::parse(id).map_err(|why| Failure::invalid(format!("recurrence_id: {why}.")))
        }
    }
}

/// The one occurrence that the series has on a day of the reader.
fn on_day(date: Date, series: &Series<'_>) -> Result<Vec<Moment>, Failure> {
    let reader = series.zones.reader();
    let local = date.to_datetime(Time::midnight());
    let (from, to) = around(local, 2);
    let on_it = |place: &Moment| match place {
        Moment::Day(day) => *day == date,
        Moment::At { instant, .. } => reader.to_datetime(*instant).date() == date,
    };
    let mut places = series.places(from, to, usize::MAX).map_err(unreadable)?;
    places.retain(on_it);
    if places.len() > 1 {
        let places: Vec<String> = places
            .iter()
            .take(NEAR)
            .map(|place| day_or_time(place, reader))
            .collect();
        return Err(Failure::invalid(format!(
            "The series has several occurrences on {date}: say in recurrence_id which one, such as {}.",
            places.join(" or ")
        )));
    }
    if places.is_empty() {
        // What is not there is refused with what is near.
        places.push(Moment::Day(date));
    }
    Ok(places)
}

fn near(series: &Series<'_>, moment: Option<&Moment>) -> Vec<String> {
    let Some(moment) = moment.map(|moment| series.own(moment)) else {
        return Vec::new();
    };
    let fine = series.rules.iter().any(|rule| rule.freq > Frequency::Daily);
    let days = if fine { NEAR_DAYS_FINE } else { NEAR_DAYS };
    let (from, to) = around(moment.local(), days);
    let Ok(mut places) = series.places(from, to, usize::MAX) else {
        return Vec::new();
    };
    places.sort_by_key(|place| place.local().duration_since(moment.local()).abs());
    places.truncate(NEAR);
    places.sort_by_key(Moment::local);
    let reader = series.zones.reader();
    places
        .iter()
        .map(|place| day_or_time(place, reader))
        .collect()
}

fn around(local: DateTime, days: i64) -> (DateTime, DateTime) {
    let distance = SignedDuration::from_hours(24 * days);
    (
        local.checked_sub(distance).unwrap_or(DateTime::MIN),
        local.checked_add(distance).unwrap_or(DateTime::MAX),
    )
}
