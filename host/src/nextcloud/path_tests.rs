//! The canonicalisation against a table of hostile paths and against arbitrary text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;

use super::*;

#[test]
fn sends_its_own_encoding_of_what_it_understood() {
    for (given, sent) in [
        ("/", "/"),
        ("/status.php", "/status.php"),
        (
            "/apps/notes/api/v1/notes?exclude=content",
            "/apps/notes/api/v1/notes?exclude=content",
        ),
        ("/index.php/apps/notes", "/index.php/apps/notes"),
        ("/index%2ephp/apps/notes", "/index.php/apps/notes"),
        (
            "/remote.php/dav/calendars/alice/",
            "/remote.php/dav/calendars/alice/",
        ),
        (
            "/remote.php/dav/calendars/%61lice",
            "/remote.php/dav/calendars/alice",
        ),
        (
            "/remote.php/dav/files/a@b/Ä b",
            "/remote.php/dav/files/a%40b/%C3%84%20b",
        ),
        (
            "/remote.php/dav/files/a/x%3By",
            "/remote.php/dav/files/a/x%3By",
        ),
        (
            "/remote.php/dav/files/a/50%2520off",
            "/remote.php/dav/files/a/50%2520off",
        ),
        ("/a?q=a b&c=\"d\"&e=%2F%0a", "/a?q=a%20b&c=%22d%22&e=%2F%0a"),
        ("/a?", "/a?"),
        ("/a?b?c", "/a?b?c"),
        ("/.well-known/caldav", "/.well-known/caldav"),
        ("/a/...", "/a/..."),
    ] {
        assert_eq!(
            OriginPath::parse(given).unwrap().to_string(),
            sent,
            "{given}"
        );
    }
}

#[test]
fn refuses_what_two_parsers_could_read_in_two_ways() {
    use PathError as E;
    for (given, why) in [
        ("", E::NotAbsolute),
        ("apps", E::NotAbsolute),
        ("http://evil.example/", E::NotAbsolute),
        ("user@evil.example/", E::NotAbsolute),
        ("@evil.example/", E::NotAbsolute),
        ("?/a", E::NotAbsolute),
        ("\\evil", E::NotAbsolute),
        (" /a", E::NotAbsolute),
        ("//evil.example/a", E::EmptySegment),
        ("///", E::EmptySegment),
        ("/a//b", E::EmptySegment),
        ("/a//", E::EmptySegment),
        ("/a/../b", E::DotSegment),
        ("/a/..", E::DotSegment),
        ("/a/./b", E::DotSegment),
        ("/.", E::DotSegment),
        ("/a/%2e%2e/b", E::DotSegment),
        ("/a/%2E./b", E::DotSegment),
        ("/a/.%2e", E::DotSegment),
        ("/a%2fb", E::Separator),
        ("/a%2Fb", E::Separator),
        ("/a\\b", E::Separator),
        ("/a%5cb", E::Separator),
        ("/\\evil.example", E::Separator),
        ("/a%00b", E::Control),
        ("/a\0b", E::Control),
        ("/a\r\nHost: evil", E::Control),
        ("/a%0d%0ab", E::Control),
        ("/a\tb", E::Control),
        ("/a%7f", E::Control),
        ("/a%c2%85", E::Control),
        ("/a;b", E::Ambiguous),
        ("/a/..;/b", E::Ambiguous),
        ("/a#b", E::Ambiguous),
        ("/a?b#c", E::Ambiguous),
        ("/a%", E::BadEscape),
        ("/a%4", E::BadEscape),
        ("/a%zz", E::BadEscape),
        ("/a%%34", E::BadEscape),
        ("/a?b=%g0", E::BadEscape),
        ("/a?b=%", E::BadEscape),
        ("/a?b\r\nc", E::Control),
        ("/a%ff", E::NotUtf8),
        ("/a%c0%af", E::NotUtf8),
        ("/a%ed%a0%80", E::NotUtf8),
        ("/ocs/v2.php/core/getapp%2570assword", E::EscapedTwice),
        ("/apps/notes/%252e%252e/oidc", E::EscapedTwice),
        ("/index.php/index.php/apps", E::IndexTwice),
        ("/index.php/INDEX.php/apps", E::IndexTwice),
    ] {
        assert_eq!(OriginPath::parse(given), Err(why), "{given:?}");
    }
    assert_eq!(
        OriginPath::parse(&format!("/{}", "a".repeat(MAX_PATH_BYTES))),
        Err(PathError::TooLong)
    );
}

#[test]
fn index_php_in_front_is_kept_for_sending_and_hidden_from_matching() {
    let with = OriginPath::parse("/index.php/apps/notes").unwrap();
    let without = OriginPath::parse("/apps/notes").unwrap();
    assert_eq!(with.segments(), without.segments());
    assert_ne!(with.to_string(), without.to_string());
}

/// Text made mostly of what matters to a path, so that chance finds the interesting combinations.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/".to_owned()),
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just("%2e".to_owned()),
        Just("%2F".to_owned()),
        Just("%25".to_owned()),
        Just("%".to_owned()),
        Just("\\".to_owned()),
        Just("?".to_owned()),
        Just("#".to_owned()),
        Just(";".to_owned()),
        Just("@".to_owned()),
        Just("%00".to_owned()),
        Just("index.php".to_owned()),
        Just("remote.php".to_owned()),
        Just("apps".to_owned()),
        "[a-zA-Z0-9%+&= ]{0,6}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sent_means_what_was_checked(raw in hostile(), rooted: bool) {
        let raw = if rooted { format!("/{raw}") } else { raw };
        if let Ok(path) = OriginPath::parse(&raw) {
            let sent = path.to_string();
            // Reading our own encoding again changes nothing.
            prop_assert_eq!(&OriginPath::parse(&sent).unwrap(), &path);
            // Neither does the URL parser that stands between us and the wire.
            let url = url::Url::parse(&format!("https://cloud.example/root{sent}")).unwrap();
            prop_assert_eq!(url.host_str(), Some("cloud.example"));
            let path_and_query = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
            prop_assert_eq!(path_and_query, format!("/root{sent}"));
            prop_assert!(url.fragment().is_none());
            prop_assert!(sent.starts_with('/') && !sent.starts_with("//"));
            prop_assert!(sent.is_ascii() && !sent.bytes().any(|byte| byte.is_ascii_control() || byte == b' '));
            for segment in path.segments() {
                prop_assert!(!segment.is_empty() && segment != "." && segment != ".." && !segment.contains(['/', '\\']));
            }
        }
    }

    #[test]
    fn any_name_survives_escaped_in_a_dav_path(name in "[^/\\\\\\p{Cc}]{1,40}") {
        prop_assume!(name != "." && name != "..");
        let escaped = utf8_percent_encode(&name, SEGMENT).to_string();
        let path = OriginPath::parse(&format!("/remote.php/dav/files/alice/{escaped}")).unwrap();
        prop_assert_eq!(path.segments().last(), Some(&name));
    }
}
