//! Changes of a whole event and of parts of a series: one occurrence, one and all after it, every one.
//!
//! Text in, text out. What a change does to one VEVENT is in [`super::edit`]; here is which VEVENTs it is for, and what
//! becomes of those that it is not for.

mod dates;
mod detached;
mod removal;
mod rule;
mod split;
mod whole;

use nextcloud_mcp_plugin::Failure;

use super::edit::Change;
use super::reach::{Reach, unreadable};
use super::uid::new_uid;
use super::view::day_or_time;
use crate::ical::Document;
use crate::recurrence::Series;
use crate::zone::{Moment, Zones};

pub(crate) use detached::{detach, refuse_onwards};
pub(crate) use removal::{Removal, remove_each, remove_from};

/// What a change makes of a stored object.
#[derive(Debug)]
pub(crate) struct SeriesEdit {
    /// The object's new text.
    pub(crate) text: String,
    /// Properties that differ.
    pub(crate) changed: Vec<String>,
    /// Where the series was cut in two.
    pub(crate) split: Option<Split>,
}

/// The later part of a series that was cut in two: an object of its own. The earlier one stays where it was.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) uid: String,
    pub(crate) text: String,
}

/// Applies a change to the occurrences that it reaches; `None` if everything is as wanted already.
pub(crate) fn apply_to(
    document: &Document,
    series: &Series<'_>,
    reach: &Reach,
    change: &Change<'_>,
) -> Result<Option<SeriesEdit>, Failure> {
    let edited = match reach {
        Reach::All => whole::apply(document, series, change)?,
        Reach::This(id) => detached::apply(document, series, id, change)?,
        Reach::Following(id) => return following(document, series, id, change),
    };
    Ok(edited.map(|edited| SeriesEdit {
        text: edited.text,
        changed: edited.changed,
        split: None,
    }))
}

/// Applies a change that leaves times and rule alone to the single occurrences at these places, in one edit: as many as a
/// call may touch in the time for one. Also says of each whether anything changes there.
pub(crate) fn apply_to_each(
    document: &Document,
    series: &Series<'_>,
    ids: &[Moment],
    change: &Change<'_>,
) -> Result<(Option<SeriesEdit>, Vec<bool>), Failure> {
    let (edited, changes) = detached::apply_each(document, series, ids, change)?;
    let edited = edited.map(|edited| SeriesEdit {
        text: edited.text,
        changed: edited.changed,
        split: None,
    });
    Ok((edited, changes))
}

/// Cuts the series in two and changes the later part.
fn following(
    document: &Document,
    series: &Series<'_>,
    id: &Moment,
    change: &Change<'_>,
) -> Result<Option<SeriesEdit>, Failure> {
    let place = split::place(series, id)?;
    let begins_there = series
        .master
        .as_ref()
        .is_some_and(|master| master.start.matches(&place));
    let alone = !split::has_before(series, &place)?;
    if alone && begins_there {
        let edited = whole::apply_from(document, series, change, Some(&place))?;
        return Ok(edited.map(|edited| SeriesEdit {
            text: edited.text,
            changed: edited.changed,
            split: None,
        }));
    }
    if !alone && split::is_guest(series, change.own_address) {
        return Err(Failure::denied(
            "The user is a guest of this series, and a part of it cannot become a series of its own without its organizer. \
             Nothing was changed: change single occurrences (scope \"this\") or the user's whole copy (scope \"all\").",
        ));
    }
    let uid = new_uid()?;
    // Where nothing is left before it, the later part takes the place of the whole.
    let own_uid = (!alone).then_some(uid.as_str());
    let tail = split::tail(document, series, &place, own_uid)?;
    let later = reread(&tail)?;
    let later_series = read(&later, series)?;
    let first = later_series.own(&place);
    let Some(edited) = whole::apply_from(&later, &later_series, change, Some(&first))? else {
        return Ok(None);
    };
    if alone {
        return Ok(Some(SeriesEdit {
            text: edited.text,
            changed: edited.changed,
            split: None,
        }));
    }
    let stamp = split::stamp(series, change.now, change.own_address);
    let head = split::head(document, series, &place, Some(&uid), stamp)?;
    Ok(Some(SeriesEdit {
        text: head,
        changed: edited.changed,
        split: Some(Split {
            uid,
            text: edited.text,
        }),
    }))
}

/// The text of a first step, for the next.
fn reread(text: &str) -> Result<Document, Failure> {
    Document::parse(text).map_err(|bad| super::edit::not_right(bad.0))
}

fn read<'d>(document: &'d Document, like: &Series<'_>) -> Result<Series<'d>, Failure> {
    let zones = Zones::of(document, like.zones.reader().clone());
    Series::read(document, zones).map_err(unreadable)
}

fn no_occurrence(series: &Series<'_>, id: &Moment) -> Failure {
    Failure::not_found(format!(
        "The series has no occurrence at {} (any more). list_events shows which it has.",
        day_or_time(id, series.zones.reader())
    ))
}

fn no_master() -> Failure {
    Failure::unsupported(
        "The user is invited to single occurrences of this series only, so only these can be changed: give scope \"this\" and \
         the recurrence_id of one.",
    )
}
