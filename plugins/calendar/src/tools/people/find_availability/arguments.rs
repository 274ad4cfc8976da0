//! What is asked for.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

use crate::dav::Home;
use crate::people::{Hours, Mailbox, Weekday, same};
use crate::tools::shared::given;
use crate::zone::named_zone;

const DEFAULT_LIMIT: u32 = 10;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 5, max = 1440))]
    duration_minutes: u32,
    /// E-mail addresses, comma-separated; the user always counts.
    attendees: Option<String>,
    /// Day (2026-12-01) or time; default: now.
    pub(super) date_range_start: Option<String>,
    /// Day, inclusive, or time; default: a week later. At most 62 days.
    pub(super) date_range_end: Option<String>,
    /// 09:00-17:00 or `working_hours`; default: true.
    business_hours_only: Option<bool>,
    /// Default: true, unless `working_days`.
    exclude_weekends: Option<bool>,
    /// 08:00-12:00,13:00-18:30.
    working_hours: Option<String>,
    working_days: Option<Vec<Weekday>>,
    /// Best first: 09:00-11:30,14:00-16:00.
    preferred_times: Option<String>,
    /// All-day events count as busy.
    include_all_day: Option<bool>,
    #[schemars(range(min = 0, max = 240))]
    buffer_minutes: Option<u32>,
    /// Default: the user's.
    timezone: Option<String>,
    /// Only these of the user, comma-separated.
    calendar_names: Option<String>,
    #[schemars(range(min = 1, max = 50))]
    #[schemars(extend("default" = DEFAULT_LIMIT))]
    limit: Option<u32>,
}

/// The same, understood.
pub(super) struct Plan {
    pub(super) length: SignedDuration,
    pub(super) buffer: SignedDuration,
    /// The others.
    pub(super) attendees: Vec<Mailbox>,
    /// The user, who asks the others; none where nobody is asked.
    pub(super) organizer: Option<Mailbox>,
    pub(super) zone: TimeZone,
    pub(super) hours: Vec<Hours>,
    pub(super) days: Vec<Weekday>,
    pub(super) preferred: Vec<Hours>,
    pub(super) all_day: bool,
    pub(super) calendars: Vec<String>,
    pub(super) limit: usize,
}

impl Plan {
    pub(super) fn new(arguments: &Arguments, home: &Home) -> Result<Self, Failure> {
        let mut attendees = Mailbox::list(arguments.attendees.as_deref().unwrap_or_default())?;
        let own = home.account.email.as_deref().unwrap_or_default();
        attendees.retain(|mailbox| !same(&mailbox.email, own));
        let organizer = if attendees.is_empty() {
            None
        } else {
            Some(Mailbox::of_user(&home.account)?)
        };
        let zone = given(arguments.timezone.as_deref())
            .map(named_zone)
            .transpose()
            .map_err(|message| Failure::invalid(format!("{message}.")))?;
        let preferred = given(arguments.preferred_times.as_deref())
            .map_or(Ok(Vec::new()), |text| Hours::list(text, "preferred_times"))?;
        let minutes = |minutes: u32| SignedDuration::from_mins(i64::from(minutes));
        Ok(Self {
            length: minutes(arguments.duration_minutes),
            buffer: minutes(arguments.buffer_minutes.unwrap_or(0)),
            attendees,
            organizer,
            zone: zone.unwrap_or_else(|| home.zone.clone()),
            hours: hours(arguments)?,
            days: days(arguments)?,
            preferred,
            all_day: arguments.include_all_day == Some(true),
            calendars: arguments
                .calendar_names
                .iter()
                .flat_map(|names| names.split(','))
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .collect(),
            limit: usize::try_from(arguments.limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or(usize::MAX),
        })
    }
}

fn hours(arguments: &Arguments) -> Result<Vec<Hours>, Failure> {
    match (
        given(arguments.working_hours.as_deref()),
        arguments.business_hours_only,
    ) {
        (Some(_), Some(false)) => Err(Failure::invalid(
            "working_hours says which hours, and business_hours_only false that hours do not matter: leave one of them out.",
        )),
        (Some(hours), _) => Hours::list(hours, "working_hours"),
        (None, Some(false)) => Ok(vec![Hours::WHOLE_DAY]),
        (None, _) => Ok(vec![Hours::BUSINESS]),
    }
}

fn days(arguments: &Arguments) -> Result<Vec<Weekday>, Failure> {
    let on_weekend = |days: &[Weekday]| days.iter().any(|day| !Weekday::WORKING.contains(day));
    match (
        arguments.working_days.as_deref(),
        arguments.exclude_weekends,
    ) {
        (Some(days), Some(true)) if on_weekend(days) => Err(Failure::invalid(
            "working_days names days of the weekend, which exclude_weekends takes out: leave one of them out.",
        )),
        (Some([]), _) => Err(Failure::invalid(
            "working_days is empty: leave it out for MO to FR.",
        )),
        (Some(days), _) => Ok(days.to_vec()),
        (None, Some(false)) => Ok(Weekday::ALL.to_vec()),
        (None, _) => Ok(Weekday::WORKING.to_vec()),
    }
}
