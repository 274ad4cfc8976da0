//! Lets web pages read what machines may read anyway: metadata, and the endpoints that clients in a browser speak to.
//!
//! For everybody and without credentials: these endpoints know nobody by a cookie. Never in front of pages for people.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderValue, Method, StatusCode};

pub(super) async fn open_to_web_pages(request: Request, next: Next) -> Response {
    let fixed = HeaderValue::from_static;
    let mut response = if request.method() == Method::OPTIONS {
        let headers = [
            (ACCESS_CONTROL_ALLOW_METHODS, fixed("GET, POST")),
            // `*` leaves Authorization out; the SDKs send MCP-Protocol-Version along with everything.
            (ACCESS_CONTROL_ALLOW_HEADERS, fixed("authorization, *")),
            (ACCESS_CONTROL_MAX_AGE, fixed("600")),
        ];
        (StatusCode::NO_CONTENT, headers).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, fixed("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        fixed("www-authenticate, retry-after"),
    );
    response
}
