//! The second reader: before a text is stored, calcard reads it and says whether it means what it should.
//!
//! calcard knows nothing of the edit, so a mistake in this module's neighbours ends here instead of in somebody's
//! calendar. What it finds wrong is a mistake of the plugin, never of the user.

use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarEntry};

/// An event's texts, as the user gave them.
pub(crate) struct Expected<'a> {
    pub(crate) uid: &'a str,
    /// Property name and text.
    pub(crate) texts: Vec<(&'static str, &'a str)>,
}

/// Whether a new text holds exactly one event with these texts.
pub(crate) fn holds(text: &str, expected: &Expected<'_>) -> Result<(), String> {
    let calendar = parse(text)?;
    let mut events = calendar.components.iter().filter(|part| part.component_type == ICalendarComponentType::VEvent);
    let (Some(event), None) = (events.next(), events.next()) else {
        return Err("it does not hold exactly one event".to_owned());
    };
    let texts = expected.texts.iter().copied().chain([("UID", expected.uid)]);
    for (name, wanted) in texts {
        let mut entries = event.entries.iter().filter(|entry| entry.name.as_str() == name);
        let found = entries.next().and_then(|entry| entry.values.first()).and_then(|value| value.as_text());
        let wanted = wanted.replace("\r\n", "\n").replace('\r', "\n");
        if found.unwrap_or_default() != wanted || entries.next().is_some() {
            return Err(format!("{name} did not survive writing"));
        }
    }
    Ok(())
}

/// Whether an edit changed nothing but these properties of the component number `edited` (counting all but zones
/// and alarms, VCALENDAR first), its alarms where `alarms` says so, and zones.
pub(crate) fn changed_only(before: &str, after: &str, edited: usize, names: &[&str], alarms: bool) -> Result<(), String> {
    let (before, after) = (outline(before, alarms)?, outline(after, alarms)?);
    if before.len() != after.len() {
        return Err("a component appeared or vanished".to_owned());
    }
    for (index, (old, new)) in before.iter().zip(&after).enumerate() {
        if old.0 != new.0 {
            return Err("a component changed its kind".to_owned());
        }
        let untouched = |entry: &&ICalendarEntry| index != edited || !names.contains(&entry.name.as_str());
        if !old.1.iter().filter(untouched).eq(new.1.iter().filter(untouched)) {
            return Err(format!("more changed than {}", names.join(", ")));
        }
    }
    Ok(())
}

type Outline = Vec<(ICalendarComponentType, Vec<ICalendarEntry>)>;

fn outline(text: &str, without_alarms: bool) -> Result<Outline, String> {
    use ICalendarComponentType::{Daylight, Standard, VAlarm, VTimezone};
    let components = parse(text)?.components;
    let skipped = |kind: &ICalendarComponentType| {
        matches!(kind, VTimezone | Standard | Daylight) || (without_alarms && *kind == VAlarm)
    };
    let kept = components.into_iter().filter(|component| !skipped(&component.component_type));
    Ok(kept.map(|component| (component.component_type, component.entries)).collect())
}

fn parse(text: &str) -> Result<ICalendar, String> {
    ICalendar::parse(text).map_err(|_| "it cannot be read back".to_owned())
}
