//! A series cut in two: what is before an occurrence stays, that one and what follows becomes a series of its own. Two
//! edits of the same text, each of which leaves out the other's part.
//!
//! The later part has a new UID, since two objects of one calendar cannot share one; each names the other as its sibling
//! (RELATED-TO), as Nextcloud's own app does.

use jiff::{SignedDuration, Timestamp};
use nextcloud_mcp_plugin::Failure;

use super::super::edit::{is_organizer, not_right};
use super::super::reach::unreadable;
use super::dates::{self, Fate};
use super::{no_master, no_occurrence, rule};
use crate::ical::{ContentLine, Document, Draft, Stamp, When, escape};
use crate::recurrence::{Bound, Item, Rule, Series};
use crate::zone::Moment;

/// The place where a cut is asked for, by the wall clock that the rule gives.
pub(super) fn place(series: &Series<'_>, id: &Moment) -> Result<Moment, Failure> {
    if series.master.is_none() {
        return Err(no_master());
    }
    if series.rules.len() > 1 {
        return Err(rule::several());
    }
    if series.overrides.iter().any(|item| item.onwards) {
        return Err(Failure::unsupported(
            "This series was changed from one occurrence on already (RANGE=THISANDFUTURE) and cannot be cut here. Nothing was \
             changed: use the Calendar app.",
        ));
    }
    let found = series.occurrence_at(id).map_err(unreadable)?;
    found.ok_or_else(|| no_occurrence(series, id))?;
    let ruled = series.ruled_at(id).map_err(unreadable)?;
    Ok(ruled.unwrap_or_else(|| series.own(id)))
}

/// Whether anything of the series lies before a place.
pub(super) fn has_before(series: &Series<'_>, place: &Moment) -> Result<bool, Failure> {
    let last = place
        .local()
        .checked_sub(SignedDuration::from_secs(1))
        .unwrap_or(place.local());
    let before = series.places(jiff::civil::DateTime::MIN, last, 1);
    Ok(!before.map_err(unreadable)?.is_empty())
}

pub(super) fn is_guest(series: &Series<'_>, own_address: Option<&str>) -> bool {
    !series
        .master
        .as_ref()
        .is_none_or(|master| is_organizer(master.component, own_address))
}

/// What the earlier part gets for having been cut.
pub(super) fn stamp(series: &Series<'_>, now: Timestamp, own_address: Option<&str>) -> Stamp {
    Stamp {
        now,
        counts: !is_guest(series, own_address),
    }
}

/// The text without that place and all after it; `sibling` is the UID of the part that these become.
pub(super) fn head<'d>(
    document: &'d Document,
    series: &Series<'d>,
    place: &Moment,
    sibling: Option<&str>,
    stamp: Stamp,
) -> Result<String, Failure> {
    let (master, form) = master(series)?;
    let mut draft = Draft::new(document, master.component);
    if let Some(rule) = series.rules.first() {
        let ended = ended_before(series, rule, place, &form)?;
        draft.set(ContentLine::new("RRULE", ended.to_string()), &[]);
    }
    keep(&mut draft, series, &form, &|moment| {
        is_before(moment, place, series)
    })?;
    if let Some(uid) = sibling {
        draft.add(&related(&escape(uid)));
    }
    for item in &series.overrides {
        if item
            .id
            .as_ref()
            .is_some_and(|id| !is_before(id, place, series))
        {
            draft.take_out(item.component);
        }
    }
    let edited = draft.finish(document, stamp).map_err(not_right)?;
    Ok(edited.map_or_else(|| document.text.clone(), |edited| edited.text))
}

/// The text from that place on, with a UID of its own where one is given. Without stamps: the change that it was cut for
/// brings them.
pub(super) fn tail<'d>(
    document: &'d Document,
    series: &Series<'d>,
    place: &Moment,
    uid: Option<&str>,
) -> Result<String, Failure> {
    let (master, form) = master(series)?;
    let mut draft = Draft::new(document, master.component);
    let own_uid = master.component.get("UID").map(|line| line.value.clone());
    let uid = uid.map(|uid| ContentLine::new("UID", escape(uid)));
    if let Some(uid) = &uid {
        draft.set(uid.clone(), &[]);
    }
    begin_at(&mut draft, series, master, place, &form)?;
    if let Some(rule) = series.rules.first() {
        match remaining(series, rule, place)? {
            Some(rule) => draft.set(ContentLine::new("RRULE", rule.to_string()), &[]),
            None => draft.remove("RRULE"),
        }
    }
    let stays = |moment: &Moment| !is_before(moment, place, series);
    let is_start = |moment: &Moment| moment.matches(place);
    let fate = |name: &str, moment: &Moment| {
        if stays(moment) && !(name == "RDATE" && is_start(moment)) {
            Fate::Stays
        } else {
            Fate::Goes
        }
    };
    dates::rewrite(&mut draft, series, &form, &fate)?;
    if let (Some(own), Some(_)) = (own_uid, &uid) {
        draft.add(&related(&own));
    }
    for item in &series.overrides {
        match &item.id {
            Some(id) if stays(id) => {
                draft.turn_to(item.component);
                if let Some(uid) = &uid {
                    draft.set(uid.clone(), &[]);
                }
            }
            _ => draft.take_out(item.component),
        }
    }
    draft.finish_step(document).map_err(not_right)
}

fn master<'s, 'd>(series: &'s Series<'d>) -> Result<(&'s Item<'d>, When), Failure> {
    let master = series.master.as_ref().ok_or_else(no_master)?;
    let line = master.component.get("DTSTART");
    let form = line.and_then(|line| When::of(line).ok());
    Ok((
        master,
        form.ok_or_else(|| Failure::other("The event has no start."))?,
    ))
}

fn begin_at(
    draft: &mut Draft<'_>,
    series: &Series<'_>,
    master: &Item<'_>,
    place: &Moment,
    form: &When,
) -> Result<(), Failure> {
    let start = dates::when(series, place, form)?;
    draft.set(start.to_line("DTSTART"), &["VALUE", "TZID"]);
    if let Some(line) = master.component.get("DTEND") {
        let form = When::of(line).map_err(|bad| Failure::other(bad.0))?;
        let end = master
            .end_of(place)
            .ok_or_else(|| Failure::other("The event's own end is not understood."))?;
        let end = dates::when(series, &end, &form)?;
        draft.set(end.to_line("DTEND"), &["VALUE", "TZID"]);
    }
    Ok(())
}

fn keep(
    draft: &mut Draft<'_>,
    series: &Series<'_>,
    form: &When,
    stays: &dyn Fn(&Moment) -> bool,
) -> Result<(), Failure> {
    let fate = |_: &str, moment: &Moment| {
        if stays(moment) {
            Fate::Stays
        } else {
            Fate::Goes
        }
    };
    dates::rewrite(draft, series, form, &fate)
}

fn related(uid: &str) -> ContentLine {
    ContentLine::new("RELATED-TO", uid).with_param("RELTYPE", "SIBLING")
}

fn is_before(moment: &Moment, place: &Moment, series: &Series<'_>) -> bool {
    match (moment, place) {
        (Moment::At { instant, .. }, Moment::At { instant: place, .. }) => instant < place,
        _ => series.own(moment).local().date() < place.local().date(),
    }
}

/// The rule cut off before a place: with as many instances as lie before it, or UNTIL in the form that goes with the
/// start (UTC beside a zone, a date beside a date: RFC 5545, 3.3.10).
fn ended_before(
    series: &Series<'_>,
    rule: &Rule,
    place: &Moment,
    form: &When,
) -> Result<Rule, Failure> {
    let second = SignedDuration::from_secs(1);
    let beyond = |_| Failure::invalid("The occurrence lies at the end of the calendar.");
    let bound = match (&rule.bound, place, form) {
        (Bound::Count(_), _, _) => {
            Bound::Count(series.count_before(rule, place).map_err(unreadable)?)
        }
        (_, Moment::Day(date), _) => Bound::Until(When::Date(date.yesterday().map_err(beyond)?)),
        (_, Moment::At { local, .. }, When::Floating(_)) => {
            Bound::Until(When::Floating(local.checked_sub(second).map_err(beyond)?))
        }
        (_, Moment::At { instant, .. }, _) => {
            Bound::Until(When::utc(instant.checked_sub(second).map_err(beyond)?))
        }
    };
    // An end that comes earlier anyway (only added dates lie later) stays.
    let earlier = match (&rule.bound, &bound) {
        (Bound::Until(old), Bound::Until(new)) => old.civil() <= new.civil(),
        _ => false,
    };
    Ok(Rule {
        bound: if earlier { rule.bound.clone() } else { bound },
        ..rule.clone()
    })
}

/// What is left of the rule from a place on; `None` where only added dates are.
fn remaining(series: &Series<'_>, rule: &Rule, place: &Moment) -> Result<Option<Rule>, Failure> {
    if series.ruled_at(place).map_err(unreadable)?.is_none() {
        let later = series.ruled_after(rule, place).map_err(unreadable)?;
        return if later {
            Err(Failure::unsupported(
                "This occurrence was added to the series by itself, so no series can begin with it. Nothing was changed: cut the \
                 series at one of its regular occurrences.",
            ))
        } else {
            Ok(None)
        };
    }
    let bound = match &rule.bound {
        Bound::Count(total) => {
            let before = series.count_before(rule, place).map_err(unreadable)?;
            Bound::Count(total.saturating_sub(before).max(1))
        }
        other => other.clone(),
    };
    Ok(Some(Rule {
        bound,
        ..rule.clone()
    }))
}
