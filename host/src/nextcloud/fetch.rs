//! One request of a plugin, from what it wrote to what it sees.
//!
//! Everything is parsed and decided before the first byte leaves; each redirect is decided upon anew.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderMap, IF_NONE_MATCH, LOCATION};
use http::{Method, StatusCode};

use super::account::Account;
use super::error::shown;
use super::headers::{self, RequestHeaders};
use super::hrefs;
use super::path::OriginPath;
use super::policy::{self, Gate};
use super::wire::Outgoing;
use super::{Access, Budget, FetchError, Grant, Request, Response};

/// A plugin's request, parsed.
struct Parsed {
    method: &'static str,
    path: OriginPath,
    headers: RequestHeaders,
    body: Option<Bytes>,
}

/// An answer with its body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Decides, sends, follows and translates.
pub(super) async fn fetch(
    account: &Arc<Account>,
    grant: &Grant,
    access: Access,
    budget: &Budget,
    request: Request,
) -> Result<Response, FetchError> {
    let mut request = Parsed::parse(request)?;
    let identity = if grant.names_user() {
        Some(account.identity().await?)
    } else {
        None
    };
    let user = identity.as_ref().map(|identity| identity.id.as_str());
    let gate = Gate {
        grant,
        access,
        user,
        method: request.method,
        creates_only: request.headers.creates_only(),
    };
    request.check(&gate, account)?;
    request.headers.add_destination(account.origin())?;

    for _ in 0..=account.shared().limits.redirects {
        budget.take_request()?;
        let answer = request.exchange(account, &gate, budget).await?;
        let Some(next) = request.redirect(&answer, account) else {
            return Ok(Response {
                status: answer.status.as_u16(),
                headers: headers::for_plugin(&answer.headers, account.origin(), &request.path),
                body: answer.body,
            });
        };
        gate.check(&next)?;
        request.path = next;
    }
    Err(FetchError::Other(format!(
        "Nextcloud redirects in a circle, last to {}",
        request.path.without_query()
    )))
}

impl Parsed {
    fn parse(request: Request) -> Result<Self, FetchError> {
        let method = policy::known_method(&request.method).ok_or_else(|| {
            FetchError::Malformed(format!(
                "`{}` is not a method that passes; methods are written in capitals",
                shown(&request.method)
            ))
        })?;
        let path = OriginPath::parse(&request.path)
            .map_err(|why| FetchError::Malformed(why.to_string()))?;
        let headers = RequestHeaders::parse(method, &request.headers)?;
        if matches!(method, "GET" | "HEAD")
            && request.body.as_ref().is_some_and(|body| !body.is_empty())
        {
            return Err(FetchError::Malformed(format!("{method} has no body")));
        }
        Ok(Self {
            method,
            path,
            headers,
            body: request.body,
        })
    }

    /// Every path that the request names passes the same gate.
    fn check(&self, gate: &Gate<'_>, account: &Account) -> Result<(), FetchError> {
        gate.check(&self.path)?;
        if let Some(destination) = &self.headers.destination {
            gate.check(destination)?;
        }
        let body = self.body.as_deref().unwrap_or_default();
        hrefs::named(self.method, body, account.origin())?
            .iter()
            .try_for_each(|href| gate.check(href))
    }

    /// Sends the request where it points now, through the private cache where that applies.
    async fn exchange(
        &self,
        account: &Arc<Account>,
        gate: &Gate<'_>,
        budget: &Budget,
    ) -> Result<Answer, FetchError> {
        let cached =
            self.method == "GET" && !self.headers.conditional() && account.shared().http_cache;
        let stored = if cached {
            account.cache.get(&self.path, &self.headers.map)
        } else {
            None
        };
        let mut headers = self.headers.map.clone();
        if let Some(stored) = &stored {
            headers.insert(IF_NONE_MATCH, stored.etag.clone());
        }
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|error| FetchError::Malformed(error.to_string()))?;
        let incoming = account
            .exchange(Outgoing {
                method,
                url: account.url_of(&self.path)?,
                route: gate.pattern(&self.path).to_owned().into(),
                headers,
                body: self.body.clone(),
            })
            .await?;
        let (status, headers) = (incoming.status(), incoming.headers().clone());
        if let Some(stored) = stored.filter(|_| status == StatusCode::NOT_MODIFIED) {
            budget.take_answer(stored.body.len())?;
            return Ok(Answer {
                status: StatusCode::OK,
                headers: stored.headers,
                body: stored.body,
            });
        }
        let body = incoming.body(budget).await?;
        if cached {
            account
                .cache
                .put(&self.path, &self.headers.map, status, &headers, &body);
        }
        self.invalidate(account, status);
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// After a write that succeeded, drops what is kept about the paths that it named.
    fn invalidate(&self, account: &Account, status: StatusCode) {
        let reads = policy::default_access(self.method, false) == Access::Read;
        if !reads && status.is_success() {
            account.cache.invalidate(&self.path);
            self.headers
                .destination
                .iter()
                .for_each(|path| account.cache.invalidate(path));
        }
    }

    /// Where the answer sends a request that may be sent elsewhere: GET and HEAD, within this Nextcloud.
    fn redirect(&self, answer: &Answer, account: &Account) -> Option<OriginPath> {
        let moved = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        if !moved || !matches!(self.method, "GET" | "HEAD") {
            return None;
        }
        let location = answer.headers.get(LOCATION)?.to_str().ok()?;
        headers::location_path(location, account.origin(), &self.path)
    }
}
