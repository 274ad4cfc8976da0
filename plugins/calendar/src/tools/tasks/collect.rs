//! The tasks of several calendars in one sorted list, a page of it at a time.

use std::fmt::Write as _;

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::problem::{Problem, shorten};
use super::super::shared::{given, now, zone_note};
use super::filter::Filter;
use super::page::{Cursor, Key};
use crate::dav::{self, Calendar, Home, Kind, Object};
use crate::ical::{Component, Document, When};
use crate::recurrence::Budget;
use crate::task::{Stored, Task, To, list_link, present};
use crate::zone::{Moment, Zone};

const DEFAULT_LIMIT: u32 = 50;
/// What a model can still read at once.
const MAX_LIMIT: u32 = 500;
/// Work for all repeating tasks of a call; see [`Budget`]. Some hundred milliseconds.
const BUDGET: u32 = 4_000_000;
/// Work for one of them, so that it does not take the others' share.
const TASK_BUDGET: u32 = 400_000;
/// Seconds from 1970 to 2001, from where the Tasks app counts the order of tasks that nobody put in order.
const ORDER_EPOCH: i64 = 978_307_200;

/// Which page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct Paging {
    #[schemars(range(min = 1, max = 500))]
    #[schemars(extend("default" = DEFAULT_LIMIT))]
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    todos: Vec<Task>,
    /// On all pages.
    total_count: usize,
    /// The zone of the times here.
    shown_in: String,
    /// There are more: call again with this cursor and the same arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Calendars and tasks that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Problem>,
    /// Opens the tasks of {calendar}.
    link: String,
}

/// A list in the making.
struct List<'a> {
    home: &'a Home,
    filter: &'a Filter,
    now: Timestamp,
    budget: Budget,
    found: Vec<(Key, Task)>,
    errors: Vec<Problem>,
}

/// Reads, filters, sorts and cuts.
pub(super) fn collect(
    home: &Home,
    calendar_name: Option<&str>,
    filter: &Filter,
    paging: &Paging,
) -> Result<Reply<Found>, Failure> {
    let cursor = given(paging.cursor.as_deref())
        .map(Cursor::parse)
        .transpose()?;
    let calendars = dav::list(home)?;
    let searched: Vec<&Calendar> = match given(calendar_name) {
        Some(name) => vec![dav::choose(&calendars, name)?.holding(Kind::Task)?],
        None => calendars
            .iter()
            .filter(|calendar| calendar.holds(Kind::Task))
            .collect(),
    };
    let mut list = List {
        home,
        filter,
        now: cursor.as_ref().map_or_else(now, |cursor| cursor.now),
        budget: Budget::new(BUDGET),
        found: Vec::new(),
        errors: Vec::new(),
    };
    let mut take = |object: &Object| list.add(object);
    let unread = if filter.wants_done() {
        dav::scan(home, &searched, Kind::Task, None, &mut take)
    } else {
        dav::scan_open(home, &searched, &mut take)
    };
    for unread in unread {
        if searched.len() == 1 && !unread.partly {
            return Err(unread.failure);
        }
        list.errors.push(Problem {
            calendar: unread.calendar,
            object: None,
            reason: unread.failure.message,
        });
    }
    let limit = usize::try_from(paging.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT))
        .unwrap_or(usize::MAX);
    let found = list.finish(cursor.as_ref().map(|cursor| &cursor.after), limit);
    let text = summary(home, &found, filter, searched.is_empty());
    Ok(Reply::new(text, found))
}

impl List<'_> {
    fn add(&mut self, object: &Object) {
        if let Err(reason) = self.try_add(object) {
            self.errors.push(Problem {
                calendar: object.calendar.clone(),
                object: Some(object.name.clone()),
                reason,
            });
        }
    }

    fn try_add(&mut self, object: &Object) -> Result<(), String> {
        let document = Document::parse(&object.text).map_err(|bad| bad.0)?;
        let stored = Stored::read(&document, &self.home.zone).map_err(|bad| bad.0)?;
        let mut own = self.budget.take(TASK_BUDGET);
        let to = stored.to_do(self.now, &mut own);
        self.budget.give_back(&own);
        let to = to.map_err(|bad| bad.0)?;
        if self.filter.takes(&to, self.home) {
            let mut task = present(object, &stored, &to, self.now);
            let key = self.key(&to, &task);
            shorten(&mut task.description, "get_todo");
            self.found.push((key, task));
        }
        Ok(())
    }

    fn key(&self, to: &To<'_>, task: &Task) -> Key {
        let seconds = |moment: &Moment| moment.instant(&self.home.zone).as_second();
        let due = to.due.as_ref().map(seconds);
        let (group, due) = match due {
            _ if to.progress.status.is_done() => (3, -completed(to).unwrap_or(i64::MIN + 1)),
            Some(due) => (i64::from(!task.overdue), due),
            None => (2, 0),
        };
        Key {
            group,
            due,
            priority: task.priority.map_or(10, i64::from),
            order: task.order.or_else(|| created(to.component)).unwrap_or(0),
            calendar: task.calendar.clone(),
            uid: task.uid.clone(),
        }
    }

    fn finish(mut self, after: Option<&Key>, limit: usize) -> Found {
        let total_count = self.found.len();
        self.found.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut rest: Vec<(Key, Task)> = self
            .found
            .into_iter()
            .filter(|(key, _)| after.is_none_or(|after| key > after))
            .collect();
        let more = rest.len() > limit;
        rest.truncate(limit);
        let last = rest.last().filter(|_| more);
        let next_cursor = last.map(|(key, _)| Cursor::text(self.now, key));
        Found {
            todos: rest.into_iter().map(|(_, task)| task).collect(),
            total_count,
            shown_in: self.home.zone_name().to_owned(),
            next_cursor,
            errors: self.errors,
            link: list_link(self.home),
        }
    }
}

fn completed(to: &To<'_>) -> Option<i64> {
    to.progress.completed.as_ref().and_then(utc_seconds)
}

fn created(task: &Component) -> Option<i64> {
    let created = When::of(task.get("CREATED")?).ok()?;
    Some(utc_seconds(&created)? - ORDER_EPOCH)
}

/// Of a property that is UTC by the standard.
fn utc_seconds(when: &When) -> Option<i64> {
    let at = Moment::at(when.civil(), Zone::Iana(jiff::tz::TimeZone::UTC))?;
    Some(at.instant(&jiff::tz::TimeZone::UTC).as_second())
}

fn summary(home: &Home, found: &Found, filter: &Filter, none_searched: bool) -> String {
    if none_searched {
        return "None of the user's calendars holds tasks.".to_owned();
    }
    let (shown, total) = (found.todos.len(), found.total_count);
    let mut text = match total {
        1 => "1 task".to_owned(),
        total if shown < total => format!("{shown} of {total} tasks"),
        total => format!("{total} tasks"),
    };
    let overdue = found.todos.iter().filter(|task| task.overdue).count();
    if overdue > 0 {
        let _ = write!(text, ", {overdue} overdue");
    }
    text.push_str(if found.next_cursor.is_some() {
        "; there are more: go on with next_cursor."
    } else {
        "."
    });
    if !filter.wants_done() {
        text.push_str(" Finished ones are left out.");
    }
    if !found.errors.is_empty() {
        let places: Vec<String> = found
            .errors
            .iter()
            .map(|problem| match &problem.object {
                Some(object) => format!("{}/{object}", problem.calendar),
                None => problem.calendar.clone(),
            })
            .collect();
        let _ = write!(text, " Not read, so missing here: {}.", places.join(", "));
    }
    text.push_str(zone_note(home));
    text
}
