//! A stored task, read: its main component, whether it repeats, and which occurrence is to do.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::pending::{self, Current};
use super::progress::{Progress, Status};
use super::times::{Times, due_by_length};
use crate::ical::{Component, Document, Duration};
use crate::recurrence::{Budget, Series, Unreadable};
use crate::zone::{Moment, Zones};

/// A task as it is stored.
#[derive(Debug)]
pub(crate) struct Stored<'d> {
    pub(crate) document: &'d Document,
    /// The task itself; of a series that others keep, maybe one occurrence alone.
    pub(crate) main: &'d Component,
    pub(super) zones: Zones,
    /// Where it repeats.
    pub(crate) series: Option<Series<'d>>,
}

/// What there is to do now.
#[derive(Debug)]
pub(crate) struct To<'d> {
    /// Where its properties stand.
    pub(crate) component: &'d Component,
    pub(crate) progress: Progress,
    pub(crate) start: Option<Moment>,
    pub(crate) due: Option<Moment>,
    /// Of a series: since when earlier occurrences were not marked done.
    pub(crate) pending_since: Option<Moment>,
    /// Of a series: the start of the occurrence after this one.
    pub(crate) next: Option<Moment>,
}

impl<'d> Stored<'d> {
    pub(crate) fn read(document: &'d Document, reader: &TimeZone) -> Result<Self, Unreadable> {
        let tasks = || document.calendar.children("VTODO");
        let main = tasks()
            .find(|task| task.get("RECURRENCE-ID").is_none())
            .or_else(|| tasks().next())
            .ok_or_else(|| Unreadable("it holds no task".to_owned()))?;
        let dated = main.get("DTSTART").is_some() || main.get("DUE").is_some();
        let repeats = tasks().count() > 1
            || ["RRULE", "RDATE", "EXRULE"]
                .iter()
                .any(|name| main.get(name).is_some());
        // A rule without any date makes nothing; the Tasks app takes such a task for a single one too.
        let series = (repeats && dated)
            .then(|| Series::of(tasks(), Zones::of(document, reader.clone())))
            .transpose()?;
        Ok(Self {
            document,
            main,
            zones: Zones::of(document, reader.clone()),
            series,
        })
    }

    pub(super) fn times(&self) -> Result<Times, Unreadable> {
        Times::of(self.main, &self.zones)
    }

    /// Of a series that goes on, the occurrence to do; `None` for a single task and for a series with nothing left.
    pub(super) fn current(
        &self,
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<Option<Current<'d>>, Unreadable> {
        match &self.series {
            Some(series) if !Progress::of(self.main).status.is_done() => {
                pending::current(series, now, budget)
            }
            _ => Ok(None),
        }
    }

    /// What to show of it at a time.
    pub(crate) fn to_do(&self, now: Timestamp, budget: &mut Budget) -> Result<To<'d>, Unreadable> {
        let current = self.current(now, budget)?;
        let Some(current) = current else {
            let mut progress = Progress::of(self.main);
            // Each occurrence of the series was completed by itself.
            if self.series.is_some() && !progress.status.is_done() {
                progress.status = Status::Completed;
            }
            return shown(self.main, progress, self.times()?);
        };
        let own = Times::of(current.component, &self.zones)?;
        let times = own
            .at(&current.start)
            .ok_or_else(|| Unreadable("its times are beyond the calendar".to_owned()))?;
        let shown = shown(current.component, Progress::of(current.component), times)?;
        Ok(To {
            pending_since: current.since,
            next: current.next,
            ..shown
        })
    }
}

fn shown(component: &Component, progress: Progress, times: Times) -> Result<To<'_>, Unreadable> {
    let start = times.start.map(|point| point.moment);
    let length = component.get("DURATION");
    let due = match (times.due, &start, length) {
        (Some(due), ..) => Some(due.moment),
        (None, Some(start), Some(line)) => due_by_length(start, Duration::parse(&line.value)?),
        _ => None,
    };
    Ok(To {
        component,
        progress,
        start,
        due,
        pending_since: None,
        next: None,
    })
}
