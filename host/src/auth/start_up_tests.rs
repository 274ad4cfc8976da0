//! The way into OAuth mode over real sockets: what is logged, in which order, and what happens while Nextcloud is away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, atomic::Ordering};

use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::auth::oauth::{OAuthParts, data_folder};
use crate::auth::place::Place;
use crate::auth::registration::tests::provider::Provider as Nextcloud;
use crate::config::OAuthSettings;
use crate::nextcloud;

/// Long enough for a busy machine.
const SOON: Duration = Duration::from_secs(30);

const S256: &str = "✓ PKCE support validated: ['S256']";

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(log.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .with_max_level(tracing::Level::INFO)
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// Level and text of each line.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    fn count(&self, level: &str) -> usize {
        let lines = self.lines();
        lines.iter().filter(|line| line.starts_with(level)).count()
    }
}

fn parts(url: &str, data: &Path, flags: &[&str]) -> OAuthParts {
    let settings = OAuthSettings::of_flags(flags);
    OAuthParts {
        nextcloud: nextcloud::Nextcloud::new(nextcloud::Settings::new(url)).unwrap(),
        place: Place::local(Some(8000)),
        known: Arc::new(Vec::new),
        folder: data_folder(&settings, Some(data.join("data"))).unwrap(),
        settings,
    }
}

/// Starts, and says what became of it once it is ready or has ended.
async fn start(parts: OAuthParts) -> Result<Arc<OAuth>, String> {
    let (oauth, start_up) = OAuth::new(parts).map_err(|error| error.to_string())?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(start_up.run(stop.clone()));
    let ready = timeout(SOON, oauth.ready()).await.expect("an end");
    stop.cancel();
    running.await.unwrap().map_err(|error| error.to_string())?;
    assert!(ready);
    Ok(oauth)
}

#[tokio::test]
async fn the_lines_of_the_guide_come_in_its_order_and_hold_no_secret() {
    let (nextcloud, data) = (Nextcloud::start().await, tempfile::tempdir().unwrap());
    let (log, _guard) = Log::start();
    let oauth = start(parts(&nextcloud.url(), data.path(), &[])).await;
    let id = oauth.unwrap().provider().ok().unwrap().clients.current().id;
    assert_eq!(
        log.lines(),
        [
            "INFO Configuring MCP server for OAuth mode",
            &format!(
                "INFO Performing OIDC discovery: {}/.well-known/openid-configuration",
                nextcloud.url()
            ),
            &format!("INFO {S256}"),
            "INFO OIDC discovery successful",
            "INFO Attempting dynamic client registration...",
            "INFO Dynamic client registration successful",
            &format!("INFO OAuth client ready: {}...", &id[..16]),
            "INFO Saved OAuth client credentials to SQLite database",
            "INFO OAuth initialization complete",
        ]
    );
    let (log, _guard) = Log::start();
    start(parts(&nextcloud.url(), data.path(), &[]))
        .await
        .unwrap();
    let lines = log.lines();
    assert_eq!(
        lines[4],
        format!("INFO OAuth client ready: {}...", &id[..16])
    );
    assert_eq!(lines.len(), 6, "the stored client is used: {lines:?}");
}

#[tokio::test]
async fn the_operators_client_needs_no_registration() {
    let (nextcloud, data) = (Nextcloud::start().await, tempfile::tempdir().unwrap());
    nextcloud.closed.store(true, Ordering::Relaxed);
    let (log, _guard) = Log::start();
    let flags = [
        "--oidc-client-id",
        "ours",
        "--oidc-client-secret",
        "canary-secret",
    ];
    start(parts(&nextcloud.url(), data.path(), &flags))
        .await
        .unwrap();
    let lines = log.lines();
    assert_eq!(
        lines[4..],
        [
            "INFO Using pre-configured OAuth client: ours",
            "INFO OAuth initialization complete"
        ]
    );
    assert_eq!(nextcloud.registrations(), 0);
}

#[tokio::test]
async fn a_provider_without_s256_ends_it_and_one_that_does_not_say_is_warned_of() {
    let (nextcloud, data) = (Nextcloud::start().await, tempfile::tempdir().unwrap());
    *nextcloud.document.lock().unwrap() = json!({"code_challenge_methods_supported": ["plain"]});
    let refused = start(parts(&nextcloud.url(), data.path(), &[])).await;
    let said = refused.err().unwrap();
    assert!(said.starts_with("PKCE validation failed"), "{said}");
    *nextcloud.document.lock().unwrap() = json!({"code_challenge_methods_supported": null});
    let (log, _guard) = Log::start();
    start(parts(&nextcloud.url(), data.path(), &[]))
        .await
        .unwrap();
    let lines = log.lines();
    assert!(
        lines[2].starts_with("WARN") && lines[2].contains("code_challenge_methods_supported"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn it_waits_for_a_nextcloud_that_comes_late_and_says_so_once() {
    let data = tempfile::tempdir().unwrap();
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        free.local_addr().unwrap().port()
    };
    let (log, _guard) = Log::start();
    let (oauth, start_up) =
        OAuth::new(parts(&format!("http://127.0.0.1:{port}"), data.path(), &[])).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(start_up.run(stop.clone()));
    // Some tries: after 0, 1 and 3 seconds.
    sleep(Duration::from_secs(4)).await;
    assert!(!oauth.is_ready() && oauth.provider().is_err());
    assert_eq!(log.count("WARN"), 1, "{:?}", log.lines());
    let warning = log
        .lines()
        .into_iter()
        .find(|line| line.starts_with("WARN"));
    assert!(warning.unwrap().contains("OIDC discovery failed"));
    let _nextcloud = Nextcloud::start_at(port).await;
    assert!(timeout(SOON, oauth.ready()).await.unwrap());
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(log.count("WARN"), 1);
    assert!(
        log.lines()
            .contains(&"INFO OIDC discovery successful".to_owned())
    );
}

#[tokio::test]
async fn it_waits_until_nextcloud_lets_it_register() {
    let (nextcloud, data) = (Nextcloud::start().await, tempfile::tempdir().unwrap());
    nextcloud.closed.store(true, Ordering::Relaxed);
    let (log, _guard) = Log::start();
    let (oauth, start_up) = OAuth::new(parts(&nextcloud.url(), data.path(), &[])).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(start_up.run(stop.clone()));
    sleep(Duration::from_secs(2)).await;
    assert!(!oauth.is_ready());
    let lines = log.lines();
    let warned = lines.iter().find(|line| line.starts_with("WARN")).unwrap();
    assert!(
        warned.contains("Dynamic registration failed")
            && warned.contains("dynamic_client_registration --value true"),
        "{warned}"
    );
    nextcloud.closed.store(false, Ordering::Relaxed);
    assert!(timeout(SOON, oauth.ready()).await.unwrap());
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn it_ends_when_told_so_while_it_waits() {
    let data = tempfile::tempdir().unwrap();
    let (oauth, start_up) = OAuth::new(parts("http://127.0.0.1:9", data.path(), &[])).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(start_up.run(stop.clone()));
    stop.cancel();
    timeout(SOON, running).await.unwrap().unwrap().unwrap();
    assert!(!oauth.ready().await, "that will not come any more");
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_that_others_can_read_ends_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (nextcloud, data) = (Nextcloud::start().await, tempfile::tempdir().unwrap());
    start(parts(&nextcloud.url(), data.path(), &[]))
        .await
        .unwrap();
    let database = data.path().join("data/oauth.sqlite3");
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = start(parts(&nextcloud.url(), data.path(), &[])).await;
    let said = refused.err().unwrap();
    assert!(said.contains("chmod 600"), "{said}");
}

#[tokio::test]
async fn without_a_place_on_disk_it_goes_on_in_memory_and_says_what_is_lost() {
    let nextcloud = Nextcloud::start().await;
    // Nothing can be made below a file.
    let file = tempfile::NamedTempFile::new().unwrap();
    let (log, _guard) = Log::start();
    start(parts(&nextcloud.url(), file.path(), &[]))
        .await
        .unwrap();
    let warnings: Vec<_> = log
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("OAuth client of this server is lost"));
    assert!(warnings[1].contains("everybody signs in again"));
}
