//! What the operation makes of each stored event: for the dry run from the text that the search found, for good from the
//! text as it is stored.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;

use super::super::shared::{document, series};
use super::answer::{Item, Outcome};
use super::order::{Operation, Order, Places, stamp};
use crate::dav::{Home, Object, Write, may_move};
use crate::event::{Reach, Removal, apply_to, is_organizer, remove_from};

/// One stored event and what is touched of it: itself, or occurrences of it.
pub(super) struct Step {
    pub(super) object: Object,
    /// The first of what is touched.
    pub(super) starts: Timestamp,
    pub(super) touched: Vec<(Reach, Item)>,
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
        let planned = self.touched.iter().map(|(_, item)| item);
        planned
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
        self.touched.iter().any(|(_, item)| item.result == result)
    }

    /// Gives every part that is still to be done this result.
    pub(super) fn settle(&mut self, result: Outcome, reason: Option<&str>) {
        for (_, item) in &mut self.touched {
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
        let object = step.object.clone();
        let write = prepare(home, order, places, step, &object);
        step.reads = matches!(write, Some(Write::Put(_)));
    }
    steps
}

/// The write that the operation comes to, and for each part of the step whether it is left out.
pub(super) fn prepare<'c>(
    home: &Home,
    order: &Order<'_>,
    places: &Places<'c>,
    step: &mut Step,
    stored: &Object,
) -> Option<Write<'c>> {
    match order.operation {
        Operation::Move => {
            let target = places.target?;
            match may_move(stored, target) {
                Ok(()) => Some(Write::Move(target)),
                Err(failure) => {
                    step.settle(Outcome::Skipped, Some(&failure.message));
                    None
                }
            }
        }
        Operation::Update => edited(step, stored, |object, reach| {
            let document = document(object)?;
            let series = series(home, object, &document)?;
            let edited = apply_to(&document, &series, reach, &order.change(home))?;
            Ok(edited.map(|edited| edited.text))
        })
        .map(Write::Put),
        Operation::Delete => {
            let mut whole = false;
            let edited = edited(step, stored, |object, reach| {
                if whole {
                    return Ok(Some(object.text.clone()));
                }
                let document = document(object)?;
                let series = series(home, object, &document)?;
                let own = home.account.email.as_deref();
                let counts = series
                    .master
                    .as_ref()
                    .is_some_and(|master| is_organizer(master.component, own));
                match remove_from(&document, &series, reach, stamp(counts))? {
                    Removal::Edited(text) => Ok(Some(text)),
                    Removal::Whole => {
                        whole = true;
                        Ok(Some(object.text.clone()))
                    }
                }
            });
            if whole {
                Some(Write::Delete)
            } else {
                edited.map(Write::Put)
            }
        }
    }
}

/// Makes one edit after the other in the same text, so that many occurrences of a series become one write.
fn edited(
    step: &mut Step,
    stored: &Object,
    mut edit: impl FnMut(&Object, &Reach) -> Result<Option<String>, Failure>,
) -> Option<String> {
    let mut object = stored.clone();
    let mut any = false;
    for (reach, item) in &mut step.touched {
        match edit(&object, reach) {
            Ok(Some(text)) => {
                object.text = text;
                any = true;
            }
            Ok(None) => item.result = Outcome::Unchanged,
            Err(failure) => {
                item.result = Outcome::Skipped;
                item.reason = Some(failure.message);
            }
        }
    }
    any.then_some(object.text)
}
