//! The requests of a change or deletion: what is written is what was read (`If-Match`), and a series that is cut in two
//! is never without its later part.

use nextcloud_mcp_plugin::Failure;

use super::super::shared::{changed_meanwhile, document, series};
use crate::dav::{self, Home, Object};
use crate::event::{Change, Reach, Removal, Split, apply_to, is_organizer, remove_from};
use crate::ical::Stamp;

/// What came of it, as Nextcloud has it now.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was so already; nothing was sent.
    Unchanged,
    Changed {
        object: Object,
        /// Names of properties.
        changed: Vec<String>,
        /// The later part of a series that was cut in two, which took the change; then `object` is the earlier one.
        later: Option<Box<Object>>,
    },
    /// The object is in the trash bin.
    Deleted,
}

/// Changes the occurrences of a stored event that `reach` names. `object` must be as [`dav::read`] gave it, to the byte.
///
/// # Errors
/// A conflict, with what is there, where the event is another by now. Where only half of a cut was written, says what is
/// there.
pub(crate) fn change(
    home: &Home,
    object: &Object,
    reach: &Reach,
    change: &Change<'_>,
) -> Result<Outcome, Failure> {
    let document = document(object)?;
    let series = series(home, object, &document)?;
    let Some(edit) = apply_to(&document, &series, reach, change)? else {
        return Ok(Outcome::Unchanged);
    };
    let later = match &edit.split {
        None => None,
        Some(Split { uid, text }) => {
            // First the new part, then the shorter old one: what fails in between is there twice, never not at all.
            let name = format!("{uid}.ics");
            let created = dav::create_in(home, &object.calendar, &name, text);
            Some(Box::new(
                created.map_err(|failure| not_begun(uid, failure))?,
            ))
        }
    };
    let stored = match (dav::put(home, object, &edit.text), &edit.split) {
        (Ok(Some(stored)), _) => stored,
        (Ok(None), None) => return Err(changed_meanwhile(home, object)),
        (Ok(None), Some(split)) => {
            return Err(half_done(
                split,
                Failure::conflict("The series changed meanwhile, so it was not shortened."),
            ));
        }
        (Err(failure), None) => return Err(failure),
        (Err(failure), Some(split)) => return Err(half_done(split, failure)),
    };
    Ok(Outcome::Changed {
        object: stored,
        changed: edit.changed,
        later,
    })
}

/// Deletes the occurrences of a stored event that `reach` names; the event itself where none is left. `object` must be
/// as [`dav::read`] gave it.
///
/// # Errors
/// A conflict, with what is there, where the event is another by now.
pub(crate) fn remove(
    home: &Home,
    object: &Object,
    reach: &Reach,
    stamp: Stamp,
) -> Result<Outcome, Failure> {
    let removal = if matches!(reach, Reach::All) {
        // Also where the stored text is not understood.
        Removal::Whole
    } else {
        let document = document(object)?;
        remove_from(&document, &series(home, object, &document)?, reach, stamp)?
    };
    match removal {
        Removal::Whole if dav::delete(home, object)? => Ok(Outcome::Deleted),
        Removal::Whole => Err(changed_meanwhile(home, object)),
        Removal::Edited(text) => match dav::put(home, object, &text)? {
            Some(object) => Ok(Outcome::Changed {
                object,
                changed: Vec::new(),
                later: None,
            }),
            None => Err(changed_meanwhile(home, object)),
        },
    }
}

/// What a deletion brings along in what stays.
pub(crate) fn stamp(home: &Home, object: &Object) -> Result<Stamp, Failure> {
    let document = document(object)?;
    let address = home.account.email.as_deref();
    Ok(Stamp {
        now: super::super::shared::now(),
        counts: document
            .events()
            .next()
            .is_none_or(|event| is_organizer(event, address)),
    })
}

/// Whether the later part is written is for `failure` to say; the earlier one is as it was.
fn not_begun(uid: &str, failure: Failure) -> Failure {
    Failure {
        message: format!(
            "The old series is as it was; its later part as a series of its own (event_uid \"{uid}\"): {}",
            failure.message
        ),
        ..failure
    }
}

/// The later part is written and the earlier one is as it was. (Taking the later part back would need the right to
/// delete, which changing an event does not give.)
fn half_done(split: &Split, failure: Failure) -> Failure {
    Failure {
        message: format!(
            "Only half of the change was written. The occurrences from there on are a new series with the change \
             (event_uid \"{uid}\"), but the old series could not be ended before them, so it still has them, too: {why} Do one \
             of two: delete the new series (delete_event, event_uid \"{uid}\", scope \"all\") and repeat the change, or end the \
             old one (delete_event, scope \"following\", with the same recurrence_id).",
            uid = split.uid,
            why = failure.message,
        ),
        ..failure
    }
}
