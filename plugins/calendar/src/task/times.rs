//! When a task begins and when it is due: from a tool's arguments to what is stored, and from one occurrence to another.
//!
//! Both are days or both are times, and what is due is not due before it begins (RFC 5545, 3.8.2.3). The day on which an
//! all-day task is due is a part of it, so it may be the first one too.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use nextcloud_mcp_plugin::Failure;

use crate::event::{self, Needed, Storage};
use crate::ical::{Component, When};
use crate::recurrence::{Rule, Unreadable};
use crate::zone::{Argument, Moment, Zone, Zones};

/// The arguments; an empty text takes the time out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub(super) start: Option<&'a str>,
    pub(super) due: Option<&'a str>,
    pub(super) timezone: Option<&'a str>,
}

/// A value, and the moment that it means.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) when: When,
    pub(super) moment: Moment,
}

/// DTSTART and DUE.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    pub(super) start: Option<Point>,
    pub(super) due: Option<Point>,
}

impl Times {
    pub(super) fn of(task: &Component, zones: &Zones) -> Result<Self, Unreadable> {
        let point = |name: &str| {
            let Some(line) = task.get(name) else {
                return Ok::<_, Unreadable>(None);
            };
            let when = When::of(line)?;
            let moment = zones.moment(&when)?;
            Ok(Some(Point { when, moment }))
        };
        Ok(Self {
            start: point("DTSTART")?,
            due: point("DUE")?,
        })
    }

    /// What a rule counts from: the start, or without one the due time.
    pub(super) fn anchor(&self) -> Option<&Point> {
        self.start.as_ref().or(self.due.as_ref())
    }

    /// The same task where its anchor is at another moment.
    pub(super) fn at(&self, moment: &Moment) -> Option<Self> {
        let Some(start) = &self.start else {
            let due = self.due.as_ref()?.restated(moment)?;
            return Some(Self {
                start: None,
                due: Some(due),
            });
        };
        let due = match &self.due {
            Some(due) => Some(due.moved(&start.moment, moment)?),
            None => None,
        };
        Some(Self {
            start: Some(start.restated(moment)?),
            due,
        })
    }

    /// The zones that these values name.
    pub(super) fn needed(&self, rule: Option<&Rule>) -> Vec<Needed> {
        let of = |start: &Point, end: &Point| {
            let times = event::Times {
                start: start.when.clone(),
                end: end.when.clone(),
            };
            Needed::of(&times, rule)
        };
        let needed = match (&self.start, &self.due) {
            (Some(start), Some(due)) if tzid(start) == tzid(due) => vec![of(start, due)],
            (start, due) => start
                .iter()
                .chain(due)
                .map(|point| of(point, point))
                .collect(),
        };
        needed.into_iter().flatten().collect()
    }
}

impl Point {
    /// Another moment, written as this one is: a day, UTC, without zone, or in the same zone.
    fn restated(&self, moment: &Moment) -> Option<Self> {
        let Moment::At { zone, .. } = &self.moment else {
            let date = moment.local().date();
            return Some(Self {
                when: When::Date(date),
                moment: Moment::Day(date),
            });
        };
        let Moment::At { instant, .. } = moment else {
            return None;
        };
        let local = zone.local(*instant);
        let when = match &self.when {
            When::Utc(_) => When::utc(*instant),
            When::Zoned(_, tzid) => When::Zoned(local, tzid.clone()),
            When::Floating(_) | When::Date(_) => When::Floating(local),
        };
        let moment = Moment::At {
            local,
            instant: *instant,
            zone: zone.clone(),
        };
        Some(Self { when, moment })
    }

    /// As far from `to` as this is from `from`, by the wall clock there.
    fn moved(&self, from: &Moment, to: &Moment) -> Option<Self> {
        let (Moment::At { zone, local, .. }, Moment::At { instant, .. }) = (from, &self.moment)
        else {
            let days = to.local().date().duration_since(from.local().date());
            let local = self.moment.local().checked_add(days).ok()?;
            return self.restated(&self.moment.with_local(local)?);
        };
        let distance = zone.local(*instant).duration_since(*local);
        self.restated(&to.with_local(to.local().checked_add(distance).ok()?)?)
    }
}

fn tzid(point: &Point) -> Option<&str> {
    match &point.when {
        When::Zoned(_, tzid) => Some(tzid),
        _ => None,
    }
}

/// What becomes of one of the two.
enum Side {
    Keep,
    Clear,
    Set(Argument),
}

impl Side {
    fn of(name: &str, text: Option<&str>) -> Result<Self, Failure> {
        Ok(match text.map(str::trim) {
            None => Self::Keep,
            Some("") => Self::Clear,
            Some(text) => Self::Set(
                Argument::parse(text).map_err(|why| Failure::invalid(format!("{name}: {why}.")))?,
            ),
        })
    }
}

/// The times after a change, of a new task from none; `None` where nothing is asked for.
pub(super) fn changed(
    wanted: Wanted<'_>,
    held: &Times,
    user: &TimeZone,
) -> Result<Option<Times>, Failure> {
    let start = Side::of("dtstart", wanted.start)?;
    let due = Side::of("due", wanted.due)?;
    let named = wanted.timezone.is_some_and(|name| !name.trim().is_empty());
    let mut set = [&start, &due].into_iter().filter_map(|side| match side {
        Side::Set(argument) => Some(argument),
        Side::Keep | Side::Clear => None,
    });
    if named
        && !set
            .clone()
            .any(|argument| matches!(argument, Argument::Time { .. }))
    {
        return Err(Failure::invalid(
            "timezone says how to read the times in dtstart and due: give one of them with a time (a day has no zone).",
        ));
    }
    if matches!((&start, &due), (Side::Keep, Side::Keep)) {
        return Ok(None);
    }
    let zones = event::Zones::new(
        &event::Wanted {
            timezone: wanted.timezone,
            ..event::Wanted::default()
        },
        user,
    )?;
    let said = set.find_map(|argument| match argument {
        Argument::Time { .. } => zones.instant(argument).map(|(_, said)| said).transpose(),
        Argument::Day(_) => None,
    });
    let storage = match said.transpose()? {
        Some(zone) => Storage::of_zone(&zone),
        None => stored_as(held, user),
    };
    let place = |side: &Side, held: &Option<Point>| match side {
        Side::Keep => Ok(held.clone()),
        Side::Clear => Ok(None),
        Side::Set(argument) => point(argument, &storage, &zones, user).map(Some),
    };
    let times = Times {
        start: place(&start, &held.start)?,
        due: place(&due, &held.due)?,
    };
    check(&times, user)?;
    Ok(Some(times))
}

fn point(
    argument: &Argument,
    storage: &Storage,
    zones: &event::Zones<'_>,
    user: &TimeZone,
) -> Result<Point, Failure> {
    if let Argument::Day(date) = argument {
        return Ok(Point {
            when: When::Date(*date),
            moment: Moment::Day(*date),
        });
    }
    let (instant, _) = zones.instant(argument)?;
    let when = storage.store(instant, user)?;
    let zone = match storage {
        Storage::Utc => Zone::Iana(TimeZone::UTC),
        Storage::Floating => Zone::Iana(user.clone()),
        Storage::Zoned(zone, _) => zone.clone(),
    };
    let local = zone.local(instant);
    Ok(Point {
        when,
        moment: Moment::At {
            local,
            instant,
            zone,
        },
    })
}

/// A new time is stored as the others are.
fn stored_as(held: &Times, user: &TimeZone) -> Storage {
    match held.anchor() {
        Some(Point { when, moment }) if !when.is_date() => Storage::of_stored(when, moment, user),
        _ => Storage::of_zone(user),
    }
}

fn check(times: &Times, user: &TimeZone) -> Result<(), Failure> {
    let (Some(start), Some(due)) = (&times.start, &times.due) else {
        return Ok(());
    };
    let shown = |point: &Point| event::day_or_time(&point.moment, user);
    if start.when.is_date() != due.when.is_date() {
        return Err(Failure::invalid(format!(
            "dtstart ({}) and due ({}) are either both days or both times: give both alike, or clear one with an empty text.",
            shown(start),
            shown(due)
        )));
    }
    if due.moment.instant(user) < start.moment.instant(user) {
        return Err(Failure::invalid(format!(
            "due ({}) lies before dtstart ({}): give both, or clear one with an empty text.",
            shown(due),
            shown(start)
        )));
    }
    Ok(())
}

/// Where a task that says its length instead of its due time is due.
pub(super) fn due_by_length(start: &Moment, length: crate::ical::Duration) -> Option<Moment> {
    let date = start
        .local()
        .date()
        .checked_add(Span::new().try_days(length.days).ok()?)
        .ok()?;
    let days = start.with_local(date.to_datetime(start.local().time()))?;
    if length.exact == SignedDuration::ZERO {
        return Some(days);
    }
    days.plus(length.exact)
}
