//! The hrefs of hostile and honest bodies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use super::super::Settings;
use super::*;

fn names(method: &'static str, root: &str, body: &str) -> Result<Vec<String>, FetchError> {
    let origin = Origin::new(&Settings::new(format!("https://cloud.example.org{root}"))).unwrap();
    named(method, body.as_bytes(), &origin)
        .map(|paths| paths.iter().map(ToString::to_string).collect())
}

#[test]
fn every_href_is_found_however_it_is_written() {
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment -->
            <c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:x="&#68;AV:">
              <d:prop><d:getetag/></d:prop>
              <d:href>/remote.php/dav/a/1.ics</d:href>
              <x:href> /remote.php/dav/a/2.ics
              </x:href>
              <href xmlns="DAV:" a="b>c"><![CDATA[/remote.php/dav/a/3.ics]]></href>
              <d:href>/remote.php/&#100;av/a/&#x34;&amp;.ics</d:href>
              <d:deep><d:er><d:href>/remote.php/dav/a/%35.ics</d:href></d:er></d:deep>
            </c:calendar-multiget>"#;
    let found = names("REPORT", "", body).unwrap();
    let files = ["1.ics", "2.ics", "3.ics", "4%26.ics", "5.ics"];
    assert_eq!(found, files.map(|file| format!("/remote.php/dav/a/{file}")));
}

#[test]
fn no_body_makes_nextcloud_fetch_an_address() {
    for (method, source) in [
        (
            "PROPPATCH",
            "<cs:source><d:href>https://evil.example/?q=1</d:href></cs:source>",
        ),
        (
            "PROPPATCH",
            "<source xmlns=\"http://calendarserver.org/n&#115;/\">https://evil.example</source>",
        ),
        ("MKCOL", "<cs:source/>"),
        (
            "MKCALENDAR",
            "<x:source xmlns:x=\"http://calendarserver.org/ns/\"/>",
        ),
    ] {
        let body = format!(
            "<d:propertyupdate xmlns:d=\"DAV:\" xmlns:cs=\"http://calendarserver.org/ns/\"><d:set><d:prop>{source}</d:prop></d:set>\
             </d:propertyupdate>"
        );
        let refused = names(method, "", &body).unwrap_err();
        assert!(
            matches!(refused, FetchError::Forbidden(_)),
            "{method}: {refused}"
        );
    }
    let harmless = "<d:propertyupdate xmlns:d=\"DAV:\"><d:set><d:prop><d:displayname>source &amp; <![CDATA[<source/>]]>\
                    </d:displayname></d:prop></d:set></d:propertyupdate>";
    for method in ["PROPPATCH", "MKCOL", "MKCALENDAR"] {
        assert_eq!(names(method, "", harmless), Ok(Vec::new()));
        assert_eq!(names(method, "", ""), Ok(Vec::new()));
    }
    // What cannot be read here for certain could hold one.
    assert!(names("PROPPATCH", "", "<!DOCTYPE a [<!ENTITY s 'x'>]><a>&s;</a>").is_err());
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    let utf16: String = "<a/>"
        .chars()
        .flat_map(|character| [character, '\0'])
        .collect();
    for body in [
        "not xml",
        "{}",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "text<a/>",
        "<!DOCTYPE a><a/>",
        r#"<!DOCTYPE a [<!ENTITY x "/remote.php/dav/b">]><a><href>&x;</href></a>"#,
        "<a><href>&x;</href></a>",
        "<a>&nbsp;</a>",
        "<a><href>/a<b/>/c</href></a>",
        "<a><href>/a<!-- -->/c</href></a>",
        "<a><?php x?></a>",
        r#"<?xml version="1.0" encoding="UTF-7"?><a/>"#,
        r#"<?xml version="1.0" encoding="ISO-8859-1"?><a/>"#,
        r#"<?xml version="1.1"?><a/>"#,
        "<a><href/></a>",
        "<a><href></href></a>",
        "<a><href>1.ics</href></a>",
        "<a><href>https://cloud.example.org/remote.php/dav/a</href></a>",
        "<a><href>/remote.php/dav/../x</href></a>",
        "<a><href>/remote.php/dav/a?b</href></a>",
        &utf16,
        &"<a>".repeat(100),
    ] {
        let refused = names("REPORT", "", body);
        assert!(
            matches!(refused, Err(FetchError::Malformed(_))),
            "{body}: {refused:?}"
        );
    }
    let origin = Origin::new(&Settings::new("https://cloud.example.org")).unwrap();
    assert!(named("REPORT", b"<a>\xff</a>", &origin).is_err());
}

#[test]
fn hrefs_carry_the_web_root_and_paths_do_not() {
    let body = "<a><href>/cloud/remote.php/dav/a</href></a>";
    assert_eq!(
        names("REPORT", "/cloud/", body).unwrap(),
        ["/remote.php/dav/a"]
    );
    assert!(names("REPORT", "/clo", body).is_err());
}

#[test]
fn search_scopes_lie_below_the_dav_root_and_are_not_unescaped() {
    let scope = |href: &str| {
        names(
            "SEARCH",
            "/cloud",
            &format!("<s><scope><href>{href}</href></scope></s>"),
        )
    };
    assert_eq!(
        scope("/files/alice/My notes").unwrap(),
        ["/remote.php/dav/files/alice/My%20notes"]
    );
    for refused in [
        "/files/al%69ce",
        "files/alice",
        "",
        "/files/alice?x",
        "/files/../x",
        "https://cloud.example.org/files/alice",
    ] {
        assert!(scope(refused).is_err(), "{refused}");
    }
}

#[test]
fn other_methods_and_empty_bodies_name_nothing() {
    for (method, body) in [
        ("REPORT", ""),
        ("PROPFIND", "<a><href>/x</href></a>"),
        ("PUT", "not xml"),
    ] {
        assert!(names(method, "", body).unwrap().is_empty());
    }
}
