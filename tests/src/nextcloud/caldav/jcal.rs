//! iCalendar as JSON (RFC 7265), as far as exports need it.

use serde_json::{Value, json};

use super::ical::{Component, Line};

/// A component as jCal.
pub(super) fn of(component: &Component) -> Value {
    let lines: Vec<Value> = component.lines.iter().map(property).collect();
    let inner: Vec<Value> = component.components.iter().map(of).collect();
    json!([component.name.to_lowercase(), lines, inner])
}

fn property(line: &Line) -> Value {
    let kind = kind(line);
    let mut params = serde_json::Map::new();
    for (name, value) in line
        .all_params()
        .into_iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("VALUE"))
    {
        params.insert(name.to_lowercase(), json!(value));
    }
    json!([
        line.name.to_lowercase(),
        params,
        kind,
        value(&line.value, kind)
    ])
}

fn kind(line: &Line) -> &'static str {
    match line.name.as_str() {
        "DTSTART" | "DTEND" | "DUE" | "RECURRENCE-ID" if line.param("VALUE") == Some("DATE") => {
            "date"
        }
        "DTSTART" | "DTEND" | "DUE" | "RECURRENCE-ID" | "DTSTAMP" | "CREATED" | "LAST-MODIFIED"
        | "COMPLETED" => "date-time",
        "DURATION" | "TRIGGER" | "REFRESH-INTERVAL" => "duration",
        "ORGANIZER" | "ATTENDEE" => "cal-address",
        "URL" => "uri",
        "SEQUENCE" | "PRIORITY" | "PERCENT-COMPLETE" => "integer",
        name if name.starts_with("X-") => "unknown",
        _ => "text",
    }
}

fn value(text: &str, kind: &str) -> Value {
    match kind {
        "integer" => text
            .parse::<i64>()
            .map_or_else(|_| json!(text), |number| json!(number)),
        "date" if text.len() == 8 => json!(date(text)),
        "date-time" if text.len() >= 15 => {
            let zone = if text.ends_with('Z') { "Z" } else { "" };
            json!(format!(
                "{}T{}:{}:{}{zone}",
                date(&text[..8]),
                &text[9..11],
                &text[11..13],
                &text[13..15]
            ))
        }
        _ => json!(text),
    }
}

fn date(text: &str) -> String {
    format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..8])
}
