//! Sharing a calendar with another account by POST (caldav/103, 112, 114).

use super::node::Place;
use super::store::Share;
use super::{BAD_REQUEST, Call};
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;
use crate::nextcloud::xml::{DAV, Element, OWNCLOUD};

/// How an account is named in a share.
const PRINCIPAL: &str = "principal:principals/users/";

/// Answers POST on a calendar.
pub(super) fn answer(state: &mut State, call: &Call<'_>, place: &Place) -> Reply {
    let Ok(body) = Element::parse(&call.request.text()) else {
        return call.fail(
            500,
            "Sabre\\Xml\\ParseException",
            "The input element to parse is empty. Do not attempt to parse",
        );
    };
    if !body.is(OWNCLOUD, "share") || place.share.is_some() {
        return call.fail(400, BAD_REQUEST, "Unexpected document");
    }
    let named = |element: &Element| {
        let href = element
            .child(DAV, "href")?
            .text
            .strip_prefix(PRINCIPAL)?
            .to_owned();
        state
            .users
            .contains_key(&href)
            .then_some((href, element.child(OWNCLOUD, "read-write").is_some()))
    };
    let added: Vec<_> = body.all(OWNCLOUD, "set").filter_map(named).collect();
    let removed: Vec<_> = body.all(OWNCLOUD, "remove").filter_map(named).collect();
    let calendar = place.calendar_mut(state);
    for (user, write) in added {
        calendar.shares.insert(user, Share { write });
    }
    for (user, _) in removed {
        calendar.shares.remove(&user);
    }
    call.done(200)
        .with("X-Sabre-Status", "everything-went-well")
}
