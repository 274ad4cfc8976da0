//! The lists of moments in a series: EXDATE and RDATE lines, value by value, each line in the form that it has.

use nextcloud_mcp_plugin::Failure;

use crate::ical::{Component, ContentLine, Draft, Duration, Placed, When, format_datetime};
use crate::recurrence::Series;
use crate::zone::Moment;

/// Names of the properties that list moments.
pub(super) const LISTS: [&str; 2] = ["EXDATE", "RDATE"];

/// What becomes of one value.
pub(super) enum Fate {
    Stays,
    Goes,
    /// Moves to another place.
    Becomes(Moment),
}

/// One value: what it says and, for a period, what stands behind the slash.
struct Value<'l> {
    raw: &'l str,
    when: When,
    period: Option<&'l str>,
}

/// Rewrites the lists of a master: `fate` says what becomes of each moment. A line none of whose values changes is not
/// touched. `form` is the start that the series is going to have.
pub(super) fn rewrite(
    draft: &mut Draft<'_>,
    series: &Series<'_>,
    form: &When,
    fate: &dyn Fn(&str, &Moment) -> Fate,
) -> Result<(), Failure> {
    let component = draft.component;
    for placed in lists(component) {
        rewrite_line(draft, placed, series, form, fate)?;
    }
    Ok(())
}

fn lists(component: &Component) -> impl Iterator<Item = &Placed> {
    let is_list = |placed: &&Placed| LISTS.contains(&placed.line.name.as_str());
    component.lines.iter().filter(is_list)
}

fn rewrite_line(
    draft: &mut Draft<'_>,
    placed: &Placed,
    series: &Series<'_>,
    form: &When,
    fate: &dyn Fn(&str, &Moment) -> Fate,
) -> Result<(), Failure> {
    let line = &placed.line;
    let (mut kept, mut touched, mut new_form) = (Vec::new(), false, None);
    for value in values(line)? {
        let moment = moment(&value.when, series)?;
        match fate(&line.name, &moment) {
            Fate::Stays => kept.push(value.raw.to_owned()),
            Fate::Goes => touched = true,
            Fate::Becomes(place) => {
                touched = true;
                let own = own_form(&value.when, form);
                let written = when(series, &place, own)?;
                kept.push(with_period(&value, &written, &moment, &place, series)?);
                new_form = Some(written);
            }
        }
    }
    if !touched {
        return Ok(());
    }
    if kept.is_empty() {
        draft.set_line(placed, None);
        return Ok(());
    }
    let mut new = ContentLine {
        value: kept.join(","),
        ..line.clone()
    };
    if let Some(form) = new_form {
        let shape = form.to_line(&line.name);
        let is_period =
            |name: &str, value: &str| name == "VALUE" && value.eq_ignore_ascii_case("PERIOD");
        new.params.retain(|param| {
            let value = param.values.first().map_or("", String::as_str);
            !matches!(param.name.as_str(), "VALUE" | "TZID") || is_period(&param.name, value)
        });
        new.params.extend(shape.params);
    }
    draft.set_line(placed, Some(&new));
    Ok(())
}

/// Adds moments to EXDATE: in the form of the last line that there is, else in the start's.
pub(super) fn exclude(
    draft: &mut Draft<'_>,
    series: &Series<'_>,
    form: &When,
    places: &[Moment],
) -> Result<(), Failure> {
    if places.is_empty() {
        return Ok(());
    }
    let written = |form: &When| -> Result<Vec<String>, Failure> {
        let values = places.iter().map(|place| when(series, place, form));
        let values = values.map(|value| Ok(value?.to_line("EXDATE").value));
        values.collect()
    };
    let component = draft.component;
    let of_kind = |placed: &&Placed| {
        placed.line.name == "EXDATE"
            && values(&placed.line).is_ok_and(|values| {
                !values.is_empty()
                    && values
                        .iter()
                        .all(|value| value.when.is_date() == form.is_date())
            })
    };
    let Some(last) = component.lines.iter().rev().find(of_kind) else {
        let shape = when(series, &places[0], form)?.to_line("EXDATE");
        let value = written(form)?.join(",");
        draft.add(&ContentLine { value, ..shape });
        return Ok(());
    };
    let stored = values(&last.line)?;
    let new = written(stored.last().map_or(form, |value| &value.when))?;
    let line = |value| ContentLine {
        value,
        ..last.line.clone()
    };
    if stored.len() > 1 {
        let value = format!("{},{}", last.line.value.trim_end(), new.join(","));
        draft.set_line(last, Some(&line(value)));
    } else {
        for value in new {
            draft.add(&line(value));
        }
    }
    Ok(())
}

/// The form that a value keeps when the start has a new one: UTC and days stay, what is written in a zone goes along.
fn own_form<'w>(old: &'w When, start: &'w When) -> &'w When {
    match old {
        When::Utc(_) if !start.is_date() => old,
        When::Date(_) => old,
        _ => start,
    }
}

fn with_period(
    value: &Value<'_>,
    written: &When,
    old: &Moment,
    new: &Moment,
    series: &Series<'_>,
) -> Result<String, Failure> {
    let start = written.to_line("RDATE").value;
    let Some(period) = value.period else {
        return Ok(start);
    };
    if Duration::parse(period).is_ok() {
        return Ok(format!("{start}/{period}"));
    }
    let bad = |_| Failure::other("A period of RDATE is not understood. Nothing was changed.");
    let end = When::parse(period, tzid_of(&value.when)).map_err(bad)?;
    let reader = series.zones.reader();
    let shift = new.instant(reader).duration_since(old.instant(reader));
    let end = moment(&end, series)?
        .plus(shift)
        .ok_or_else(|| Failure::invalid("A period of RDATE would lie beyond the calendar."))?;
    let end = when(series, &end, written)?;
    let end = match &end {
        When::Utc(local) => format!("{}Z", format_datetime(*local)),
        other => format_datetime(other.civil()),
    };
    Ok(format!("{start}/{end}"))
}

fn tzid_of(when: &When) -> Option<&str> {
    match when {
        When::Zoned(_, tzid) => Some(tzid),
        _ => None,
    }
}

fn values(line: &ContentLine) -> Result<Vec<Value<'_>>, Failure> {
    let bad =
        |bad: crate::ical::BadValue| Failure::other(format!("{}. Nothing was changed.", bad.0));
    let items = line.value.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(|raw| {
            let (start, period) = match raw.split_once('/') {
                Some((start, period)) => (start, Some(period)),
                None => (raw, None),
            };
            let when = When::parse(start, line.param("TZID")).map_err(bad)?;
            Ok(Value { raw, when, period })
        })
        .collect()
}

/// What a value of the series says.
pub(super) fn moment(when: &When, series: &Series<'_>) -> Result<Moment, Failure> {
    series
        .moment(when)
        .map_err(|unknown| Failure::other(format!("The zone `{}` is not known.", unknown.0)))
}

/// A moment in the form of another value.
pub(super) fn when(series: &Series<'_>, moment: &Moment, form: &When) -> Result<When, Failure> {
    series
        .zones
        .when(moment, form)
        .map_err(|unknown| Failure::other(format!("The zone `{}` is not known.", unknown.0)))
}
