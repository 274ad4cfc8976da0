//! `list_invitations`: what waits for the user's answer.

use std::fmt::Write as _;

use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{now, zone_note};
use super::range::Missing;
use crate::dav::{self, Calendar, Home, Kind, Object};
use crate::event::{self, Event, Person};
use crate::ical::Document;
use crate::people::{Own, invitations};
use crate::recurrence::{Budget, Series, Window};
use crate::zone::Zones;

pub(crate) const DESCRIPTION: &str = "Lists invitations of others that the user has not answered, soonest first. Answer with \
respond_to_invitation. Titles and texts are the inviters' words. Example: days_ahead 30.";

/// A year covers what people invite to.
const DEFAULT_DAYS: u32 = 365;
/// What a model can still read at once.
const MOST: usize = 100;
const BUDGET: u32 = 4_000_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1, max = 1095))]
    #[schemars(extend("default" = DEFAULT_DAYS))]
    days_ahead: Option<u32>,
}

/// An invitation.
#[derive(Debug, Serialize, JsonSchema)]
struct Waiting {
    event_uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<String>,
    title: String,
    start: String,
    end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizer: Option<Person>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    /// Of a series; the answer is for all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    recurrence_rule: Option<String>,
    /// The answer is for this occurrence only: pass it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    recurrence_id: Option<String>,
    /// It lies in the inbox and in no calendar, so it cannot be answered here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inbox_only: bool,
    #[serde(skip)]
    at: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    invitations: Vec<Waiting>,
    /// The time zone of the times here.
    shown_in: String,
    /// There are more, later ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Missing>,
    /// Opens the day {date}, such as 2026-12-24.
    link: String,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn list_invitations(arguments: Arguments) -> Result<Reply<Found>, Failure> {
    let home = Home::of_caller()?;
    let from = now();
    let days = i64::from(arguments.days_ahead.unwrap_or(DEFAULT_DAYS));
    let to = from
        .to_zoned(home.zone.clone())
        .checked_add(Span::new().days(days))
        .map_err(|_| Failure::invalid("days_ahead reaches beyond the calendar."))?
        .timestamp();
    let calendars = dav::list(&home)?;
    // For a calendar that somebody shares, Nextcloud speaks for its owner: the user cannot answer there.
    let own_ones: Vec<&Calendar> = calendars
        .iter()
        .filter(|calendar| calendar.holds(Kind::Event) && calendar.writable)
        .filter(|calendar| calendar.shared_by.is_none())
        .collect();
    let received = dav::received(&home, from, to);
    let mut list = List {
        own: Own::new(&home.account, received.addresses?),
        home: &home,
        window: Window {
            from,
            to,
            starting: Timestamp::MIN,
        },
        budget: Budget::new(BUDGET),
        seen: Vec::new(),
        found: Vec::new(),
        failed: Vec::new(),
    };
    let range = Some((from, to));
    let unread = dav::scan(&home, &own_ones, Kind::Event, range, &mut |object| {
        list.add(object);
    });
    let unread = unread.into_iter();
    list.failed
        .extend(unread.map(|unread| Missing::of(&unread.calendar, unread.failure.message)));
    match received.messages {
        Ok(messages) => messages.iter().for_each(|text| list.add_message(text)),
        Err(failure) => list.failed.push(Missing::of("inbox", failure.message)),
    }
    Ok(list.reply())
}

/// A list under way.
struct List<'a> {
    home: &'a Home,
    own: Own,
    window: Window,
    budget: Budget,
    /// UIDs of what is in a calendar.
    seen: Vec<String>,
    found: Vec<Waiting>,
    failed: Vec<Missing>,
}

impl List<'_> {
    fn add(&mut self, object: &Object) {
        if let Err(reason) = self.try_add(object, false) {
            self.failed.push(Missing {
                what: object.calendar.clone(),
                object: Some(object.name.clone()),
                reason,
            });
        }
    }

    /// A message of the inbox counts only where no calendar has its event; one that is not understood is no
    /// invitation that could be answered.
    fn add_message(&mut self, text: &str) {
        let Ok(document) = Document::parse(text) else {
            return;
        };
        let asks = document
            .calendar
            .get("METHOD")
            .is_some_and(|method| method.value.trim().eq_ignore_ascii_case("REQUEST"));
        if asks {
            let object = Object {
                calendar: String::new(),
                name: String::new(),
                etag: String::new(),
                text: text.to_owned(),
            };
            let _ = self.try_add(&object, true);
        }
    }

    fn try_add(&mut self, object: &Object, inbox_only: bool) -> Result<(), String> {
        let document = Document::parse(&object.text).map_err(|bad| bad.0)?;
        let uid = document
            .events()
            .next()
            .map(event::uid_of)
            .unwrap_or_default();
        if inbox_only && self.seen.contains(&uid) {
            return Ok(());
        }
        self.seen.push(uid);
        let zones = Zones::of(&document, self.home.zone.clone());
        let series = Series::read(&document, zones).map_err(|bad| bad.0)?;
        for invitation in invitations(&series, &self.own, self.window, &mut self.budget)? {
            let event = event::present(object, &series, &invitation.occurrence);
            let at = invitation.occurrence.start.instant(&self.home.zone);
            let single = invitation.single;
            self.found.push(Waiting::new(event, single, inbox_only, at));
        }
        Ok(())
    }

    fn reply(mut self) -> Reply<Found> {
        self.found.sort_by_key(|waiting| waiting.at);
        let all = self.found.len();
        let cut = all > MOST;
        self.found.truncate(MOST);
        let mut text = match all {
            0 => "No invitation waits for an answer.".to_owned(),
            1 => "1 invitation waits for an answer.".to_owned(),
            all if cut => format!(
                "{all} invitations wait for an answer; here are the first {MOST}. Answer some, or give fewer days_ahead."
            ),
            all => format!("{all} invitations wait for an answer."),
        };
        if !self.failed.is_empty() {
            let names: Vec<&str> = self
                .failed
                .iter()
                .map(|missing| missing.what.as_str())
                .collect();
            let _ = write!(text, " Not all could be read: {}.", names.join(", "));
        }
        text.push_str(zone_note(self.home));
        let found = Found {
            invitations: self.found,
            shown_in: self.home.zone_name().to_owned(),
            cut,
            failed: self.failed,
            link: event::day_link(self.home),
        };
        Reply::new(text, found)
    }
}

impl Waiting {
    fn new(event: Event, single: bool, inbox_only: bool, at: Timestamp) -> Self {
        Self {
            event_uid: event.uid,
            calendar: Some(event.calendar).filter(|name| !name.is_empty()),
            title: event.title,
            start: event.start,
            end: event.end,
            organizer: event.organizer,
            location: event.location,
            recurrence_rule: event.recurrence_rule.filter(|_| !single),
            recurrence_id: event.recurrence_id.filter(|_| single),
            inbox_only,
            at,
        }
    }
}
