//! Finding events: ranges, filters, order, pages, calendars of any size.

use jiff::Timestamp;
use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::nextcloud::FetchError;

use super::*;
use crate::tools::events::upcoming::{self, upcoming};

/// Lists alice's personal calendar with these objects in it.
fn list(texts: &[String], arguments: Value) -> (String, Value) {
    let nextcloud = start();
    nextcloud.on("REPORT", PERSONAL, stored_objects(texts));
    let mut arguments = arguments;
    arguments["calendar_name"] = json!("personal");
    run("list_events", arguments).unwrap()
}

fn stored_objects(texts: &[String]) -> Answer {
    let names: Vec<String> = (0..texts.len()).map(|i| format!("{i}.ics")).collect();
    let found: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(texts.iter().map(String::as_str))
        .collect();
    objects(PERSONAL, &found)
}

fn titles(found: &Value) -> Vec<&str> {
    let events = found["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["title"].as_str().unwrap())
        .collect()
}

/// An event with more lines.
fn with(text: &str, lines: &str) -> String {
    text.replace("END:VEVENT", &format!("{lines}\r\nEND:VEVENT"))
}

const DECEMBER: [&str; 2] = ["2026-12-01", "2026-12-31"];

fn december(more: &Value) -> Value {
    let mut arguments = json!({"start_date": DECEMBER[0], "end_date": DECEMBER[1]});
    for (name, value) in more.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

#[test]
fn d3_filters_apply_before_the_limit() {
    let texts: Vec<String> = (0..60)
        .map(|i| single(&format!("u{i}"), "20261201T100000Z", &format!("Bulk {i}")))
        .collect();
    let (_, found) = list(
        &texts,
        december(&json!({"title_contains": "bulk 59", "limit": 1})),
    );
    assert_eq!(titles(&found), ["Bulk 59"]);
    assert_eq!(found["next_cursor"], Value::Null);
}

#[test]
fn d4_events_are_filtered_by_their_length() {
    let texts = [
        single("hour", "20261201T100000Z", "Hour"),
        single("long", "20261202T100000Z", "Long").replace("PT1H", "PT10H"),
    ];
    for (filter, expected) in [
        (json!({"min_duration_minutes": 600}), vec!["Long"]),
        (json!({"min_duration_minutes": 60}), vec!["Hour", "Long"]),
        (json!({"min_duration_minutes": 601}), vec![]),
        (json!({"max_duration_minutes": 60}), vec!["Hour"]),
    ] {
        let (_, found) = list(&texts, december(&filter));
        assert_eq!(titles(&found), expected, "{filter}");
    }
}

#[test]
fn d5_the_last_day_belongs_to_the_range() {
    let texts = [
        // 23:30 and 00:30 in Berlin.
        single("in", "20261231T223000Z", "In"),
        single("out", "20261231T233000Z", "Out"),
    ];
    let (_, found) = list(&texts, december(&json!({})));
    assert_eq!(titles(&found), ["In"]);
    assert_eq!(found["to"], "2027-01-01T00:00:00+01:00");
}

#[test]
fn d13_days_are_the_users_days() {
    let texts = [
        single("out", "20261130T213000Z", "Out"),
        single("in", "20261130T233000Z", "In"),
    ];
    let (_, found) = list(&texts, december(&json!({})));
    assert_eq!(titles(&found), ["In"]);
    assert_eq!(found["from"], "2026-12-01T00:00:00+01:00");
}

#[test]
fn case_and_accents_make_no_difference() {
    let text = with(
        &single("u", "20261201T100000Z", "Café mit Jörg"),
        "LOCATION:Straße 1\r\nCATEGORIES:Büro,x\r\nDESCRIPTION:Ärger\\, viel\r\n\
         ATTENDEE;CN=Zoë Müller:mailto:Zoe@example.org",
    );
    for filter in [
        json!({"title_contains": "CAFE MIT JORG"}),
        json!({"location_contains": "strasse"}),
        json!({"categories": "other, BURO"}),
        json!({"attendee": "zoe mull"}),
        json!({"attendee": "ZOE@EXAMPLE"}),
        json!({"text": "arger jorg muller strasse"}),
    ] {
        let (_, found) = list(std::slice::from_ref(&text), december(&filter));
        assert_eq!(titles(&found).len(), 1, "{filter}");
    }
    for filter in [
        json!({"text": "arger nobody"}),
        json!({"attendee": "jorg"}),
        json!({"categories": "bur"}),
        json!({"min_attendees": 2}),
        json!({"status": "TENTATIVE"}),
    ] {
        let (_, found) = list(std::slice::from_ref(&text), december(&filter));
        assert_eq!(titles(&found).len(), 0, "{filter}");
    }
}

#[test]
fn an_empty_answer_says_what_was_searched() {
    let (text, _) = list(
        &[],
        december(&json!({"title_contains": "Review", "status": "CONFIRMED"})),
    );
    assert_eq!(
        text,
        "No events in personal from 2026-12-01T00:00:00+01:00 to 2027-01-01T00:00:00+01:00 with \"review\" in the title, status \
         CONFIRMED."
    );
}

#[test]
fn a_filter_that_there_is_not_is_refused() {
    for arguments in [
        json!({"title": "x"}),
        json!({"organizer": "x"}),
        json!({"min_duration": 5}),
        json!({"min_duration_minutes": 61, "max_duration_minutes": 60}),
        json!({"status": "MAYBE"}),
        json!({"sort": "random"}),
    ] {
        for tool in ["list_events", "bulk_operations"] {
            let _nextcloud = Nextcloud::start();
            let mut arguments = arguments.clone();
            if tool == "bulk_operations" {
                arguments["operation"] = json!("delete");
            }
            let failure = run(tool, arguments.clone()).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Invalid, "{tool} {arguments}");
        }
    }
}

#[test]
fn every_order_has_its_pages() {
    let texts: Vec<String> = [("b/eta", "03"), ("Älpha", "02"), ("gamma", "01")]
        .iter()
        .map(|(title, day)| single(title, &format!("202612{day}T100000Z"), title))
        .chain([WEEKLY.replace("202610", "202612")])
        .collect();
    for (sort, expected) in [
        ("start", "gamma Älpha b/eta Weekly Weekly Weekly"),
        ("latest", "Weekly Weekly Weekly b/eta Älpha gamma"),
        ("title", "Älpha b/eta gamma Weekly Weekly Weekly"),
    ] {
        let mut cursor = Value::Null;
        let (mut seen, mut starts) = (Vec::new(), Vec::new());
        loop {
            let mut arguments = december(&json!({"sort": sort, "limit": 2}));
            if cursor != Value::Null {
                arguments["cursor"] = cursor.clone();
            }
            let (_, page) = list(&texts, arguments);
            for event in page["events"].as_array().unwrap() {
                seen.push(event["title"].as_str().unwrap().to_owned());
                starts.push(event["start"].as_str().unwrap().to_owned());
            }
            cursor = page["next_cursor"].clone();
            if cursor == Value::Null {
                break;
            }
        }
        assert_eq!(seen.join(" "), expected, "{sort}");
        assert_eq!(starts.is_sorted(), sort == "start", "{sort} {starts:?}");
        starts.sort();
        starts.dedup();
        assert_eq!(starts.len(), 6, "{sort}");
    }
}

#[test]
fn a_cursor_of_another_order_is_refused() {
    let texts: Vec<String> = (0..3)
        .map(|i| single(&format!("u{i}"), "20261201T100000Z", "x"))
        .collect();
    let (_, page) = list(&texts, december(&json!({"limit": 1})));
    let _nextcloud = Nextcloud::start();
    let arguments = december(&json!({"limit": 1, "sort": "title", "cursor": page["next_cursor"]}));
    assert_eq!(
        run("list_events", arguments).unwrap_err().kind,
        FailureKind::Invalid
    );
}

/// Where objects are, without what is in them.
fn addresses(names: &[String]) -> Answer {
    let response = |name: &String| {
        format!(
            "<d:response><d:href>/cloud{PERSONAL}{name}</d:href><d:propstat><d:prop><d:getetag>&quot;e&quot;</d:getetag></d:prop>\
             <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    multistatus(&names.iter().map(response).collect::<String>())
}

fn one_object(i: usize) -> Answer {
    let text = single(&format!("u{i}"), "20261201T100000Z", &format!("Event {i}"));
    objects(PERSONAL, &[(&format!("{i}%20x.ics"), &text)])
}

#[test]
fn a_calendar_that_is_too_large_for_one_answer_is_read_in_pieces() {
    let too_large = || Answer::error(FetchError::TooLarge(8 << 20));
    let names: Vec<String> = (0..16).map(|i| format!("{i}%20x.ics")).collect();
    let nextcloud = start();
    nextcloud
        .on("REPORT", PERSONAL, too_large())
        .on("REPORT", PERSONAL, addresses(&names))
        // Eight pieces of two, four at a time; the second is halved.
        .on("REPORT", PERSONAL, one_object(0))
        .on("REPORT", PERSONAL, too_large());
    for i in 4..12 {
        nextcloud.on("REPORT", PERSONAL, one_object(i));
    }
    let arguments = december(&json!({"calendar_name": "personal", "limit": 100}));
    let (_, found) = run("list_events", arguments).unwrap();
    assert_eq!(titles(&found).len(), 9);
    assert_eq!(found["failed"], Value::Null);
    let sent = nextcloud.sent();
    assert!(!sent[2].text().contains("calendar-data") && sent[2].text().contains("time-range"));
    let piece = sent[3].text();
    assert!(
        piece.contains("calendar-multiget")
            && piece.contains(&format!("<d:href>/cloud{PERSONAL}0%20x.ics</d:href>"))
            && piece.contains(&format!("{PERSONAL}1%20x.ics"))
            && !piece.contains(&format!("{PERSONAL}2%20x.ics")),
        "{piece}"
    );
    // The halves come last.
    assert!(sent[12].text().contains("3%20x.ics") && !sent[12].text().contains("/2%20x.ics"));
}

#[test]
fn what_of_a_large_calendar_is_missing_is_said() {
    let nextcloud = start();
    let names: Vec<String> = (0..2).map(|i| format!("{i}%20x.ics")).collect();
    nextcloud
        .on(
            "REPORT",
            PERSONAL,
            Answer::error(FetchError::TooLarge(8 << 20)),
        )
        .on("REPORT", PERSONAL, addresses(&names))
        .on("REPORT", PERSONAL, one_object(0))
        .on(
            "REPORT",
            PERSONAL,
            Answer::error(FetchError::TooLarge(8 << 20)),
        );
    let arguments = december(&json!({"calendar_name": "personal"}));
    let (text, found) = run("list_events", arguments).unwrap();
    assert_eq!(titles(&found).len(), 1);
    assert!(text.contains("missing here: personal"), "{text}");
    let reason = found["failed"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("1 of its 2 stored items"), "{reason}");
}

#[test]
fn upcoming_is_what_runs_now_and_what_comes_in_the_users_days() {
    let now: Timestamp = "2026-10-20T08:30:00Z".parse().unwrap();
    let texts = [
        single("over", "20261020T070000Z", "Over"),
        single("runs", "20261020T080000Z", "Runs"),
        single("today", "20261020", "All day")
            .replace("DTSTART:", "DTSTART;VALUE=DATE:")
            .replace("DURATION:PT1H\r\n", ""),
        // The clocks go back on the 25th: seven days later it is 10:30 there, and 09:30 in UTC.
        single("last", "20261027T092900Z", "Last"),
        single("beyond", "20261027T093000Z", "Beyond"),
    ];
    let nextcloud = start();
    nextcloud
        .on("REPORT", PERSONAL, stored_objects(&texts))
        .on("REPORT", TEAM, objects(TEAM, &[]));
    let reply = upcoming(&upcoming::Arguments::default(), now).unwrap();
    let found = serde_json::to_value(&reply.data).unwrap();
    assert_eq!(titles(&found), ["All day", "Runs", "Last"]);
    drop(nextcloud);

    // More than fit go on in list_events, with the same range.
    let nextcloud = start();
    nextcloud.on("REPORT", PERSONAL, stored_objects(&texts));
    let arguments = json!({"calendar_name": "personal", "limit": 2});
    let reply = upcoming(&serde_json::from_value(arguments).unwrap(), now).unwrap();
    assert!(reply.text.contains("list_events"), "{}", reply.text);
    let first = serde_json::to_value(&reply.data).unwrap();
    drop(nextcloud);
    let (_, second) = list(
        &texts,
        json!({"start_date": first["from"], "end_date": first["to"], "cursor": first["next_cursor"]}),
    );
    assert_eq!(titles(&second), ["Last"]);
}
