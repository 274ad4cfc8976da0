//! Several single occurrences at once come out as one after the other would.

use super::*;

/// A series of ten with an occurrence moved, one taken out and one added, and a zone of its own behind it.
fn stored() -> String {
    calendar(&[
        "DTSTART;TZID=Europe/Berlin:20261012T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=10\n\
         EXDATE;TZID=Europe/Berlin:20261102T090000\nRDATE;TZID=Europe/Berlin:20261013T090000\nSUMMARY:Weekly\nX-KEPT:1",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261019T090000\nDTSTART;TZID=Europe/Berlin:20261020T140000\n\
         DURATION:PT30M\nSUMMARY:moved\nLOCATION:Room 1",
    ])
}

/// By the rule, by RDATE, moved, and by the rule in winter.
const IDS: [&str; 4] = ["2026-10-12", "2026-10-13", "2026-10-19", "2026-10-26"];

fn places(series: &Series<'_>) -> Vec<Moment> {
    let place = |id: &&str| match Reach::of_arguments(Some(Scope::This), Some(id), series) {
        Ok(Reach::This(place)) => place,
        other => panic!("{other:?}"),
    };
    IDS.iter().map(place).collect()
}

fn all_at_once<'a>(
    text: &str,
    adjust: impl FnOnce(&mut Change<'a>),
) -> (Option<String>, Vec<bool>) {
    let document = Document::parse(text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let mut change: Change<'a> = change(Box::leak(Box::default()), Box::leak(Box::new(berlin())));
    adjust(&mut change);
    let (edited, changes) = apply_to_each(&document, &series, &places(&series), &change).unwrap();
    (edited.map(|edited| edited.text), changes)
}

#[test]
fn many_occurrences_change_as_one_after_the_other() {
    let (text, changes) = all_at_once(&stored(), |change| change.title = Some("Online"));
    let mut one_by_one = stored();
    for id in IDS {
        let edited = reached(&one_by_one, Scope::This, id, |change| {
            change.title = Some("Online");
        });
        one_by_one = edited.unwrap().unwrap().text;
    }
    assert_eq!(changes, [true; 4]);
    let text = text.unwrap();
    assert_eq!(shown(&text), shown(&one_by_one));
    assert_eq!(text.matches("SUMMARY:Online\r\n").count(), 4);
    assert_eq!(text.matches("X-KEPT:1\r\n").count(), 4);
    has(&text, "LOCATION:Room 1");
    let lines = |text: &str| {
        let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&text), lines(&one_by_one));
}

#[test]
fn what_is_so_already_stays_without_an_exception() {
    let (text, changes) = all_at_once(&stored(), |change| change.title = Some("Weekly"));
    assert_eq!(changes, [false, false, true, false]);
    let text = text.unwrap();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    assert!(!text.contains("SUMMARY:moved"));
    let (text, changes) = all_at_once(&text, |change| change.title = Some("Weekly"));
    assert_eq!((text, changes), (None, vec![false; 4]));
}

#[test]
fn many_occurrences_go_as_one_after_the_other() {
    let text = stored();
    let document = Document::parse(&text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let stamp = Stamp {
        now: now(),
        counts: false,
    };
    let Removal::Edited(at_once) =
        remove_each(&document, &series, &places(&series), stamp).unwrap()
    else {
        panic!("nothing is left");
    };
    let mut one_by_one = text;
    for id in IDS {
        match removed(&one_by_one, Scope::This, id).unwrap() {
            Removal::Edited(text) => one_by_one = text,
            Removal::Whole => panic!("nothing is left"),
        }
    }
    assert_eq!(shown(&at_once), shown(&one_by_one));
    assert_eq!(shown(&at_once).len(), 6);
    assert_eq!(at_once.matches("BEGIN:VEVENT").count(), 1);
    assert!(!at_once.contains("RDATE"), "{at_once}");
    for day in ["20261102", "20261012", "20261019", "20261026"] {
        has(&at_once, &format!("EXDATE;TZID=Europe/Berlin:{day}T090000"));
    }
}

#[test]
fn a_series_without_the_occurrences_that_are_taken_out_may_be_nothing() {
    let text = calendar(&["DTSTART:20261012T090000Z\nRRULE:FREQ=DAILY;COUNT=2"]);
    let document = Document::parse(&text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let ids: Vec<Moment> = ["2026-10-12", "2026-10-13"]
        .iter()
        .map(
            |id| match Reach::of_arguments(Some(Scope::This), Some(id), &series) {
                Ok(Reach::This(place)) => place,
                other => panic!("{other:?}"),
            },
        )
        .collect();
    let stamp = Stamp {
        now: now(),
        counts: false,
    };
    assert_eq!(
        remove_each(&document, &series, &ids, stamp).unwrap(),
        Removal::Whole
    );
}
