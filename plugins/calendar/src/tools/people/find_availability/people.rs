//! The busy times of everybody who counts, and who is not known.

use nextcloud_mcp_plugin::Failure;

use super::super::range::Missing;
use crate::dav::{self, Calendar, Home, Kind, Object, Recipient};
use crate::ical::Document;
use crate::people::{Busy, Mailbox, Period, Rules, answer_of, bare, merged, of_events, same};
use crate::recurrence::{Budget, Series};
use crate::zone::Zones;

/// Work for all series of a call; some hundred milliseconds.
const BUDGET: u32 = 4_000_000;

/// One person.
pub(super) struct Person {
    /// An e-mail address; the user's own is "you".
    pub(super) who: String,
    /// Or why it is not known.
    pub(super) busy: Result<Vec<Busy>, String>,
}

/// All of them.
pub(super) struct Everybody<'h> {
    home: &'h Home,
    range: Period,
    pub(super) people: Vec<Person>,
    pub(super) failed: Vec<Missing>,
}

impl<'h> Everybody<'h> {
    pub(super) fn new(home: &'h Home, range: Period) -> Self {
        Self {
            home,
            range,
            people: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Notes what could not be read.
    fn miss(&mut self, what: &str, reason: String) {
        self.failed.push(Missing::of(what, reason));
    }

    /// The user's own events.
    pub(super) fn read_own(&mut self, calendars: &[&Calendar], rules: &Rules) {
        let range = Some((self.range.from, self.range.to));
        let mut budget = Budget::new(BUDGET);
        let mut busy = Vec::new();
        let unread = dav::scan(
            self.home,
            calendars,
            Kind::Event,
            range,
            &mut |object| match self.busy_in(object, rules, &mut budget) {
                Ok(found) => busy.extend(found),
                Err(reason) => self.failed.push(Missing {
                    what: object.calendar.clone(),
                    object: Some(object.name.clone()),
                    reason,
                }),
            },
        );
        for unread in unread {
            self.miss(&unread.calendar, unread.failure.message);
        }
        self.people.push(Person {
            who: "you".to_owned(),
            busy: Ok(busy),
        });
    }

    fn busy_in(
        &self,
        object: &Object,
        rules: &Rules,
        budget: &mut Budget,
    ) -> Result<Vec<Busy>, String> {
        let document = Document::parse(&object.text).map_err(|bad| bad.0)?;
        let zones = Zones::of(&document, self.home.zone.clone());
        let series = Series::read(&document, zones).map_err(|bad| bad.0)?;
        of_events(&series, &self.range, rules, budget)
    }

    /// What the scheduling outbox said of the others. Whoever is not in the answer is not known either.
    pub(super) fn read_others(
        &mut self,
        attendees: &[Mailbox],
        asked: &Result<Vec<Recipient>, Failure>,
    ) {
        let range = self.range;
        let busy_of = |mailbox: &Mailbox| {
            let recipients = asked.as_ref().map_err(|failure| failure.message.clone())?;
            let recipient = recipients
                .iter()
                .find(|recipient| same(bare(&recipient.address), &mailbox.email));
            match recipient.map(|recipient| &recipient.answer) {
                Some(Ok(text)) => answer_of(text, &range).map_err(|failure| failure.message),
                Some(Err(status)) => Err(reason(status)),
                None => Err("Nextcloud's answer leaves this person out.".to_owned()),
            }
        };
        let people = attendees.iter().map(|mailbox| Person {
            who: mailbox.email.clone(),
            busy: busy_of(mailbox),
        });
        self.people.extend(people);
    }

    /// What is firmly taken, and what tentatively, for all together.
    pub(super) fn busy(&self) -> (Vec<Period>, Vec<Period>) {
        let of = |tentative: bool| {
            let busy = self
                .people
                .iter()
                .filter_map(|person| person.busy.as_ref().ok());
            let busy = busy.flatten().filter(|busy| busy.tentative == tentative);
            merged(busy.map(|busy| busy.period).collect())
        };
        (of(false), of(true))
    }
}

/// A request status (RFC 5546, 3.6) in words; `3.7;Could not find principal` in recording `caldav/097`.
fn reason(status: &str) -> String {
    match status.split(';').next().unwrap_or_default() {
        "3.7" => "Nobody on this Nextcloud has this address.".to_owned(),
        "3.8" => "Nextcloud does not let the user see this person's free times.".to_owned(),
        _ => format!("Nextcloud says: {status}."),
    }
}
