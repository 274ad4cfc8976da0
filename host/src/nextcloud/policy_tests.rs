//! Rules, grants and the gate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::nextcloud::RequestPattern;

fn rule(methods: &str, path: &str, access: Option<Access>) -> Rule {
    Rule::parse(
        &methods.split(' ').map(str::to_owned).collect::<Vec<_>>(),
        path,
        access,
    )
    .unwrap()
}

fn check(grant: &Grant, access: Access, request: (&str, bool), path: &str) -> Result<(), String> {
    let gate = Gate {
        grant,
        access,
        user: Some("alice"),
        method: known_method(request.0).unwrap(),
        creates_only: request.1,
    };
    gate.check(&OriginPath::parse(path).unwrap())
        .map_err(|refusal| refusal.to_string())
}

#[test]
fn each_method_needs_its_access_and_each_access_includes_the_ones_before() {
    const ALL: [Access; 4] = [Access::Read, Access::Create, Access::Update, Access::Delete];
    let grant = Grant::new(
        METHODS
            .iter()
            .map(|(method, _)| rule(method, "/apps/x/api/**", None))
            .collect(),
    );
    for (method, needed) in METHODS {
        for access in ALL {
            let allowed = check(&grant, access, (method, false), "/apps/x/api/1").is_ok();
            assert_eq!(allowed, access >= *needed, "{method} with {access}");
        }
    }
    assert!(check(&grant, Access::Create, ("PUT", true), "/apps/x/api/1").is_ok());
    assert!(check(&grant, Access::Read, ("PUT", true), "/apps/x/api/1").is_err());
    assert!(check(&grant, Access::Create, ("PATCH", true), "/apps/x/api/1").is_err());
}

#[test]
fn refusals_say_what_refused() {
    let grant = Grant::new(vec![rule("GET PUT", "/apps/notes/api/**", None)]);
    let refused = |method, path| check(&grant, Access::Read, (method, false), path).unwrap_err();
    assert!(refused("GET", "/apps/deck/api/v1").contains("manifest"));
    assert!(refused("DELETE", "/apps/notes/api/v1").contains("manifest"));
    assert!(
        refused("PUT", "/apps/notes/api/v1")
            .contains("needs access `update`, and the running tool declares `read`")
    );
    assert!(refused("GET", "/ocs/v2.php/core/getapppassword").contains("closed to every plugin"));
    let deny = RequestPattern::parse(&[], Some("/apps/notes/api/v1/secret")).unwrap();
    let rule = Restriction::new("not that".to_owned(), None, vec![deny]).unwrap();
    let grant = grant.narrowed([Arc::new(rule)]);
    let refused = |path| check(&grant, Access::Read, ("GET", false), path);
    assert!(
        refused("/apps/notes/api/v1/secret")
            .unwrap_err()
            .ends_with("refused by the operator's policy, rule `not that`")
    );
    assert!(refused("/apps/notes/api/v1/other").is_ok());
}

#[test]
fn what_a_log_may_hold_of_a_refusal_has_no_word_of_the_plugins_own() {
    let grant = Grant::new(vec![rule("GET PUT", "/apps/notes/api/**", None)]);
    for (method, path) in [
        ("GET", "/apps/deck/canary?q=canary"),
        ("PUT", "/apps/notes/api/canary?q=canary"),
        ("GET", "/login/canary?q=canary"),
    ] {
        let gate = Gate {
            grant: &grant,
            access: Access::Read,
            user: None,
            method,
            creates_only: false,
        };
        let refused = gate.check(&OriginPath::parse(path).unwrap()).unwrap_err();
        let FetchError::Forbidden(refusal) = refused else {
            panic!("{refused}");
        };
        assert!(!refusal.rule.contains("canary"), "{refusal:?}");
        assert_eq!(refusal.method, method);
        assert!(!refusal.to_string().contains("q="), "{refusal}");
    }
}

#[test]
fn closed_paths_stay_closed_under_a_rule_that_reaches_them() {
    let grant = Grant::new(vec![rule(
        "GET POST",
        "/ocs/v2.php/apps/files/api/**",
        None,
    )]);
    assert!(
        check(
            &grant,
            Access::Delete,
            ("POST", false),
            "/ocs/v2.php/apps/files/api/v1/directEditing/open"
        )
        .is_err()
    );
    assert!(
        check(
            &grant,
            Access::Delete,
            ("POST", false),
            "/ocs/v2.php/apps/files/api/v1/other"
        )
        .is_ok()
    );
}

#[test]
fn where_a_rule_says_create_no_put_overwrites_whatever_the_tool() {
    let path = "/remote.php/dav/files/alice/Notes/.attachments.1/a.png";
    let files = "/remote.php/dav/files/{user}/*/*/*/**";
    let only_create = rule("PUT", files, Some(Access::Create));
    assert!(only_create.to_string().contains("overwrites nothing"));
    let grant = Grant::new(vec![only_create.clone()]);
    assert!(check(&grant, Access::Read, ("PUT", true), path).is_err());
    for access in [Access::Create, Access::Update, Access::Delete] {
        assert_eq!(check(&grant, access, ("PUT", true), path), Ok(()));
        let refused = check(&grant, access, ("PUT", false), path).unwrap_err();
        assert!(refused.contains("If-None-Match"), "{refused}");
    }
    // Nor does a line as narrow beside it open what this one closes.
    let both = Grant::new(vec![rule("PUT", files, None), only_create]);
    assert!(check(&both, Access::Delete, ("PUT", false), path).is_err());
}

#[test]
fn an_override_counts_for_its_own_path_only_and_the_narrowest_rule_speaks() {
    let outbox = "/remote.php/dav/calendars/{user}/outbox";
    let grant = Grant::new(vec![
        rule("POST GET", "/remote.php/dav/calendars/{user}/**", None),
        rule("POST", outbox, Some(Access::Read)),
        rule(
            "GET",
            "/remote.php/dav/calendars/{user}/purge",
            Some(Access::Delete),
        ),
    ]);
    assert!(
        check(
            &grant,
            Access::Read,
            ("POST", false),
            "/remote.php/dav/calendars/alice/outbox/"
        )
        .is_ok()
    );
    assert!(
        check(
            &grant,
            Access::Read,
            ("POST", false),
            "/remote.php/dav/calendars/alice/work/"
        )
        .is_err()
    );
    assert!(
        check(
            &grant,
            Access::Read,
            ("GET", false),
            "/remote.php/dav/calendars/alice/purge"
        )
        .is_err()
    );
    assert!(
        check(
            &grant,
            Access::Read,
            ("POST", false),
            "/remote.php/dav/calendars/bob/outbox/"
        )
        .is_err()
    );
}

#[test]
fn a_grant_without_rules_allows_nothing() {
    assert!(
        check(
            &Grant::default(),
            Access::Delete,
            ("GET", false),
            "/status.php"
        )
        .is_err()
    );
}

#[test]
fn allow_lines_that_cannot_hold_do_not_load() {
    let parse = |methods: &[&str], path| {
        Rule::parse(
            &methods.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>(),
            path,
            None,
        )
    };
    assert!(matches!(
        parse(&[], "/status.php"),
        Err(RuleError::NoMethods(_))
    ));
    for method in ["get", "TRACE", "CONNECT", "GET ", "", "*"] {
        assert!(
            matches!(
                parse(&["GET", method], "/status.php"),
                Err(RuleError::Method { .. })
            ),
            "{method}"
        );
    }
    assert!(matches!(
        parse(&["GET"], "/apps/**"),
        Err(RuleError::Pattern { .. })
    ));
    assert!(matches!(
        parse(&["GET"], "/index.php/login/v2"),
        Err(RuleError::Closed { .. })
    ));
    assert!(matches!(
        parse(&["GET", "PUT"], "/ocs/v2.php/cloud/user"),
        Err(RuleError::Closed { .. })
    ));
    assert!(parse(&["GET"], "/ocs/v2.php/cloud/user").is_ok());
}

#[test]
fn a_rule_reads_as_a_sentence() {
    assert_eq!(
        rule("GET PUT", "/apps/notes/api/**", None).to_string(),
        "GET, PUT on /apps/notes/api/**"
    );
    assert_eq!(
        rule(
            "POST",
            "/remote.php/dav/calendars/{user}/outbox",
            Some(Access::Read)
        )
        .to_string(),
        "POST on /remote.php/dav/calendars/{user}/outbox (counted as read, whatever the method)"
    );
}
