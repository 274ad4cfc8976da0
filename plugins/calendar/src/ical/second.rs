//! calcard as a second, independent reader of the texts that are about to be stored (see [`super::verify`]).
//!
//! It never decides what is written, only whether what was written reads as it was meant.

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarEntry, ICalendarParameterName, ICalendarPeriod,
    ICalendarValue,
};

use super::document::{Component, Document};
use super::line::ContentLine;
use super::text::{split_unescaped, unescape};
use super::value::{Duration, When};
use super::verify::{Origin, contents};

/// A text as calcard reads it.
pub(super) struct Second(ICalendar);

impl Second {
    /// `None` where it does not understand the text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let read = ICalendar::parse(text).ok()?;
        (!read.components.is_empty()).then_some(Self(read))
    }

    /// Whether it finds in a new text what this project's reader finds, property by property.
    pub(super) fn reads_all(&self, document: &Document) -> Result<(), String> {
        let (ours, theirs) = (contents(document), self.contents());
        if ours.len() != theirs.len() {
            return Err("a second reader finds other components".to_owned());
        }
        ours.iter()
            .zip(theirs)
            .try_for_each(|(ours, theirs)| self.reads(ours, theirs))
    }

    fn reads(&self, ours: &Component, theirs: &ICalendarComponent) -> Result<(), String> {
        if ours.lines.len() != theirs.entries.len()
            || ours.children.len() != theirs.component_ids.len()
        {
            return Err(format!(
                "a second reader finds other parts in {}",
                ours.name
            ));
        }
        for (placed, entry) in ours.lines.iter().zip(&theirs.entries) {
            agree(&placed.line, entry)?;
        }
        let children = self.children(theirs);
        ours.children
            .iter()
            .zip(children)
            .try_for_each(|(ours, theirs)| self.reads(ours, theirs))
    }

    /// Whether every property that was not meant to change reads as before, and the others as they were meant.
    pub(super) fn changed_only(
        &self,
        before: &Document,
        old: &Self,
        after: &Document,
        origins: &[Origin<'_>],
    ) -> Result<(), String> {
        let (sources, was, is) = (contents(before), old.contents(), self.contents());
        if sources.len() != was.len() {
            // It reads the stored text otherwise than Nextcloud did; it is no judge of this one.
            return Ok(());
        }
        if is.len() != origins.len() {
            return Err("a second reader finds that a component appeared or vanished".to_owned());
        }
        same_entries(old.root(), self.root(), None)?;
        for ((origin, new), ours) in origins.iter().zip(is).zip(contents(after)) {
            let place = sources
                .iter()
                .position(|source| source.range == origin.source.range)
                .ok_or("a component comes from nowhere")?;
            self.same(old, was[place], new, Some(origin))?;
            let written = ours
                .lines
                .iter()
                .map(|placed| &placed.line)
                .filter(|line| origin.may_differ(&line.name))
                .filter(|line| !origin.source.all(&line.name).any(|old| old == *line));
            for line in written {
                let named = |entry: &&ICalendarEntry| is_named(entry, &line.name);
                let agreeing = new
                    .entries
                    .iter()
                    .filter(named)
                    .find_map(|entry| agree(line, entry).ok());
                if agreeing.is_none() {
                    return Err(format!("a second reader reads {} otherwise", line.name));
                }
            }
        }
        Ok(())
    }

    fn same(
        &self,
        other: &Self,
        old: &ICalendarComponent,
        new: &ICalendarComponent,
        origin: Option<&Origin<'_>>,
    ) -> Result<(), String> {
        same_entries(old, new, origin)?;
        let alarms = origin.is_some_and(|origin| origin.alarms);
        let counts = |child: &&ICalendarComponent| {
            !(alarms && child.component_type.as_str().eq_ignore_ascii_case("VALARM"))
        };
        let old: Vec<&ICalendarComponent> = other.children(old).filter(counts).collect();
        let new: Vec<&ICalendarComponent> = self.children(new).filter(counts).collect();
        if old.len() != new.len() {
            return Err("a second reader finds that a part appeared or vanished".to_owned());
        }
        old.iter()
            .zip(new)
            .try_for_each(|(old, new)| self.same(other, old, new, None))
    }

    fn root(&self) -> &ICalendarComponent {
        &self.0.components[0]
    }

    fn children<'a>(
        &'a self,
        component: &'a ICalendarComponent,
    ) -> impl Iterator<Item = &'a ICalendarComponent> {
        let ids = component.component_ids.iter();
        ids.filter_map(|id| self.0.component_by_id(*id))
    }

    fn contents(&self) -> Vec<&ICalendarComponent> {
        self.children(self.root())
            .filter(|child| {
                !child
                    .component_type
                    .as_str()
                    .eq_ignore_ascii_case("VTIMEZONE")
            })
            .collect()
    }
}

fn same_entries(
    old: &ICalendarComponent,
    new: &ICalendarComponent,
    origin: Option<&Origin<'_>>,
) -> Result<(), String> {
    let kept = |entry: &&ICalendarEntry| {
        let name = entry.name.as_str().to_ascii_uppercase();
        !origin.is_some_and(|origin| origin.may_differ(&name))
    };
    let mut was = old.entries.iter().filter(kept);
    let mut is = new.entries.iter().filter(kept);
    loop {
        match (was.next(), is.next()) {
            (None, None) => return Ok(()),
            // A number that is none (GEO) is not even equal to itself.
            (Some(was), Some(is)) if was == is || format!("{was:?}") == format!("{is:?}") => {}
            (Some(entry), _) | (None, Some(entry)) => {
                return Err(format!(
                    "a second reader finds that {} changed",
                    entry.name.as_str()
                ));
            }
        }
    }
}

fn is_named(entry: &ICalendarEntry, name: &str) -> bool {
    entry.name.as_str().eq_ignore_ascii_case(name)
}

/// Whether both readers read the same in a line.
fn agree(line: &ContentLine, entry: &ICalendarEntry) -> Result<(), String> {
    let alike = is_named(entry, &line.name)
        && match entry.values.first() {
            None => line.value.trim().is_empty(),
            Some(ICalendarValue::PartialDateTime(_)) => moments(line, entry),
            Some(ICalendarValue::RecurrenceRule(rule)) => {
                parts(&rule.to_string()) == parts(&line.value)
            }
            Some(ICalendarValue::Duration(duration)) => {
                Duration::parse(&line.value).is_ok_and(|own| {
                    own.exact.as_secs() + i64::from(own.days) * 24 * 60 * 60
                        == duration.as_seconds()
                })
            }
            Some(ICalendarValue::Period(_)) => periods(line, entry),
            Some(_) => texts(line, entry),
        };
    if alike {
        Ok(())
    } else {
        Err(format!("a second reader reads {} otherwise", line.name))
    }
}

fn moments(line: &ContentLine, entry: &ICalendarEntry) -> bool {
    let Ok(ours) = When::list(line) else {
        return false;
    };
    let tzid = entry
        .parameter(&ICalendarParameterName::Tzid)
        .and_then(|value| value.as_text());
    let alike = |(ours, theirs): (&When, &ICalendarValue)| {
        let same = theirs
            .as_partial_date_time()
            .map(|theirs| is_moment(ours, theirs));
        let zone = match ours {
            When::Zoned(_, own) => tzid == Some(own),
            _ => true,
        };
        zone && same == Some(true)
    };
    ours.len() == entry.values.len() && ours.iter().zip(&entry.values).all(alike)
}

fn is_moment(ours: &When, theirs: &PartialDateTime) -> bool {
    let local = ours.civil();
    let date = (theirs.year, theirs.month, theirs.day)
        == (
            u16::try_from(local.year()).ok(),
            u8::try_from(local.month()).ok(),
            u8::try_from(local.day()).ok(),
        );
    let time = (theirs.hour, theirs.minute, theirs.second);
    let own_time = (
        u8::try_from(local.hour()).ok(),
        u8::try_from(local.minute()).ok(),
        u8::try_from(local.second()).ok(),
    );
    let utc = theirs.tz_hour == Some(0) && theirs.tz_minute == Some(0);
    date && match ours {
        When::Date(_) => time == (None, None, None),
        When::Utc(_) => time == own_time && utc,
        When::Floating(_) | When::Zoned(..) => time == own_time && theirs.tz_hour.is_none(),
    }
}

fn periods(line: &ContentLine, entry: &ICalendarEntry) -> bool {
    let Ok(ours) = When::list(line) else {
        return false;
    };
    let alike = |(ours, theirs): (&When, &ICalendarValue)| match theirs {
        ICalendarValue::Period(
            ICalendarPeriod::Range { start, .. } | ICalendarPeriod::Duration { start, .. },
        ) => is_moment(ours, start),
        _ => false,
    };
    ours.len() == entry.values.len() && ours.iter().zip(&entry.values).all(alike)
}

/// The parts of a rule, in an order that does not matter.
fn parts(rule: &str) -> Vec<String> {
    let mut parts: Vec<String> = rule
        .split(';')
        .map(|part| part.trim().to_ascii_uppercase())
        .filter(|part| !part.is_empty() && part != "INTERVAL=1" && part != "WKST=MO")
        .collect();
    parts.sort();
    parts
}

/// Texts, words, numbers and addresses: equal as they are written, or as TEXT is unescaped.
fn texts(line: &ContentLine, entry: &ICalendarEntry) -> bool {
    let theirs: Option<Vec<String>> = entry
        .values
        .iter()
        .map(|value| value.clone().into_text().map(String::from))
        .collect();
    let Some(theirs) = theirs.map(|theirs| theirs.join(",")) else {
        return false;
    };
    let ours: Vec<String> = split_unescaped(&line.value)
        .into_iter()
        .map(unescape)
        .collect();
    let ours = ours.join(",");
    // In lists calcard drops the second of two blanks after an escape (seen with `CATEGORIES:\\\\  a`).
    let dense = |text: &str| text.replace([' ', '\t'], "");
    theirs == line.value || theirs == unescape(&line.value) || dense(&theirs) == dense(&ours)
}
