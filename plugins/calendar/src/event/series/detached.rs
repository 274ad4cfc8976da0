//! A change of one occurrence: an exception of its own (RECURRENCE-ID), made from the series' lines, or the one that is
//! there.

use nextcloud_mcp_plugin::Failure;

use super::super::edit::{Change, EventDraft, not_right};
use super::super::reach::unreadable;
use super::super::times::of_changed;
use super::super::zones::Needed;
use super::dates;
use super::{no_occurrence, read, reread};
use crate::ical::{Component, ContentLine, Document, Draft, Edit, Edited, When};
use crate::recurrence::{Item, Occurrence, Series};
use crate::zone::Moment;

/// What an exception does not have: the series' rules and dates.
const OF_THE_SERIES: [&str; 5] = ["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"];

/// Applies a change to the occurrence at this place; `None` if everything is as wanted already.
pub(super) fn apply<'d>(
    document: &'d Document,
    series: &Series<'d>,
    id: &Moment,
    change: &Change<'_>,
) -> Result<Option<Edited>, Failure> {
    if change.rule.is_some() || change.rule_end.is_some() {
        return Err(Failure::invalid(
            "One occurrence has no rule: recurrence_rule, repeat and recurrence_end_date need scope \"following\" or \"all\".",
        ));
    }
    if let Some(item) = series.exception_at(id) {
        refuse_onwards(item)?;
        return change_exception(document, series, item, change);
    }
    let document = reread(&detach(document, series, id)?)?;
    let series = read(&document, series)?;
    let item = series
        .exception_at(id)
        .ok_or_else(|| not_right("the exception was not written".to_owned()))?;
    change_exception(&document, &series, item, change)
}

/// The text with an exception for the occurrence at this place, which says what the series says of it.
pub(crate) fn detach(
    document: &Document,
    series: &Series<'_>,
    id: &Moment,
) -> Result<String, Failure> {
    let found = series.occurrence_at(id).map_err(unreadable)?;
    let occurrence = found.ok_or_else(|| no_occurrence(series, id))?;
    with_exceptions(document, series, std::slice::from_ref(&occurrence))
}

/// Applies a change that leaves times and rule alone to the occurrences at these places, in one edit; also says of each
/// whether anything changes there.
pub(super) fn apply_each<'d>(
    document: &'d Document,
    series: &Series<'d>,
    ids: &[Moment],
    change: &Change<'_>,
) -> Result<(Option<Edited>, Vec<bool>), Failure> {
    let (mut changes, mut detached) = (Vec::new(), Vec::new());
    for id in ids {
        let found = series.occurrence_at(id).map_err(unreadable)?;
        let occurrence = found.ok_or_else(|| no_occurrence(series, id))?;
        let mut draft = EventDraft::new(document, occurrence.component);
        set_texts(&mut draft, change)?;
        let differs = !draft.0.edit.is_empty();
        match series.exception_at(id) {
            Some(item) => refuse_onwards(item)?,
            None if differs => detached.push(occurrence),
            None => {}
        }
        changes.push(differs);
    }
    let text = with_exceptions(document, series, &detached)?;
    let document = reread(&text)?;
    let series = read(&document, series)?;
    let touched = ids.iter().zip(&changes).filter(|(_, differs)| **differs);
    let items = touched.map(|(id, _)| {
        series
            .exception_at(id)
            .ok_or_else(|| not_right("an exception was not written".to_owned()))
    });
    let items = items.collect::<Result<Vec<_>, Failure>>()?;
    let Some(first) = items.first() else {
        return Ok((None, changes));
    };
    let speaker = series.master.as_ref().unwrap_or(first).component;
    let mut draft = EventDraft::new(&document, first.component);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            draft.0.turn_to(item.component);
        }
        set_texts(&mut draft, change)?;
    }
    Ok((draft.finish(&document, change.stamp(speaker))?, changes))
}

/// What a change does besides times and rule.
fn set_texts(draft: &mut EventDraft<'_>, change: &Change<'_>) -> Result<(), Failure> {
    draft.set_details(change, &|_| true)?;
    draft.remind(change)
}

/// What stands for the occurrences after it cannot be changed for one alone.
pub(crate) fn refuse_onwards(item: &Item<'_>) -> Result<(), Failure> {
    if item.onwards {
        return Err(Failure::unsupported(
            "This occurrence stands for all after it (RANGE=THISANDFUTURE), so it cannot be changed alone. Use the Calendar app.",
        ));
    }
    Ok(())
}

fn change_exception<'d>(
    document: &'d Document,
    series: &Series<'d>,
    item: &Item<'d>,
    change: &Change<'_>,
) -> Result<Option<Edited>, Failure> {
    let mut draft = EventDraft::new(document, item.component);
    set_texts(&mut draft, change)?;
    let times = of_changed(&change.when, item, change.user)?;
    if let Some(times) = &times {
        let end_given = change.when.end.is_some_and(|end| !end.trim().is_empty());
        draft.set_times(times, end_given);
    }
    let needed = times.as_ref().and_then(|times| Needed::of(times, None));
    draft.bring_zone(needed.map(|needed| needed.for_all_of(series)));
    let speaker = series.master.as_ref().unwrap_or(item).component;
    draft.finish(document, change.stamp(speaker))
}

/// The text with an exception for each of these occurrences, which says what the series says of it.
fn with_exceptions<'d>(
    document: &'d Document,
    series: &Series<'d>,
    occurrences: &[Occurrence<'d>],
) -> Result<String, Failure> {
    let Some(first) = occurrences.first() else {
        return Ok(document.text.clone());
    };
    let mut differs = OF_THE_SERIES.to_vec();
    differs.extend(["DTSTART", "DTEND", "DURATION"]);
    let mut draft = Draft::new(document, first.component);
    for occurrence in occurrences {
        let copy = exception_of(document, series, occurrence)?;
        draft.add_copy(occurrence.component, copy, &differs);
    }
    draft.finish_step(document).map_err(not_right)
}

fn exception_of<'d>(
    document: &'d Document,
    series: &Series<'d>,
    occurrence: &Occurrence<'d>,
) -> Result<String, Failure> {
    let source = occurrence.component;
    let place = occurrence.id.as_ref().unwrap_or(&occurrence.start);
    let missing = || Failure::other("The event has no start.");
    let start = source.get("DTSTART").ok_or_else(missing)?;
    let form = When::of(start).map_err(|bad| Failure::other(bad.0))?;
    let master = series
        .master
        .as_ref()
        .and_then(|master| master.component.get("DTSTART"));
    let id_form = match master {
        Some(line) => When::of(line).map_err(|bad| Failure::other(bad.0))?,
        None => form.clone(),
    };
    let mut edit = Edit::new(document);
    for name in OF_THE_SERIES {
        edit.remove(source, name);
    }
    set_value(
        &mut edit,
        source,
        start,
        &dates::when(series, &occurrence.start, &form)?,
    );
    let id = dates::when(series, place, &id_form)?.to_line("RECURRENCE-ID");
    let behind = source
        .lines
        .iter()
        .find(|placed| placed.line.name == "DTSTART");
    let at = behind.map_or(source.insert_at, |placed| placed.range.end);
    edit.insert(at, &[id]);
    set_end(&mut edit, series, occurrence, &form)?;
    Ok(edit.extract(source.range.clone()))
}

/// The end, in the form that it has; a length that is stored as such stays where it is right.
fn set_end(
    edit: &mut Edit<'_>,
    series: &Series<'_>,
    occurrence: &Occurrence<'_>,
    start: &When,
) -> Result<(), Failure> {
    let source = occurrence.component;
    if let Some(end) = source.get("DTEND") {
        let form = When::of(end).map_err(|bad| Failure::other(bad.0))?;
        let end_at = dates::when(series, &occurrence.end, &form)?;
        set_value(edit, source, end, &end_at);
        return Ok(());
    }
    let reader = series.zones.reader();
    let usual = series
        .master
        .as_ref()
        .filter(|master| master.component.range == source.range)
        .and_then(|master| master.end_of(&occurrence.start));
    let instant = |moment: &Moment| moment.instant(reader);
    if usual.as_ref().map(instant) != Some(instant(&occurrence.end)) {
        // A period of RDATE has a length of its own.
        edit.remove(source, "DURATION");
        let end = dates::when(series, &occurrence.end, start)?.to_line("DTEND");
        edit.insert(source.insert_at, &[end]);
    }
    Ok(())
}

fn set_value(edit: &mut Edit<'_>, component: &Component, line: &ContentLine, when: &When) {
    let line = ContentLine {
        value: when.to_line(&line.name).value,
        ..line.clone()
    };
    edit.set(component, &line);
}
