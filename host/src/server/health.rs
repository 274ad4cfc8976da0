//! `/health/live` and `/health/ready`: the truth for whoever watches the process, and nothing about its users.
//!
//! Ready means that tools can be called. A Nextcloud that does not answer is told, but does not make the server less
//! ready: taking it out of service or starting it anew would not help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::json;
use tokio::sync::Mutex;

use super::answer::NO_STORE;
use crate::nextcloud::{Caller, FetchError};
use crate::plugin::Plugins;

/// How long one look at Nextcloud serves: watchers ask every few seconds, and anybody may.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// How long a look may take; watchers give up after a few seconds.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

/// What the health pages look at. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    plugins: Arc<Plugins>,
    /// As whom to look at Nextcloud.
    user: Caller,
    seen: Arc<Mutex<Option<(Instant, &'static str)>>>,
}

impl Health {
    /// Watches `plugins`, and Nextcloud as `user`.
    pub fn new(plugins: Arc<Plugins>, user: Caller) -> Self {
        Self {
            plugins,
            user,
            seen: Arc::default(),
        }
    }

    /// The process answers.
    pub(super) fn live() -> Response {
        answer(StatusCode::OK, json!({ "status": "alive" }))
    }

    /// 200 once tools can be called, 503 before.
    pub(super) async fn ready(self) -> Response {
        let catalogue = self.plugins.catalogue();
        let (plugins, tools) = (catalogue.plugins().len(), catalogue.tools().count());
        let (status, text) = if plugins > 0 {
            (StatusCode::OK, "ready")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "loading plugins")
        };
        answer(
            status,
            json!({ "status": text, "plugins": plugins, "tools": tools, "nextcloud": self.nextcloud().await }),
        )
    }

    /// Looks at most every [`LOOK_AGAIN`], and once for all who ask meanwhile.
    async fn nextcloud(&self) -> &'static str {
        let mut seen = self.seen.lock().await;
        if let Some((when, what)) = *seen
            && when.elapsed() < LOOK_AGAIN
        {
            return what;
        }
        let what = match tokio::time::timeout(LOOK_WITHIN, self.user.capabilities()).await {
            Ok(Ok(_)) => "reachable",
            Ok(Err(FetchError::Unauthorized)) => "refuses the sign-in",
            Ok(Err(FetchError::Unreachable(_))) => "unreachable",
            Ok(Err(FetchError::TimedOut)) | Err(_) => "does not answer in time",
            Ok(Err(_)) => "answers with an error",
        };
        *seen = Some((Instant::now(), what));
        what
    }
}

fn answer(status: StatusCode, body: serde_json::Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}
