//! Authorization requests: what is asked of the user, what the client is told, and what only a page says.

use http::header::RETRY_AFTER;

use super::*;

/// The error that a client is told; `state` and `iss` come along.
#[track_caller]
fn error(answer: &Answer) -> String {
    let location = answer.offered();
    assert!(
        location.as_str().starts_with(&format!("{CALLBACK}?")),
        "{location}"
    );
    assert_eq!(parameter(&location, "iss").as_deref(), Some(HERE));
    assert_eq!(parameter(&location, "code"), None);
    let description = parameter(&location, "error_description").unwrap();
    // RFC 6749, section 4.1.2.1.
    assert!(
        description
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
    );
    parameter(&location, "error").unwrap()
}

#[tokio::test]
async fn an_unknown_client_or_redirect_uri_never_redirects() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let elsewhere = Server::with("https://other.example.com", &[])
        .client(&[CALLBACK])
        .await;
    let mut paths = vec![
        request_with(&client, "client_id", None),
        request_with(&client, "client_id", Some("unknown")),
        request_with(&client, "client_id", Some(&client[..client.len() - 1])),
        request_with(&client, "client_id", Some(&elsewhere)),
        request_with(
            &client,
            "client_id",
            Some("https://unknown.example.com/client.json"),
        ),
        request_with(&client, "redirect_uri", None),
        format!("{}&client_id=x", plain_request(&client)),
        format!(
            "{}&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb",
            plain_request(&client)
        ),
    ];
    for uri in [
        "https://evil.example/cb",
        "https://app.example.com/cb/",
        "https://app.example.com/cb/..;/evil",
        "https://app.example.com/cb?next=evil",
        "https://app.example.com/cb#evil",
        "https://app.example.com/CB",
        "https://app.example.com/%63b",
        "https://app.example.com:8443/cb",
        "https://app.example.com:443/cb",
        "https://APP.example.com/cb",
        "https://app.example.com./cb",
        "https://sub.app.example.com/cb",
        "https://app.example.com.evil.example/cb",
        "https://app.example.com@evil.example/cb",
        "https://evil.example\\@app.example.com/cb",
        "http://app.example.com/cb",
        "http://localhost/cb",
        "javascript:alert(1)",
        "//app.example.com/cb",
    ] {
        paths.push(request_with(&client, "redirect_uri", Some(uri)));
    }
    for path in paths {
        let answer = server.get(&path).await;
        answer.is_page(400);
        assert!(!answer.headers.contains_key(SET_COOKIE), "{path}");
    }
}

#[tokio::test]
async fn loopback_ports_are_free_and_nothing_else_of_the_redirect_uri_is() {
    let server = Server::new();
    let client = server.client(&["http://localhost/cb"]).await;
    let asked = async |uri: &str| {
        server
            .get(&request_with(&client, "redirect_uri", Some(uri)))
            .await
            .status
    };
    assert_eq!(asked("http://localhost:54321/cb").await, StatusCode::OK);
    for uri in [
        "http://localhost:54321/",
        "http://127.0.0.1:54321/cb",
        "https://localhost:54321/cb",
        "http://localhost.evil.example:54321/cb",
    ] {
        assert_eq!(asked(uri).await, StatusCode::BAD_REQUEST, "{uri}");
    }
}

#[tokio::test]
async fn every_other_error_is_for_the_client_and_a_website_hears_it_only_if_the_person_goes_there()
{
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let long = "a".repeat(129);
    let many = format!("{}files.read", "openid ".repeat(64));
    for (name, value, expected) in [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        (
            "response_type",
            Some("code id_token"),
            "unsupported_response_type",
        ),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some(""), "invalid_request"),
        ("code_challenge", Some(&CHALLENGE[..42]), "invalid_request"),
        ("code_challenge", Some(&long), "invalid_request"),
        (
            "code_challenge",
            Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"),
            "invalid_request",
        ),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", Some("s256"), "invalid_request"),
        (
            "resource",
            Some("https://mcp.example.com/mcp/"),
            "invalid_target",
        ),
        (
            "resource",
            Some("https://mcp.example.com"),
            "invalid_target",
        ),
        (
            "resource",
            Some("https://other.example.com/mcp"),
            "invalid_target",
        ),
        ("prompt", Some("none"), "interaction_required"),
        (
            "request",
            Some("eyJhbGciOiJub25lIn0.e30."),
            "request_not_supported",
        ),
        (
            "request_uri",
            Some("https://app.example.com/r"),
            "request_uri_not_supported",
        ),
        ("scope", Some("files.read"), "invalid_scope"),
        // What is too much to be looked at is not nothing.
        ("scope", Some(&long), "invalid_scope"),
        ("scope", Some(&many), "invalid_scope"),
    ] {
        let answer = server.get(&request_with(&client, name, value)).await;
        assert_eq!(error(&answer), expected, "{name}={value:?}");
        let state = parameter(&answer.offered(), "state");
        assert_eq!(state.as_deref(), Some("the client's state"), "{name}");
        assert!(!answer.headers.contains_key(SET_COOKIE));
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_program_on_the_same_computer_hears_of_its_error_at_once() {
    let server = Server::new();
    let loopback = "http://127.0.0.1:4711/cb";
    let client = server.client(&[loopback]).await;
    let request = request_with(&client, "redirect_uri", Some(loopback));
    let answer = server.get(&format!("{request}&response_mode=x")).await;
    let location = answer.location();
    assert!(
        location
            .as_str()
            .starts_with("http://127.0.0.1:4711/cb?error=")
    );
    assert_eq!(
        parameter(&location, "error").as_deref(),
        Some("invalid_request")
    );
}

#[tokio::test]
async fn a_parameter_that_is_there_twice_is_refused_even_if_both_are_equal() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    for (name, value) in request(&client) {
        if matches!(name, "client_id" | "redirect_uri") {
            continue;
        }
        let path = format!("{}&{}", plain_request(&client), form(&[(name, &value)]));
        let answer = server.get(&path).await;
        let expected = if name == "resource" {
            "invalid_target"
        } else {
            "invalid_request"
        };
        assert_eq!(error(&answer), expected, "{name}");
        let state = parameter(&answer.offered(), "state");
        assert_eq!(
            state.is_none(),
            name == "state",
            "which state to give back would be a guess"
        );
    }
}

#[tokio::test]
async fn a_state_that_is_too_long_or_not_text_is_refused_and_not_given_back() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    for state in ["a".repeat(1025), "a\nb".to_owned(), "ä".to_owned()] {
        let answer = server
            .get(&request_with(&client, "state", Some(&state)))
            .await;
        assert_eq!(error(&answer), "invalid_request");
        assert_eq!(parameter(&answer.offered(), "state"), None);
    }
    let longest = "~".repeat(1024);
    let answer = server
        .get(&request_with(&client, "state", Some(&longest)))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let none = server.get(&request_with(&client, "state", None)).await;
    assert_eq!(none.status, StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_fit_into_a_cookie_is_refused_and_not_cut() {
    let server = Server::new();
    let long = format!("https://app.example.com/{}", "a".repeat(480));
    let client = server.client(&[&long]).await;
    // Each of these is written with a backslash before it.
    let state = "\"".repeat(1024);
    let request = form(&[
        ("response_type", "code"),
        ("client_id", &client),
        ("redirect_uri", &long),
        ("state", &state),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let answer = server.get(&format!("/oauth/authorize?{request}")).await;
    assert_eq!(
        parameter(&answer.offered(), "error").as_deref(),
        Some("invalid_request")
    );
    assert_eq!(
        parameter(&answer.offered(), "state").as_deref(),
        Some(&*state)
    );
    assert!(!answer.headers.contains_key(SET_COOKIE));
}

/// The scopes that the page offers.
fn offered(page: &Answer) -> Vec<String> {
    let boxes = page.body.split("name=\"scope\" value=\"").skip(1);
    boxes
        .map(|rest| rest.split_once('"').unwrap().0.to_owned())
        .collect()
}

#[tokio::test]
async fn the_page_offers_what_was_asked_for_and_exists() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let all = vec!["calendar.read", "notes.read", "notes.write"];
    for (scope, expected) in [
        (Some("notes.read"), vec!["notes.read"]),
        (
            Some("Notes.Read files.write openid offline_access"),
            vec!["notes.read"],
        ),
        (Some("openid profile offline_access"), all.clone()),
        (None, all.clone()),
    ] {
        let page = server.get(&request_with(&client, "scope", scope)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(offered(&page), expected, "{scope:?}");
    }
}

#[tokio::test]
async fn a_post_asks_like_a_get() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let path = plain_request(&client);
    let (_, query) = path.split_once('?').unwrap();
    let post = |body: &str| {
        let request = Request::post("/oauth/authorize")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(Body::from(body.to_owned())).unwrap()
    };
    assert_eq!(server.send(post(query)).await.status, StatusCode::OK);
    let large = format!("{query}&x={}", "a".repeat(16 * 1024));
    server.send(post(&large)).await.is_page(400);
}

#[tokio::test]
async fn while_nextcloud_is_away_there_is_a_page_that_says_when_to_come_back() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    server.nextcloud.away.store(true, Ordering::SeqCst);
    let answer = server.get(&plain_request(&client)).await;
    answer.is_page(503);
    assert_eq!(answer.header(RETRY_AFTER), "5");
}

#[tokio::test]
async fn before_the_tools_are_loaded_a_client_is_asked_to_come_back() {
    let server = Server::of(HERE, &[], Arc::new(Vec::new), Documented::new());
    let client = server.client(&[CALLBACK]).await;
    assert_eq!(
        error(&server.get(&plain_request(&client)).await),
        "temporarily_unavailable"
    );
}
