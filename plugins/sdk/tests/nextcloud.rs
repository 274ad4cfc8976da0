//! What a tool gets to hear about Nextcloud's answers, and what Nextcloud gets to hear from a tool.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use nextcloud_mcp_plugin::nextcloud::{FetchError, Request, Response, send_all};
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recording};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use serde_json::{Value, json};

fn answered(method: &'static str, answer: Answer) -> Result<Response, Failure> {
    let nextcloud = Nextcloud::start();
    nextcloud.on(method, "/x", answer);
    Request::new(method, "/x").about("note 7").send()
}

fn refused(answer: Answer) -> Failure {
    answered("GET", answer).unwrap().ok().unwrap_err()
}

#[test]
fn what_a_model_wrote_stays_data_in_path_query_and_body() {
    let nextcloud = Nextcloud::start();
    let path = "/notes/a%2F..%3Fb?category=R%26D%20%2B1&x=";
    nextcloud.on("PUT", path, Answer::json(200, &json!({})));
    let body = json!({"title": "\"}{"});
    Request::put("/notes")
        .segment("a/..?b")
        .query("category", "R&D +1")
        .query("x", "")
        .json(&body)
        .send()
        .unwrap();
    assert_eq!(nextcloud.sent()[0].json(), body);
}

#[test]
fn an_etag_is_sent_in_quotes_however_it_was_given() {
    for given in ["abc", "\"abc\"", "W/\"abc\"", " abc "] {
        let nextcloud = Nextcloud::start();
        nextcloud.on("PUT", "/x", Answer::json(200, &json!({})));
        Request::put("/x").if_match(given).send().unwrap();
        assert_eq!(
            nextcloud.sent()[0].header("If-Match"),
            Some("\"abc\""),
            "{given}"
        );
    }
}

#[test]
fn every_status_has_its_kind_and_names_the_item() {
    use FailureKind::{
        Conflict, Denied, Invalid, Limited, NotFound, Other, Unavailable, Unsupported,
    };
    let kinds = [
        (400, Invalid),
        (401, Denied),
        (403, Denied),
        (404, NotFound),
        (405, Unsupported),
        (409, Conflict),
        (412, Conflict),
        (413, Limited),
        (415, Invalid),
        (423, Unavailable),
        (429, Limited),
        (500, Other),
        (501, Unsupported),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (507, Limited),
        (302, Other),
    ];
    for (status, kind) in kinds {
        let failure = refused(Answer::json(status, &json!({})));
        assert_eq!(failure.kind, kind, "{status}: {}", failure.message);
        assert!(
            failure.message.ends_with('.'),
            "{status}: {}",
            failure.message
        );
    }
    assert!(
        refused(Answer::json(404, &json!({})))
            .message
            .contains("note 7")
    );
    assert!(
        refused(Answer::json(412, &json!({})))
            .message
            .contains("changed note 7 meanwhile")
    );
}

/// Each sentence has to be one with "note 7" as well as with these.
#[test]
fn any_noun_can_be_what_a_request_is_about() {
    for about in ["the list of notes", "the user's calendars"] {
        for status in [400, 403, 404, 405, 409, 412, 413, 423, 500] {
            let nextcloud = Nextcloud::start();
            nextcloud.on("GET", "/x", Answer::json(status, &json!({})));
            let answer = Request::get("/x").about(about).send().unwrap();
            let message = answer.failure().message;
            for broken in ["no the", "There is", "calendars is", "calendars changed"] {
                assert!(!message.contains(broken), "{status}: {message}");
            }
            assert!(message.contains(about), "{status}: {message}");
        }
    }
}

#[test]
fn when_to_call_again_is_left_to_the_host() {
    for status in [403, 423, 502, 503, 504] {
        let message = refused(Answer::json(status, &json!({}))).message;
        for advice in ["again", "wait", "minute", "will not help"] {
            assert!(!message.contains(advice), "{status}: {message}");
        }
    }
    let locked = refused(Answer::json(423, &json!({})));
    assert_eq!(locked.retry_after_s, Some(60));
}

#[test]
fn what_waiting_does_not_mend_says_what_does() {
    let full = refused(Answer::json(507, &json!({})));
    assert!(full.message.contains("free some space"), "{}", full.message);
    let large = answered("GET", Answer::error(FetchError::TooLarge(8))).unwrap_err();
    assert!(large.message.contains("Ask for less"), "{}", large.message);
    for failure in [full, large] {
        assert_eq!(
            (failure.kind, failure.retry_after_s),
            (FailureKind::Limited, None)
        );
    }
}

#[test]
fn nextclouds_own_words_are_passed_on_without_markup() {
    let said = |answer| refused(answer).message;
    let ocs = json!({"ocs": {"meta": {"message": "No\n such   thing."}, "data": []}});
    assert!(said(Answer::json(400, &ocs)).ends_with("Nextcloud says: No such thing."));
    assert!(
        said(Answer::json(403, &json!({"message": "not yours"})))
            .ends_with("Nextcloud says: not yours.")
    );
    let dav = r#"<d:error xmlns:d="DAV:"><s:message>a &lt;b&gt; &amp;amp; c</s:message></d:error>"#;
    assert!(
        said(Answer::new(403, "application/xml", dav)).ends_with("Nextcloud says: a <b> &amp; c.")
    );
    let long = json!({"message": "x".repeat(5000)});
    assert!(said(Answer::json(500, &long)).len() < 700);
}

#[test]
fn a_page_instead_of_data_is_said_to_be_one() {
    assert_eq!(refused(Answer::page(404)).kind, FailureKind::Unsupported);
    let failure = answered("GET", Answer::page(200))
        .unwrap()
        .json::<Value>()
        .unwrap_err();
    assert!(failure.message.contains("web page"), "{}", failure.message);
    let answer = answered("GET", Answer::page(200)).unwrap();
    assert_eq!(
        answer.not_understood("`html` is no multistatus").message,
        failure.message
    );
}

#[test]
fn an_answer_that_is_not_understood_is_named_and_says_why() {
    let nextcloud = Nextcloud::start();
    nextcloud.on("GET", "/x", Answer::new(207, "application/xml", "<a/>"));
    let answer = Request::get("/x").about("note 7").send().unwrap();
    let message = answer.not_understood("`a` is no multistatus").message;
    assert!(
        message.contains("note 7") && message.contains("`a` is no multistatus"),
        "{message}"
    );
}

#[test]
fn retry_after_reaches_the_caller() {
    let timed = refused(Answer::json(429, &json!({})).header("Retry-After", "7"));
    assert_eq!(timed.retry_after_s, Some(7));
    assert!(!timed.message.contains("minutes"), "{}", timed.message);
    let untimed = refused(Answer::json(429, &json!({})));
    assert_eq!(untimed.retry_after_s, None);
    assert!(
        untimed.message.contains("a few minutes"),
        "{}",
        untimed.message
    );
}

#[test]
fn a_write_whose_outcome_is_unknown_is_said_to_be_and_a_read_is_not() {
    let lost = |method, error| answered(method, Answer::error(error)).unwrap_err().message;
    let failed = |method, status| {
        answered(method, Answer::json(status, &json!({})))
            .unwrap()
            .failure()
            .message
    };
    let odd = |method| {
        answered(method, Answer::page(200))
            .unwrap()
            .json::<Value>()
            .unwrap_err()
            .message
    };
    for method in ["POST", "PUT", "DELETE", "MKCALENDAR"] {
        assert!(lost(method, FetchError::TimedOut).contains("not known"));
        let kind = answered(method, Answer::error(FetchError::TimedOut))
            .unwrap_err()
            .kind;
        assert_eq!(
            kind,
            FailureKind::Other,
            "unavailable would invite a second attempt"
        );
        assert!(lost(method, FetchError::TooLarge(8)).contains("not known"));
        assert!(!lost(method, FetchError::Forbidden("no rule".to_owned())).contains("not known"));
        assert!(
            failed(method, 500).contains("not known") && failed(method, 504).contains("not known")
        );
        assert!(!failed(method, 412).contains("not known"));
        assert!(odd(method).contains("not known"));
    }
    for method in ["GET", "REPORT", "PROPFIND"] {
        assert!(!lost(method, FetchError::TimedOut).contains("not known"));
        assert!(!failed(method, 500).contains("not known"));
        assert!(!odd(method).contains("not known"));
    }
}

#[test]
fn requests_side_by_side_keep_their_order_and_their_failures() {
    let nextcloud = Nextcloud::start();
    nextcloud.on(
        "GET",
        "/b",
        Answer::error(FetchError::Forbidden("no rule".to_owned())),
    );
    nextcloud.on("GET", "/a", Answer::json(200, &json!("a")));
    let answers = send_all([Request::get("/a"), Request::get("/b")]);
    assert_eq!(answers[0].as_ref().unwrap().json::<String>().unwrap(), "a");
    assert_eq!(answers[1].as_ref().unwrap_err().kind, FailureKind::Denied);
}

/// Real answers, and what a tool says of them.
#[test]
fn recorded_refusals_are_understood() {
    let expected = [
        (
            "errors/047-disabled-user-bearer-ocs.json",
            FailureKind::Denied,
            "sign in again",
        ),
        (
            "errors/049-disabled-user-bearer-dav.json",
            FailureKind::Denied,
            "disabled",
        ),
        (
            "errors/053-notes-app-disabled.json",
            FailureKind::Unsupported,
            "not installed",
        ),
        (
            "errors/064-maintenance-basic-ocs.json",
            FailureKind::Unavailable,
            "maintenance",
        ),
        (
            "errors/065-maintenance-basic-notes.json",
            FailureKind::Unavailable,
            "maintenance",
        ),
        (
            "errors/066-maintenance-basic-dav.json",
            FailureKind::Unavailable,
            "maintenance",
        ),
        (
            "errors/072-bruteforce-429-ocs.json",
            FailureKind::Limited,
            "Reached maximum delay",
        ),
        (
            "errors/073-bruteforce-429-dav.json",
            FailureKind::Limited,
            "more requests",
        ),
        (
            "notes/011-create-content-not-string.json",
            FailureKind::Invalid,
            "note 7",
        ),
        (
            "notes/077-readonly-update-403.json",
            FailureKind::Denied,
            "note 7",
        ),
        (
            "notes/082-quota-update-507.json",
            FailureKind::Limited,
            "full",
        ),
        (
            "notes/084-locked-update-423.json",
            FailureKind::Unavailable,
            "locked",
        ),
        (
            "capabilities/022-ocs-unknown-route.json",
            FailureKind::NotFound,
            "Invalid query",
        ),
    ];
    for (name, kind, word) in expected {
        let Some(recording) = recording(name) else {
            continue;
        };
        let failure = refused(recording.answer);
        assert_eq!(failure.kind, kind, "{name}: {}", failure.message);
        assert!(
            failure.message.contains(word),
            "{name}: {}",
            failure.message
        );
    }
}

#[test]
fn an_ocs_answer_is_unwrapped() {
    let answer = Answer::json(
        200,
        &json!({"ocs": {"meta": {"statuscode": 200}, "data": {"id": "alice"}}}),
    );
    assert_eq!(
        answered("GET", answer).unwrap().ocs::<Value>().unwrap(),
        json!({"id": "alice"})
    );
}
