//! Every figure that an operator can have (Prometheus), by name, labels and meaning: the parts of the host call the
//! functions here, and nothing else counts anything.
//!
//! Without [`start`] they cost next to nothing. Invariants: a label's values are few and known beforehand (names from the
//! catalogue, words of ours); never a user, a client, an address or anything that was sent.

use std::time::Duration;

use http::Method;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of durations, in seconds: from a cached answer to what limits end a call.
const BUCKETS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// How a figure behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Durations, counted by how long they were.
    Histogram,
}

const BUILD: &str = "nextcloud_mcp_build_info";
const CALLS: &str = "nextcloud_mcp_calls_total";
const CALL_SECONDS: &str = "nextcloud_mcp_call_duration_seconds";
const CALLS_IN_FLIGHT: &str = "nextcloud_mcp_calls_in_flight";
const QUEUE_REFUSALS: &str = "nextcloud_mcp_queue_refusals_total";
const LIMIT_STOPS: &str = "nextcloud_mcp_limit_stops_total";
const UPSTREAM: &str = "nextcloud_mcp_upstream_requests_total";
const UPSTREAM_SECONDS: &str = "nextcloud_mcp_upstream_request_duration_seconds";
const UPSTREAM_IN_FLIGHT: &str = "nextcloud_mcp_upstream_requests_in_flight";
const UPSTREAM_BYTES: &str = "nextcloud_mcp_upstream_received_bytes_total";
const HTTP: &str = "nextcloud_mcp_http_requests_total";
const HTTP_IN_FLIGHT: &str = "nextcloud_mcp_http_requests_in_flight";
const VALIDATIONS: &str = "nextcloud_mcp_token_validations_total";
const CHECKS: &str = "nextcloud_mcp_token_checks_total";
const SIGN_INS: &str = "nextcloud_mcp_sign_ins_total";
const PLUGIN_LOADED: &str = "nextcloud_mcp_plugin_loaded";
const PLUGINS_REFUSED: &str = "nextcloud_mcp_plugins_refused";

/// All of them; docs/operations.md has the same table, and a test holds the two together.
const FIGURES: [(&str, Kind, &str); 17] = [
    (BUILD, Kind::Gauge, "1, with this server's version"),
    (
        CALLS,
        Kind::Counter,
        "Calls of tools, resources, prompts and completions by how they ended",
    ),
    (
        CALL_SECONDS,
        Kind::Histogram,
        "How long calls took that a plugin ran",
    ),
    (
        CALLS_IN_FLIGHT,
        Kind::Gauge,
        "Calls that a plugin runs at this moment",
    ),
    (
        QUEUE_REFUSALS,
        Kind::Counter,
        "Calls that found no place in time",
    ),
    (
        LIMIT_STOPS,
        Kind::Counter,
        "Calls that a limit or a crash stopped",
    ),
    (
        UPSTREAM,
        Kind::Counter,
        "Requests to Nextcloud by status class",
    ),
    (
        UPSTREAM_SECONDS,
        Kind::Histogram,
        "How long Nextcloud took until its answer began",
    ),
    (
        UPSTREAM_IN_FLIGHT,
        Kind::Gauge,
        "Requests to Nextcloud that are under way",
    ),
    (
        UPSTREAM_BYTES,
        Kind::Counter,
        "Bytes of Nextcloud's answers that were read",
    ),
    (
        HTTP,
        Kind::Counter,
        "Requests of clients and browsers by status class",
    ),
    (
        HTTP_IN_FLIGHT,
        Kind::Gauge,
        "Requests of clients and browsers whose answer has not begun",
    ),
    (
        VALIDATIONS,
        Kind::Counter,
        "What requests to /mcp proved themselves with, by outcome",
    ),
    (
        CHECKS,
        Kind::Counter,
        "Tokens that were looked at anew, by kind and outcome",
    ),
    (
        SIGN_INS,
        Kind::Counter,
        "Requests for tokens of this server's, by grant type and outcome",
    ),
    (
        PLUGIN_LOADED,
        Kind::Gauge,
        "1 for a plugin that is served, 0 for one that no longer is",
    ),
    (
        PLUGINS_REFUSED,
        Kind::Gauge,
        "Plugins in the folder that were not loaded",
    ),
];

/// From here on everything counts.
///
/// # Errors
/// Something counts already.
pub(crate) fn start() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
        .install_recorder()?;
    for (name, kind, help) in FIGURES {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
    }
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1);
    // There before the first of them, so that a rate can be told from its start.
    gauge!(UPSTREAM_IN_FLIGHT).set(0);
    gauge!(HTTP_IN_FLIGHT).set(0);
    counter!(UPSTREAM_BYTES).absolute(0);
    Ok(handle)
}

/// A call ended, or was refused. `tool` is a tool's or a prompt's name, else the protocol's method.
pub(crate) fn call(plugin: &str, tool: &str, outcome: &'static str) {
    let (plugin, tool) = (plugin.to_owned(), tool.to_owned());
    counter!(CALLS, "plugin" => plugin, "tool" => tool, "outcome" => outcome).increment(1);
}

/// A plugin ran for so long.
pub(crate) fn call_took(plugin: &str, tool: &str, time: Duration) {
    let (plugin, tool) = (plugin.to_owned(), tool.to_owned());
    histogram!(CALL_SECONDS, "plugin" => plugin, "tool" => tool).record(time);
}

/// A plugin runs from now on.
pub(crate) fn call_begun(plugin: &str) {
    gauge!(CALLS_IN_FLIGHT, "plugin" => plugin.to_owned()).increment(1);
}

/// It does no longer.
pub(crate) fn call_ended(plugin: &str) {
    gauge!(CALLS_IN_FLIGHT, "plugin" => plugin.to_owned()).decrement(1);
}

/// No place for a call.
pub(crate) fn queue_refused(plugin: &str) {
    counter!(QUEUE_REFUSALS, "plugin" => plugin.to_owned()).increment(1);
}

/// The host stopped a plugin.
pub(crate) fn stopped(plugin: &str, limit: &'static str) {
    counter!(LIMIT_STOPS, "plugin" => plugin.to_owned(), "limit" => limit).increment(1);
}

/// A request to Nextcloud is sent.
pub(crate) fn upstream_begun() {
    gauge!(UPSTREAM_IN_FLIGHT).increment(1);
}

/// The head of its answer came after so long.
pub(crate) fn upstream_answered(time: Duration) {
    histogram!(UPSTREAM_SECONDS).record(time);
}

/// It is over.
pub(crate) fn upstream_ended(method: &Method, outcome: &'static str, bytes: u64) {
    gauge!(UPSTREAM_IN_FLIGHT).decrement(1);
    // All methods that leave are ours: `nextcloud/policy.rs` lists them.
    counter!(UPSTREAM, "method" => method.to_string(), "outcome" => outcome).increment(1);
    counter!(UPSTREAM_BYTES).increment(bytes);
}

/// A client's request has come in.
pub(crate) fn http_begun() {
    gauge!(HTTP_IN_FLIGHT).increment(1);
}

/// Its answer began, or nobody waits for it any more.
pub(crate) fn http_ended(place: &'static str, outcome: &'static str) {
    gauge!(HTTP_IN_FLIGHT).decrement(1);
    counter!(HTTP, "place" => place, "outcome" => outcome).increment(1);
}

/// Whether a request to `/mcp` was let in.
pub(crate) fn validated(outcome: &'static str) {
    counter!(VALIDATIONS, "outcome" => outcome).increment(1);
}

/// A token was looked at anew.
pub(crate) fn checked(kind: &'static str, outcome: &'static str) {
    counter!(CHECKS, "kind" => kind, "outcome" => outcome).increment(1);
}

/// A client asked for tokens.
pub(crate) fn sign_in(grant_type: &'static str, outcome: &'static str) {
    counter!(SIGN_INS, "grant_type" => grant_type, "outcome" => outcome).increment(1);
}

/// Whether a plugin is served.
pub(crate) fn plugin_loaded(plugin: &str, is_loaded: bool) {
    gauge!(PLUGIN_LOADED, "plugin" => plugin.to_owned()).set(u8::from(is_loaded));
}

/// How many plugins were refused at the last load.
pub(crate) fn plugins_refused(count: usize) {
    gauge!(PLUGINS_REFUSED).set(u32::try_from(count).unwrap_or(u32::MAX));
}

/// `2xx` and so on.
pub(crate) fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_figure_is_documented_and_every_documented_one_is_there() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text
            .lines()
            .filter_map(|line| line.strip_prefix("| `nextcloud_mcp_"));
        let documented: std::collections::BTreeSet<String> = rows
            .map(|row| format!("nextcloud_mcp_{}", row.split('`').next().unwrap()))
            .collect();
        let there = FIGURES
            .map(|(name, ..)| name.to_owned())
            .into_iter()
            .collect();
        assert_eq!(documented, there);
    }
}
