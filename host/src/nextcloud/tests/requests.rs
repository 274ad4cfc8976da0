//! What a plugin may ask for, and what reaches Nextcloud of it.

use super::server::reply;
use super::*;

#[tokio::test]
async fn what_a_hostile_plugin_asks_for_is_refused_and_nothing_is_sent() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    let long = format!("/apps/test/api/{}", "a".repeat(5_000));
    for path in [
        "http://evil.example/",
        "//evil.example/apps/test/api/a",
        "\\\\evil.example",
        "evil.example",
        "@evil.example/",
        "/apps/test/api/../../oidc",
        "/apps/test/api/%2e%2e/x",
        "/apps/test/api/..%2fx",
        "/apps/test/api/a\r\nHost: evil",
        "/apps/test/api/%0d%0a",
        "/apps/test/api\\x",
        "/apps/test/api/;x",
        "/apps/test/api/#x",
        "/apps/test/api/%00",
        "/apps/test/api/%",
        "/apps/test//api",
        "/apps/test/api/%252e%252e",
        "",
        &long,
    ] {
        let refused = get(&alice, path).await.unwrap_err();
        assert!(
            matches!(refused, FetchError::Malformed(_)),
            "{path:?}: {refused:?}"
        );
    }
    for path in [
        "/apps/other/api",
        "/apps/test/apis",
        "/status.php",
        "/",
        "/ocs/v2.php/core/getapppassword",
        "/index.php/login/v2",
        "/apps/Test/api/a",
    ] {
        let refused = get(&alice, path).await.unwrap_err();
        assert!(
            matches!(refused, FetchError::Forbidden(_)),
            "{path:?}: {refused:?}"
        );
    }
    for method in ["TRACE", "CONNECT", "get", "GET\r\nX: y", "", "PATCH /x"] {
        assert!(
            matches!(
                send(&alice, request(method, "/apps/test/api/a"))
                    .await
                    .unwrap_err(),
                FetchError::Malformed(_)
            ),
            "{method:?}"
        );
    }
    assert!(matches!(
        send(&alice, request("PATCH", "/apps/test/api/a"))
            .await
            .unwrap_err(),
        FetchError::Forbidden(_)
    ));
    assert!(matches!(
        send(&alice, request("GET", "/apps/test/api/a").body("x"))
            .await
            .unwrap_err(),
        FetchError::Malformed(_)
    ));
    assert!(server.log().is_empty());
}

#[tokio::test]
async fn any_status_is_an_answer() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    for code in [
        200, 201, 204, 207, 400, 403, 404, 405, 409, 412, 415, 423, 429, 500, 501, 502, 503, 507,
    ] {
        server.on("/apps/test/api/a", move |_| {
            reply(code, &[], if code == 204 { "" } else { "<html>" })
        });
        assert_eq!(get(&alice, "/apps/test/api/a").await.unwrap().status, code);
    }
    assert_eq!(server.proofs().len(), 1);
}

#[tokio::test]
async fn a_tools_access_is_held_against_every_request() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    let send = |access, request| {
        let alice = alice.clone();
        async move { alice.fetch(&grant(&[]), access, &budget(), request).await }
    };
    assert!(matches!(
        send(Access::Read, request("PUT", "/apps/test/api/a"))
            .await
            .unwrap_err(),
        FetchError::Forbidden(_)
    ));
    let create = request("PUT", "/apps/test/api/a").header("If-None-Match", "*");
    assert!(send(Access::Create, create.clone()).await.is_ok());
    assert!(matches!(
        send(Access::Read, create).await.unwrap_err(),
        FetchError::Forbidden(_)
    ));
    let one = request("PUT", "/apps/test/api/a").header("If-None-Match", "\"etag\"");
    assert!(matches!(
        send(Access::Create, one).await.unwrap_err(),
        FetchError::Forbidden(_)
    ));
    assert!(matches!(
        send(Access::Update, request("DELETE", "/apps/test/api/a"))
            .await
            .unwrap_err(),
        FetchError::Forbidden(_)
    ));
}

#[tokio::test]
async fn user_in_a_rule_is_the_id_that_nextcloud_gives() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    let grant = grant(&["/remote.php/dav/calendars/{user}/**"]);
    let fetch = |path: &'static str| {
        let (alice, grant) = (alice.clone(), grant.clone());
        async move {
            alice
                .fetch(&grant, Access::Delete, &budget(), request("PROPFIND", path))
                .await
        }
    };
    assert!(fetch("/remote.php/dav/calendars/alice/work/").await.is_ok());
    for path in [
        "/remote.php/dav/calendars/bob/work/",
        "/remote.php/dav/calendars/Alice/work/",
        "/remote.php/dav/calendars/",
        "/remote.php/dav/calendars/alice%2fx/",
    ] {
        assert!(fetch(path).await.is_err(), "{path}");
    }
    assert_eq!(server.guests_requests().len(), 1);
}

#[tokio::test]
async fn what_is_sent_is_our_own_encoding() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    get(&alice, "/index.php/apps/test/api/%61 ä/?q=a b")
        .await
        .unwrap();
    assert_eq!(
        server.guests_requests()[0].target,
        "/index.php/apps/test/api/a%20%C3%A4/?q=a%20b"
    );
}

#[tokio::test]
async fn who_and_where_are_asked_once() {
    let server = Server::start_below("/cloud").await;
    let mut settings = settings(&server);
    settings.base_url.push('/');
    settings.public_url = Some("https://cloud.example.org/cloud/".to_owned());
    let alice = Nextcloud::new(settings).unwrap().caller(
        credential("alice"),
        Scopes::Only(["notes.read".to_owned()].into()),
    );
    for _ in 0..3 {
        assert_eq!(alice.whoami().await.unwrap().id, "alice");
        let info = alice.server().await.unwrap();
        assert_eq!(
            (
                info.url.as_str(),
                info.web_root.as_str(),
                info.version.as_str()
            ),
            ("https://cloud.example.org/cloud", "/cloud", "33.0.3")
        );
        assert!(alice.capabilities().await.unwrap().contains("notes"));
    }
    assert_eq!(server.log().len(), 2);
    assert!(
        server
            .log()
            .iter()
            .all(|seen| seen.target.starts_with("/cloud/ocs/v2.php/cloud/"))
    );
    assert!(alice.has_scope("notes.read") && !alice.has_scope("notes.write"));
}
