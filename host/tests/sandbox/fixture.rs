//! The hostile plugin, the host around it, and a Nextcloud that counts what reaches it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use nextcloud_mcp_server::nextcloud::{Caller, Credential, Nextcloud, Scopes};
use nextcloud_mcp_server::plugin::{
    CallContext, CallError, Output, Plugins, Selection, Settings, Tool,
};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

/// A host with the hostile plugin in it.
pub(crate) struct Host {
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) nextcloud: FakeNextcloud,
    connector: Nextcloud,
}

impl Host {
    /// With every default except what `change` sets.
    pub(crate) async fn new(change: impl FnOnce(&mut Settings)) -> Arc<Self> {
        Self::with(change, |_| {}).await
    }

    /// As [`Host::new`], and the plugin has resources, prompts and completions, too.
    pub(crate) async fn with_shelves(change: impl FnOnce(&mut Settings)) -> Arc<Self> {
        Self::with(change, beside("shelves_")).await
    }

    async fn with(
        change: impl FnOnce(&mut Settings),
        component: impl FnOnce(&mut Vec<u8>),
    ) -> Arc<Self> {
        let folder = Folder::new();
        folder.add("hostile", |_| {}, component);
        let host = Self::empty(change).await;
        let report = host
            .plugins
            .load(folder.path(), &Selection::default())
            .await
            .unwrap();
        assert!(report.refused.is_empty(), "{report}");
        host
    }

    /// With no plugin yet.
    pub(crate) async fn empty(change: impl FnOnce(&mut Settings)) -> Arc<Self> {
        let mut settings = settings();
        change(&mut settings);
        let nextcloud = FakeNextcloud::start().await;
        let connector = nextcloud_mcp_server::nextcloud::Settings::new(&nextcloud.url);
        Arc::new(Self {
            plugins: Plugins::new(settings).unwrap(),
            connector: Nextcloud::new(connector).unwrap(),
            nextcloud,
        })
    }

    pub(crate) fn caller(&self, user: &str) -> Caller {
        self.caller_with(user, Scopes::All)
    }

    pub(crate) fn caller_with(&self, user: &str, scopes: Scopes) -> Caller {
        let password = format!("password of {user}").into();
        self.connector
            .caller(Credential::basic(user, &password).unwrap(), scopes)
    }

    pub(crate) fn tool(&self, name: &str) -> Arc<Tool> {
        self.plugins
            .catalogue()
            .tool(&format!("nc_hostile_{name}"))
            .expect(name)
            .clone()
    }

    /// One call from admission to its end, as alice.
    pub(crate) async fn call(&self, name: &str, arguments: Value) -> Result<Output, CallError> {
        self.call_as("alice", name, arguments, context()).await
    }

    pub(crate) async fn call_as(
        &self,
        user: &str,
        name: &str,
        arguments: Value,
        context: CallContext,
    ) -> Result<Output, CallError> {
        let (tool, caller) = (self.tool(name), self.caller(user));
        let admission = self
            .plugins
            .admit(&tool.plugin, &caller)
            .await
            .expect("a place");
        self.plugins
            .call(admission, &tool, &caller, object(arguments), context)
            .await
    }

    /// The structured answer of a call that must succeed.
    pub(crate) async fn answer(&self, name: &str, arguments: Value) -> Value {
        self.call(name, arguments)
            .await
            .expect(name)
            .structured
            .expect("a structured answer")
    }
}

/// Makes the plugin describe something beside its tools.
pub(crate) fn beside(word: &str) -> impl FnOnce(&mut Vec<u8>) {
    let new = format!("hostile-beside:{word}");
    move |bytes| patch(bytes, "hostile-beside:nothing_", &new)
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

pub(crate) fn context() -> CallContext {
    CallContext::new("request-1".to_owned(), CancellationToken::new())
}

/// The defaults, with a smaller pool since many tests have one, and compiled code kept from test to test.
pub(crate) fn settings() -> Settings {
    Settings {
        instances: 16,
        cache_dir: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
        ..Settings::default()
    }
}

/// A folder of plugins, gone at the end of the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Lays the hostile plugin down, after `manifest` and `component` changed it.
    pub(crate) fn add(
        &self,
        folder: &str,
        manifest: impl FnOnce(&mut String),
        component: impl FnOnce(&mut Vec<u8>),
    ) -> PathBuf {
        let folder = self.path().join(folder);
        let (mut text, mut bytes) = guest("hostile");
        manifest(&mut text);
        component(&mut bytes);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("plugin.toml"), text).unwrap();
        fs::write(folder.join("hostile.wasm"), bytes).unwrap();
        folder
    }

    /// Lays another guest down.
    pub(crate) fn add_guest(&self, name: &str) {
        let (text, bytes) = guest(name);
        let folder = self.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("plugin.toml"), text).unwrap();
        fs::write(folder.join(format!("{name}.wasm")), bytes).unwrap();
    }
}

/// Puts `new` in every place of `old`, which has the same length: the component stays valid.
pub(crate) fn patch(bytes: &mut [u8], old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut found = false;
    for start in 0..bytes.len().saturating_sub(old.len()) {
        let place = &mut bytes[start..start + old.len()];
        if place == old.as_bytes() {
            place.copy_from_slice(new.as_bytes());
            found = true;
        }
    }
    assert!(found, "{old} is not in the component");
}

/// Manifest and component, from where `just test` lays them or from where cargo built them.
fn guest(name: &str) -> (String, Vec<u8>) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/guests")
        .join(name)
        .join("plugin.toml");
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(format!(
        "wasm32-wasip2/plugin/nextcloud_mcp_guest_{name}.wasm"
    ));
    let (manifest, component) = match std::env::var_os("NEXTCLOUD_MCP_TEST_GUESTS") {
        Some(guests) => {
            let folder = Path::new(&guests).join(name);
            (
                folder.join("plugin.toml"),
                folder.join(format!("{name}.wasm")),
            )
        }
        None => (source, built),
    };
    let missing = |path: &Path| format!("{} is not built; run `just build-guests`", path.display());
    (
        fs::read_to_string(&manifest).unwrap_or_else(|_| panic!("{}", missing(&manifest))),
        fs::read(&component).unwrap_or_else(|_| panic!("{}", missing(&component))),
    )
}

/// Answers every request, and remembers what it was asked.
pub(crate) struct FakeNextcloud {
    pub(crate) url: String,
    seen: Arc<Seen>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    /// Once something was refused, the credential is revoked: refused everywhere, as Nextcloud does.
    revoked: AtomicBool,
    /// Under way now, and the most at once so far.
    together: (AtomicUsize, AtomicUsize),
}

impl FakeNextcloud {
    async fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(seen.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen, task }
    }

    /// Method and path of every request for the plugin's own paths, in order.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// From now on the credential is refused everywhere.
    pub(crate) fn revoke(&self) {
        self.seen.revoked.store(true, Ordering::SeqCst);
    }

    /// The most requests that were under way at once.
    pub(crate) fn most_together(&self) -> usize {
        self.seen.together.1.load(Ordering::SeqCst)
    }
}

impl Drop for FakeNextcloud {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(seen): State<Arc<Seen>>, request: Request) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let path = uri.path();
    // What the host asks for itself.
    if path.starts_with("/ocs/v2.php/cloud/user") {
        if seen.revoked.load(Ordering::SeqCst) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let ocs = json!({"ocs": {
            "meta": {"status": "ok", "statuscode": 200, "message": "OK"},
            "data": {"id": "alice", "displayname": "Alice", "display-name": "Alice", "language": "en", "groups": []},
        }});
        return axum::Json(ocs).into_response();
    }
    seen.requests
        .lock()
        .unwrap()
        .push(format!("{method} {uri}"));
    let now = seen.together.0.fetch_add(1, Ordering::SeqCst) + 1;
    seen.together.1.fetch_max(now, Ordering::SeqCst);
    // As long as a quick Nextcloud takes.
    tokio::time::sleep(Duration::from_millis(20)).await;
    seen.together.0.fetch_sub(1, Ordering::SeqCst);
    if path.contains("slow") {
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    if path.contains("refused") {
        seen.revoked.store(true, Ordering::SeqCst);
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if path.contains("large") {
        return vec![b'x'; 3 << 20].into_response();
    }
    axum::Json(json!({"path": path})).into_response()
}
