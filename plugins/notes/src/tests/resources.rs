//! Notes and their files by address.

use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, enumerate, read, resource_problems};
use nextcloud_mcp_plugin::{Body, FailureKind};
use serde_json::{Value, json};

use super::{NOTES, head, note, whole, with};
use crate::resources::resources;

const FILE: &str = "/index.php/apps/notes/api/v1.4/attachment/7?path=";

#[test]
fn addresses_are_described_as_hosts_need_it() {
    assert_eq!(resource_problems(&resources()), Vec::<String>::new());
}

#[test]
fn a_note_is_its_markdown() {
    let nextcloud = Nextcloud::start();
    let stored = note(118, "List", "# List\n\n- [ ] Ü", "e");
    nextcloud.on("GET", &whole(118), Answer::json(200, &stored));
    let (mime_type, text) = read(&resources(), "nc://notes/118").unwrap();
    assert_eq!(mime_type.as_deref(), Some("text/markdown"));
    assert_eq!(text, "# List\n\n- [ ] Ü");
}

#[test]
fn an_absent_note_a_locked_one_and_a_wrong_number_say_so() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", &whole(9), Answer::json(404, &json!({})));
    let locked = with(
        note(8, "t", "Error: LockedException", "e"),
        "errorType",
        "OCP\\Lock\\LockedException",
    );
    nextcloud.on(
        "GET",
        &whole(8),
        Answer::json(200, &with(locked, "error", true)),
    );
    let kind = |uri| read(&resources(), uri).unwrap_err().kind;
    assert_eq!(kind("nc://notes/9"), FailureKind::NotFound);
    assert_eq!(kind("nc://notes/8"), FailureKind::Unavailable);
    assert_eq!(kind("nc://notes/..%2F8"), FailureKind::Invalid);
    assert_eq!(nextcloud.sent().len(), 2);
}

#[test]
fn all_notes_are_listed_last_changed_first_page_by_page() {
    let notes: Vec<Value> = (1..=120)
        .map(|id| with(note(id, &format!("N {id}"), "", "e"), "modified", id))
        .map(|note| match note["id"].as_u64() {
            Some(120) => with(note, "category", "Home/Ü"),
            _ => note,
        })
        .collect();
    let nextcloud = Nextcloud::start();
    for _ in 0..2 {
        let list = Answer::json(200, &json!(notes));
        nextcloud.on("GET", &format!("{NOTES}?exclude=content"), list);
    }
    let first = enumerate(&resources(), None).unwrap();
    assert_eq!(first.entries.len(), 100);
    let newest = &first.entries[0];
    assert_eq!(
        (newest.uri.as_str(), newest.name.as_str()),
        ("nc://notes/120", "Home/Ü/N 120")
    );
    assert_eq!(newest.title.as_deref(), Some("N 120"));
    let second = enumerate(&resources(), first.next.as_deref()).unwrap();
    assert_eq!(second.next, None);
    let uris = |page: &nextcloud_mcp_plugin::Page| {
        let uris = page.entries.iter().map(|entry| entry.uri.clone());
        uris.collect::<Vec<_>>()
    };
    let expected = (1..=20).rev().map(|id| format!("nc://notes/{id}"));
    assert_eq!(uris(&second), expected.collect::<Vec<_>>());
}

#[test]
fn a_file_is_text_where_it_is_text_and_bytes_where_it_is_not() {
    let nextcloud = Nextcloud::start();
    for _ in 0..2 {
        let stored = with(note(7, "N", "", "e"), "internalPath", "/Notes/Home/N.md");
        let stored = with(stored, "category", "Home");
        nextcloud.on("GET", &head(7), Answer::json(200, &stored));
    }
    let path = |name: &str| format!("{FILE}.attachments.7%2F{name}");
    nextcloud.on(
        "GET",
        &path("a%20b.csv"),
        Answer::new(200, "text/csv; charset=utf-8", "ä;b"),
    );
    nextcloud.on(
        "GET",
        &path("p.png"),
        Answer::new(200, "image/png", [0x89, 0xff]),
    );
    let (mime_type, text) = read(
        &resources(),
        "nc://notes/7/attachments/.attachments.7%2Fa%20b.csv",
    )
    .unwrap();
    assert_eq!(
        (mime_type.as_deref(), text.as_str()),
        (Some("text/csv"), "ä;b")
    );
    let parts = resources().read("nc://notes/7/attachments/p.png").unwrap();
    assert_eq!(parts[0].mime_type.as_deref(), Some("image/png"));
    assert!(matches!(&parts[0].body, Body::Bytes(bytes) if bytes == &[0x89, 0xff]));
}

#[test]
fn no_file_outside_of_the_notes_folder_has_an_address() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", &head(7), Answer::json(200, &note(7, "N", "", "e")));
    let failure = read(
        &resources(),
        "nc://notes/7/attachments/..%2F..%2Fsecret.txt",
    )
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert_eq!(nextcloud.sent().len(), 1, "only the note was asked for");
}
