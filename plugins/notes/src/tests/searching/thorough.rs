//! Searches that read notes for what Nextcloud does not find.

use super::*;

fn chunk(notes: &Value, rest: Option<(&str, usize)>) -> Answer {
    let answer = Answer::json(200, notes);
    match rest {
        Some((cursor, pending)) => answer
            .header("X-Notes-Chunk-Cursor", cursor)
            .header("X-Notes-Chunk-Pending", &pending.to_string()),
        None => answer,
    }
}

#[test]
fn few_notes_are_read_for_accents_when_nothing_was_found() {
    let nextcloud = Nextcloud::start();
    let heads = json!([note(1, "a", "", "e"), note(2, "b", "", "e")]);
    let chunks = json!([
        note(1, "a", "Ein Café in Zürich", "e"),
        note(2, "b", "no", "e")
    ]);
    nextcloud
        .on("GET", ALL, Answer::json(200, &heads))
        .on("GET", &term("cafe%20zurich"), found(&[]))
        .on("GET", FIRST_CHUNK, chunk(&chunks, None));
    let (_, data) = call("search_notes", json!({"query": "zurich cafe"})).unwrap();
    assert_eq!(ids(&data), [1]);
    assert_eq!(data["results"][0]["snippet"], json!("Ein Café in Zürich"));
}

/// D18: many notes are read only when asked for.
#[test]
fn many_notes_are_not_read_unasked_and_the_way_to_ask_is_named() {
    let nextcloud = Nextcloud::start();
    let heads: Vec<_> = (1..=751).map(|id| note(id, "a", "", "e")).collect();
    nextcloud
        .on("GET", ALL, Answer::json(200, &json!(heads)))
        .on("GET", &term("zurich"), found(&[]));
    let (text, data) = call("search_notes", json!({"query": "zurich"})).unwrap();
    assert_eq!(ids(&data), [0; 0]);
    assert!(text.contains("thorough: true"), "{text}");
    assert_eq!(nextcloud.sent().len(), 2);
}

#[test]
fn what_is_written_in_one_way_only_is_not_read_for() {
    let nextcloud = Nextcloud::start();
    nextcloud
        .on(
            "GET",
            ALL,
            Answer::json(200, &json!([note(1, "a", "", "e")])),
        )
        .on("GET", &term("2026"), found(&[]));
    let (text, _) = call("search_notes", json!({"query": "2026"})).unwrap();
    assert_eq!(text, "No note contains every word of \"2026\".");
}

#[test]
fn a_thorough_search_reads_chunk_after_chunk_and_skips_what_cannot_be_read() {
    let nextcloud = Nextcloud::start();
    let locked = with(note(2, "b", "Error: cafe", "e"), "error", true);
    let first = json!([note(1, "a", "CAFÉ", "e"), locked]);
    // The last chunk names the notes of the others by their numbers alone.
    let last = json!([note(3, "Café", "", "e"), {"id": 1}, {"id": 2}]);
    nextcloud
        .on("GET", FIRST_CHUNK, chunk(&first, Some(("9-8-2", 1))))
        .on(
            "GET",
            &format!("{FIRST_CHUNK}&chunkCursor=9-8-2"),
            chunk(&last, None),
        );
    let (_, data) = call("search_notes", json!({"query": "cafe", "thorough": true})).unwrap();
    assert_eq!(ids(&data), [3, 1]);
}

#[test]
fn a_chunk_that_is_too_large_is_asked_for_in_parts() {
    let nextcloud = Nextcloud::start();
    for size in [500, 62, 7, 1] {
        nextcloud.on(
            "GET",
            &format!("{NOTES}?chunkSize={size}"),
            Answer::error(FetchError::TooLarge(8 << 20)),
        );
    }
    // A note that is too large by itself is stepped over; its title counts.
    let alone = json!([note(1, "cafe", "", "e")]);
    let others = json!([note(2, "t", "café", "e")]);
    nextcloud
        .on(
            "GET",
            &format!("{NOTES}?chunkSize=1&exclude=content"),
            chunk(&alone, Some(("9-8-1", 1))),
        )
        .on(
            "GET",
            &format!("{FIRST_CHUNK}&chunkCursor=9-8-1"),
            chunk(&others, None),
        );
    let (_, data) = call("search_notes", json!({"query": "cafe", "thorough": true})).unwrap();
    assert_eq!(ids(&data), [1, 2]);
}

/// `pruneBefore`: contents of the notes changed since then come in one answer, the others as numbers (notes/026).
#[test]
fn recent_notes_are_searched_without_the_others() {
    let nextcloud = Nextcloud::start();
    let home = |note| with(note, "category", "Home");
    let recent = json!([
        home(note(1, "a", "Café", "e")),
        home(with(note(2, "old, seen late", "cafe", "e"), "modified", 5)),
        {"id": 3}
    ]);
    nextcloud.on(
        "GET",
        &format!("{FIRST_CHUNK}&category=Home&pruneBefore=1793491200"),
        chunk(&recent, None),
    );
    let (_, data) = call(
        "search_notes",
        json!({"query": "cafe", "category": "Home", "modified_since": "2026-11-01"}),
    )
    .unwrap();
    assert_eq!(ids(&data), [1]);
}
