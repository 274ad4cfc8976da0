//! TEMPORARY
use super::{Change, Reach, apply};
use crate::ical::{Document, Stamp};
use crate::recurrence::Series;
use nextcloud_mcp_plugin::Failure;
pub(crate) struct SeriesEdit {
    pub(crate) text: String,
}
pub(crate) enum Removal {
    Whole,
    Edited(String),
}
pub(crate) fn apply_to(
    document: &Document,
    series: &Series<'_>,
    _reach: &Reach,
    change: &Change<'_>,
) -> Result<Option<SeriesEdit>, Failure> {
    Ok(apply(document, series, change)?.map(|e| SeriesEdit { text: e.text }))
}
pub(crate) fn remove_from(
    document: &Document,
    _series: &Series<'_>,
    reach: &Reach,
    _stamp: Stamp,
) -> Result<Removal, Failure> {
    Ok(match reach {
        Reach::All => Removal::Whole,
        _ => Removal::Edited(document.text.clone()),
    })
}
