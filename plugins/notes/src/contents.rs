//! Reads the contents of a few notes side by side: a page of a list, the likeliest candidates of a search. Never of all.

use nextcloud_mcp_plugin::nextcloud::send_all;
use nextcloud_mcp_plugin::{Failure, FailureKind};

use crate::api;

/// What came of reading a note that a list named.
pub(crate) enum Read {
    /// With its content.
    Whole(api::Note),
    /// Without: it is locked, or too large together with the others.
    HeadOnly(api::Note),
    /// It was deleted since it was listed.
    Gone,
}

/// One answer for each of `heads`, in their order.
pub(crate) fn read(heads: &[api::Note]) -> Result<Vec<Read>, Failure> {
    let answers = send_all(heads.iter().map(|note| api::request(note.id)));
    heads
        .iter()
        .zip(answers)
        .map(|(head, answer)| match answer {
            Ok(answer) if answer.status() == 404 => Ok(Read::Gone),
            Ok(answer) => Ok(match answer.ok()?.json::<api::Note>()?.readable() {
                Ok(note) => Read::Whole(note),
                Err(_) => Read::HeadOnly(head.clone()),
            }),
            Err(failure) if failure.kind == FailureKind::Limited => {
                Ok(Read::HeadOnly(head.clone()))
            }
            Err(failure) => Err(failure),
        })
        .collect()
}
