//! Headers and hrefs of a plugin's requests: what may be in them, and where they may point.

use super::server::reply;
use super::*;

#[tokio::test]
async fn forbidden_headers_are_refused_and_nothing_is_sent() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    for name in [
        "Authorization",
        "authorization",
        "Cookie",
        "Host",
        "Set-Cookie",
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-User-Id",
        "OCS-APIRequest",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "Expect",
        "TE",
        "Origin",
        "Referer",
        "User-Agent",
        "Accept-Encoding",
        "Proxy-Authorization",
        "requesttoken",
        "X-Anything",
    ] {
        let refused = send(&alice, request("GET", "/apps/test/api/a").header(name, "x"))
            .await
            .unwrap_err();
        assert!(
            matches!(&refused, FetchError::Forbidden(why) if why.to_string().contains(&name.to_lowercase())),
            "{name}: {refused:?}"
        );
    }
    for (name, value) in [
        ("Accept", "a\r\nCookie: b"),
        ("Accept", "a\nb"),
        ("Accept", "a\0b"),
        ("Accept\r\nCookie", "x"),
        ("", "x"),
        ("Acc ept", "x"),
        ("Accept", "\u{7f}"),
    ] {
        let refused = send(
            &alice,
            request("GET", "/apps/test/api/a").header(name, value),
        )
        .await
        .unwrap_err();
        assert!(
            matches!(refused, FetchError::Malformed(_)),
            "{name:?} {value:?}: {refused:?}"
        );
    }
    let twice = request("PUT", "/apps/test/api/a")
        .header("If-Match", "\"a\"")
        .header("if-match", "\"b\"");
    assert!(matches!(
        send(&alice, twice).await.unwrap_err(),
        FetchError::Malformed(_)
    ));
    let tagged =
        request("PUT", "/apps/test/api/a").header("If", "<http://evil.example/x> ([\"a\"])");
    assert!(matches!(
        send(&alice, tagged).await.unwrap_err(),
        FetchError::Malformed(_)
    ));
    let misplaced = request("GET", "/apps/test/api/a").header("Destination", "/apps/test/api/b");
    assert!(matches!(
        send(&alice, misplaced).await.unwrap_err(),
        FetchError::Malformed(_)
    ));
    assert!(server.log().is_empty());
}

#[tokio::test]
async fn listed_headers_pass_in_both_directions_and_no_others_come_back() {
    let server = Server::start().await;
    server.on("/apps/test/api/a", |_| {
        let headers = [
            ("ETag", "\"e\""),
            ("X-Notes-Chunk-Cursor", "1-2-3"),
            ("Retry-After", "7"),
            ("Schedule-Tag", "\"s\""),
            ("Set-Cookie", "a=b"),
            ("Server", "nginx"),
            ("WWW-Authenticate", "Basic"),
            ("X-Request-Id", "r"),
            ("Content-Security-Policy", "none"),
            ("DAV", "1, 3"),
        ];
        reply(412, &headers, "conflict")
    });
    let alice = caller(&server, "alice");
    let sent = [
        ("Accept", "application/json"),
        ("If-Match", "\"e\""),
        ("Depth", "1"),
        ("Prefer", "return=minimal"),
        ("X-NC-CalDAV-No-Trashbin", "1"),
        ("If", "(<opaquelocktoken:abc> [\"e\"])"),
        ("Timeout", "Second-5"),
        ("Content-Type", "text/calendar"),
    ];
    let request = sent.iter().fold(
        request("PUT", "/apps/test/api/a").body("b"),
        |request, (name, value)| request.header(name, value),
    );
    let answer = send(&alice, request).await.unwrap();
    let seen = &server.guests_requests()[0];
    for (name, value) in sent {
        assert_eq!(seen.header(&name.to_lowercase()), Some(value));
    }
    assert_eq!((answer.status, answer.text()), (412, "conflict"));
    let mut names: Vec<&str> = answer
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "content-length",
            "dav",
            "etag",
            "retry-after",
            "schedule-tag",
            "x-notes-chunk-cursor"
        ]
    );
}

#[tokio::test]
async fn destination_passes_the_same_policy_and_becomes_an_address() {
    let server = Server::start_below("/cloud").await;
    let alice = caller(&server, "alice");
    let to = |destination: &str| {
        request("MOVE", "/apps/test/api/a")
            .header("Destination", destination)
            .header("Overwrite", "F")
    };
    send(&alice, to("/apps/test/api/b c")).await.unwrap();
    let seen = &server.guests_requests()[0];
    assert_eq!(
        seen.header("destination"),
        Some(format!("{}/apps/test/api/b%20c", server.url()).as_str())
    );
    for (destination, malformed) in [
        ("/apps/other/api/b", false),
        ("/ocs/v2.php/core/apppassword", false),
        ("http://evil.example/apps/test/api/b", true),
        ("//evil.example/apps/test/api/b", true),
        ("/apps/test/api/../b", true),
        ("/apps/test/api/b?x=y", true),
    ] {
        let refused = send(&alice, to(destination)).await.unwrap_err();
        assert_eq!(
            matches!(refused, FetchError::Malformed(_)),
            malformed,
            "{destination}: {refused:?}"
        );
        assert_eq!(
            matches!(refused, FetchError::Forbidden(_)),
            !malformed,
            "{destination}: {refused:?}"
        );
    }
    assert_eq!(server.guests_requests().len(), 1);
}

#[tokio::test]
async fn hrefs_in_a_report_are_held_to_the_rules() {
    let server = Server::start_below("/cloud").await;
    let alice = caller(&server, "alice");
    let grant = grant(&["/remote.php/dav/calendars/{user}/**"]);
    let report = |href: &str| {
        let body = format!(
            r#"<?xml version="1.0"?><c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/></d:prop><d:href>{href}</d:href></c:calendar-multiget>"#
        );
        let request = request("REPORT", "/remote.php/dav/calendars/alice/work/")
            .header("Depth", "1")
            .body(&body);
        let (alice, grant) = (alice.clone(), grant.clone());
        async move { alice.fetch(&grant, Access::Read, &budget(), request).await }
    };
    report("/cloud/remote.php/dav/calendars/alice/work/1.ics")
        .await
        .unwrap();
    for other in [
        "/cloud/remote.php/dav/calendars/bob/work/1.ics",
        "/cloud/remote.php/dav/files/alice/x",
        "/cloud/ocs/v2.php/core/apppassword",
    ] {
        assert!(
            matches!(report(other).await.unwrap_err(), FetchError::Forbidden(_)),
            "{other}"
        );
    }
    for other in [
        "/remote.php/dav/calendars/alice/work/1.ics",
        "http://evil.example/x",
        "1.ics",
        "",
        "/cloud/remote.php/dav/calendars/alice/../bob/1.ics",
    ] {
        assert!(
            matches!(report(other).await.unwrap_err(), FetchError::Malformed(_)),
            "{other}"
        );
    }
    assert_eq!(server.guests_requests().len(), 1);
}
