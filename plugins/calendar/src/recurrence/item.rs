//! One VEVENT or VTODO of a series, its times resolved.

use jiff::SignedDuration;

use super::series::Unreadable;
use crate::ical::{Component, Duration, When};
use crate::zone::{Moment, UnknownZone, Zone, Zones};

/// The longest day there is: one that a change of offset makes longer.
const LONG_DAY: SignedDuration = SignedDuration::from_hours(25);

/// A master or one of its exceptions.
#[derive(Debug)]
pub(crate) struct Item<'d> {
    pub(crate) component: &'d Component,
    pub(crate) start: Moment,
    /// Which occurrence of the series this one replaces.
    pub(crate) id: Option<Moment>,
    /// `RANGE=THISANDFUTURE`: it stands for the later occurrences too.
    pub(crate) onwards: bool,
    length: Length,
}

/// How long each occurrence is (RFC 5545, 3.8.5.3).
#[derive(Debug, Clone, Copy)]
enum Length {
    /// From DTEND with a time.
    Exact(SignedDuration),
    /// From DURATION, or between two days: days by the calendar, the rest exact.
    Nominal(Duration),
}

impl<'d> Item<'d> {
    pub(crate) fn read(component: &'d Component, zones: &Zones) -> Result<Self, Unreadable> {
        // A series of tasks may know when each is due and not when it begins.
        let due = || component.get("DUE").filter(|_| component.name == "VTODO");
        let start = component
            .get("DTSTART")
            .or_else(due)
            .ok_or_else(|| Unreadable("it has no DTSTART".to_owned()))?;
        let start = zones.moment(&When::of(start)?)?;
        let (mut id, mut onwards) = (None, false);
        if let Some(line) = component.get("RECURRENCE-ID") {
            id = Some(zones.moment_in(&When::of(line)?, &floating_zone(&start, zones))?);
            onwards = line
                .param("RANGE")
                .is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
        }
        let length = length(component, &start, zones)?;
        Ok(Self {
            component,
            start,
            id,
            onwards,
            length,
        })
    }

    /// Where an occurrence that starts there ends.
    pub(crate) fn end_of(&self, start: &Moment) -> Option<Moment> {
        match self.length {
            Length::Exact(exact) => start.plus(exact),
            Length::Nominal(Duration { days, exact }) => {
                let date = start
                    .local()
                    .date()
                    .checked_add(jiff::Span::new().try_days(days).ok()?)
                    .ok()?;
                start
                    .with_local(date.to_datetime(start.local().time()))?
                    .plus(exact)
            }
        }
    }

    pub(crate) fn end(&self) -> Option<Moment> {
        self.end_of(&self.start)
    }

    /// At least as long as any occurrence.
    pub(super) fn reach(&self) -> SignedDuration {
        match self.length {
            Length::Exact(exact) => exact,
            Length::Nominal(Duration { days, exact }) => {
                LONG_DAY.saturating_mul(days).saturating_add(exact)
            }
        }
    }

    /// How far this exception lies from where its series has it, by the wall clock of its own zone.
    pub(super) fn shift(&self) -> SignedDuration {
        let id = self.id.as_ref().map(|id| self.seen(id));
        id.map_or(SignedDuration::ZERO, |id| {
            self.start.local().duration_since(id)
        })
    }

    /// A moment's wall clock in this item's zone.
    pub(super) fn seen(&self, moment: &Moment) -> jiff::civil::DateTime {
        match (&self.start, moment) {
            (Moment::At { zone, .. }, Moment::At { instant, .. }) => zone.local(*instant),
            _ => moment.local(),
        }
    }
}

/// The zone for values that should have one and have none: the start's.
pub(super) fn floating_zone(start: &Moment, zones: &Zones) -> Zone {
    match start {
        Moment::At { zone, .. } => zone.clone(),
        Moment::Day(_) => Zone::Iana(zones.reader().clone()),
    }
}

fn length(component: &Component, start: &Moment, zones: &Zones) -> Result<Length, Unreadable> {
    if let Some(line) = component.get("DTEND") {
        let end = zones.moment_in(&When::of(line)?, &floating_zone(start, zones))?;
        return match (start, &end) {
            (Moment::Day(first), Moment::Day(end)) => {
                let days = end.duration_since(*first).as_hours() / 24;
                // A day that ends when it begins is that day.
                Ok(Length::Nominal(Duration::days(
                    i32::try_from(days).unwrap_or(i32::MAX).max(1),
                )))
            }
            (Moment::At { instant: first, .. }, Moment::At { instant: end, .. }) => {
                // Nextcloud stores an end before the start (recording `caldav/043`).
                Ok(Length::Exact(
                    end.duration_since(*first).max(SignedDuration::ZERO),
                ))
            }
            _ => Err(Unreadable(
                "one of DTSTART and DTEND is a day, the other a time".to_owned(),
            )),
        };
    }
    Ok(Length::Nominal(match (component.get("DURATION"), start) {
        (Some(line), _) => Duration::parse(&line.value)?,
        (None, Moment::Day(_)) => Duration::days(1),
        (None, Moment::At { .. }) => Duration::default(),
    }))
}

impl From<crate::ical::BadValue> for Unreadable {
    fn from(bad: crate::ical::BadValue) -> Self {
        Self(bad.0)
    }
}

impl From<UnknownZone> for Unreadable {
    fn from(unknown: UnknownZone) -> Self {
        Self(format!("its time zone `{}` is not known", unknown.0))
    }
}
