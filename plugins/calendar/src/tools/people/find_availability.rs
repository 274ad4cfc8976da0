//! `find_availability`: when the user and others are free.

mod answer;
mod arguments;
mod people;

use nextcloud_mcp_plugin::{Failure, Reply};

use super::super::shared::now;
use super::range::range;
use crate::dav::{self, Calendar, Home, Kind};
use crate::event::new_uid;
use crate::people::{Own, Question, Rules, Search, find, question, windows};
use answer::Availability;
use arguments::{Arguments, Plan};
use people::Everybody;

pub(super) const DESCRIPTION: &str = "Finds times when the user and the attendees are free, best first. Looks through \
all calendars of the user and asks Nextcloud when the others are busy; names whoever it does not know. Example: \
duration_minutes 45, attendees \"bob@example.org\", date_range_end 2026-12-05, preferred_times \"09:00-12:00\".";

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(super) fn find_availability(arguments: Arguments) -> Result<Reply<Availability>, Failure> {
    let home = Home::of_caller()?;
    let plan = Plan::new(&arguments, &home)?;
    let range = range(
        arguments.date_range_start.as_deref(),
        arguments.date_range_end.as_deref(),
        &plan.zone,
        now(),
    )?;
    let question = match &plan.organizer {
        None => None,
        Some(asking) => Some(question(&Question {
            uid: &new_uid()?,
            asking,
            asked: &plan.attendees,
            range,
            now: now(),
        })),
    };
    let calendars = dav::list(&home)?;
    let asked = dav::ask(&home, question.as_deref());
    let mut everybody = Everybody::new(&home, range);
    let searched = searched(&calendars, &plan)?;
    let rules = Rules {
        own: Own::new(&home.account, asked.addresses?),
        all_day: plan.all_day,
    };
    everybody.read_own(&searched, &rules);
    everybody.read_others(&plan.attendees, &asked.people);
    let (firm, tentative) = everybody.busy();
    let hours = |hours| windows(range, &plan.zone, hours, &plan.days);
    let (slots, more) = find(
        &Search {
            windows: &hours(&plan.hours),
            firm: &firm,
            tentative: &tentative,
            preferred: &hours(&plan.preferred),
            length: plan.length,
            buffer: plan.buffer,
            zone: &plan.zone,
        },
        plan.limit,
    );
    Ok(answer::reply(&home, &plan, range, everybody, &slots, more))
}

/// The calendars that count: those that are named, else all but those whose owner said that they keep nobody busy
/// (`schedule-calendar-transp`, RFC 6638, 9.1) and subscriptions, which are other people's.
fn searched<'c>(calendars: &'c [Calendar], plan: &Plan) -> Result<Vec<&'c Calendar>, Failure> {
    if !plan.calendars.is_empty() {
        return plan
            .calendars
            .iter()
            .map(|name| dav::choose(calendars, name)?.holding(Kind::Event))
            .collect();
    }
    Ok(calendars
        .iter()
        .filter(|calendar| calendar.holds(Kind::Event) && !calendar.is_subscription())
        .filter(|calendar| !calendar.transparent)
        .collect())
}
