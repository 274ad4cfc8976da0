//! Occurrences taken out of a series: one, one and all after it, every one.

use jiff::civil::DateTime;
use nextcloud_mcp_plugin::Failure;

use super::super::edit::not_right;
use super::super::reach::{Reach, unreadable};
use super::{dates, detached, no_occurrence, read, reread, split};
use crate::ical::{Document, Draft, Stamp, When};
use crate::recurrence::{Bound, Series};
use crate::zone::Moment;

/// What becomes of a stored object when occurrences of it are deleted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Nothing of it is left: the object itself goes.
    Whole,
    /// The object's new text.
    Edited(String),
}

/// Takes the occurrences out that `reach` names. `stamp` goes onto what stays.
pub(crate) fn remove_from(
    document: &Document,
    series: &Series<'_>,
    reach: &Reach,
    stamp: Stamp,
) -> Result<Removal, Failure> {
    let text = match reach {
        Reach::All => return Ok(Removal::Whole),
        Reach::This(id) => return remove_each(document, series, std::slice::from_ref(id), stamp),
        Reach::Following(id) => {
            let place = split::place(series, id)?;
            if !split::has_before(series, &place)? {
                return Ok(Removal::Whole);
            }
            split::head(document, series, &place, None, stamp)?
        }
    };
    what_is_left(text, series)
}

/// Takes several single occurrences out, in one edit.
pub(crate) fn remove_each(
    document: &Document,
    series: &Series<'_>,
    ids: &[Moment],
    stamp: Stamp,
) -> Result<Removal, Failure> {
    what_is_left(without(document, series, ids, stamp)?, series)
}

fn what_is_left(text: String, series: &Series<'_>) -> Result<Removal, Failure> {
    let rest = reread(&text)?;
    if rest.events().next().is_none() || is_empty(&read(&rest, series)?) {
        return Ok(Removal::Whole);
    }
    Ok(Removal::Edited(text))
}

fn without<'d>(
    document: &'d Document,
    series: &Series<'d>,
    ids: &[Moment],
    stamp: Stamp,
) -> Result<String, Failure> {
    let occurrences = ids.iter().map(|id| {
        let found = series.occurrence_at(id).map_err(unreadable)?;
        found.ok_or_else(|| no_occurrence(series, id))
    });
    let occurrences = occurrences.collect::<Result<Vec<_>, Failure>>()?;
    let master = series.master.as_ref().map(|master| master.component);
    let Some(component) = master.or_else(|| occurrences.first().map(|one| one.component)) else {
        return Ok(document.text.clone());
    };
    let mut draft = Draft::new(document, component);
    for item in ids.iter().filter_map(|id| series.exception_at(id)) {
        detached::refuse_onwards(item)?;
        draft.take_out(item.component);
    }
    if let Some(line) = master.and_then(|master| master.get("DTSTART")) {
        let form = When::of(line).map_err(|bad| Failure::other(bad.0))?;
        let (mut ruled, mut dated) = (Vec::new(), Vec::new());
        for id in ids {
            match series.ruled_at(id).map_err(unreadable)? {
                Some(place) => ruled.push(place),
                None => dated.push(id),
            }
        }
        dates::exclude(&mut draft, series, &form, &ruled)?;
        dates::rewrite(&mut draft, series, &form, &|name, moment| {
            if name == "RDATE" && dated.iter().any(|id| moment.matches(id)) {
                dates::Fate::Goes
            } else {
                dates::Fate::Stays
            }
        })?;
    }
    let edited = draft.finish(document, stamp).map_err(not_right)?;
    Ok(edited.map_or_else(|| document.text.clone(), |edited| edited.text))
}

/// Whether a series that ends somewhere has no occurrence left. One that takes too much work to tell has.
fn is_empty(series: &Series<'_>) -> bool {
    let endless = series.rules.iter().any(|rule| rule.bound == Bound::Never);
    !endless
        && series
            .places(DateTime::MIN, DateTime::MAX, 1)
            .is_ok_and(|places| places.is_empty())
}
