//! Which events fit, and which of them the operation is not for. An event that cannot be judged is never touched.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use nextcloud_mcp_plugin::Failure;

use super::super::events::search::CALL_BUDGET;
use super::super::problem::Problem;
use super::answer::{Item, Outcome};
use super::order::{Operation, Order, Places};
use super::prepare::Step;
use crate::dav::{Home, Kind, Object, Unread, scan};
use crate::event;
use crate::ical::{Component, Document};
use crate::recurrence::{Budget, Occurrence, Series, Window};
use crate::zone::Zones;

/// Events and occurrences that one call takes: each is read and written, which are two of a call's 500 requests, and
/// both lists have to be read by a model.
pub(super) const MOST: usize = 200;

/// What fits.
#[derive(Default)]
pub(super) struct Selection {
    pub(super) steps: Vec<Step>,
    /// What fits and the operation is not for, with the reason.
    pub(super) skipped: Vec<Item>,
    pub(super) unreadable: Vec<Problem>,
    pub(super) unread: Vec<Unread>,
}

struct Selecting<'a> {
    home: &'a Home,
    order: &'a Order<'a>,
    window: Window,
    budget: Budget,
    found: Selection,
    /// How much fits, by calendar.
    fitting: HashMap<String, usize>,
}

/// Looks at every event of the sources.
pub(super) fn select(
    home: &Home,
    order: &Order<'_>,
    places: &Places<'_>,
) -> Result<Selection, Failure> {
    let window = Window {
        from: order.range.from.unwrap_or(Timestamp::MIN),
        to: order.range.to.unwrap_or(Timestamp::MAX),
        starting: Timestamp::MIN,
    };
    let mut selecting = Selecting {
        home,
        order,
        window,
        budget: Budget::new(CALL_BUDGET),
        found: Selection::default(),
        fitting: HashMap::new(),
    };
    // Without one of its ends a range is not asked of Nextcloud, but applied here.
    let asked = order.range.from.zip(order.range.to);
    let unread = scan(home, &places.sources, Kind::Event, asked, &mut |object| {
        selecting.look_at(object);
    });
    let mut found = selecting.finish()?;
    if let [only] = unread.as_slice()
        && places.sources.len() == 1
        && !only.partly
    {
        return Err(only.failure.clone());
    }
    found.unread = unread;
    found
        .steps
        .sort_by(|one, other| one.order().cmp(&other.order()));
    Ok(found)
}

impl Selecting<'_> {
    fn look_at(&mut self, object: &Object) {
        if let Err(reason) = self.try_look_at(object) {
            self.found.unreadable.push(Problem {
                calendar: object.calendar.clone(),
                object: Some(object.name.clone()),
                reason,
            });
        }
    }

    fn try_look_at(&mut self, object: &Object) -> Result<(), String> {
        let document = Document::parse(&object.text).map_err(|bad| bad.0)?;
        let zones = Zones::of(&document, self.home.zone.clone());
        let series = Series::read(&document, zones).map_err(|bad| bad.0)?;
        let by_occurrence = series.is_recurring() && !self.order.whole_series;
        let most = if by_occurrence { MOST + 1 } else { 1 };
        let (order, budget) = (self.order, &mut self.budget);
        let takes =
            |event: &Component, length: SignedDuration| order.filter.takes(event, length.as_secs());
        let mut occurrences = series
            .occurrences(self.window, most, budget, &takes)
            .map_err(|bad| bad.0)?;
        // Exceptions come beside them.
        occurrences.truncate(most);
        let Some(first) = occurrences.first() else {
            return Ok(());
        };
        if by_occurrence && let Some(reason) = self.why_not_by_occurrence() {
            self.count(object, 1);
            self.found.skipped.push(Item {
                result: Outcome::Skipped,
                reason: Some(reason.to_owned()),
                ..item(object, &series, first, false)
            });
            return Ok(());
        }
        self.count(object, occurrences.len());
        if self.is_too_much() {
            return Ok(());
        }
        self.found.steps.push(Step {
            object: object.clone(),
            starts: first.start.instant(&self.home.zone),
            occurrences: if by_occurrence {
                let ids = occurrences.iter().filter_map(|one| one.id.as_ref());
                ids.map(|id| series.own(id)).collect()
            } else {
                Vec::new()
            },
            items: occurrences
                .iter()
                .map(|one| item(object, &series, one, by_occurrence))
                .collect(),
            reads: false,
        });
        Ok(())
    }

    fn why_not_by_occurrence(&self) -> Option<&'static str> {
        if self.order.operation == Operation::Move {
            return Some("a series moves as a whole only: apply_to_series");
        }
        let open = self.order.range.from.is_none() || self.order.range.to.is_none();
        open.then_some(
            "a series: give start_date and end_date for the occurrences between, or apply_to_series for all of it",
        )
    }

    fn count(&mut self, object: &Object, more: usize) {
        *self.fitting.entry(object.calendar.clone()).or_default() += more;
    }

    /// Beyond that nothing will be done, so nothing more is kept.
    fn is_too_much(&self) -> bool {
        self.fitting.values().sum::<usize>() > MOST
    }

    fn finish(self) -> Result<Selection, Failure> {
        if !self.is_too_much() {
            return Ok(self.found);
        }
        let mut calendars: Vec<String> = self
            .fitting
            .iter()
            .map(|(calendar, count)| format!("{count} in {calendar}"))
            .collect();
        calendars.sort();
        Err(Failure::limited(format!(
            "Nothing was done: at least {} events and occurrences fit ({}), and one call takes {MOST}. Take a shorter range of \
             days, one calendar or more filters, and several calls.",
            self.fitting.values().sum::<usize>(),
            calendars.join(", "),
        )))
    }
}

/// How one of the series' occurrences is listed: as itself, or for the stored event that it belongs to.
fn item(
    object: &Object,
    series: &Series<'_>,
    occurrence: &Occurrence<'_>,
    by_occurrence: bool,
) -> Item {
    let shown = event::present(object, series, occurrence);
    Item {
        result: Outcome::Planned,
        reason: None,
        title: shown.title,
        start: shown.start,
        uid: shown.uid,
        calendar: shown.calendar,
        recurrence_id: shown.recurrence_id.filter(|_| by_occurrence),
        whole_series: series.is_recurring() && !by_occurrence,
        attendees: shown.attendees.len(),
    }
}
