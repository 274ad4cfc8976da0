//! How many tokens are looked at side by side: those that this server gave out in one lane, all others in another.
//!
//! Each costs Nextcloud a request, and tokens that are not ours can be made up by anybody.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::cache::{AGAIN, Failure};
use super::presented::Presented;

/// Tokens looked at side by side in each lane; more wait.
pub(super) const SIDE_BY_SIDE: usize = 16;

/// How long one that is not ours waits for that: anybody can make them up, and who waits holds a place of `/mcp`'s.
pub(super) const OTHERS_WAIT: Duration = Duration::from_secs(5);

/// See the module's documentation.
pub(super) struct Lanes {
    /// For ours, which nobody can make up: what is not sealed by us leaves without asking anybody.
    ours: Semaphore,
    others: Semaphore,
    others_wait: Duration,
}

impl Lanes {
    /// Both empty; tokens that are not ours wait for `others_wait` at most.
    pub(super) fn new(others_wait: Duration) -> Self {
        Self {
            ours: Semaphore::new(SIDE_BY_SIDE),
            others: Semaphore::new(SIDE_BY_SIDE),
            others_wait,
        }
    }

    /// A place to look at this token. A flood of made-up ones takes nothing from those that this server gave out.
    pub(super) async fn place(
        &self,
        presented: &Presented,
    ) -> Result<SemaphorePermit<'_>, Failure> {
        let place = if matches!(presented, Presented::Ours(_)) {
            self.ours.acquire().await
        } else {
            let place = timeout(self.others_wait, self.others.acquire()).await;
            place.map_err(|_| Failure::Away {
                why: "too many tokens that this server did not issue are being looked at",
                retry_after: AGAIN,
            })?
        };
        place.map_err(|_| Failure::UNSAID)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::super::check::Checker;
    use super::super::testing::{PLACE, SmallNextcloud, good_token, oauth};
    use super::*;

    #[tokio::test]
    async fn a_flood_of_made_up_tokens_takes_nothing_from_ours() {
        let nextcloud = SmallNextcloud::start().await;
        let mut checker = Checker::new(oauth(&nextcloud.url, PLACE, &[]));
        checker.lanes = Lanes::new(Duration::from_millis(100));
        let made_up = Presented::Opaque("y".repeat(72).into());
        let mut flood = Vec::new();
        for _ in 0..SIDE_BY_SIDE {
            flood.push(checker.lanes.place(&made_up).await.ok().unwrap());
        }
        let ours = checker.check(Presented::Ours(good_token().into())).await;
        assert_eq!(&*ours.ok().unwrap().user, "alice");
        let made_up = checker
            .check(Presented::Opaque("x".repeat(72).into()))
            .await;
        let Err(Failure::Away { why, .. }) = made_up else {
            panic!("it waits for no place");
        };
        assert!(why.starts_with("too many tokens"), "{why}");
    }
}
