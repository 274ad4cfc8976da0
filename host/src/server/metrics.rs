//! `/metrics` for Prometheus, on a listener of its own (`NEXTCLOUD_MCP_METRICS_LISTEN`): who may read figures is not who
//! may use the server, and no proxy in front of it opens them by accident.
//!
//! Text format 0.0.4. Never here: what the figures are (`measure`).

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::ServerError;
use super::connections::Connections;
use super::places::Places;
use crate::measure;

/// How often durations that were measured are put in order; nobody may ever ask for them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Scrapers that are connected at once. Each asks every few seconds.
const SCRAPERS: usize = 16;

/// The listener for figures.
pub struct Metrics {
    listener: TcpListener,
    page: Page,
}

#[derive(Clone)]
struct Page {
    figures: PrometheusHandle,
    /// Seconds since 1970.
    started: u64,
}

impl Metrics {
    /// Listens, and has everything counted from here on. At most once in a process.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        let failed = |why: String| ServerError::Metrics { address, why };
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| failed(error.to_string()))?;
        let bound = listener
            .local_addr()
            .map_err(|error| failed(error.to_string()))?;
        let figures = measure::start().map_err(|error| failed(error.to_string()))?;
        tracing::info!("metrics at http://{bound}/metrics");
        let started = SystemTime::now().duration_since(UNIX_EPOCH);
        let started = started.unwrap_or_default().as_secs();
        Ok(Self {
            listener,
            page: Page { figures, started },
        })
    }

    /// Answers until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let figures = self.page.figures.clone();
        let router = Router::new()
            .route("/metrics", get(page))
            .with_state(self.page);
        let places = Places::new(SCRAPERS, std::sync::Arc::default());
        let connections = Connections::new(places, Duration::ZERO);
        let upkeep = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                figures.run_upkeep();
            }
        };
        tokio::select! {
            () = connections.serve(self.listener, router, stop) => {}
            () = upkeep => {}
        }
    }
}

async fn page(State(Page { figures, started }): State<Page>) -> Response {
    let mut text = figures.render();
    process(&mut text, started);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// The process's own figures, by the names that Prometheus' client libraries give them. Where the system does not tell
/// (elsewhere than on Linux) they are left out.
fn process(text: &mut String, started: u64) {
    let mut gauge = |name: &str, help: &str, value: u64| {
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"
        );
    };
    gauge(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970",
        started,
    );
    if let Some(bytes) = resident_bytes() {
        gauge("process_resident_memory_bytes", "Memory in use", bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        let count = u64::try_from(open.count()).unwrap_or(u64::MAX);
        gauge("process_open_fds", "Open files and connections", count);
    }
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
