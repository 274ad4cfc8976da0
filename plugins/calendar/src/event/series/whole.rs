//! A change of a single event or of every occurrence of a series, its exceptions carried along.
//!
//! An exception is a copy of the series with something of its own. So what it has in common with the series follows the
//! series, and what is its own stays: one that has another title but the series' times moves with them, one that was
//! moved by itself stays where it is. Where the dates of exceptions would no longer fit the series, nothing is changed.

use nextcloud_mcp_plugin::Failure;

use super::super::edit::{Change, EventDraft};
use super::super::reach::unreadable;
use super::super::times::{Times, of_changed};
use super::super::view::day_or_time;
use super::super::zones::Needed;
use super::{dates, no_master, rule};
use crate::ical::{Component, ContentLine, Document, Edited, When};
use crate::recurrence::{Item, Rule, Series};
use crate::zone::Moment;

/// Applies a change; `None` if everything is as wanted already.
pub(crate) fn apply<'d>(
    document: &'d Document,
    series: &Series<'d>,
    change: &Change<'_>,
) -> Result<Option<Edited>, Failure> {
    apply_from(document, series, change, None)
}

/// As [`apply`]. The change was asked for while looking at the occurrence `named`: if that one is an exception, it takes
/// the change too, whatever it has of its own.
pub(super) fn apply_from<'d>(
    document: &'d Document,
    series: &Series<'d>,
    change: &Change<'_>,
    named: Option<&Moment>,
) -> Result<Option<Edited>, Failure> {
    let Some(master) = &series.master else {
        return Err(no_master());
    };
    let mut draft = EventDraft::new(document, master.component);
    draft.set_details(change, &|_| true)?;
    let times = of_changed(&change.when, master, change.user)?;
    let start = match &times {
        Some(times) => dates::moment(&times.start, series)?,
        None => master.start.clone(),
    };
    let rule = rule::set(&mut draft, series, master, &start, change)?;
    let ends = change.rule.is_some_and(|rule| rule.trim().is_empty());
    let moved = Moved {
        series,
        master,
        start,
        form: form(master, times.as_ref())?,
        rule: rule.as_ref(),
    };
    if moved.is_any() || rule::is_given(change) {
        moved.check(change)?;
    }
    if let Some(times) = &times {
        draft.set_times(times, is_end_given(change));
    }
    if ends {
        draft.0.remove("EXDATE");
    } else if moved.is_any() {
        moved.shift_lists(&mut draft)?;
    }
    draft.remind(change)?;
    let needed = times
        .as_ref()
        .and_then(|times| Needed::of(times, rule.as_ref()));
    draft.bring_zone(needed.map(|needed| needed.for_all_of(series)));
    for item in &series.overrides {
        draft.0.turn_to(item.component);
        let is_named = item
            .id
            .as_ref()
            .zip(named)
            .is_some_and(|(id, named)| id.matches(named));
        moved.follow(&mut draft, item, times.as_ref(), change, is_named)?;
    }
    draft.finish(document, change.stamp(master.component))
}

fn is_end_given(change: &Change<'_>) -> bool {
    change.when.end.is_some_and(|end| !end.trim().is_empty())
}

/// The form of the start that the series is going to have.
fn form(master: &Item<'_>, times: Option<&Times>) -> Result<When, Failure> {
    if let Some(times) = times {
        return Ok(times.start.clone());
    }
    let line = master.component.get("DTSTART");
    line.and_then(|line| When::of(line).ok())
        .ok_or_else(|| Failure::other("The event has no start."))
}

/// Where the series goes: every place of it by the same distance on the wall clock.
struct Moved<'s, 'd> {
    series: &'s Series<'d>,
    master: &'s Item<'d>,
    start: Moment,
    form: When,
    rule: Option<&'s Rule>,
}

impl Moved<'_, '_> {
    fn is_any(&self) -> bool {
        !rule::is_same(&self.master.start, &self.start)
    }

    /// Where a place of the series goes.
    fn place(&self, id: &Moment) -> Result<Moment, Failure> {
        let was = match self.series.ruled_at(id).map_err(unreadable)? {
            Some(place) => place,
            None => self.series.own(id),
        };
        let distance = self.start.local().duration_since(self.master.start.local());
        let beyond = || Failure::invalid("An occurrence would lie beyond the calendar.");
        if let (Moment::Day(day), Moment::At { .. }) = (id, &self.start) {
            // A day among times stands for what begins on it.
            let time = self.master.start.local().time();
            let local = day.to_datetime(time).checked_add(distance);
            return local
                .map(|local| Moment::Day(local.date()))
                .map_err(|_| beyond());
        }
        let local = was.local().checked_add(distance).map_err(|_| beyond())?;
        self.start.with_local(local).ok_or_else(beyond)
    }

    /// Refuses what would leave exceptions without their occurrence, or bring back one that was taken out.
    fn check(&self, change: &Change<'_>) -> Result<(), Failure> {
        let series = self.series;
        if !series.has_exceptions() {
            return Ok(());
        }
        if series.overrides.iter().any(|item| item.onwards) {
            return Err(Failure::unsupported(
                "This series holds a change of one occurrence and all after it (RANGE=THISANDFUTURE), whose dates would no \
                 longer fit. Nothing was changed: use the Calendar app.",
            ));
        }
        let days = |moment: &Moment| matches!(moment, Moment::Day(_));
        if days(&self.master.start) != days(&self.start) {
            return Err(self.refusal("times become days or days times", &series.overrides));
        }
        if self.rule.is_none() && rule::is_given(change) {
            let stays = !series.overrides.is_empty() || series.master.iter().any(has_dates);
            return if stays {
                Err(self.refusal("it no longer repeats", &series.overrides))
            } else {
                Ok(())
            };
        }
        for item in &series.overrides {
            if let Some(id) = &item.id
                && self.loses(id)?
            {
                return Err(self.refusal("it no longer has them", std::slice::from_ref(item)));
            }
        }
        if !rule::is_given(change) {
            for id in &series.excluded {
                // A day among times is for whatever begins on it, and there may be nothing.
                if days(id) == days(&self.start) && self.loses(id)? {
                    return Err(
                        self.refusal("occurrences that were taken out would come back", &[])
                    );
                }
            }
        }
        Ok(())
    }

    /// Whether the rule had this place and, moved, has it no longer.
    fn loses(&self, id: &Moment) -> Result<bool, Failure> {
        let series = self.series;
        if series.ruled_at(id).map_err(unreadable)?.is_none() {
            return Ok(false);
        }
        let place = self.place(id)?;
        let Some(rule) = self.rule else {
            return Ok(!place.matches(&self.start));
        };
        let found = series.instance_at(rule, &self.start, &place);
        Ok(found.map_err(unreadable)?.is_none())
    }

    fn refusal(&self, why: &str, items: &[Item<'_>]) -> Failure {
        let reader = self.series.zones.reader();
        let ids = items.iter().filter_map(|item| item.id.as_ref());
        let ids: Vec<String> = ids.map(|id| day_or_time(id, reader)).collect();
        let which = if ids.is_empty() {
            String::new()
        } else {
            format!(" ({})", ids.join(", "))
        };
        Failure::unsupported(format!(
            "This series has occurrences that were changed, added or taken out one by one{which}, and they cannot be carried \
             along: {why}. Nothing was changed. Change it from one occurrence on (scope \"following\"), or take those \
             occurrences out first (delete_event, scope \"this\")."
        ))
    }

    fn shift_lists(&self, draft: &mut EventDraft<'_>) -> Result<(), Failure> {
        // A place beyond the calendar was refused by the check; here it would stay.
        let fate = |_: &str, moment: &Moment| match self.place(moment) {
            Ok(place) => dates::Fate::Becomes(place),
            Err(_) => dates::Fate::Stays,
        };
        dates::rewrite(&mut draft.0, self.series, &self.form, &fate)
    }

    /// Takes an exception along.
    fn follow(
        &self,
        draft: &mut EventDraft<'_>,
        item: &Item<'_>,
        times: Option<&Times>,
        change: &Change<'_>,
        is_named: bool,
    ) -> Result<(), Failure> {
        let own = |name: &str| is_named || is_common(self.master.component, item.component, name);
        draft.set_details(change, &own)?;
        if is_named || same_alarms(self.master.component, item.component) {
            draft.remind(change)?;
        }
        let Some(id) = &item.id else {
            return Ok(());
        };
        let place = self.place(id)?;
        let wanted = if is_named {
            of_changed(&change.when, item, change.user)?
        } else {
            times
                .filter(|_| self.has_common_times(item, id))
                .and_then(|times| times.at(&place, &self.series.zones))
        };
        if let Some(wanted) = wanted {
            draft.set_times(&wanted, is_end_given(change));
        }
        if self.is_any() {
            let id = dates::when(self.series, &place, &self.form)?.to_line("RECURRENCE-ID");
            draft.0.set(id, &["VALUE", "TZID"]);
        }
        Ok(())
    }

    /// Whether an exception is where the series has it, and as long.
    fn has_common_times(&self, item: &Item<'_>, id: &Moment) -> bool {
        let reader = self.series.zones.reader();
        let instant = |moment: Option<Moment>| moment.map(|moment| moment.instant(reader));
        let kind = |moment: &Moment| matches!(moment, Moment::Day(_));
        kind(&item.start) == kind(id)
            && item.start.matches(id)
            && instant(item.end()) == instant(self.master.end_of(id))
    }
}

fn has_dates(master: &Item<'_>) -> bool {
    master.component.get("RDATE").is_some()
}

/// Whether an exception has a property as the series has it.
fn is_common(master: &Component, exception: &Component, name: &str) -> bool {
    let lines =
        |component: &Component| -> Vec<ContentLine> { component.all(name).cloned().collect() };
    lines(master) == lines(exception)
}

fn same_alarms(master: &Component, exception: &Component) -> bool {
    let alarms = |component: &Component| -> Vec<Vec<ContentLine>> {
        let lines = |alarm: &Component| {
            alarm
                .lines
                .iter()
                .map(|placed| placed.line.clone())
                .collect()
        };
        component.children("VALARM").map(lines).collect()
    };
    alarms(master) == alarms(exception)
}
