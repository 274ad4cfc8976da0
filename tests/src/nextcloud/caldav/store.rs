//! Calendars and their objects, the trash bin included.

use std::collections::BTreeMap;

use super::ical::Component;
use crate::nextcloud::etag;
use crate::nextcloud::state::{Ids, State};
use crate::nextcloud::time;
use crate::nextcloud::xml::Element;

/// Colour of the calendar that every account begins with.
const PERSONAL_COLOR: &str = "#00679e";
/// Colour of the calendar of birthdays.
const BIRTHDAYS_COLOR: &str = "#E9D859";
/// Name of the calendar of birthdays, which only the server writes.
const BIRTHDAYS: &str = "contact_birthdays";

/// For what only Nextcloud has.
const NOT_ELSEWHERE: &str = "the other calendar server has no shares and no trash bin";

/// The calendars of all accounts.
#[derive(Debug, Default)]
pub(in crate::nextcloud) struct Calendars {
    pub(super) all: Vec<Calendar>,
    pub(super) inboxes: BTreeMap<String, Vec<Object>>,
    /// What accounts call the calendars of others, by path: it outlives the share and the calendar (caldav-bearer/104).
    pub(super) names: BTreeMap<(String, String), String>,
}

/// One calendar.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) id: i64,
    pub(super) owner: String,
    pub(super) uri: String,
    pub(super) display_name: String,
    pub(super) description: Option<String>,
    pub(super) color: Option<String>,
    pub(super) order: Option<String>,
    pub(super) timezone: Option<String>,
    pub(super) transparent: bool,
    pub(super) components: Vec<String>,
    pub(super) deleted_at: Option<i64>,
    pub(super) token: u64,
    pub(super) changes: Vec<Change>,
    pub(super) objects: Vec<Object>,
    pub(super) shares: BTreeMap<String, Share>,
    pub(super) custom: Vec<Element>,
}

/// What another account may do with a calendar.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pub(super) write: bool,
}

/// One step of a calendar's history.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) token: u64,
    pub(super) uri: String,
}

/// One object, in the calendar or in the trash bin.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) id: i64,
    pub(super) uri: String,
    pub(super) data: String,
    pub(super) uid: String,
    pub(super) component: String,
    pub(super) modified: i64,
    pub(super) deleted_at: Option<i64>,
    /// Order of deletion, which is the order of the trash bin.
    pub(super) deleted_after: i64,
}

/// An object as tests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Name in the calendar.
    pub uri: String,
    /// Entity tag without quotes.
    pub etag: String,
    /// The iCalendar text.
    pub data: String,
}

impl Object {
    pub(super) fn etag(&self) -> String {
        etag::of(&self.data)
    }
}

impl Calendar {
    pub(super) fn is_birthdays(&self) -> bool {
        self.uri == BIRTHDAYS
    }

    /// Live objects in the order of the index over their UIDs (caldav/064).
    pub(super) fn live(&self) -> Vec<&Object> {
        let mut live: Vec<&Object> = self
            .objects
            .iter()
            .filter(|object| object.deleted_at.is_none())
            .collect();
        live.sort_by(|one, other| one.uid.cmp(&other.uid));
        live
    }

    /// Adds or replaces an object.
    pub(super) fn put(&mut self, id: i64, uri: &str, data: String, component: &Component) {
        let (kind, uid) = component.identity();
        match self
            .objects
            .iter_mut()
            .find(|object| object.uri == uri && object.deleted_at.is_none())
        {
            Some(object) => {
                object.data = data;
                object.uid = uid;
                object.component = kind;
                object.modified = time::now();
            }
            None => self.objects.push(Object {
                id,
                uri: uri.to_owned(),
                data,
                uid,
                component: kind,
                modified: time::now(),
                deleted_at: None,
                deleted_after: 0,
            }),
        }
        self.changed(uri);
    }

    /// Moves an object to the trash bin.
    pub(super) fn trash(&mut self, uri: &str, order: i64) {
        for object in self
            .objects
            .iter_mut()
            .filter(|object| object.uri == uri && object.deleted_at.is_none())
        {
            object.deleted_at = Some(time::now());
            object.deleted_after = order;
        }
        self.changed(uri);
    }

    /// Takes an object out of the trash bin.
    pub(super) fn restore(&mut self, id: i64) {
        let mut uri = String::new();
        for object in self.objects.iter_mut().filter(|object| object.id == id) {
            object.deleted_at = None;
            uri.clone_from(&object.uri);
        }
        self.changed(&uri);
    }

    /// Takes an object out for good.
    pub(super) fn take(&mut self, uri: &str) -> Option<Object> {
        let place = self
            .objects
            .iter()
            .position(|object| object.uri == uri && object.deleted_at.is_none())?;
        self.changed(uri);
        Some(self.objects.remove(place))
    }

    /// Counts a change of the calendar itself.
    pub(super) fn touch(&mut self) {
        self.changed("");
    }

    fn changed(&mut self, uri: &str) {
        self.changes.push(Change {
            token: self.token,
            uri: uri.to_owned(),
        });
        self.token += 1;
    }
}

impl Calendars {
    /// The calendars that every account begins with.
    pub(in crate::nextcloud) fn open_home(&mut self, user: &str, ids: &mut Ids) {
        self.inboxes.insert(user.to_owned(), Vec::new());
        for (uri, name, color) in [
            ("personal", "Personal", PERSONAL_COLOR),
            (BIRTHDAYS, "Contact birthdays", BIRTHDAYS_COLOR),
        ] {
            let mut calendar = Self::empty(ids.next(), user, uri);
            name.clone_into(&mut calendar.display_name);
            calendar.color = Some(color.to_owned());
            calendar.order = Some("0".into());
            calendar.components = vec!["VEVENT".into()];
            // The server fills the calendar of birthdays once (caldav/006).
            calendar.token += u64::from(uri == BIRTHDAYS);
            self.all.push(calendar);
        }
    }

    /// A calendar as MKCALENDAR without a body makes it (caldav/017).
    pub(super) fn empty(id: i64, owner: &str, uri: &str) -> Calendar {
        Calendar {
            id,
            owner: owner.to_owned(),
            uri: uri.to_owned(),
            display_name: uri.to_owned(),
            description: None,
            color: None,
            order: None,
            timezone: None,
            transparent: false,
            components: ["VEVENT", "VTODO", "VJOURNAL"].map(str::to_owned).to_vec(),
            deleted_at: None,
            token: 1,
            changes: Vec::new(),
            objects: Vec::new(),
            shares: BTreeMap::new(),
            custom: Vec::new(),
        }
    }

    pub(super) fn own(&self, owner: &str, uri: &str) -> Option<usize> {
        self.all
            .iter()
            .position(|calendar| calendar.owner == owner && calendar.uri == uri)
    }
}

impl State {
    /// Puts an object into a calendar behind the client's back.
    pub fn put_object(&mut self, user: &str, calendar: &str, uri: &str, data: &str) {
        if let Some(server) = &self.elsewhere {
            return server.put_object(user, calendar, uri, data);
        }
        let component = Component::parse(data).expect("iCalendar");
        let id = self.ids.next();
        self.calendar(user, calendar)
            .put(id, uri, data.to_owned(), &component);
    }

    /// Deletes an object behind the client's back, to the trash bin.
    pub fn trash_object(&mut self, user: &str, calendar: &str, uri: &str) {
        assert!(self.elsewhere.is_none(), "{NOT_ELSEWHERE}");
        let order = self.ids.next();
        self.calendar(user, calendar).trash(uri, order);
    }

    /// The objects of a calendar.
    pub fn objects(&mut self, user: &str, calendar: &str) -> Vec<StoredObject> {
        if let Some(server) = &self.elsewhere {
            return server.objects(user, calendar);
        }
        let objects = self.calendar(user, calendar).live().into_iter();
        let stored = objects.map(|object| StoredObject {
            uri: object.uri.clone(),
            etag: object.etag(),
            data: object.data.clone(),
        });
        stored.collect()
    }

    /// Names of the calendars of an account that are not in the trash bin.
    pub fn calendars(&self, user: &str) -> Vec<String> {
        if let Some(server) = &self.elsewhere {
            return server.calendars(user);
        }
        let own = self
            .calendars
            .all
            .iter()
            .filter(|calendar| calendar.owner == user && calendar.deleted_at.is_none());
        own.map(|calendar| calendar.uri.clone()).collect()
    }

    /// Adds a calendar.
    pub fn add_calendar(&mut self, user: &str, uri: &str, display_name: &str) {
        if let Some(server) = &self.elsewhere {
            return server.add_calendar(user, uri, display_name, "VEVENT,VTODO,VJOURNAL");
        }
        let mut calendar = Calendars::empty(self.ids.next(), user, uri);
        display_name.clone_into(&mut calendar.display_name);
        self.calendars.all.push(calendar);
    }

    /// Shares a calendar with another account.
    pub fn share_calendar(&mut self, owner: &str, uri: &str, with: &str, write: bool) {
        assert!(self.elsewhere.is_none(), "{NOT_ELSEWHERE}");
        self.calendar(owner, uri)
            .shares
            .insert(with.to_owned(), Share { write });
    }

    fn calendar(&mut self, user: &str, uri: &str) -> &mut Calendar {
        let place = self
            .calendars
            .own(user, uri)
            .expect("a calendar of this name");
        &mut self.calendars.all[place]
    }
}
