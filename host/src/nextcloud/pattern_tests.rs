//! Which patterns load and what they match.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use super::*;

fn matches(pattern: &str, path: &str, user: Option<&str>) -> bool {
    PathPattern::parse(pattern)
        .unwrap()
        .matches(&OriginPath::parse(path).unwrap(), user)
}

#[test]
fn a_rule_holds_with_and_without_index_php_slash_and_escapes() {
    for pattern in [
        "/apps/notes/api/v1/notes/*",
        "/index.php/apps/notes/api/v1/notes/*/",
    ] {
        for path in [
            "/apps/notes/api/v1/notes/1",
            "/index.php/apps/notes/api/v1/notes/1/",
            "/%61pps/notes/api/v1/n%6ftes/1?x=y",
        ] {
            assert!(matches(pattern, path, None), "{pattern} {path}");
        }
    }
}

#[test]
fn a_wildcard_means_one_segment_and_two_the_rest() {
    assert!(!matches("/apps/notes/api/*", "/apps/notes/api", None));
    assert!(!matches(
        "/apps/notes/api/*",
        "/apps/notes/api/v1/notes",
        None
    ));
    assert!(matches("/apps/notes/api/**", "/apps/notes/api", None));
    assert!(matches(
        "/apps/notes/api/**",
        "/apps/notes/api/v1/notes",
        None
    ));
    assert!(!matches("/apps/notes/api/**", "/apps/notes/apis/v1", None));
    assert!(!matches("/apps/notes/api/**", "/Apps/notes/api/v1", None));
}

#[test]
fn user_is_compared_exactly_after_decoding() {
    let pattern = "/remote.php/dav/calendars/{user}/**";
    assert!(matches(
        pattern,
        "/remote.php/dav/calendars/alice/work/",
        Some("alice")
    ));
    assert!(matches(
        pattern,
        "/remote.php/dav/calendars/a%40b/",
        Some("a@b")
    ));
    assert!(matches(
        pattern,
        "/remote.php/dav/calendars/{user}/",
        Some("{user}")
    ));
    for other in [
        "Alice",
        "alice2",
        "bob",
        "{user}",
        "*",
        "alice%20",
        "al%2569ce",
    ] {
        assert!(
            !matches(
                pattern,
                &format!("/remote.php/dav/calendars/{other}/work/"),
                Some("alice")
            ),
            "{other}"
        );
    }
    assert!(!matches(
        pattern,
        "/remote.php/dav/calendars/alice/work/",
        None
    ));
}

#[test]
fn patterns_that_open_a_whole_front_controller_do_not_load() {
    for wide in [
        "/**",
        "/*",
        "/*/**",
        "/index.php/**",
        "/apps/**",
        "/index.php/apps/**",
        "/apps/notes/**",
        "/apps/*/api/**",
        "/ocs/**",
        "/ocs/v2.php/**",
        "/ocs/*/cloud/user/**",
        "/ocs/v2.php/cloud/*",
        "/ocs/v2.php/apps/**",
        "/ocs/v2.php/apps/files_sharing/**",
        "/remote.php/**",
        "/remote.php/dav/**",
        "/remote.php/dav/{user}/calendars/**",
        "/{user}/a/b/**",
        "/core/**",
    ] {
        assert!(
            matches!(PathPattern::parse(wide), Err(PatternError::TooWide(_))),
            "{wide}"
        );
    }
    for narrow in [
        "/status.php",
        "/ocs/v2.php/cloud/user",
        "/remote.php/dav",
        "/apps/notes/api/**",
        "/ocs/v2.php/search/providers/**",
        "/remote.php/dav/calendars/{user}/**",
        "/ocs/v1.php/apps/files_sharing/api/**",
    ] {
        assert!(PathPattern::parse(narrow).is_ok(), "{narrow}");
    }
}

#[test]
fn what_is_not_understood_does_not_load() {
    use PatternError as E;
    for (pattern, why) in [
        ("/apps/notes/**/x", E::RestNotLast),
        ("/apps/notes/api/v*", E::Wildcard("v*".into())),
        ("/apps/notes/api/{id}", E::Wildcard("{id}".into())),
        ("/apps/notes/api/***", E::Wildcard("***".into())),
        ("/apps/notes/api?x=1", E::Query),
        ("/apps/notes/../x", E::Path(PathError::DotSegment)),
        (
            "https://cloud.example/apps/notes/api",
            E::Path(PathError::NotAbsolute),
        ),
    ] {
        assert_eq!(PathPattern::parse(pattern), Err(why), "{pattern}");
    }
}
