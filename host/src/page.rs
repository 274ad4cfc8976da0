//! What the pages of this server have in common: one look, and the headers that keep everything foreign out of them.
//!
//! A page is one document: no script, no image, nothing from elsewhere. Never here: what a page says.

use std::sync::LazyLock;

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

/// The look: light and dark, for phones and screens.
const STYLE: &str = include_str!("page.css");

/// Lets a page have this one style and no other (CSP level 2, hash source).
static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE))));

/// How much room a page takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// One thing to read or decide.
    Card,
    /// Something to look around in.
    Wide,
}

/// A page without a form.
pub(crate) fn page(status: StatusCode, title: &str, width: Width, body: &Markup) -> Response {
    respond(
        status,
        &document(title, width, body),
        "'none'",
        "no-referrer",
    )
}

/// A page with a form. `targets` are CSP sources: where the form may lead, redirects included, besides here.
pub(crate) fn form_page(title: &str, body: &Markup, targets: &str) -> Response {
    // With `no-referrer`, browsers make the form's Origin `null` (Fetch, "append a request Origin header"), and whoever
    // takes the form could not tell it from a foreign one. Nothing leaves this origin with `same-origin` either.
    let form_action = format!("'self' {targets}");
    respond(
        StatusCode::OK,
        &document(title, Width::Card, body),
        form_action.trim_end(),
        "same-origin",
    )
}

fn document(title: &str, width: Width, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main.wide[width == Width::Wide] { (body) }
            }
        }
    }
}

fn respond(
    status: StatusCode,
    document: &Markup,
    form_action: &str,
    referrer: &'static str,
) -> Response {
    let policy = format!(
        "default-src 'none'; style-src {}; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_HASH
    );
    let Ok(policy) = HeaderValue::try_from(policy) else {
        // No page without its policy.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let fixed = HeaderValue::from_static;
    let headers = [
        (CONTENT_TYPE, fixed("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy),
        // For browsers that do not know `frame-ancestors`.
        (X_FRAME_OPTIONS, fixed("DENY")),
        (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (REFERRER_POLICY, fixed(referrer)),
        (CACHE_CONTROL, fixed("no-store")),
    ];
    (status, headers, document.0.clone()).into_response()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn header<'a>(response: &'a Response, name: &http::HeaderName) -> &'a str {
        response.headers()[name].to_str().unwrap()
    }

    #[tokio::test]
    async fn a_page_brings_its_style_and_lets_nothing_else_in() {
        let response = page(
            StatusCode::OK,
            "<b>",
            Width::Card,
            &html! { p { "<script>" } },
        );
        assert_eq!(
            header(&response, &CONTENT_SECURITY_POLICY),
            format!(
                "default-src 'none'; style-src {}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
                *STYLE_HASH
            )
        );
        assert_eq!(header(&response, &X_FRAME_OPTIONS), "DENY");
        assert_eq!(header(&response, &REFERRER_POLICY), "no-referrer");
        assert_eq!(header(&response, &CACHE_CONTROL), "no-store");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("<title>&lt;b&gt;</title>") && text.contains("&lt;script&gt;"));
        let style = text.split_once("<style>").unwrap().1;
        let style = style.split_once("</style>").unwrap().0;
        assert_eq!(
            format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style))),
            *STYLE_HASH,
            "the hash is that of what stands between the tags"
        );
    }

    #[test]
    fn a_form_keeps_its_origin_and_leads_only_where_it_may() {
        let response = form_page("t", &html! {}, "https://a.example");
        let policy = header(&response, &CONTENT_SECURITY_POLICY);
        assert!(policy.contains("form-action 'self' https://a.example;"));
        assert_eq!(header(&response, &REFERRER_POLICY), "same-origin");
    }

    #[test]
    fn a_target_that_would_break_the_policy_gives_no_page() {
        let response = form_page("t", &html! {}, "https://a.example\r\nx: y");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
