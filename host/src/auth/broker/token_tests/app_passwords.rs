//! A server on loopback that makes, takes and deletes app passwords as recordings `auth/*` show.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Its own rules for the next requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mood {
    #[default]
    Fine,
    /// Makes none.
    Refusing,
    /// Makes one, but does not say whose it is.
    Forgetful,
    /// Takes one for bob's.
    Confused,
    /// In maintenance.
    Away,
}

#[derive(Default)]
struct World {
    mood: Mood,
    /// Those that there are.
    made: Vec<String>,
    counter: u32,
    /// Method and path of each request, and who sent it with what.
    log: Vec<(String, HeaderMap)>,
}

pub(super) struct AppPasswords {
    url: String,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

impl Drop for AppPasswords {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl AppPasswords {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::<Mutex<World>>::default();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&world));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, world, task }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn set(&self, mood: Mood) {
        self.world.lock().unwrap().mood = mood;
    }

    /// As the user may in the settings.
    pub(super) fn delete_all(&self) {
        self.world.lock().unwrap().made.clear();
    }

    /// Those that there are.
    pub(super) fn living(&self) -> Vec<String> {
        self.world.lock().unwrap().made.clone()
    }

    pub(super) fn log(&self) -> Vec<(String, HeaderMap)> {
        self.world.lock().unwrap().log.clone()
    }

    /// Method and path of each request.
    pub(super) fn requests(&self) -> Vec<String> {
        self.log().into_iter().map(|(line, _)| line).collect()
    }
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request) -> Response {
    let mut world = world.lock().unwrap();
    let line = format!("{} {}", request.method(), request.uri().path());
    let headers = request.headers().clone();
    let authorization = headers["authorization"].to_str().unwrap().to_owned();
    world.log.push((line.clone(), headers));
    if world.mood == Mood::Away {
        return ocs(StatusCode::SERVICE_UNAVAILABLE, None, "[]");
    }
    let password = authorization.strip_prefix("Basic ").map(|encoded| {
        let pair = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        let (user, password) = pair.split_once(':').unwrap();
        assert_eq!(
            user, "alice",
            "the login name of a bearer token is the user's id"
        );
        password.to_owned()
    });
    let bearer = authorization.strip_prefix("Bearer access-").is_some();
    let known = password
        .as_ref()
        .is_some_and(|password| world.made.contains(password));
    if !bearer && !known {
        return ocs(StatusCode::UNAUTHORIZED, None, "[]");
    }
    match &*line {
        "GET /ocs/v2.php/core/getapppassword" if !bearer || world.mood == Mood::Refusing => {
            ocs(StatusCode::FORBIDDEN, Some("alice"), "[]")
        }
        "GET /ocs/v2.php/core/getapppassword" => {
            world.counter += 1;
            let password = format!("app-password-{}", world.counter);
            world.made.push(password.clone());
            let data = format!(r#"{{"apppassword":"{password}"}}"#);
            ocs(StatusCode::OK, Some("alice"), &data)
        }
        "GET /ocs/v2.php/cloud/user" => match world.mood {
            Mood::Forgetful => ocs(StatusCode::INTERNAL_SERVER_ERROR, None, "[]"),
            Mood::Confused => ocs(StatusCode::OK, Some("bob"), r#"{"id":"bob"}"#),
            _ => ocs(StatusCode::OK, Some("alice"), r#"{"id":"alice"}"#),
        },
        "DELETE /ocs/v2.php/core/apppassword" => {
            world.made.retain(|made| Some(made) != password.as_ref());
            let confused = world.mood == Mood::Confused;
            ocs(
                StatusCode::OK,
                Some(if confused { "bob" } else { "alice" }),
                "[]",
            )
        }
        _ => ocs(StatusCode::NOT_FOUND, Some("alice"), "[]"),
    }
}

fn ocs(status: StatusCode, user: Option<&str>, data: &str) -> Response {
    let body = format!(r#"{{"ocs":{{"meta":{{}},"data":{data}}}}}"#);
    let mut response = (status, body).into_response();
    if let Some(user) = user {
        response
            .headers_mut()
            .insert("x-user-id", user.parse().unwrap());
    }
    response
}
