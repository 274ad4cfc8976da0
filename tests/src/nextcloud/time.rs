//! Server time in the forms in which Nextcloud writes it. All of it is UTC.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds that the stand-ins of this process are ahead of the real time.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// Lets the clock of every stand-in of this process run from here on.
pub(super) fn set(now: i64) {
    AHEAD.store(now - real(), Ordering::Relaxed);
}

/// Seconds since the epoch.
pub(super) fn now() -> i64 {
    real() + AHEAD.load(Ordering::Relaxed)
}

fn real() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    i64::try_from(elapsed.as_secs()).expect("a clock before the year 292 billion")
}

/// `Sat, 21 Nov 2026 16:54:13 GMT`, as in `Last-Modified`.
pub(super) fn http(seconds: i64) -> String {
    format(seconds, "%a, %d %b %Y %H:%M:%S GMT")
}

/// `2026-11-21T16:55:15+00:00`, as in `nc:deleted-at`.
pub(super) fn atom(seconds: i64) -> String {
    format(seconds, "%Y-%m-%dT%H:%M:%S+00:00")
}

/// `20261121T165513Z`, as in iCalendar.
pub(super) fn ical(seconds: i64) -> String {
    format(seconds, "%Y%m%dT%H%M%SZ")
}

/// `2026-11-21`, as in the names of exported files.
pub(super) fn date(seconds: i64) -> String {
    format(seconds, "%Y-%m-%d")
}

fn format(seconds: i64, pattern: &str) -> String {
    let moment = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime(pattern).to_string()
}
