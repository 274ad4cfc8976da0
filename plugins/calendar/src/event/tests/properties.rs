//! What must hold for any series: edits keep what they do not name, and a cut loses and adds no occurrence.

use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarEntry};
use proptest::prelude::*;

use super::*;

const ZONES: [&str; 4] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
];

/// How DTSTART is written, from a day and an hour.
fn start() -> impl Strategy<Value = String> {
    let day = (1_u8..=28, 1_u8..=12, 0_u8..24);
    (day, 0_usize..7).prop_map(|((day, month, hour), form)| {
        let date = format!("2026{month:02}{day:02}");
        match form {
            0 => format!("DTSTART;VALUE=DATE:{date}"),
            1 => format!("DTSTART:{date}T{hour:02}3000Z"),
            2 => format!("DTSTART:{date}T{hour:02}3000"),
            zone => format!("DTSTART;TZID={}:{date}T{hour:02}3000", ZONES[zone - 3]),
        }
    })
}

fn rule() -> impl Strategy<Value = String> {
    let frequency = prop_oneof![
        Just("DAILY"),
        Just("WEEKLY"),
        Just("WEEKLY;BYDAY=MO,WE,SU"),
        Just("WEEKLY;WKST=SU;BYDAY=TU,SU"),
        Just("MONTHLY"),
        Just("MONTHLY;BYMONTHDAY=29,30,31"),
        Just("MONTHLY;BYDAY=2TU,-1FR"),
        Just("MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1"),
        Just("YEARLY"),
        Just("YEARLY;BYMONTH=2;BYMONTHDAY=29"),
    ];
    let bound = prop_oneof![
        Just(String::new()),
        (1_u32..40).prop_map(|count| format!(";COUNT={count}")),
    ];
    (frequency, 1_u32..4, bound).prop_map(|(frequency, interval, bound)| {
        format!("FREQ={frequency};INTERVAL={interval}{bound}")
    })
}

/// Where the series has its occurrences, until 2034; of some of them what was moved is where it is now.
fn all(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let window = Window {
        from: "2025-12-01T00:00:00Z".parse().unwrap(),
        to: "2034-01-01T00:00:00Z".parse().unwrap(),
        starting: Timestamp::MIN,
    };
    let found = series
        .occurrences(window, 5000, &mut Budget::new(1_000_000), &|_, _| true)
        .unwrap();
    let line = |one: &Occurrence<'_>| {
        let (start, end) = (one.start.instant(&berlin()), one.end.instant(&berlin()));
        format!("{start} {end}")
    };
    found.iter().map(line).collect()
}

/// The places of the first occurrences, as tools show them.
fn places(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let places = series.places(jiff::civil::DateTime::MIN, jiff::civil::DateTime::MAX, 30);
    let places = places.unwrap();
    places
        .iter()
        .map(|place| day_or_time(place, &berlin()))
        .collect()
}

fn series(start: &str, rule: &str, odd: &str) -> String {
    calendar(&[&format!(
        "DTSTAMP:20260101T000000Z\n{start}\nRRULE:{rule}\nSUMMARY:old\n{odd}BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\n\
         X-SNOOZE:1\nEND:VALARM"
    )])
}

/// A few occurrences taken out and changed, one after the other, as a person does.
fn with_exceptions(mut text: String, picks: &[(usize, bool)]) -> String {
    for (pick, delete) in picks {
        let ids = places(&text);
        let id = &ids[pick % ids.len()];
        if *delete {
            if let Removal::Edited(left) = removed(&text, Scope::This, id).unwrap() {
                text = left;
            }
        } else if let Some(edit) =
            reached(&text, Scope::This, id, |change| change.title = Some("own")).unwrap()
        {
            text = edit.text;
        }
    }
    text
}

/// Odd properties that no edit here names.
fn odd() -> impl Strategy<Value = String> {
    let value = "[ -~äß€😀]{0,90}";
    proptest::collection::vec((0_usize..4, value), 0..4).prop_map(|lines| {
        let line = |(kind, value): &(usize, String)| match kind {
            0 => format!("X-ODD;X-P=\"{}\":{value}\n", value.replace('"', "")),
            1 => format!(
                "ATTENDEE;CN=\"{}\";X-N=0:mailto:a@example.org\n",
                value.replace('"', "")
            ),
            2 => format!("COMMENT:{}\n", crate::ical::escape(value)),
            _ => format!(
                "ATTACH;FMTTYPE=a/b;X-Y=1:https://example.org/{}\n",
                value.len()
            ),
        };
        lines.iter().map(line).collect()
    })
}

/// What calcard reads of the events, those properties left out that edits bring or name.
fn others(text: &str) -> Vec<Vec<ICalendarEntry>> {
    let named = [
        "SUMMARY",
        "DTSTAMP",
        "LAST-MODIFIED",
        "SEQUENCE",
        "UID",
        "DTSTART",
        "DTEND",
        "RRULE",
        "EXDATE",
        "RECURRENCE-ID",
        "RELATED-TO",
    ];
    let calendar = ICalendar::parse(text).unwrap();
    let kept = |component: &ICalendarComponent| {
        let entries = component.entries.iter();
        entries
            .filter(|entry| !named.contains(&entry.name.as_str()))
            .cloned()
            .collect()
    };
    let zones = ["VTIMEZONE", "STANDARD", "DAYLIGHT"];
    let components = calendar.components.iter();
    components
        .filter(|component| !zones.contains(&component.component_type.as_str()))
        .map(kept)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn both_halves_of_a_cut_are_the_whole(
        start in start(), rule in rule(), cut in 0_usize..30,
        picks in proptest::collection::vec((0_usize..30, any::<bool>()), 0..4),
    ) {
        let text = with_exceptions(series(&start, &rule, ""), &picks);
        let ids = places(&text);
        let id = &ids[cut % ids.len()];
        let edit = reached(&text, Scope::Following, id, |change| change.title = Some("new"));
        // An exception that is everything that is left has its own title already.
        if let Some(edit) = edit.unwrap() {
            let mut both = all(&edit.text);
            both.extend(edit.split.iter().flat_map(|split| all(&split.text)));
            both.sort();
            let mut whole = all(&text);
            whole.sort();
            prop_assert_eq!(both, whole);
        }
    }

    #[test]
    fn deleting_the_following_ones_leaves_those_before(
        start in start(), rule in rule(), cut in 1_usize..30,
        picks in proptest::collection::vec((0_usize..30, any::<bool>()), 0..3),
    ) {
        let text = with_exceptions(series(&start, &rule, ""), &picks);
        let ids = places(&text);
        let cut = cut % ids.len();
        let left = removed(&text, Scope::Following, &ids[cut]).unwrap();
        let left = match &left {
            Removal::Whole => Vec::new(),
            Removal::Edited(text) => places(text),
        };
        prop_assert_eq!(&left[..], &ids[..cut]);
    }

    #[test]
    fn edits_of_any_reach_keep_what_they_do_not_name(
        start in start(), rule in rule(), odd in odd(), cut in 0_usize..30, title in "[^\\p{C}]{1,60}",
    ) {
        prop_assume!(!title.trim().is_empty() && title != "old");
        let text = series(&start, &rule, &odd);
        let ids = places(&text);
        let id = &ids[cut % ids.len()];
        let before = others(&text);
        let event = &before[1..];
        let retitle = |scope, id: &str| {
            let title: &'static str = Box::leak(title.clone().into_boxed_str());
            reached(&text, scope, id, |change| change.title = Some(title)).unwrap().unwrap()
        };
        prop_assert_eq!(&others(&retitle(Scope::All, "").text), &before);
        // The exception is a second event with the same properties and alarm.
        prop_assert_eq!(others(&retitle(Scope::This, id).text), [&before[..1], event, event].concat());
        let cut = retitle(Scope::Following, id);
        for half in std::iter::once(&cut.text).chain(cut.split.iter().map(|split| &split.text)) {
            prop_assert_eq!(&others(half), &before);
        }
        if let Removal::Edited(left) = removed(&text, Scope::This, id).unwrap() {
            prop_assert_eq!(&others(&left), &before);
        }
    }

    #[test]
    fn a_series_that_moves_takes_every_exception_along(
        start in start(), rule in prop_oneof![Just("FREQ=DAILY;COUNT=20"), Just("FREQ=WEEKLY;COUNT=20")],
        picks in proptest::collection::vec((0_usize..30, any::<bool>()), 1..5), days in -3_i64..4,
    ) {
        let text = with_exceptions(series(&start, rule, ""), &picks);
        let document = Document::parse(&text).unwrap();
        let own = Series::read(&document, Zones::of(&document, berlin())).unwrap();
        let first = own.master.as_ref().unwrap().start.clone();
        let there = first.local().date().checked_add(jiff::Span::new().days(days)).unwrap();
        let zone = match &first {
            Moment::At { zone, .. } => format!("[{}]", zone.name()),
            Moment::Day(_) => String::new(),
        };
        let wanted = match &first {
            Moment::At { .. } => format!("{}{zone}", there.to_datetime(first.local().time())),
            Moment::Day(_) => there.to_string(),
        };
        let wanted: &'static str = Box::leak(wanted.into_boxed_str());
        let moved = changed(&text, |change| change.when = at(wanted, None)).unwrap();
        let count = all(&text).len();
        prop_assert_eq!(all(moved.as_ref().unwrap_or(&text)).len(), count);
        if let Some(moved) = moved {
            let own = moved.matches("SUMMARY:own").count();
            prop_assert_eq!(own, text.matches("SUMMARY:own").count());
        }
    }
}
