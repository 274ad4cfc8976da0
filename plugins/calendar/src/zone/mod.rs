//! Zones: what instant a wall clock shows, for IANA zones (jiff) and for those that a text brings along (VTIMEZONE).
//!
//! A wall clock that a change of offset skips is read with the offset before the change, one that it repeats is the
//! first of the two (RFC 5545, 3.3.5). Nothing here knows events or recurrence rules of events.

mod argument;
mod observance;
#[cfg(test)]
mod tests;
mod vtimezone;
mod windows;

use std::rc::Rc;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::ical::{Document, When};
use observance::Observances;

pub(crate) use argument::{Argument, named_zone, timestamp_in};
pub(crate) use vtimezone::{covers, vtimezone};

/// A zone that can be asked.
#[derive(Debug, Clone)]
pub(crate) enum Zone {
    Iana(TimeZone),
    Embedded(Rc<Observances>),
}

/// A TZID that names no zone known here or in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownZone(pub(crate) String);

impl Zone {
    /// `None` only at the ends of the calendar (years -9999 and 9999).
    pub(crate) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        match self {
            Self::Iana(zone) => zone.to_ambiguous_timestamp(local).compatible().ok(),
            Self::Embedded(observances) => observances.instant(local),
        }
    }

    pub(crate) fn offset(&self, at: Timestamp) -> Offset {
        match self {
            Self::Iana(zone) => zone.to_offset(at),
            Self::Embedded(observances) => observances.offset(at),
        }
    }

    pub(crate) fn local(&self, at: Timestamp) -> DateTime {
        self.offset(at).to_datetime(at)
    }

    /// The IANA name where it has one.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Iana(zone) => zone.iana_name().unwrap_or("UTC"),
            Self::Embedded(observances) => observances.name(),
        }
    }
}

/// A resolved date or date-time.
#[derive(Debug, Clone)]
pub(crate) enum Moment {
    Day(Date),
    At {
        local: DateTime,
        instant: Timestamp,
        zone: Zone,
    },
}

impl Moment {
    pub(crate) fn at(local: DateTime, zone: Zone) -> Option<Self> {
        Some(Self::At {
            local,
            instant: zone.instant(local)?,
            zone,
        })
    }

    /// The wall clock where the event lives; midnight for a day.
    pub(crate) fn local(&self) -> DateTime {
        match self {
            Self::Day(date) => date.to_datetime(jiff::civil::Time::midnight()),
            Self::At { local, .. } => *local,
        }
    }

    /// The instant; a day begins at the reader's midnight.
    pub(crate) fn instant(&self, reader: &TimeZone) -> Timestamp {
        match self {
            Self::At { instant, .. } => *instant,
            Self::Day(_) => Zone::Iana(reader.clone())
                .instant(self.local())
                .unwrap_or(Timestamp::MAX),
        }
    }

    /// The same moment of a series, as EXDATE and RECURRENCE-ID mean it. A date stands for whatever starts on it.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::At { instant, .. }, Self::At { instant: other, .. }) => instant == other,
            _ => self.local().date() == other.local().date(),
        }
    }

    /// Another wall clock in the same zone, or another day.
    pub(crate) fn with_local(&self, local: DateTime) -> Option<Self> {
        match self {
            Self::Day(_) => Some(Self::Day(local.date())),
            Self::At { zone, .. } => Self::at(local, zone.clone()),
        }
    }

    /// Later by exact time.
    pub(crate) fn plus(&self, exact: SignedDuration) -> Option<Self> {
        match self {
            Self::Day(date) => date.checked_add(exact).ok().map(Self::Day),
            Self::At { instant, zone, .. } => {
                let instant = instant.checked_add(exact).ok()?;
                Some(Self::At {
                    local: zone.local(instant),
                    instant,
                    zone: zone.clone(),
                })
            }
        }
    }
}

/// The zones of one text, and the reader's for times that have none.
#[derive(Debug)]
pub(crate) struct Zones {
    reader: TimeZone,
    embedded: Vec<(String, Zone)>,
}

impl Zones {
    pub(crate) fn of(document: &Document, reader: TimeZone) -> Self {
        let embedded = document
            .calendar
            .children("VTIMEZONE")
            .filter_map(|component| {
                let tzid = component.get("TZID")?.value.trim().to_owned();
                // The zone database knows more than what a client copied from its own, years ago.
                if iana(&tzid).is_some() {
                    return None;
                }
                let located = component
                    .get("X-LIC-LOCATION")
                    .and_then(|line| iana(line.value.trim()));
                let zone = match located {
                    Some(zone) => Zone::Iana(zone),
                    None => Zone::Embedded(Rc::new(Observances::read(component)?)),
                };
                Some((tzid, zone))
            })
            .collect();
        Self { reader, embedded }
    }

    pub(crate) fn reader(&self) -> &TimeZone {
        &self.reader
    }

    pub(crate) fn zone(&self, tzid: &str) -> Result<Zone, UnknownZone> {
        let embedded = || {
            self.embedded
                .iter()
                .find(|(name, _)| name == tzid)
                .map(|(_, zone)| zone.clone())
        };
        iana(tzid)
            .map(Zone::Iana)
            .or_else(embedded)
            .or_else(|| windows::iana_name(tzid).and_then(iana).map(Zone::Iana))
            .ok_or_else(|| UnknownZone(tzid.to_owned()))
    }

    /// Resolves a value; `floating` is the zone for one that has none.
    pub(crate) fn moment_in(&self, when: &When, floating: &Zone) -> Result<Moment, UnknownZone> {
        let (local, zone) = match when {
            When::Date(date) => return Ok(Moment::Day(*date)),
            When::Floating(local) => (*local, floating.clone()),
            When::Utc(local) => (*local, Zone::Iana(TimeZone::UTC)),
            When::Zoned(local, tzid) => (*local, self.zone(tzid)?),
        };
        Moment::at(local, zone).ok_or_else(|| UnknownZone("beyond the calendar".to_owned()))
    }

    /// The inverse: a moment in the form of another value. Whoever reads a value without a zone in the moment's own
    /// zone reads the same moment.
    pub(crate) fn when(&self, moment: &Moment, form: &When) -> Result<When, UnknownZone> {
        Ok(match (form, moment) {
            (When::Utc(_), Moment::At { instant, .. }) => When::utc(*instant),
            (When::Floating(_), Moment::At { local, .. }) => When::Floating(*local),
            (
                When::Zoned(_, tzid),
                Moment::At {
                    local,
                    instant,
                    zone,
                },
            ) => {
                let written = self.zone(tzid)?;
                // In its own zone it keeps its wall clock, even one that a change of offset skips.
                let same = written.name() == zone.name();
                let local = if same {
                    *local
                } else {
                    written.local(*instant)
                };
                When::Zoned(local, tzid.clone())
            }
            (When::Date(_), _) | (_, Moment::Day(_)) => When::Date(moment.local().date()),
        })
    }

    /// Resolves a value; one without a zone shows the reader's wall clock.
    pub(crate) fn moment(&self, when: &When) -> Result<Moment, UnknownZone> {
        self.moment_in(when, &Zone::Iana(self.reader.clone()))
    }
}

/// A TZID as an IANA zone. Some programs put a prefix in front: `/mozilla.org/20050126_1/Europe/Berlin`.
fn iana(tzid: &str) -> Option<TimeZone> {
    let lookup = |name: &str| TimeZone::get(name).ok().filter(|zone| !zone.is_unknown());
    let Some(path) = tzid.strip_prefix('/') else {
        return lookup(tzid);
    };
    // `America/Argentina/Salta` has three parts, the most that there are.
    let starts: Vec<usize> = std::iter::once(0)
        .chain(path.match_indices('/').map(|(at, _)| at + 1))
        .collect();
    starts
        .iter()
        .rev()
        .take(3)
        .rev()
        .find_map(|start| lookup(&path[*start..]))
}
