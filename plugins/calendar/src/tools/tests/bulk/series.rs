//! Bulk operations on occurrences and series.

use super::*;

#[test]
fn of_a_series_only_the_occurrences_that_fit_are_touched_in_one_write() {
    let arguments = json!({"operation": "delete", "calendar_name": "work", "title_contains": "week", "start_date": "2026-10-19", "end_date": "2026-10-26"});
    let nextcloud = work(&[("r.ics", WEEKLY)]);
    let (said, dry_run) = bulk(&arguments).unwrap();
    let expected = ["2026-10-19T09:00:00+02:00", "2026-10-26T09:00:00+01:00"];
    assert_eq!(results(&dry_run, "recurrence_id"), expected, "{said}");
    drop(nextcloud);

    let nextcloud = work(&[("r.ics", WEEKLY)]);
    let path = format!("{WORK}r.ics");
    nextcloud
        .on("GET", &path, stored(WEEKLY, "e-r.ics"))
        .on("PUT", &path, done());
    let (_, answer) = bulk(&confirmed(&arguments, &dry_run)).unwrap();
    assert_eq!(results(&answer, "result"), ["done", "done"]);
    let put = nextcloud.sent().pop().unwrap().text();
    assert!(
        put.contains("20261019T090000")
            && put.contains("20261026T090000")
            && put.contains("RRULE:"),
        "{put}"
    );
}

#[test]
fn an_update_of_occurrences_leaves_the_rest_of_their_series() {
    let arguments = json!({"operation": "update", "calendar_name": "work", "title_contains": "week", "start_date": "2026-10-19", "end_date": "2026-10-26", "new_title": "Moved online"});
    let nextcloud = work(&[("r.ics", WEEKLY)]);
    let (_, dry_run) = bulk(&arguments).unwrap();
    drop(nextcloud);
    let nextcloud = work(&[("r.ics", WEEKLY)]);
    let path = format!("{WORK}r.ics");
    nextcloud
        .on("GET", &path, stored(WEEKLY, "e-r.ics"))
        .on("PUT", &path, done());
    bulk(&confirmed(&arguments, &dry_run)).unwrap();
    let put = nextcloud.sent().pop().unwrap().text();
    assert_eq!(put.matches("SUMMARY:Moved online\r\n").count(), 2, "{put}");
    assert_eq!(put.matches("SUMMARY:Weekly\r\n").count(), 1, "{put}");
    assert_eq!(put.matches("RECURRENCE-ID").count(), 2, "{put}");
}

#[test]
fn a_series_goes_as_a_whole_only_if_the_call_says_so() {
    let mut arguments =
        json!({"operation": "delete", "calendar_name": "work", "title_contains": "week"});
    let nextcloud = work(&[("r.ics", WEEKLY)]);
    let (said, answer) = bulk(&arguments).unwrap();
    assert_eq!(results(&answer, "result"), ["skipped"], "{said}");
    assert_eq!(answer["confirm"], Value::Null);
    drop(nextcloud);

    arguments["apply_to_series"] = json!(true);
    let nextcloud = work(&[("r.ics", WEEKLY)]);
    let (_, dry_run) = bulk(&arguments).unwrap();
    assert_eq!(dry_run["items"][0]["whole_series"], true);
    drop(nextcloud);
    let nextcloud = work(&[("r.ics", WEEKLY)]);
    nextcloud.on("DELETE", &format!("{WORK}r.ics"), done());
    let (_, answer) = bulk(&confirmed(&arguments, &dry_run)).unwrap();
    assert_eq!(results(&answer, "result"), ["done"]);
}

#[test]
fn a_series_with_exceptions_is_one_event_where_it_goes_as_a_whole() {
    let moved = "BEGIN:VEVENT\r\nUID:rec1\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261019T090000\r\n\
        DTSTART;TZID=Europe/Berlin:20261019T140000\r\nSUMMARY:Weekly moved\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let text = WEEKLY.replace("END:VCALENDAR", moved);
    let arguments = json!({"operation": "delete", "calendar_name": "work", "title_contains": "week", "apply_to_series": true});
    let _nextcloud = work(&[("r.ics", &text)]);
    let (_, dry_run) = bulk(&arguments).unwrap();
    assert_eq!(results(&dry_run, "uid"), ["rec1"]);
    assert_eq!(dry_run["items"][0]["whole_series"], true);
}
