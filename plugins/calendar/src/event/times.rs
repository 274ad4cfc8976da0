//! When an event is: from the dates and times in a tool's arguments to what is stored.
//!
//! A time without offset is read in `timezone`, else in the zone written behind it, else in the user's. It is stored
//! in the same zone, or, when an event is changed and no zone is named, in the one that the event has.

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};
use nextcloud_mcp_plugin::Failure;

use crate::ical::When;
use crate::recurrence::Item;
use crate::zone::{Argument, Moment, Zone, named_zone, timestamp_in};

/// An event that says no end takes this long.
const DEFAULT_LENGTH: SignedDuration = SignedDuration::from_hours(1);

/// The arguments; empty texts count as absent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) start: Option<&'a str>,
    pub(crate) end: Option<&'a str>,
    pub(crate) all_day: Option<bool>,
    pub(crate) timezone: Option<&'a str>,
}

/// Start and exclusive end, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) start: When,
    pub(crate) end: When,
}

impl Times {
    /// The same times at another place of the series: as long, and written in the same form.
    pub(super) fn at(&self, place: &Moment, zones: &crate::zone::Zones) -> Option<Self> {
        let end = if let (When::Date(first), When::Date(end)) = (&self.start, &self.end) {
            let days = Span::new().try_days(days_between(*first, *end)).ok()?;
            Moment::Day(place.local().date().checked_add(days).ok()?)
        } else {
            let (start, end) = (
                zones.moment(&self.start).ok()?,
                zones.moment(&self.end).ok()?,
            );
            let reader = zones.reader();
            place.plus(end.instant(reader).duration_since(start.instant(reader)))?
        };
        Some(Self {
            start: zones.when(place, &self.start).ok()?,
            end: zones.when(&end, &self.end).ok()?,
        })
    }
}

/// What an instant is stored as.
#[derive(Debug, Clone)]
pub(crate) enum Storage {
    Utc,
    /// The reader's wall clock.
    Floating,
    /// A TZID.
    Zoned(Zone, String),
}

impl Storage {
    pub(crate) fn of_zone(zone: &TimeZone) -> Self {
        match zone.iana_name() {
            Some(name) if *zone != TimeZone::UTC => {
                Self::Zoned(Zone::Iana(zone.clone()), name.to_owned())
            }
            _ => Self::Utc,
        }
    }

    /// What a stored event has.
    pub(crate) fn of_stored(start: &When, moment: &Moment, user: &TimeZone) -> Self {
        match (start, moment) {
            (When::Zoned(_, tzid), Moment::At { zone, .. }) => {
                Self::Zoned(zone.clone(), tzid.clone())
            }
            (When::Utc(_), _) => Self::Utc,
            (When::Floating(_), _) => Self::Floating,
            _ => Self::of_zone(user),
        }
    }

    pub(crate) fn store(&self, at: Timestamp, user: &TimeZone) -> Result<When, Failure> {
        match self {
            Self::Utc => Ok(When::utc(at)),
            Self::Floating => Ok(When::Floating(user.to_datetime(at))),
            Self::Zoned(zone, tzid) => {
                let local = zone.local(at);
                if zone.instant(local) != Some(at) {
                    return Err(Failure::invalid(format!(
                        "{at} is the second {local} of that day in {tzid}, which a calendar entry cannot tell from the \
                         first. Give timezone \"UTC\"."
                    )));
                }
                Ok(When::Zoned(local, tzid.clone()))
            }
        }
    }
}

/// The zone that `timezone` names.
pub(crate) struct Zones<'a> {
    named: Option<TimeZone>,
    user: &'a TimeZone,
}

impl<'a> Zones<'a> {
    pub(crate) fn new(wanted: &Wanted<'_>, user: &'a TimeZone) -> Result<Self, Failure> {
        let named = given(wanted.timezone)
            .map(named_zone)
            .transpose()
            .map_err(invalid)?;
        Ok(Self { named, user })
    }

    /// The instant of a time, and the zone that was said for it.
    pub(crate) fn instant(
        &self,
        argument: &Argument,
    ) -> Result<(Timestamp, Option<TimeZone>), Failure> {
        let Argument::Time {
            local,
            offset,
            zone,
        } = argument
        else {
            return Err(Failure::invalid(format!(
                "{} has no time: add one, as in {}T09:00, or make it an all-day event.",
                argument.date(),
                argument.date()
            )));
        };
        if let (Some(named), Some(written)) = (&self.named, zone)
            && named != written
        {
            return Err(Failure::invalid(
                "The time names another zone than timezone does: leave one of them out.",
            ));
        }
        let said = self.named.clone().or_else(|| zone.clone());
        let reading = said.as_ref().unwrap_or(self.user);
        let at = timestamp_in(*local, *offset, reading).map_err(invalid)?;
        Ok((at, said))
    }
}

/// The times of a new event.
pub(super) fn of_new(wanted: &Wanted<'_>, user: &TimeZone) -> Result<Times, Failure> {
    let zones = Zones::new(wanted, user)?;
    let start =
        given(wanted.start).ok_or_else(|| Failure::invalid("start_datetime is missing."))?;
    let start = Argument::parse(start).map_err(invalid)?;
    let end = given(wanted.end)
        .map(Argument::parse)
        .transpose()
        .map_err(invalid)?;
    if wanted.all_day.unwrap_or(matches!(start, Argument::Day(_))) {
        return days(&start, end.as_ref(), 1, &zones);
    }
    let (begin, said) = zones.instant(&start)?;
    let storage = Storage::of_zone(said.as_ref().unwrap_or(user));
    timed(begin, end.as_ref(), DEFAULT_LENGTH, &storage, &zones)
}

/// The times of a stored event after a change; `None` if it asks for none.
pub(super) fn of_changed(
    wanted: &Wanted<'_>,
    item: &Item<'_>,
    user: &TimeZone,
) -> Result<Option<Times>, Failure> {
    let was_all_day = matches!(item.start, Moment::Day(_));
    let start = given(wanted.start)
        .map(Argument::parse)
        .transpose()
        .map_err(invalid)?;
    let end = given(wanted.end)
        .map(Argument::parse)
        .transpose()
        .map_err(invalid)?;
    let starts_as_day = start
        .as_ref()
        .map_or(was_all_day, |start| matches!(start, Argument::Day(_)));
    let all_day = wanted.all_day.unwrap_or(starts_as_day);
    if all_day != was_all_day && start.is_none() {
        return Err(Failure::invalid(
            "To make an event all-day, or no longer so, give its start_datetime too.",
        ));
    }
    if start.is_none() && end.is_none() {
        return match given(wanted.timezone) {
            None => Ok(None),
            Some(_) => Err(Failure::invalid(
                "timezone says how to read start_datetime and end_datetime: give one of them too.",
            )),
        };
    }
    let zones = Zones::new(wanted, user)?;
    let old_end = item
        .end()
        .ok_or_else(|| Failure::other("The event's own end is not understood."))?;
    if !all_day {
        let length = old_end
            .instant(user)
            .duration_since(item.start.instant(user));
        let length = if was_all_day { DEFAULT_LENGTH } else { length };
        return moved(item, start.as_ref(), end.as_ref(), length, &zones).map(Some);
    }
    let (first, last) = (item.start.local().date(), old_end.local().date());
    let length = if was_all_day {
        days_between(first, last)
    } else {
        1
    };
    days(
        &start.unwrap_or(Argument::Day(first)),
        end.as_ref(),
        length,
        &zones,
    )
    .map(Some)
}

/// New times of a stored event; without a start its own is kept as it is written.
fn moved(
    item: &Item<'_>,
    start: Option<&Argument>,
    end: Option<&Argument>,
    length: SignedDuration,
    zones: &Zones<'_>,
) -> Result<Times, Failure> {
    let line = item
        .component
        .get("DTSTART")
        .ok_or_else(|| Failure::other("The event has no start."))?;
    let stored = When::of(line).map_err(|bad| Failure::other(bad.0))?;
    let (begin, said) = match start {
        Some(start) => zones.instant(start)?,
        None => (item.start.instant(zones.user), None),
    };
    let of_stored = || Storage::of_stored(&stored, &item.start, zones.user);
    let storage = said.as_ref().map_or_else(of_stored, Storage::of_zone);
    let mut times = timed(begin, end, length, &storage, zones)?;
    if start.is_none() {
        times.start = stored;
    }
    Ok(times)
}

/// All day, for `length` days unless an end is given.
fn days(
    start: &Argument,
    end: Option<&Argument>,
    length: i64,
    zones: &Zones<'_>,
) -> Result<Times, Failure> {
    if zones.named.is_some() {
        return Err(Failure::invalid(
            "An all-day event has no time zone: leave timezone out.",
        ));
    }
    let first = whole_day(start)?;
    let after = |date: Date, days: i64| {
        let span = Span::new().try_days(days).ok();
        span.and_then(|span| date.checked_add(span).ok())
            .ok_or_else(|| Failure::invalid("The day is beyond the calendar."))
    };
    let end = match end.map(whole_day).transpose()? {
        None => after(first, length)?,
        Some(end) if end < first => return Err(ends_early()),
        // The same day is that day; else the end is exclusive.
        Some(end) => end.max(after(first, 1)?),
    };
    Ok(Times {
        start: When::Date(first),
        end: When::Date(end),
    })
}

fn timed(
    begin: Timestamp,
    end: Option<&Argument>,
    length: SignedDuration,
    storage: &Storage,
    zones: &Zones<'_>,
) -> Result<Times, Failure> {
    let finish = match end {
        Some(end) => zones.instant(end)?.0,
        None => begin
            .checked_add(length)
            .map_err(|_| Failure::invalid("The end is beyond the calendar."))?,
    };
    if finish < begin || (finish == begin && end.is_some()) {
        return Err(ends_early());
    }
    Ok(Times {
        start: storage.store(begin, zones.user)?,
        end: storage.store(finish, zones.user)?,
    })
}

/// A day; midnight is one too, since some write it so.
fn whole_day(argument: &Argument) -> Result<Date, Failure> {
    match argument {
        Argument::Day(date) => Ok(*date),
        Argument::Time {
            local,
            offset: None | Some(Offset::UTC),
            zone: None,
        } if local.time() == Time::midnight() => Ok(local.date()),
        Argument::Time { local, .. } => Err(Failure::invalid(format!(
            "An all-day event takes days: write {} instead of a time, or leave all_day out.",
            local.date()
        ))),
    }
}

fn days_between(first: Date, end: Date) -> i64 {
    (end.duration_since(first).as_hours() / 24).max(1)
}

fn ends_early() -> Failure {
    Failure::invalid(
        "The end lies before the start. (An all-day event's end is the day after its last.)",
    )
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn invalid(message: String) -> Failure {
    Failure::invalid(format!("{message}."))
}
