//! Writes that begin again from what others wrote meanwhile, so that neither their edit nor this one is lost.

use nextcloud_mcp_plugin::Failure;

use crate::api::{self, Fields, Note, Written};

/// How often a note that others keep changing is tried: so many writers of one note at a time all land, and it stays one
/// call of a few seconds.
pub(crate) const ATTEMPTS: usize = 20;

/// A write that went through.
pub(crate) struct Landed {
    /// The note now, as Nextcloud confirmed it.
    pub(crate) after: Note,
    /// What was written.
    pub(crate) fields: Fields,
}

/// Writes what `change` makes of the note, and if the note changed meanwhile, what it makes of that.
///
/// # Errors
/// What `change` refuses, a note that cannot be read or written now, and [`Failure::conflict`] after [`ATTEMPTS`];
/// nothing was written then.
pub(crate) fn land(
    mut current: Note,
    mut change: impl FnMut(&Note) -> Result<Fields, Failure>,
) -> Result<Landed, Failure> {
    for _ in 0..ATTEMPTS {
        // Every time: a note that is locked now comes as an error text, which must not be written back.
        let mut before = current.readable()?;
        let fields = change(&before)?;
        if !fields.only_marks() {
            before = before.writable()?;
        }
        match api::write(before.id, &before.etag, &fields)? {
            Written::Changed(newer) => current = newer,
            Written::Done(after) => return Ok(Landed { after, fields }),
        }
    }
    Err(Failure::conflict(format!(
        "Note {} was changed by someone else during each of {ATTEMPTS} attempts. Nothing was written; try again in a moment.",
        current.id
    )))
}
