//! `/health/live` and `/health/ready`: the truth for whoever watches the process, and nothing about its users.
//!
//! Ready means that tools can be called: plugins are loaded, in OAuth mode Nextcloud's sign-in was found once, and nobody
//! told the server to stop. A
//! Nextcloud that does not answer later is told, but does not make the server less ready: taking it out of service or
//! starting it anew would not help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::json;
use tokio::sync::Mutex;

use super::answer::NO_STORE;
use crate::auth::OAuth;
use crate::nextcloud::{Caller, FetchError, ServiceClient, Status};
use crate::plugin::Plugins;

/// How long one look at Nextcloud serves: watchers ask every few seconds, and anybody may.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// How long a look may take; watchers give up after a few seconds.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

/// What the health pages look at. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    plugins: Arc<Plugins>,
    watched: Watched,
    seen: Arc<Mutex<Option<(Instant, &'static str)>>>,
}

/// As whom to look at Nextcloud.
#[derive(Clone)]
enum Watched {
    /// As the user of Basic mode, once it is not in maintenance.
    User(Box<Caller>, ServiceClient),
    /// As nobody, and at the way to sign in.
    SignIn(Arc<OAuth>, ServiceClient),
}

impl Health {
    /// Watches `plugins`, and Nextcloud as `user`.
    pub fn basic(plugins: Arc<Plugins>, user: Caller, http: ServiceClient) -> Self {
        Self::new(plugins, Watched::User(Box::new(user), http))
    }

    /// Watches `plugins`, whether people can sign in, and Nextcloud as nobody.
    pub fn oauth(plugins: Arc<Plugins>, oauth: Arc<OAuth>, http: ServiceClient) -> Self {
        Self::new(plugins, Watched::SignIn(oauth, http))
    }

    fn new(plugins: Arc<Plugins>, watched: Watched) -> Self {
        Self {
            plugins,
            watched,
            seen: Arc::default(),
        }
    }

    /// The process answers.
    pub(super) fn live() -> Response {
        answer(StatusCode::OK, json!({ "status": "alive" }))
    }

    /// 200 once tools can be called, 503 before, and from the moment on that the server is `stopping`.
    pub(super) async fn ready(self, stopping: bool) -> Response {
        let catalogue = self.plugins.catalogue();
        let plugins = catalogue.plugins();
        let resources: usize = plugins.iter().map(|one| one.templates().len()).sum();
        let (status, text) = if stopping {
            (StatusCode::SERVICE_UNAVAILABLE, "stopping")
        } else if plugins.is_empty() {
            let ever_served = *self.plugins.changes().borrow() > 0;
            let text = if ever_served {
                "no plugin is left"
            } else {
                "loading plugins"
            };
            (StatusCode::SERVICE_UNAVAILABLE, text)
        } else if self.watched.can_sign_in() {
            (StatusCode::OK, "ready")
        } else {
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "waiting for Nextcloud's sign-in",
            )
        };
        // Whoever asks now needs the answer at once, and the last look may be old.
        let nextcloud = if stopping {
            "not looked at"
        } else {
            self.nextcloud().await
        };
        answer(
            status,
            json!({
                "status": text,
                "plugins": plugins.len(),
                "tools": catalogue.tools().count(),
                "resources": resources,
                "prompts": catalogue.prompts().count(),
                "nextcloud": nextcloud,
            }),
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
        let what = match tokio::time::timeout(LOOK_WITHIN, self.watched.look()).await {
            Ok(Ok(what)) => what,
            Ok(Err(FetchError::Unauthorized)) => "refuses the sign-in",
            Ok(Err(FetchError::Unreachable(_))) => "unreachable",
            Ok(Err(FetchError::TimedOut)) | Err(_) => "does not answer in time",
            Ok(Err(_)) => "answers with an error",
        };
        *seen = Some((Instant::now(), what));
        what
    }
}

impl Watched {
    fn can_sign_in(&self) -> bool {
        match self {
            Self::User(..) => true,
            Self::SignIn(oauth, _) => oauth.is_ready(),
        }
    }

    async fn look(&self) -> Result<&'static str, FetchError> {
        match self {
            Self::User(user, http) => match http.status().await? {
                Status { maintenance: true } => Ok(MAINTENANCE),
                Status { maintenance: false } => user.capabilities().await.map(|_| REACHABLE),
            },
            Self::SignIn(_, http) => Ok(match http.status().await? {
                Status { maintenance: true } => MAINTENANCE,
                Status { maintenance: false } => REACHABLE,
            }),
        }
    }
}

/// The words for a Nextcloud that answers.
const REACHABLE: &str = "reachable";
const MAINTENANCE: &str = "in maintenance mode";

fn answer(status: StatusCode, body: serde_json::Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;
    use crate::auth::{OAuthParts, Place};
    use crate::config::OAuthSettings;
    use crate::nextcloud::{Nextcloud, Settings};

    fn watched(url: &str) -> Watched {
        let nextcloud = Nextcloud::new(Settings::new(url)).unwrap();
        let http = nextcloud.service_client().unwrap();
        let parts = OAuthParts {
            nextcloud,
            place: Place::local(None),
            settings: OAuthSettings::of_flags(&[]),
            known: Arc::new(Vec::new),
            folder: None,
        };
        let (oauth, _) = OAuth::new(parts).unwrap();
        Watched::SignIn(oauth, http)
    }

    #[tokio::test]
    async fn without_a_user_nextcloud_is_looked_at_as_nobody() {
        // `errors/063`, and a Nextcloud that is well.
        for (body, seen) in [
            (
                r#"{"installed":true,"maintenance":true,"needsDbUpgrade":false}"#,
                Ok("in maintenance mode"),
            ),
            (
                r#"{"installed":true,"maintenance":false,"needsDbUpgrade":false}"#,
                Ok("reachable"),
            ),
            (
                "<html>",
                Err(FetchError::Other(
                    "status.php is not Nextcloud's".to_owned(),
                )),
            ),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let app = Router::new().route("/status.php", get(move || async move { body }));
            let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
            assert_eq!(watched(&url).look().await, seen);
            server.abort();
        }
    }

    #[tokio::test]
    async fn nobody_is_sent_here_before_people_can_sign_in() {
        let watched = watched("http://127.0.0.1:9");
        assert!(!watched.can_sign_in());
        assert!(matches!(
            watched.look().await,
            Err(FetchError::Unreachable(_))
        ));
    }
}
