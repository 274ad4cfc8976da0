//! What a bulk operation is asked to do: its arguments, checked before anything is sent.

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::events::filter::{Filter, Filters};
use super::super::events::range::Range;
use super::super::shared::{given, now};
use crate::dav::{self, Calendar, Home, Kind};
use crate::event::{Change, Details, NewReminder, ReminderChange, Wanted};
use crate::ical::Stamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    Update,
    Delete,
    Move,
}

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    operation: Operation,
    /// Empty: all writable ones.
    calendar_name: Option<String>,
    /// Day (2026-12-01) or time.
    start_date: Option<String>,
    /// Day, inclusive, or time, exclusive.
    end_date: Option<String>,
    #[serde(flatten)]
    filters: Filters,
    /// Needed to move a series.
    apply_to_series: Option<bool>,
    /// Empty, as any new one: taken out.
    new_title: Option<String>,
    new_description: Option<String>,
    new_location: Option<String>,
    /// Comma-separated; all of them.
    new_categories: Option<String>,
    /// 1 highest, 0 none.
    #[schemars(range(min = 0, max = 9))]
    new_priority: Option<u8>,
    /// -1 removes all.
    #[schemars(range(min = -1, max = 40320))]
    new_reminder_minutes: Option<i32>,
    target_calendar: Option<String>,
    /// The handle; repeat the other arguments.
    #[serde(skip_serializing)]
    pub(super) confirm: Option<String>,
}

/// An operation that makes sense.
pub(super) struct Order<'a> {
    arguments: &'a Arguments,
    pub(super) operation: Operation,
    pub(super) filter: Filter,
    pub(super) range: Range,
    pub(super) whole_series: bool,
    details: Details,
    reminder: ReminderChange,
}

/// The calendars that it is about.
pub(super) struct Places<'c> {
    pub(super) sources: Vec<&'c Calendar>,
    /// Names of those that the user may only read, and that are left out.
    pub(super) read_only: Vec<String>,
    /// Of a move.
    pub(super) target: Option<&'c Calendar>,
}

impl<'a> Order<'a> {
    pub(super) fn of_arguments(arguments: &'a Arguments, home: &Home) -> Result<Self, Failure> {
        let range = Range::of_arguments(
            arguments.start_date.as_deref(),
            arguments.end_date.as_deref(),
            &home.zone,
        )?;
        let order = Self {
            arguments,
            operation: arguments.operation,
            filter: Filter::new(&arguments.filters)?,
            range,
            whole_series: arguments.apply_to_series == Some(true),
            details: Details {
                description: arguments.new_description.clone(),
                location: arguments.new_location.clone(),
                categories: arguments.new_categories.clone(),
                priority: arguments.new_priority,
                ..Details::default()
            },
            reminder: reminder(arguments.new_reminder_minutes)?,
        };
        order.refuse_what_does_not_belong()?;
        order.refuse_everything()?;
        Ok(order)
    }

    fn refuse_what_does_not_belong(&self) -> Result<(), Failure> {
        let changes = arguments_for_update(self.arguments);
        let has_target = given(self.arguments.target_calendar.as_deref()).is_some();
        match self.operation {
            Operation::Update if !changes => Err(Failure::invalid(
                "An update needs what to change: new_title, new_description, new_location, new_categories, new_priority or \
                 new_reminder_minutes.",
            )),
            Operation::Delete | Operation::Move if changes => Err(Failure::invalid(
                "new_title and the other new ones are for operation \"update\" only: leave them out.",
            )),
            Operation::Move if !has_target => Err(Failure::invalid(
                "A move needs target_calendar: where to. list_calendars shows what there is.",
            )),
            Operation::Update | Operation::Delete if has_target => Err(Failure::invalid(
                "target_calendar is for operation \"move\" only: leave it out.",
            )),
            _ => Ok(()),
        }
    }

    /// Nobody means every event there is.
    fn refuse_everything(&self) -> Result<(), Failure> {
        let one_calendar = given(self.arguments.calendar_name.as_deref()).is_some();
        let some_time = self.range.from.is_some() || self.range.to.is_some();
        if self.filter.conditions().is_empty() && !(one_calendar && some_time) {
            return Err(Failure::invalid(
                "Say which events: by at least one filter such as title_contains, or by calendar_name with start_date or end_date.",
            ));
        }
        Ok(())
    }

    pub(super) fn places<'c>(&self, calendars: &'c [Calendar]) -> Result<Places<'c>, Failure> {
        let target = given(self.arguments.target_calendar.as_deref())
            .map(|name| dav::choose(calendars, name)?.for_writing(Kind::Event))
            .transpose()?;
        let is_target = |calendar: &Calendar| target.is_some_and(|one| one.name == calendar.name);
        if let Some(name) = given(self.arguments.calendar_name.as_deref()) {
            let source = dav::choose(calendars, name)?.for_writing(Kind::Event)?;
            if is_target(source) {
                return Err(Failure::invalid(
                    "calendar_name and target_calendar are the same calendar.",
                ));
            }
            return Ok(Places {
                sources: vec![source],
                read_only: Vec::new(),
                target,
            });
        }
        let holding = calendars
            .iter()
            .filter(|calendar| calendar.holds(Kind::Event) && !is_target(calendar));
        let (sources, read_only): (Vec<_>, Vec<_>) =
            holding.partition(|calendar| calendar.writable);
        Ok(Places {
            sources,
            read_only: read_only
                .into_iter()
                .map(|calendar| calendar.name.clone())
                .collect(),
            target,
        })
    }

    pub(super) fn change<'o>(&'o self, home: &'o Home) -> Change<'o> {
        Change {
            title: self.arguments.new_title.as_deref(),
            details: &self.details,
            when: Wanted::default(),
            rule: None,
            rule_end: None,
            reminder: self.reminder.clone(),
            people: None,
            user: &home.zone,
            own_address: home.account.email.as_deref(),
            now: now(),
        }
    }

    /// What the handle is made of: the arguments without the handle itself.
    pub(super) fn digested(&self) -> Result<Value, Failure> {
        serde_json::to_value(self.arguments).map_err(|error| Failure::internal(error.to_string()))
    }
}

/// What a deletion of occurrences brings to what stays.
pub(super) fn stamp(counts: bool) -> Stamp {
    Stamp { now: now(), counts }
}

fn arguments_for_update(arguments: &Arguments) -> bool {
    let texts = [
        &arguments.new_title,
        &arguments.new_description,
        &arguments.new_location,
        &arguments.new_categories,
    ];
    texts.into_iter().any(Option::is_some)
        || arguments.new_priority.is_some()
        || arguments.new_reminder_minutes.is_some()
}

fn reminder(minutes: Option<i32>) -> Result<ReminderChange, Failure> {
    match minutes.map(u32::try_from) {
        None => Ok(ReminderChange::Keep),
        Some(Ok(minutes)) => NewReminder::new(minutes, false, None).map(ReminderChange::Set),
        Some(Err(_)) => Ok(ReminderChange::Replace(Vec::new())),
    }
}
