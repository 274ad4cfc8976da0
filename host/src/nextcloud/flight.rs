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

    /// The latest answer, if it serves: if it came after `asked`, or is good and not older than `max_age`. `None`, too,
    /// while the next one is being fetched.
    pub(super) fn landed(&self, asked: Instant, max_age: Duration) -> Option<Result<T, E>> {
        let last = self.last.try_lock().ok()?;
        last.as_ref()?.serve(asked, max_age)
    }

    /// The latest answer, if it serves (see [`landed`](Self::landed)); else what `ask` gives. A failure is shared by those
    /// who waited for it and by nobody later.
    pub(super) async fn share(
        &self,
        asked: Instant,
        max_age: Duration,
        ask: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut last = self.last.lock().await;
        let landed = last
            .as_ref()
            .and_then(|landed| landed.serve(asked, max_age));
        if let Some(result) = landed {
            return result;
        }
        let result = ask.await;
        *last = Some(Landed {
            at: Instant::now(),
            result: result.clone(),
        });
        result
    }
}

impl<T: Clone, E: Clone> Landed<T, E> {
    fn serve(&self, asked: Instant, max_age: Duration) -> Option<Result<T, E>> {
        let serves = self.at >= asked || (self.result.is_ok() && self.at.elapsed() < max_age);
        serves.then(|| self.result.clone())
    }
}
