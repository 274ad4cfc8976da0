//! What the operation makes of each stored event: for the dry run from the text that the search found, for good from the
//! text as it is stored.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;

use super::super::shared::{document, series};
use super::answer::{Item, Outcome};
use super::order::{Operation, Order, Places, stamp};
use crate::dav::{Home, Object, Write, may_move};
use crate::event::{Reach, Removal, apply_to, apply_to_each, is_organizer, remove_each};
use crate::zone::Moment;

/// One stored event and what is touched of it.
pub(super) struct Step {
    pub(super) object: Object,
    /// The first of what is touched.
    pub(super) starts: Timestamp,
    /// Occurrences, in the order of `items`; none: the stored event itself, which is then the one item.
    pub(super) occurrences: Vec<Moment>,
    pub(super) items: Vec<Item>,
    /// It is changed rather than deleted or moved, so the stored text is needed.
    pub(super) reads: bool,
}

impl Step {
    /// What the list is sorted by.
    pub(super) fn order(&self) -> (Timestamp, &str, &str) {
        (self.starts, &self.object.calendar, &self.object.name)
    }

    /// For the handle: each event or occurrence that would be touched, and the etag that it has.
    pub(super) fn touched(&self) -> Vec<(String, String)> {
        self.items
            .iter()
            .filter(|item| item.result == Outcome::Planned)
            .map(|item| {
                let occurrence = item.recurrence_id.as_deref().unwrap_or_default();
                let place = format!("{}/{}#{occurrence}", self.object.calendar, self.object.name);
                (place, self.object.etag.clone())
            })
            .collect()
    }

    /// Whether a part of it has this result.
    pub(super) fn has(&self, result: Outcome) -> bool {
        self.items.iter().any(|item| item.result == result)
    }

    /// Gives every part that is still to be done this result.
    pub(super) fn settle(&mut self, result: Outcome, reason: Option<&str>) {
        for item in &mut self.items {
            if item.result == Outcome::Planned {
                item.result = result;
                item.reason = reason.map(str::to_owned);
            }
        }
    }
}

/// What would happen, without anything happening.
pub(super) fn plan(
    home: &Home,
    order: &Order<'_>,
    places: &Places<'_>,
    mut steps: Vec<Step>,
) -> Vec<Step> {
    for step in &mut steps {
        let write = prepare(home, order, places, step);
        step.reads = matches!(write, Some(Write::Put(_)));
    }
    steps
}

/// The write that the operation comes to; what is left out of it is marked in the step.
pub(super) fn prepare<'c>(
    home: &Home,
    order: &Order<'_>,
    places: &Places<'c>,
    step: &mut Step,
) -> Option<Write<'c>> {
    let written = match (order.operation, places.target) {
        (Operation::Move, Some(target)) => {
            may_move(&step.object, target).map(|()| Some(Write::Move(target)))
        }
        (Operation::Move, None) => Ok(None),
        (Operation::Update, _) => updated(home, order, step).map(|text| text.map(Write::Put)),
        (Operation::Delete, _) => removed(home, step).map(Some),
    };
    written.unwrap_or_else(|failure| {
        step.settle(Outcome::Skipped, Some(&failure.message));
        None
    })
}

/// The new text; nothing where everything is as wanted already.
fn updated(home: &Home, order: &Order<'_>, step: &mut Step) -> Result<Option<String>, Failure> {
    let document = document(&step.object)?;
    let series = series(home, &step.object, &document)?;
    let change = order.change(home);
    let (edited, changes) = if step.occurrences.is_empty() {
        let edited = apply_to(&document, &series, &Reach::All, &change)?;
        let changes = vec![edited.is_some()];
        (edited, changes)
    } else {
        apply_to_each(&document, &series, &step.occurrences, &change)?
    };
    for (item, changes) in step.items.iter_mut().zip(changes) {
        if !changes {
            item.result = Outcome::Unchanged;
        }
    }
    Ok(edited.map(|edited| edited.text))
}

fn removed(home: &Home, step: &Step) -> Result<Write<'static>, Failure> {
    if step.occurrences.is_empty() {
        return Ok(Write::Delete);
    }
    let document = document(&step.object)?;
    let series = series(home, &step.object, &document)?;
    let own = home.account.email.as_deref();
    let master = series.master.as_ref();
    let counts = master.is_some_and(|master| is_organizer(master.component, own));
    Ok(
        match remove_each(&document, &series, &step.occurrences, stamp(counts))? {
            Removal::Whole => Write::Delete,
            Removal::Edited(text) => Write::Put(text),
        },
    )
}
