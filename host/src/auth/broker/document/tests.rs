#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::sync::atomic::{AtomicUsize, Ordering};

use http::HeaderValue;
use serde_json::{Value, json};

use super::*;

const ADDRESS: &str = "https://app.example.com/client.json";

fn document() -> Value {
    json!({
        "client_id": ADDRESS, "client_name": "App", "client_uri": "https://app.example.com",
        "redirect_uris": ["http://localhost/cb", "https://app.example.com/cb"],
        "token_endpoint_auth_method": "none",
    })
}

fn fetched(kind: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn read_with(change: impl FnOnce(&mut Value)) -> Result<Client, DocumentError> {
    let mut document = document();
    change(&mut document);
    read(
        &ADDRESS.parse().unwrap(),
        &fetched("application/json", document.to_string()),
    )
}

#[test]
fn a_document_makes_a_public_client() {
    let client = read_with(|_| {}).unwrap();
    assert_eq!(client.id, ADDRESS);
    assert_eq!(client.name.as_deref(), Some("App"));
    assert_eq!(client.auth, ClientAuth::None);
    assert_eq!(client.vouched_by().as_deref(), Some("app.example.com"));
    let silent = read_with(|document| {
        document
            .as_object_mut()
            .unwrap()
            .remove("token_endpoint_auth_method");
    });
    assert_eq!(silent.unwrap().auth, ClientAuth::None);
}

#[test]
fn a_document_that_is_not_what_it_must_be_is_refused() {
    let set = |name: &'static str, value: Value| {
        read_with(move |document| document[name] = value).unwrap_err()
    };
    for other in [
        "https://app.example.com/client.json/",
        "https://app.example.com/Client.json",
        "https://evil.example/client.json",
        "",
    ] {
        assert_eq!(
            set("client_id", json!(other)),
            DocumentError::OtherClient,
            "{other}"
        );
    }
    for method in [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "NONE",
        "",
    ] {
        let refused = set("token_endpoint_auth_method", json!(method));
        assert_eq!(refused, DocumentError::AuthMethod(method.to_owned()));
    }
    assert_eq!(set("client_secret", json!("x")), DocumentError::Secret);
    assert_eq!(
        set("client_secret_expires_at", json!(0)),
        DocumentError::Secret
    );
    assert_eq!(set("redirect_uris", json!([])), DocumentError::RedirectUris);
    assert_eq!(
        set("redirect_uris", json!(vec!["https://a.example/cb"; 11])),
        DocumentError::RedirectUris
    );
    assert_eq!(
        set("redirect_uris", json!(["javascript:alert(1)"])),
        DocumentError::RedirectUri(RedirectError::Scheme)
    );
    assert_eq!(
        set("redirect_uris", json!("https://a.example/cb")),
        DocumentError::NotJson
    );
    assert_eq!(
        set("grant_types", json!(["client_credentials"])),
        DocumentError::Flow
    );
    assert_eq!(set("response_types", json!(["token"])), DocumentError::Flow);
}

#[test]
fn only_json_is_a_document() {
    let url = ADDRESS.parse().unwrap();
    let read = |kind, body: String| read(&url, &fetched(kind, body)).is_ok();
    assert!(read(
        "application/json; charset=utf-8",
        document().to_string()
    ));
    assert!(read(
        "application/oauth-client-metadata+json",
        document().to_string()
    ));
    assert!(!read("text/plain", document().to_string()));
    assert!(!read("text/html", document().to_string()));
    assert!(!read("application/json", "[]".into()));
    assert!(!read("application/json", String::new()));
}

#[test]
fn only_a_plain_200_is_a_document() {
    for status in [204, 301, 302, 307, 404, 500] {
        let mut answer = fetched("application/json", document().to_string());
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        let refused = read(&ADDRESS.parse().unwrap(), &answer);
        assert_eq!(refused, Err(DocumentError::Status(status)));
    }
}

#[test]
fn an_id_is_an_address_only_if_it_can_be_compared_letter_by_letter() {
    assert!(address(ADDRESS).is_some());
    assert!(address("https://app.example.com:8443/c").is_some());
    for bad in [
        "http://app.example.com/c",
        "https://app.example.com",
        "https://app.example.com/",
        "https://app.example.com/c#x",
        "https://user@app.example.com/c",
        "https://@app.example.com/c",
        "https://app.example.com/a/../c",
        "https://app.example.com/./c",
        "https://App.example.com/c",
        "https://app.example.com:443/c",
        "https:app.example.com/c",
        "ftp://app.example.com/c",
        "client",
        "",
        &format!("https://app.example.com/{}", "a".repeat(ADDRESS_BYTES)),
    ] {
        assert_eq!(address(bad), None, "{bad}");
    }
}

#[test]
fn a_server_says_how_long_its_document_serves_within_bounds() {
    let told = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(text));
        freshness(&headers)
    };
    assert_eq!(freshness(&HeaderMap::new()), FRESH);
    assert_eq!(told("public, max-age=7200"), Duration::from_hours(2));
    assert_eq!(told("Max-Age=1"), FRESH_AT_LEAST);
    assert_eq!(told("max-age=99999999"), FRESH_AT_MOST);
    assert_eq!(told("max-age=x"), FRESH);
}

#[tokio::test]
async fn many_who_ask_make_one_request_and_a_failure_is_remembered() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let fetch: Fetch = Arc::new(move |url: Url| {
        counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            tokio::task::yield_now().await;
            if url.path() == "/client.json" {
                Ok(fetched("application/json", document().to_string()))
            } else {
                Err("it leads to an address that is not public".to_owned())
            }
        })
    });
    let documents = Documents::new(fetch);
    let url: Url = ADDRESS.parse().unwrap();
    let (one, two) = tokio::join!(documents.client(url.clone()), documents.client(url.clone()));
    assert!(one.is_ok() && one == two);
    assert!(documents.client(url).await.is_ok());
    assert_eq!(requests.load(Ordering::SeqCst), 1);
    let private: Url = "https://intranet.example.com/c".parse().unwrap();
    for _ in 0..3 {
        let refused = documents.client(private.clone()).await.unwrap_err();
        assert!(refused.to_string().contains("not public"));
    }
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

/// A stranger needs nothing but names for hosts that take a connection and say nothing.
#[tokio::test]
async fn hosts_that_do_not_answer_keep_nobody_waiting_for_long() {
    let fetch: Fetch = Arc::new(|url: Url| {
        Box::pin(async move {
            if url.host_str() == Some("slow.example.com") {
                tokio::time::sleep(Duration::from_mins(10)).await;
            }
            Ok(fetched("application/json", document().to_string()))
        })
    });
    let documents = Arc::new(Documents {
        soon: Duration::from_millis(100),
        ..Documents::new(fetch)
    });
    for n in 0..FETCHES {
        let documents = documents.clone();
        let slow: Url = format!("https://slow.example.com/{n}").parse().unwrap();
        tokio::spawn(async move { documents.client(slow).await });
    }
    tokio::task::yield_now().await;
    let asked = documents.client(ADDRESS.parse().unwrap());
    let refused = timeout(Duration::from_secs(10), asked).await.unwrap();
    assert_eq!(refused, Err(DocumentError::Busy));
}
