//! What another server for Nextcloud does wrong, found by using it and numbered, and the tests that hold ours to doing it
//! right. This index only names them.

use std::collections::BTreeSet;

/// How many there are.
const DEFECTS: u8 = 22;

/// A suite's text, as `(name, text)`.
macro_rules! suites {
    ($($name:literal: $path:literal),+ $(,)?) => {
        &[$(($name, include_str!($path))),+]
    };
}

/// The index below, a test in two lines.
macro_rules! held {
    ($($number:literal $what:literal => $suite:literal $test:ident;)+) => {
        &[$(($number, $what, $suite, stringify!($test))),+]
    };
}

const SUITES: &[(&str, &str)] = suites! {
    "calendar/bulk": "../calendar/bulk.rs",
    "calendar/collections": "../calendar/collections.rs",
    "calendar/events": "../calendar/events.rs",
    "calendar/tasks": "../calendar/tasks.rs",
    "e2e/capabilities": "capabilities.rs",
    "e2e/catalogue": "catalogue.rs",
    "e2e/notes": "notes.rs",
    "e2e/notes_reading": "notes_reading.rs",
    "e2e/notes_writing": "notes_writing.rs",
    "plugins/calendar/bulk": "../../../plugins/calendar/src/tools/tests/bulk.rs",
    "plugins/calendar/finding": "../../../plugins/calendar/src/tools/tests/finding.rs",
    "plugins/calendar/reading": "../../../plugins/calendar/src/tools/tests/reading.rs",
};

/// Number, what must hold, the suite and the test in it that holds it.
const HELD: &[(u8, &str, &str, &str)] = held! {
    1 "a bulk update stays in the calendar that was named"
        => "calendar/bulk" an_update_changes_the_named_calendar_only_and_those_lines_only;
    2 "a bulk operation reaches every event that fits"
        => "calendar/bulk" every_one_of_sixty_one_events_is_deleted_and_nothing_else;
    2 "what is too much for one call is refused with the number"
        => "plugins/calendar/bulk" d2_more_than_a_call_can_do_is_refused_with_the_number;
    3 "filters work before the limit"
        => "calendar/bulk" filters_work_before_the_limit_and_unknown_ones_are_refused;
    3 "lists are sorted and go on where they were cut"
        => "plugins/calendar/reading" every_event_is_on_one_page_of_many;
    4 "a filter by length filters by length"
        => "calendar/bulk" events_are_told_apart_by_their_length;
    4 "what a filter cannot judge is not touched"
        => "plugins/calendar/bulk" d4_what_cannot_be_judged_is_never_touched;
    5 "the last day of a range belongs to it in every operation"
        => "calendar/bulk" days_are_the_users_days_and_the_last_one_belongs_to_them;
    6 "no name of a calendar is markup"
        => "calendar/collections" a_calendar_can_be_called_anything_and_nothing_in_its_name_is_markup;
    7 "a colour is where Nextcloud looks for it"
        => "calendar/collections" a_colour_is_where_nextcloud_looks_for_it;
    8 "an update of a calendar updates it"
        => "calendar/collections" an_update_of_a_calendar_changes_what_is_given_and_nothing_else;
    9 "a move is no copy and loses nothing"
        => "calendar/collections" a_moved_event_is_the_same_to_the_byte_and_is_no_copy;
    9 "nor do many moves"
        => "calendar/bulk" events_move_with_every_byte_that_they_have;
    10 "one occurrence, or it and the following, can be changed and deleted"
        => "calendar/events" parts_of_a_series_are_changed_and_deleted;
    11 "changes count and no write is blind"
        => "calendar/events" a_change_counts_and_every_write_says_what_it_is_based_on;
    12 "a naive time of a task is the user's, and a zone can be named"
        => "calendar/tasks" a_task_is_created_listed_changed_completed_and_deleted;
    12 "a due date can be cleared"
        => "calendar/tasks" a_due_date_is_cleared_and_a_day_stays_a_day;
    12 "a task can have a parent"
        => "calendar/tasks" subtasks_are_shown_completed_and_deleted_with_their_parent_only_when_asked;
    12 "a task can be created with a rule, a place and the like"
        => "calendar/tasks" a_task_is_created_with_all_that_a_task_can_have;
    13 "a day is the user's day"
        => "calendar/bulk" days_are_the_users_days_and_the_last_one_belongs_to_them;
    13 "what is upcoming begins now"
        => "plugins/calendar/finding" upcoming_is_what_runs_now_and_what_comes_in_the_users_days;
    14 "an empty text empties the field"
        => "e2e/notes_writing" an_empty_text_empties_the_field_and_nothing_but_the_number_is_required;
    15 "an update needs nothing but what it changes"
        => "e2e/notes_writing" an_empty_text_empties_the_field_and_nothing_but_the_number_is_required;
    16 "a conflict shows what is there now"
        => "e2e/notes_writing" a_conflict_comes_with_what_is_needed_to_merge_and_the_merge_goes_through;
    17 "an image is an image, wherever its note lies"
        => "e2e/notes_reading" an_image_goes_up_and_comes_back_as_an_image;
    18 "parts of words are found"
        => "e2e/notes_reading" search_finds_parts_of_words_in_any_case_and_with_any_accents;
    18 "a search does not read every note"
        => "e2e/notes_reading" five_thousand_notes_are_pleasant;
    19 "a note can be a favourite"
        => "e2e/notes_writing" a_note_becomes_a_favourite_and_loses_its_category_and_nothing_else;
    19 "categories can be listed and renamed"
        => "e2e/notes_writing" a_category_is_renamed_with_what_is_below_it_and_merged_without_losing_a_note;
    19 "settings can be changed"
        => "e2e/notes_writing" settings_are_shown_changed_one_by_one_and_held_to_what_can_be;
    19 "what is appended goes to what is there now"
        => "e2e/notes" lines_appended_at_the_same_time_are_all_kept;
    20 "a tool tells what this Nextcloud is, and does not repeat itself"
        => "e2e/capabilities" the_server_its_status_and_the_user_are_told;
    20 "a resource that cannot be read says why"
        => "e2e/capabilities" the_same_is_there_by_address_and_trouble_is_told_with_its_cause;
    21 "every tool has a schema of its answer"
        => "e2e/catalogue" every_tool_says_what_its_answers_are_made_of;
    22 "hints about what a tool does are there and true"
        => "e2e/catalogue" the_tools_of_all_three_plugins_are_offered_with_true_annotations;
};

#[test]
fn every_defect_has_a_test_that_is_there() {
    for (number, what, suite, test) in HELD {
        let text = SUITES.iter().find(|(name, _)| name == suite);
        let (_, text) = text.unwrap_or_else(|| panic!("no suite {suite}"));
        let place = text.find(&format!("fn {test}()"));
        let before = &text[..place.unwrap_or_else(|| panic!("D{number}, {what}: no {test}"))];
        let attribute = before.trim_end().trim_end_matches("async").trim_end();
        assert!(
            attribute.ends_with("test]"),
            "D{number}, {what}: {test} is no test"
        );
    }
    let held: BTreeSet<u8> = HELD.iter().map(|(number, ..)| *number).collect();
    assert_eq!(held, (1..=DEFECTS).collect());
}
