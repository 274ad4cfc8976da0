//! Exchanges with Nextcloud, kept and played again: an author's test runs against answers that were recorded once.
//!
//! The seam is where a signed request leaves and its answer arrives, so everything before and after it (policy, access,
//! budgets, redirects, identity) is the same with a tape and without. Invariant: nothing reaches a tape but the headers that
//! a plugin may send and see; no credential and no cookie is among them. Serving never has a tape.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use reqwest::Client;

use super::headers;
use super::origin::Origin;
use super::wire::{self, Incoming, Outgoing};
use super::{Budget, FetchError};

/// Largest answer that is recorded, in bytes: as many as all answers of one call may have together.
const RECORDED_BYTES: u64 = 64 << 20;

/// A request as a tape knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Such as `PROPFIND`.
    pub method: String,
    /// Path and query below Nextcloud's web root, as they are sent.
    pub path: String,
    /// Those that a plugin may send.
    pub headers: Vec<(String, String)>,
    /// Absent for a request without a body.
    pub body: Option<Bytes>,
}

/// An answer as a tape knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// Those that a plugin may see.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

/// Records exchanges, or has them recorded.
pub trait Tape: Send + Sync {
    /// The recorded answer; `None` to ask Nextcloud. An error says in a sentence why there is none.
    fn answer(&self, asked: &Asked) -> Result<Option<Answered>, String>;

    /// Nextcloud was asked and answered.
    fn keep(&self, asked: &Asked, answered: &Answered) -> Result<(), String>;
}

/// Asks the tape, or Nextcloud for the tape.
pub(super) async fn send(
    tape: &Arc<dyn Tape>,
    origin: &Origin,
    client: &Client,
    request: Outgoing,
) -> Result<Incoming, FetchError> {
    let asked = asked(&request, origin);
    if let Some(answered) = tape.answer(&asked).map_err(FetchError::Other)? {
        return play(answered);
    }
    let incoming = wire::send(client, request).await?;
    let (status, head) = (incoming.status(), incoming.headers().clone());
    let whole = Budget::new(1, RECORDED_BYTES, RECORDED_BYTES);
    let body = incoming.body(&whole).await?;
    let answered = Answered {
        status: status.as_u16(),
        headers: headers::seen(&head).map(text).collect(),
        body: body.clone(),
    };
    tape.keep(&asked, &answered).map_err(FetchError::Other)?;
    Ok(incoming_of(status, head, body))
}

fn asked(request: &Outgoing, origin: &Origin) -> Asked {
    let below = |address: &str| {
        let base = origin.base_url();
        address.strip_prefix(&base).unwrap_or(address).to_owned()
    };
    Asked {
        method: request.method.to_string(),
        path: below(request.url.as_str()),
        headers: headers::sent(&request.headers)
            .map(text)
            .map(|(name, value)| (name, below(&value)))
            .collect(),
        body: request.body.clone(),
    }
}

fn text((name, value): (&http::HeaderName, &http::HeaderValue)) -> (String, String) {
    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
    (name.as_str().to_owned(), value)
}

fn play(answered: Answered) -> Result<Incoming, FetchError> {
    let wrong =
        |what: &str| FetchError::Other(format!("a recorded answer has a {what} that is none"));
    let status = StatusCode::from_u16(answered.status).map_err(|_| wrong("status"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in answered.headers {
        let name = http::HeaderName::try_from(name).map_err(|_| wrong("header"))?;
        let value = http::HeaderValue::try_from(value).map_err(|_| wrong("header"))?;
        headers.append(name, value);
    }
    Ok(incoming_of(status, headers, answered.body))
}

fn incoming_of(status: StatusCode, headers: HeaderMap, body: Bytes) -> Incoming {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Incoming::whole(response)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::Mutex;

    use axum::Router;
    use axum::http::header::SET_COOKIE;
    use secrecy::SecretString;

    use super::super::{
        Access, Budget, Credential, Grant, Nextcloud, Request, Rule, Scopes, Settings,
    };
    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(Asked, Answered)>>);

    impl Tape for Kept {
        fn answer(&self, _: &Asked) -> Result<Option<Answered>, String> {
            Ok(None)
        }

        fn keep(&self, asked: &Asked, answered: &Answered) -> Result<(), String> {
            self.0
                .lock()
                .unwrap()
                .push((asked.clone(), answered.clone()));
            Ok(())
        }
    }

    async fn fetch(nextcloud: &Nextcloud) -> Result<super::super::Response, FetchError> {
        let password = SecretString::from("a-secret-password");
        let credential = Credential::basic("alice", &password).unwrap();
        let rule = Rule::parse(&["GET".to_owned()], "/index.php/apps/notes/api/**", None).unwrap();
        let request = Request {
            method: "GET".to_owned(),
            path: "/index.php/apps/notes/api/a?b=c".to_owned(),
            headers: vec![("Accept".to_owned(), "text/plain".to_owned())],
            body: None,
        };
        let budget = Budget::new(9, 1 << 20, 1 << 20);
        nextcloud
            .caller(credential, Scopes::All)
            .fetch(&Grant::new(vec![rule]), Access::Read, &budget, request)
            .await
    }

    #[tokio::test]
    async fn a_tape_sees_neither_credential_nor_cookie() {
        let app = Router::new().fallback(async || {
            let user = r#"{"ocs":{"data":{"id":"alice"}}}"#;
            ([(SET_COOKIE, "session=worth-stealing; path=/")], user)
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let kept = Arc::new(Kept::default());
        let tape: Arc<dyn Tape> = kept.clone();
        let settings = Settings {
            tape: Some(tape),
            ..Settings::new(url)
        };
        let nextcloud = Nextcloud::new(settings).unwrap();
        for _ in 0..2 {
            assert_eq!(fetch(&nextcloud).await.unwrap().status, 200);
        }
        let kept = kept.0.lock().unwrap();
        let paths: Vec<_> = kept.iter().map(|(asked, _)| asked.path.as_str()).collect();
        let note = "/index.php/apps/notes/api/a?b=c";
        assert_eq!(paths, ["/ocs/v2.php/cloud/user?format=json", note, note]);
        assert_eq!(
            kept[1].0.headers,
            [("accept".to_owned(), "text/plain".to_owned())]
        );
        let all = format!("{kept:?}").to_lowercase();
        for secret in [
            "authorization",
            "basic ",
            "cookie",
            "worth-stealing",
            "a-secret-password",
        ] {
            assert!(!all.contains(secret), "{secret}: {all}");
        }
    }

    struct Empty;

    impl Tape for Empty {
        fn answer(&self, asked: &Asked) -> Result<Option<Answered>, String> {
            Err(format!(
                "{} {} is not on the tape",
                asked.method, asked.path
            ))
        }

        fn keep(&self, _: &Asked, _: &Answered) -> Result<(), String> {
            Err("nothing is sent".to_owned())
        }
    }

    #[tokio::test]
    async fn what_is_not_on_a_tape_is_not_asked_elsewhere() {
        let tape: Arc<dyn Tape> = Arc::new(Empty);
        let settings = Settings {
            tape: Some(tape),
            ..Settings::new("https://cloud.invalid")
        };
        let error = fetch(&Nextcloud::new(settings).unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("is not on the tape"), "{error}");
    }
}
