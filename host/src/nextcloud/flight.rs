//! One question, asked once: everybody who wants the answer while it is being fetched shares it.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// The latest answer, and a queue for the next one.
pub(super) struct Flight<T, E> {
    last: Mutex<Option<Landed<T, E>>>,
}

struct Landed<T, E> {
    at: Instant,
    result: Result<T, E>,
}

impl<T: Clone, E: Clone> Flight<T, E> {
    pub(super) fn new() -> Self {
        Self {
            last: Mutex::new(None),
        }
    }

    /// The latest answer if it came after `asked`, or if it is good and not older than `max_age`; else what `ask` gives.
    /// A failure is shared by those who waited for it and by nobody later.
    pub(super) async fn share(
        &self,
        asked: Instant,
        max_age: Duration,
        ask: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut last = self.last.lock().await;
        if let Some(landed) = &*last
            && (landed.at >= asked || (landed.result.is_ok() && landed.at.elapsed() < max_age))
        {
            return landed.result.clone();
        }
        let result = ask.await;
        *last = Some(Landed {
            at: Instant::now(),
            result: result.clone(),
        });
        result
    }
}
