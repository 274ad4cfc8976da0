//! What was found out about tokens lately, so that Nextcloud is not asked for every request.
//!
//! - A good token is believed for `NEXTCLOUD_MCP_TOKEN_CACHE_SECONDS`, one of ours for a minute at most, and none beyond
//!   its own end. As long may one that was revoked at Nextcloud still be let in here.
//! - A bad one is refused for a few seconds without asking again, and one that has ended until it would have.
//! - That Nextcloud could not say is told to those who wait, and kept for nobody.
//!
//! Bounded in number; keys are digests under a key that this process drew. Many who come with one token while it is
//! being looked at wait for the same answer, which is fetched to its end whoever goes away meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache as Moka;
use tokio::time::timeout;

use super::super::grant::{self, Timestamp};
use super::super::{AuthError, InvalidToken};
use super::granted::{Found, Granted};
use crate::nextcloud::CredentialId;
use crate::trace;

/// Tokens remembered at once, good and bad. One more costs a question, nothing else.
const TOKENS: u64 = 10_000;

/// How long one of our own tokens is believed, at most: what it seals is no proof that its user still stands.
const OURS_BELIEVED_FOR: Duration = Duration::from_mins(1);

/// How long a token that Nextcloud does not know is refused without asking again: it may be one that was issued just now.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// How long an ended token is remembered, at most: no sign-in here lasts longer.
const ENDED_FOR: Duration = Duration::from_hours(90 * 24);

/// How long a token may take to be looked at. Clients give up after half a minute or so.
const CHECK_WITHIN: Duration = Duration::from_secs(25);

/// When to ask again after Nextcloud could not say.
pub(super) const AGAIN: Duration = Duration::from_secs(5);

/// Why a token was not found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is not, by everybody's word.
    Invalid(InvalidToken),
    /// It is not and never will be again until it ends by itself, then.
    Dead(InvalidToken, Timestamp),
    /// Nobody can say now.
    Away {
        /// As the beginning of a sentence.
        why: &'static str,
        retry_after: Duration,
    },
}

impl Failure {
    /// One word, for figures.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Invalid(flaw) | Self::Dead(flaw, _) => flaw.label(),
            Self::Away { .. } => "unavailable",
        }
    }

    /// Nextcloud's word is missing.
    pub(super) const UNSAID: Self = Self::Away {
        why: "Nextcloud cannot say now whether this sign-in is still valid",
        retry_after: AGAIN,
    };
}

/// See the module's documentation.
pub(super) struct Cache {
    entries: Moka<CredentialId, Entry>,
    believed_for: Duration,
    check_within: Duration,
}

#[derive(Clone)]
struct Entry {
    result: Result<Arc<Found>, InvalidToken>,
    /// Since Nextcloud was asked, not since it answered.
    since: Instant,
    holds: Duration,
}

impl Cache {
    pub(super) fn new(believed_for: Duration) -> Self {
        Self {
            entries: Moka::builder()
                .max_capacity(TOKENS)
                .expire_after(AsLongAsItHolds)
                .build(),
            believed_for,
            check_within: CHECK_WITHIN,
        }
    }

    /// What is known of a token, or else what `check` finds.
    pub(super) async fn look_up(
        &self,
        token: CredentialId,
        check: impl Future<Output = Result<Found, Failure>> + Send + 'static,
    ) -> Result<Arc<Found>, AuthError> {
        if let Some(entry) = self.entries.get(&token).await {
            return Ok(entry.result?);
        }
        let (entries, believed_for) = (self.entries.clone(), self.believed_for);
        let check_within = self.check_within;
        let question = async move {
            let since = Instant::now();
            let answer = timeout(check_within, check).await;
            let answer = answer.unwrap_or(Err(Failure::Away {
                why: "Nextcloud did not say in time whether this sign-in is still valid",
                retry_after: AGAIN,
            }));
            Entry::of(answer, since, believed_for)
        };
        let shared = async move { entries.try_get_with(token, question).await };
        let landed = trace::spawn(shared).await;
        let landed = landed.unwrap_or_else(|_| Err(Arc::new(CRASHED)));
        match landed {
            Ok(entry) => Ok(entry.result?),
            Err(error) => Err((*error).clone()),
        }
    }

    /// The tokens that are believed of a grant, each with what it speaks to Nextcloud with.
    pub(super) fn of_grant(&self, grant: &str) -> Vec<(CredentialId, CredentialId)> {
        let believed = self.entries.iter().filter_map(|(token, entry)| {
            let found = entry.result.ok()?;
            (found.grant.as_deref() == Some(grant)).then(|| (*token, found.credential.id()))
        });
        believed.collect()
    }

    /// What is known of a token counts no longer.
    pub(super) async fn forget(&self, token: CredentialId) {
        self.entries.invalidate(&token).await;
    }
}

/// A part of this server ended before it could say anything.
const CRASHED: AuthError = AuthError::Unavailable {
    why: "this sign-in could not be looked at",
    retry_after: AGAIN,
};

impl Entry {
    /// Nothing is kept of what could not be said.
    fn of(
        answer: Result<Found, Failure>,
        since: Instant,
        believed_for: Duration,
    ) -> Result<Self, AuthError> {
        let (result, holds) = match answer {
            Ok(found) => {
                let most = match &found.granted {
                    Granted::Consented(_) => believed_for.min(OURS_BELIEVED_FOR),
                    Granted::Everything | Granted::Named(_) => believed_for,
                };
                let holds = found.expires.map_or(most, |end| most.min(until(end)));
                (Ok(Arc::new(found)), holds)
            }
            Err(Failure::Invalid(why)) => (Err(why), UNKNOWN_FOR),
            Err(Failure::Dead(why, end)) => (Err(why), until(end).min(ENDED_FOR)),
            Err(Failure::Away { why, retry_after }) => {
                return Err(AuthError::Unavailable { why, retry_after });
            }
        };
        Ok(Self {
            result,
            since,
            holds,
        })
    }
}

fn until(end: Timestamp) -> Duration {
    Duration::from_secs(end.saturating_sub(grant::now()))
}

struct AsLongAsItHolds;

impl Expiry<CredentialId, Entry> for AsLongAsItHolds {
    fn expire_after_create(&self, _: &CredentialId, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.holds.saturating_sub(entry.since.elapsed()))
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {

    use super::super::super::scope::ScopeSet;
    use super::*;
    use crate::nextcloud::Credential;

    fn token(n: u64) -> CredentialId {
        CredentialId::of(&n.to_be_bytes()).unwrap()
    }

    fn found(granted: Granted, lasts: u64) -> Found {
        Found {
            credential: Credential::bearer(&"token".into()).unwrap(),
            user: "alice".into(),
            granted,
            expires: Some(grant::now() + lasts),
            grant: None,
            client: None,
        }
    }

    fn holds(answer: Result<Found, Failure>, believed_for: u64) -> u64 {
        let believed_for = Duration::from_secs(believed_for);
        let entry = Entry::of(answer, Instant::now(), believed_for).unwrap();
        entry.holds.as_secs()
    }

    #[test]
    fn belief_ends_with_the_setting_with_the_token_and_for_ours_with_the_minute() {
        let named = || Granted::Named(ScopeSet::default());
        let ours = || Granted::Consented(ScopeSet::default());
        assert_eq!(holds(Ok(found(named(), 9000)), 60), 60);
        assert_eq!(holds(Ok(found(named(), 9000)), 3600), 3600);
        assert_eq!(holds(Ok(found(ours(), 9000)), 3600), 60);
        assert_eq!(holds(Ok(found(ours(), 9000)), 5), 5);
        assert!(holds(Ok(found(named(), 30)), 60) <= 30);
    }

    #[test]
    fn a_no_is_kept_for_seconds_a_death_until_the_end_and_nothing_else_at_all() {
        let invalid = Failure::Invalid(InvalidToken::Unknown);
        assert_eq!(holds(Err(invalid), 60), UNKNOWN_FOR.as_secs());
        let dead = |end| Failure::Dead(InvalidToken::Ended, end);
        assert!(holds(Err(dead(grant::now() + 1000)), 60) > 990);
        assert_eq!(holds(Err(dead(u64::MAX)), 60), ENDED_FOR.as_secs());
        let away = Failure::Away {
            why: "it rains",
            retry_after: AGAIN,
        };
        assert!(Entry::of(Err(away), Instant::now(), AGAIN).is_err());
    }

    #[tokio::test]
    async fn a_check_that_crashes_lets_nobody_in_and_is_not_kept() {
        let cache = Cache::new(AGAIN);
        let crash = async { panic!("a check failed") };
        let answer = cache.look_up(token(1), crash).await;
        assert_eq!(answer.err(), Some(CRASHED));
        let good = found(Granted::Everything, 60);
        assert!(cache.look_up(token(1), async { Ok(good) }).await.is_ok());
    }

    #[tokio::test]
    async fn a_check_that_does_not_end_is_given_up() {
        let mut cache = Cache::new(AGAIN);
        cache.check_within = Duration::from_millis(20);
        let answer = cache.look_up(token(1), std::future::pending()).await;
        assert!(matches!(answer.err(), Some(AuthError::Unavailable { .. })));
    }

    #[tokio::test]
    async fn however_many_tokens_are_sent_so_many_are_remembered() {
        let cache = Cache::new(AGAIN);
        for n in 0..TOKENS + 500 {
            let unknown = async { Err(Failure::Invalid(InvalidToken::Unknown)) };
            assert!(cache.look_up(token(n), unknown).await.is_err());
        }
        cache.entries.run_pending_tasks().await;
        assert!(cache.entries.entry_count() <= TOKENS);
    }
}
