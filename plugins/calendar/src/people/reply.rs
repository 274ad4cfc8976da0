//! The user's answer to an invitation: PARTSTAT of the user's own ATTENDEE lines, and nothing else. Stored, it makes
//! Nextcloud tell the organizer (RFC 6638, 3.2.2.3). SEQUENCE belongs to the organizer and stays (RFC 5546, 2.1.4).
//!
//! There is no comment: Nextcloud's reply carries none to the organizer.

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::{Deserialize, Serialize};

use super::address::{Own, address_of};
use super::busy::answer_in;
use crate::event;
use crate::ical::{Component, ContentLine, Document, Edit, When};
use crate::recurrence::{Item, Series};
use crate::zone::{Moment, Zones};

// What can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Response {
    Accepted,
    Declined,
    Tentative,
}

impl Response {
    /// As iCalendar writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Tentative => "TENTATIVE",
        }
    }
}

/// What is answered: to which event, by whom, what, and to which occurrence (its place in the series; none: to all).
#[derive(Clone, Copy)]
pub(crate) struct Answered<'a> {
    pub(crate) document: &'a Document,
    pub(crate) series: &'a Series<'a>,
    pub(crate) own: &'a Own,
    pub(crate) response: Response,
    pub(crate) occurrence: Option<&'a Moment>,
    pub(crate) now: Timestamp,
}

/// The text with the answer in it; `None` if that is the answer already.
///
/// An answer to a whole series leaves alone the occurrences to which the user answered otherwise.
pub(crate) fn answer(answered: &Answered<'_>) -> Result<Option<String>, Failure> {
    let text = match answered.occurrence {
        None => to_all(answered)?,
        Some(id) => to_one(answered, id)?,
    };
    if let Some(text) = &text {
        touches_nothing_else(answered, text).map_err(|why| {
            Failure::internal(format!(
                "the answer was not written well, so nothing was sent: {why}"
            ))
        })?;
    }
    Ok(text)
}

/// Whether a text that was read back says what was answered.
pub(crate) fn answer_stored(
    series: &Series<'_>,
    own: &Own,
    response: Response,
    occurrence: Option<&Moment>,
) -> bool {
    let says = |event: &Component| {
        own.attendee(event)
            .is_some_and(|line| answer_in(line) == response.word())
    };
    match occurrence {
        Some(id) => series
            .occurrence_at(id)
            .is_ok_and(|found| found.is_some_and(|occurrence| says(occurrence.component))),
        None => items(series).any(|item| says(item.component)),
    }
}

fn to_all(answered: &Answered<'_>) -> Result<Option<String>, Failure> {
    let own = answered.own;
    let invited = |item: &&Item<'_>| own.attendee(item.component).is_some();
    let invited: Vec<&Item<'_>> = items(answered.series).filter(invited).collect();
    let Some(first) = invited.first() else {
        return Err(not_invited(answered.series, own));
    };
    may_answer(first.component, own)?;
    let before = own.attendee(first.component).map(answer_in);
    let targets = invited.into_iter().filter(|item| {
        let answer = own.attendee(item.component).map(answer_in);
        answer == before || answer.as_deref() == Some("NEEDS-ACTION")
    });
    Ok(edited(answered, targets.map(|item| item.component)))
}

fn to_one(answered: &Answered<'_>, id: &Moment) -> Result<Option<String>, Failure> {
    let (series, own) = (answered.series, answered.own);
    let found = series
        .occurrence_at(id)
        .map_err(|bad| Failure::other(format!("The series is not understood: {}.", bad.0)))?;
    let event = found
        .ok_or_else(|| Failure::not_found("The series has no such occurrence."))?
        .component;
    let line = own
        .attendee(event)
        .ok_or_else(|| not_invited(series, own))?;
    may_answer(event, own)?;
    if let Some(item) = series.exception_at(id) {
        event::refuse_onwards(item)?;
        return Ok(edited(answered, std::iter::once(item.component)));
    }
    if answer_in(line) == answered.response.word() {
        return Ok(None);
    }
    let not_written = |bad: String| {
        Failure::internal(format!(
            "an occurrence of the series could not be written: {bad}"
        ))
    };
    let text = event::detach(answered.document, series, id)?;
    let document = Document::parse(&text).map_err(|bad| not_written(bad.0))?;
    let zones = Zones::of(&document, series.zones.reader().clone());
    let series = Series::read(&document, zones).map_err(|bad| not_written(bad.0))?;
    let exception = series
        .exception_at(id)
        .ok_or_else(|| not_written("it is not there".to_owned()))?;
    let answered = Answered {
        document: &document,
        series: &series,
        ..*answered
    };
    Ok(edited(&answered, std::iter::once(exception.component)))
}

/// The text with the answer in these components; `None` if it is there.
fn edited<'d>(
    answered: &Answered<'_>,
    targets: impl Iterator<Item = &'d Component>,
) -> Option<String> {
    let mut edit = Edit::new(answered.document);
    for event in targets {
        let own = event
            .lines
            .iter()
            .filter(|placed| placed.line.name == "ATTENDEE" && answered.own.is(&placed.line));
        let mut changed = false;
        for placed in own.filter(|placed| answer_in(&placed.line) != answered.response.word()) {
            edit.set_line(placed, Some(&answering(&placed.line, answered.response)));
            changed = true;
        }
        if changed {
            for stamp in stamps(answered.now) {
                edit.set(event, &stamp);
            }
        }
    }
    (!edit.is_empty()).then(|| edit.finish())
}

/// The same line with this answer.
fn answering(line: &ContentLine, response: Response) -> ContentLine {
    let mut line = line.clone();
    match line
        .params
        .iter_mut()
        .find(|param| param.name == "PARTSTAT")
    {
        Some(param) => param.values = vec![response.word().to_owned()],
        None => line = line.with_param("PARTSTAT", response.word()),
    }
    line
}

fn stamps(now: Timestamp) -> [ContentLine; 2] {
    ["DTSTAMP", "LAST-MODIFIED"].map(|name| When::utc(now).to_line(name))
}

fn items<'s, 'd>(series: &'s Series<'d>) -> impl Iterator<Item = &'s Item<'d>> {
    series.master.iter().chain(&series.overrides)
}

/// Why Nextcloud would tell nobody.
fn may_answer(event: &Component, own: &Own) -> Result<(), Failure> {
    let Some(organizer) = event.get("ORGANIZER") else {
        return Err(Failure::invalid(
            "The event names no organizer, so there is nobody to answer to. Nothing was changed.",
        ));
    };
    if own.is(organizer) {
        return Err(Failure::invalid(
            "The user organizes this event, so there is nothing to answer. update_event changes it.",
        ));
    }
    if event::text(event, "STATUS")
        .is_some_and(|status| status.trim().eq_ignore_ascii_case("CANCELLED"))
    {
        return Err(Failure::invalid(format!(
            "{} has called this off, so there is nothing to answer.",
            address_of(organizer)
        )));
    }
    Ok(())
}

fn not_invited(series: &Series<'_>, own: &Own) -> Failure {
    if items(series).any(|item| own.organizes(item.component)) {
        return Failure::invalid(
            "The user organizes this event, so there is nothing to answer. update_event changes it.",
        );
    }
    Failure::denied(
        "The user is not among the attendees of this event, so there is nothing to answer. list_invitations shows what \
         waits for an answer.",
    )
}

/// Read back from scratch: every line stands as it stood, but for the stamps and the user's own ATTENDEE lines; at most
/// one component came along.
fn touches_nothing_else(answered: &Answered<'_>, text: &str) -> Result<(), String> {
    let after = Document::parse(text).map_err(|bad| bad.0)?;
    let before: Vec<(String, Vec<&str>)> = outline(answered.document, answered.own);
    let after = outline(&after, answered.own)
        .into_iter()
        .map(|(name, lines)| (name, lines.into_iter().map(str::to_owned).collect()))
        .collect::<Vec<(String, Vec<String>)>>();
    let mut after = after.iter();
    for old in &before {
        if !after.any(|new| new.0 == old.0 && new.1.iter().eq(old.1.iter())) {
            return Err(format!("a {} changed", old.0));
        }
    }
    Ok(())
}

/// Each component outside of zones, with its lines as they stand in the text.
fn outline<'d>(document: &'d Document, own: &Own) -> Vec<(String, Vec<&'d str>)> {
    fn collect<'d>(
        document: &'d Document,
        component: &'d Component,
        own: &Own,
        into: &mut Vec<(String, Vec<&'d str>)>,
    ) {
        let may_differ = |line: &ContentLine| match line.name.as_str() {
            "DTSTAMP" | "LAST-MODIFIED" => true,
            "ATTENDEE" => own.is(line),
            _ => false,
        };
        let lines = component
            .lines
            .iter()
            .filter(|placed| !may_differ(&placed.line));
        let lines = lines.map(|placed| &document.text[placed.range.clone()]);
        into.push((component.name.clone(), lines.collect()));
        for child in &component.children {
            collect(document, child, own, into);
        }
    }
    let mut parts = Vec::new();
    collect(document, &document.calendar, own, &mut parts);
    parts
}
