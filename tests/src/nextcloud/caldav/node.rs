//! Which node a path names, and whether this account may see it. Nextcloud hides what is not one's own: the answer
//! is 404, not 403, and its message tells what was asked for.

use super::store::{Calendar, Object, Share};
use crate::nextcloud::state::State;

/// What a path below `/remote.php/dav` names.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Root,
    Principals,
    Principal(String),
    Home,
    Calendar(Place),
    Object(Place, String),
    /// A name in a calendar that no object has.
    NoObject(Place, String),
    Inbox,
    InboxObject(String),
    Outbox,
    Trashbin,
    TrashbinObjects,
    TrashbinObject(i64),
    /// Where things are moved to come back.
    TrashbinRestore,
}

/// A calendar as one account sees it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Index in the store.
    pub(super) index: usize,
    /// The account whose home the path goes through.
    pub(super) home: String,
    /// The calendar's name in that home.
    pub(super) name: String,
    /// How it is shared with that account; `None` for its own.
    pub(super) share: Option<Share>,
}

/// A path that names nothing this account may see.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    pub(super) message: String,
    /// Whether it was found out before the login was noted in the answer (caldav/019, 020, 111).
    pub(super) foreign: bool,
}

impl Place {
    /// Whether the account may write: not to what others shared to read, and not to birthdays.
    pub(super) fn writable(&self, state: &State) -> bool {
        !state.calendars.all[self.index].is_birthdays()
            && self.share.as_ref().is_none_or(|share| share.write)
    }

    pub(super) fn calendar<'a>(&self, state: &'a State) -> &'a Calendar {
        &state.calendars.all[self.index]
    }

    pub(super) fn calendar_mut<'a>(&self, state: &'a mut State) -> &'a mut Calendar {
        &mut state.calendars.all[self.index]
    }

    /// An object of the calendar as this account sees it: private ones are hidden from others (caldav/108).
    pub(super) fn object<'a>(&self, state: &'a State, uri: &str) -> Option<&'a Object> {
        self.objects(state)
            .into_iter()
            .find(|object| object.uri == uri)
    }

    /// All objects that this account sees.
    pub(super) fn objects<'a>(&self, state: &'a State) -> Vec<&'a Object> {
        let mut objects = self.calendar(state).live();
        if self.share.is_some() {
            objects.retain(|object| !object.data.contains("CLASS:PRIVATE"));
        }
        objects
    }
}

/// Finds the node.
pub(super) fn find(state: &State, who: &str, path: &[&str]) -> Result<Node, Missing> {
    match path {
        [] | ["calendars"] => Ok(Node::Root),
        ["principals"] | ["principals", "users"] => Ok(Node::Principals),
        ["principals", "users", user] if state.users.contains_key(*user) => {
            Ok(Node::Principal((*user).to_owned()))
        }
        ["principals", "users", user] => {
            Err(missing(format!("Principal with name {user} not found")))
        }
        ["calendars", user, rest @ ..] => {
            if !state.users.contains_key(*user) {
                return Err(missing(format!("Principal with name {user} not found")));
            }
            if *user != who {
                return Err(foreign(state, user, rest));
            }
            in_home(state, user, rest)
        }
        [first, ..] => Err(missing(format!("File not found: {first} in 'root'"))),
    }
}

/// The calendars of a home, in the order of their ids.
pub(super) fn home(state: &State, user: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for (index, calendar) in state.calendars.all.iter().enumerate() {
        if calendar.owner == user {
            places.push(Place {
                index,
                home: user.to_owned(),
                name: calendar.uri.clone(),
                share: None,
            });
        } else if let Some(share) = calendar
            .shares
            .get(user)
            .filter(|_| calendar.deleted_at.is_none())
        {
            places.push(Place {
                index,
                home: user.to_owned(),
                name: format!("{}_shared_by_{}", calendar.uri, calendar.owner),
                share: Some(share.clone()),
            });
        }
    }
    places
}

fn in_home(state: &State, user: &str, rest: &[&str]) -> Result<Node, Missing> {
    match rest {
        [] => Ok(Node::Home),
        ["inbox"] => Ok(Node::Inbox),
        ["inbox", name] => Ok(Node::InboxObject((*name).to_owned())),
        ["outbox"] => Ok(Node::Outbox),
        ["trashbin"] => Ok(Node::Trashbin),
        ["trashbin", "objects"] => Ok(Node::TrashbinObjects),
        ["trashbin", "restore"] => Ok(Node::TrashbinRestore),
        ["trashbin", "objects", name] => {
            match name.strip_suffix(".ics").and_then(|id| id.parse().ok()) {
                Some(id) => Ok(Node::TrashbinObject(id)),
                None => Err(missing("Calendar object not found".into())),
            }
        }
        [name, rest @ ..] => {
            let Some(place) = home(state, user)
                .into_iter()
                .find(|place| place.name == *name)
            else {
                return Err(missing(format!(
                    "Node with name '{name}' could not be found"
                )));
            };
            match rest {
                [] => Ok(Node::Calendar(place)),
                [uri] if place.object(state, uri).is_some() => {
                    Ok(Node::Object(place, (*uri).to_owned()))
                }
                [uri] => Ok(Node::NoObject(place, (*uri).to_owned())),
                _ => Err(missing("Calendar object not found".into())),
            }
        }
    }
}

/// What is said about another account's home, which the path's owner has and the asking one has not.
fn foreign(state: &State, user: &str, rest: &[&str]) -> Missing {
    let message = match rest {
        [] => format!("Node with name '{user}' could not be found"),
        [calendar] if state.calendars.own(user, calendar).is_some() => {
            format!("Calendar with name '{calendar}' could not be found")
        }
        [.., last] => format!("Node with name '{last}' could not be found"),
    };
    Missing {
        message,
        foreign: true,
    }
}

fn missing(message: String) -> Missing {
    Missing {
        message,
        foreign: false,
    }
}
