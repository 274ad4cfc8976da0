//! The recurrence rule of an event that is written: completed, checked, and no looser than RFC 5545 has it.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use nextcloud_mcp_plugin::Failure;

use crate::ical::When;
use crate::recurrence::{Bound, Budget, Frequency, Rule, first_fitting};
use crate::zone::{Argument, Moment, Zone, timestamp_in};

/// How long a rule may take to come round: leap days at the turn of a century take eight years.
const SEARCH_YEARS: i16 = 12;
const SEARCH_BUDGET: u32 = 200_000;

/// The rule for an event that starts at `start`, from the arguments `recurrence_rule` and `recurrence_end_date`.
pub(crate) fn of_arguments(
    rule: &str,
    last: Option<&str>,
    start: &Moment,
    user: &TimeZone,
) -> Result<Rule, Failure> {
    let mut rule: Rule = rule.parse().map_err(|bad: crate::recurrence::BadRule| {
        Failure::invalid(format!("recurrence_rule: {}.", bad.0))
    })?;
    if let Some(last) = last {
        if rule.bound != Bound::Never {
            return Err(Failure::invalid(
                "recurrence_rule says its end (COUNT or UNTIL), so leave recurrence_end_date out.",
            ));
        }
        rule.bound = Bound::Until(last_moment(last, user)?);
    }
    settle(&mut rule, start, user);
    check(&rule, start)?;
    Ok(rule)
}

/// The series' own rule after its start moved: the last day stays the last day.
pub(crate) fn of_moved(rule: &Rule, start: &Moment, user: &TimeZone) -> Result<Rule, Failure> {
    let mut rule = rule.clone();
    if rule.freq <= Frequency::Daily
        && let Bound::Until(until) = &rule.bound
    {
        rule.bound = Bound::Until(When::Date(day_of(until, start, user)));
    }
    settle(&mut rule, start, user);
    check(&rule, start)?;
    Ok(rule)
}

fn last_moment(text: &str, user: &TimeZone) -> Result<When, Failure> {
    let invalid = |message: String| Failure::invalid(format!("recurrence_end_date: {message}."));
    match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => Ok(When::Date(date)),
        Argument::Time {
            local,
            offset,
            zone,
        } => timestamp_in(local, offset, zone.as_ref().unwrap_or(user))
            .map(When::utc)
            .map_err(invalid),
    }
}

/// UNTIL has the type of DTSTART: a date beside a date, UTC beside a time (RFC 5545, 3.3.10). A date beside a time
/// means that day with everything on it.
fn settle(rule: &mut Rule, start: &Moment, user: &TimeZone) {
    let Bound::Until(until) = &rule.bound else {
        return;
    };
    let settled = match (start, until) {
        (Moment::Day(_), until) => When::Date(day_of(until, start, user)),
        (Moment::At { .. }, When::Utc(_)) => until.clone(),
        (Moment::At { zone, .. }, other) => {
            let local = match other {
                When::Date(date) => date.to_datetime(Time::constant(23, 59, 59, 0)),
                other => other.civil(),
            };
            zone.instant(local).map_or_else(|| other.clone(), When::utc)
        }
    };
    rule.bound = Bound::Until(settled);
}

/// The day on which UNTIL lies, where the event lives.
fn day_of(until: &When, start: &Moment, user: &TimeZone) -> jiff::civil::Date {
    let zone = match start {
        Moment::At { zone, .. } => zone.clone(),
        Moment::Day(_) => Zone::Iana(user.clone()),
    };
    match (until, Zone::Iana(TimeZone::UTC).instant(until.civil())) {
        (When::Utc(_), Some(at)) => zone.local(at).date(),
        _ => until.civil().date(),
    }
}

fn check(rule: &Rule, start: &Moment) -> Result<(), Failure> {
    if let Some(why) = rule.forbidden(matches!(start, Moment::Day(_))) {
        return Err(Failure::invalid(format!("recurrence_rule: {why}.")));
    }
    if ends_before(rule, start) {
        return Err(Failure::invalid("The recurrence ends before it starts."));
    }
    let local = start.local();
    let to = local
        .checked_add(Span::new().years(SEARCH_YEARS))
        .unwrap_or(DateTime::MAX);
    let first = first_fitting(rule, local, to, &mut Budget::new(SEARCH_BUDGET))
        .map_err(|_| Failure::invalid("recurrence_rule takes too much work to compute."))?;
    match first {
        Some(first) if first == local => Ok(()),
        Some(first) => Err(Failure::invalid(format!(
            "The start is {local}, which is no day or time of {rule}; the first one is {first}. Programs disagree about \
             that: start then, or change the rule."
        ))),
        None => Err(Failure::invalid(format!(
            "{rule} does not come round in the {SEARCH_YEARS} years after the start."
        ))),
    }
}

fn ends_before(rule: &Rule, start: &Moment) -> bool {
    let Bound::Until(until) = &rule.bound else {
        return false;
    };
    match (until, start) {
        (When::Utc(local), Moment::At { instant, .. }) => Zone::Iana(TimeZone::UTC)
            .instant(*local)
            .is_some_and(|until| until < *instant),
        (until, start) => until.civil().duration_since(start.local()) < SignedDuration::ZERO,
    }
}
