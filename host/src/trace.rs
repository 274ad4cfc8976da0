//! What goes along with one request of a client wherever its work leads: its id, and how Nextcloud answered on the way.
//!
//! The id is made at the edge once (or taken from a trusted proxy) and stands in every line that is logged on the way, in
//! each request to Nextcloud and in the answer. It travels beside the call in a task-local, as tracing's spans do, since no
//! function on the way decides anything by it; [`spawn`] takes both along into a task. Never here: who asks, or what for.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::random;

/// Longest id that is taken from a proxy, in bytes: a UUID has 36, a W3C trace parent 55.
const LONGEST: usize = 64;

/// Names one request of a client. Not a secret, and nobody is trusted for knowing one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// Unlike any other, across restarts and replicas, too: a random start, then counted.
    pub(crate) fn new() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static START: LazyLock<[u8; 8]> = LazyLock::new(|| random::bytes().unwrap_or_default());
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = u64::from_be_bytes(*START).wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed));
        Self(format!("{number:016x}").into())
    }

    /// What a proxy calls it, if that can stand in a log line and a header as it is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let good = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(fits);
        good.then(|| Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// See the module's documentation. Clones count into the same tally.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    id: RequestId,
    upstream: Arc<Mutex<Tally>>,
}

/// How Nextcloud answered: for each status how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    statuses: BTreeMap<u16, u32>,
    /// No answer came.
    failed: u32,
    /// Never sent: against the rules.
    refused: u32,
}

tokio::task_local! {
    static CURRENT: Trace;
}

impl Trace {
    pub(crate) fn new(id: RequestId) -> Self {
        Self {
            id,
            upstream: Arc::default(),
        }
    }

    pub(crate) fn id(&self) -> &RequestId {
        &self.id
    }

    /// How Nextcloud answered so far.
    pub(crate) fn tally(&self) -> Tally {
        self.upstream
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Runs `work` as a part of this request.
    pub(crate) async fn scope<T>(&self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self.clone(), work).await
    }

    /// The request that the running task works for, if for any: start-up and clean-up belong to none.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Nextcloud answered the running request with `status`.
    pub(crate) fn answered(status: u16) {
        Self::count(|tally| *tally.statuses.entry(status).or_default() += 1);
    }

    /// Nextcloud did not answer.
    pub(crate) fn failed() {
        Self::count(|tally| tally.failed += 1);
    }

    /// Something was not sent, because the rules do not allow it.
    pub(crate) fn refused() {
        Self::count(|tally| tally.refused += 1);
    }

    fn count(change: impl FnOnce(&mut Tally)) {
        // Without a request there is nobody to count for.
        let _ = CURRENT.try_with(|trace| {
            let mut tally = trace.upstream.lock();
            change(tally.as_mut().unwrap_or_else(|poisoned| poisoned.get_mut()));
        });
    }
}

/// `200=3 404=1 refused=1`; empty if nothing was asked.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses = self.statuses.iter();
        let counts = statuses.map(|(status, count)| (status.to_string(), *count));
        let others = [("failed", self.failed), ("refused", self.refused)];
        let others = others.map(|(name, count)| (name.to_owned(), count));
        let shown = counts.chain(others).filter(|(_, count)| *count > 0);
        for (place, (name, count)) in shown.enumerate() {
            let gap = if place == 0 { "" } else { " " };
            write!(f, "{gap}{name}={count}")?;
        }
        Ok(())
    }
}

/// A task that works for the request that is running, to its end whoever waits for it.
pub(crate) fn spawn<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let work = work.in_current_span();
    match Trace::current() {
        Some(trace) => tokio::spawn(CURRENT.scope(trace, work)),
        None => tokio::spawn(work),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_share_an_id() {
        let ids: std::collections::BTreeSet<_> = (0..100)
            .map(|_| RequestId::new().as_str().to_owned())
            .collect();
        assert_eq!(ids.len(), 100);
    }

    #[test]
    fn a_proxys_id_is_taken_only_if_it_cannot_pass_for_anything_else() {
        for good in [
            "7f1b2c34-5d6e-4f70-8a9b-0c1d2e3f4a5b",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "a",
            &"x".repeat(LONGEST),
        ] {
            assert_eq!(
                RequestId::parse(good).map(|id| id.to_string()),
                Some(good.to_owned())
            );
        }
        for bad in [
            "",
            "a b",
            "a\nb",
            "a\"b",
            "a=b",
            "\u{e9}",
            "\u{1b}[2J",
            &"x".repeat(LONGEST + 1),
        ] {
            assert_eq!(RequestId::parse(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn what_runs_beside_a_request_counts_for_it_and_for_no_other() {
        let (one, other) = (Trace::new(RequestId::new()), Trace::new(RequestId::new()));
        one.scope(async {
            Trace::answered(404);
            spawn(async { Trace::answered(200) }).await.unwrap();
            other.scope(async { Trace::failed() }).await;
            Trace::answered(200);
            Trace::refused();
        })
        .await;
        Trace::answered(500);
        assert_eq!(one.tally().to_string(), "200=2 404=1 refused=1");
        assert_eq!(other.tally().to_string(), "failed=1");
        assert_eq!(Tally::default().to_string(), "");
    }
}
