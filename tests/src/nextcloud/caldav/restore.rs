//! What is moved to `trashbin/restore` comes back to where it was. No recording has it: this follows Nextcloud's source
//! (`Trashbin/RestoreTarget.php` and `restoreCalendarObject` of its `CalDAV` backend).

use super::node::{self, Node};
use super::object::destination;
use super::{BAD_REQUEST, Call, FORBIDDEN};
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;

/// How long deleted things are kept unless the administrator says otherwise, in seconds (`RetentionService.php`).
pub(super) const RETENTION: &str = "2592000";

/// Answers a MOVE to `trashbin/restore`; `None` for any other.
pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Option<Reply> {
    let target = destination(call)?;
    let target: Vec<&str> = target.iter().map(String::as_str).collect();
    // The last segment means nothing.
    let (_, parent) = target.split_last()?;
    let restores = call.request.method == "MOVE"
        && matches!(
            node::find(state, call.who.name(), parent),
            Ok(Node::TrashbinRestore)
        );
    restores.then(|| restore(state, call))
}

fn restore(state: &mut State, call: &Call<'_>) -> Reply {
    match node::find(state, call.who.name(), call.path) {
        Ok(Node::TrashbinObject(id)) => object(state, call, id),
        // Nextcloud says the same of a calendar that is not deleted.
        Ok(Node::Calendar(place)) if place.share.is_none() => {
            place.calendar_mut(state).deleted_at = None;
            call.done(201)
        }
        Ok(_) => call.fail(403, FORBIDDEN, ""),
        Err(missing) => call.not_found(&missing.message),
    }
}

fn object(state: &mut State, call: &Call<'_>, id: i64) -> Reply {
    let own = state
        .calendars
        .all
        .iter_mut()
        .filter(|calendar| calendar.owner == call.who.name());
    for calendar in own {
        let Some(object) = calendar.objects.iter().find(|object| object.id == id) else {
            continue;
        };
        if object.deleted_at.is_none() {
            let message = "The calendar object you're trying to restore is not marked as deleted";
            return call.fail(400, BAD_REQUEST, message);
        }
        let uri = object.uri.clone();
        if calendar.live().iter().any(|object| object.uri == uri) {
            let message = format!(
                "Can not restore calendar {id} because a calendar object with the URI {uri} already exists"
            );
            return call.fail(403, FORBIDDEN, &message);
        }
        calendar.restore(id);
        return call.done(201);
    }
    call.not_found("")
}
