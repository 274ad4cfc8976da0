//! What the operator's policy takes away, and that it never gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use super::*;

fn line(methods: &str, path: Option<&str>) -> RequestPattern {
    let methods: Vec<_> = methods.split_whitespace().map(str::to_owned).collect();
    RequestPattern::parse(&methods, path).unwrap()
}

fn refuses(restriction: &Restriction, method: &str, path: &str) -> bool {
    restriction.refuses(method, &OriginPath::parse(path).unwrap(), Some("alice"))
}

fn deny(path: &str) -> Restriction {
    Restriction::new("r".to_owned(), None, vec![line("", Some(path))]).unwrap()
}

#[test]
fn what_is_denied_is_refused_and_nothing_else() {
    let no_deletes =
        Restriction::new("r".to_owned(), None, vec![line("DELETE PATCH", None)]).unwrap();
    assert!(refuses(&no_deletes, "DELETE", "/a/b") && !refuses(&no_deletes, "GET", "/a/b"));
    let personal = deny("/remote.php/dav/calendars/{user}/personal/**");
    for path in ["personal", "personal/", "personal/1.ics"] {
        let path = format!("/remote.php/dav/calendars/alice/{path}");
        assert!(refuses(&personal, "GET", &path), "{path}");
    }
    assert!(!refuses(
        &personal,
        "GET",
        "/remote.php/dav/calendars/alice/work/1.ics"
    ));
    assert!(!refuses(
        &personal,
        "GET",
        "/remote.php/dav/calendars/bob/personal/1.ics"
    ));
}

#[test]
fn a_denied_path_is_denied_in_every_form_of_its_own() {
    let denied = deny("/apps/notes/api/v1/notes/{user}/**");
    for path in [
        "/index.php/apps/notes/api/v1/notes/alice/1",
        "/apps/Notes/API/v1/notes/alice",
        "/apps/notes/api/v1/notes/%41lice/1",
        "/apps/notes/api/v1/notes/ALICE/",
    ] {
        assert!(refuses(&denied, "GET", path), "{path}");
    }
    let unknown = OriginPath::parse("/apps/notes/api/v1/notes/alice/1").unwrap();
    assert!(denied.refuses("GET", &unknown, None), "whoever it is");
}

#[test]
fn a_denied_path_is_not_reached_from_above() {
    let denied = deny("/remote.php/dav/files/{user}/Important/**");
    for method in WHOLE_TREES {
        assert!(
            refuses(&denied, method, "/remote.php/dav/files/alice"),
            "{method}"
        );
    }
    assert!(
        !refuses(&denied, "PROPFIND", "/remote.php/dav/files/alice"),
        "a listing"
    );
    assert!(!refuses(
        &denied,
        "DELETE",
        "/remote.php/dav/files/alice/Other"
    ));
}

#[test]
fn what_is_allowed_is_left_and_nothing_else() {
    let work = Restriction::new(
        "r".to_owned(),
        Some(vec![
            line("", Some("/remote.php/dav/calendars/{user}/work/**")),
            line("PROPFIND", Some("/remote.php/dav/calendars/{user}")),
        ]),
        vec![],
    )
    .unwrap();
    assert!(!refuses(
        &work,
        "PUT",
        "/remote.php/dav/calendars/alice/work/1.ics"
    ));
    assert!(!refuses(
        &work,
        "PROPFIND",
        "/remote.php/dav/calendars/alice/"
    ));
    assert!(refuses(&work, "REPORT", "/remote.php/dav/calendars/alice/"));
    assert!(
        refuses(&work, "GET", "/remote.php/dav/calendars/alice/WORK/1.ics"),
        "to the letter"
    );
    assert!(refuses(
        &work,
        "GET",
        "/remote.php/dav/calendars/alice/private/1.ics"
    ));
    let nothing = Restriction::new("r".to_owned(), Some(vec![]), vec![]).unwrap();
    assert!(refuses(&nothing, "GET", "/status.php"));
}

#[test]
fn lines_that_cannot_hold_are_named() {
    let parse = |methods: &[&str], path| {
        let methods: Vec<_> = methods.iter().map(|one| (*one).to_owned()).collect();
        RequestPattern::parse(&methods, path).map_err(|error| error.to_string())
    };
    assert!(parse(&[], None).unwrap_err().contains("neither"));
    assert!(parse(&["get"], None).unwrap_err().contains("`get`"));
    assert!(
        parse(&[], Some("/a/**/b"))
            .unwrap_err()
            .contains("`**` stands only at the end")
    );
    assert!(
        parse(&[], Some("relative"))
            .unwrap_err()
            .contains("begins with `/`")
    );
    assert!(
        parse(&[], Some("/**")).is_ok(),
        "as wide as the operator likes"
    );
    let umlaut = Restriction::new("r".to_owned(), None, vec![line("", Some("/a/b/Büro/**"))]);
    assert!(umlaut.unwrap_err().to_string().contains("not ASCII"));
}
