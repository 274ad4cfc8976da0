//! One registration of ours at Nextcloud: what is kept of it, and how long it is good for.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::auth::grant::Timestamp;
use crate::auth::seal::secret_text;
use crate::auth::upstream::ClientCredentials;

/// A registration is renewed when a tenth of its life is left, and at least this long before its end: enough for a
/// few tries, and for sign-ins under way to end with the client that they began with.
const LEFT_AT_LEAST: Duration = Duration::from_mins(5);

/// How long after its end a registration is still known as ours: longer than any token lives that it got from
/// Nextcloud.
pub(super) const REMEMBERED: Duration = Duration::from_hours(24);

/// Nextcloud's answer to our registration (RFC 7591, section 3.2.1). Times are by our own clock.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::auth) struct Registration {
    pub(super) client_id: String,
    #[serde(with = "secret_text")]
    pub(super) secret: SecretString,
    /// How to look after it (RFC 7592), where Nextcloud says how.
    pub(super) management: Option<Management>,
    pub(in crate::auth) issued: Timestamp,
    /// `None`: never.
    pub(in crate::auth) expires: Option<Timestamp>,
}

/// RFC 7592, section 3.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Management {
    pub(super) uri: String,
    #[serde(with = "secret_text")]
    pub(super) token: SecretString,
}

impl Registration {
    pub(in crate::auth) fn credentials(&self) -> ClientCredentials {
        ClientCredentials {
            id: self.client_id.clone(),
            secret: self.secret.clone(),
        }
    }

    /// Whether Nextcloud still takes it.
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether it is good for new grants, with no need to renew it.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.renew_at().is_none_or(|at| now < at)
    }

    /// Whether a token that was issued to it may still be about.
    pub(super) fn is_remembered(&self, now: Timestamp) -> bool {
        let after = REMEMBERED.as_secs();
        self.expires
            .is_none_or(|expires| now < expires.saturating_add(after))
    }

    /// When it should be renewed; half its life is always left to a short one.
    pub(super) fn renew_at(&self) -> Option<Timestamp> {
        let expires = self.expires?;
        let life = expires.saturating_sub(self.issued);
        let left = (life / 10).max(LEFT_AT_LEAST.as_secs()).min(life / 2);
        Some(expires - left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasting(life: Option<u64>) -> Registration {
        Registration {
            client_id: "id".to_owned(),
            secret: "secret".into(),
            management: None,
            issued: 1_000_000,
            expires: life.map(|life| 1_000_000 + life),
        }
    }

    #[test]
    fn it_is_renewed_when_a_tenth_or_five_minutes_are_left() {
        let after = |life| lasting(Some(life)).renew_at().map(|at| at - 1_000_000);
        assert_eq!(after(3600), Some(3240), "Nextcloud's default");
        assert_eq!(after(365 * 86_400), Some(365 * 86_400 / 10 * 9));
        assert_eq!(after(900), Some(600));
        assert_eq!(after(60), Some(30), "not before half of it is over");
        assert_eq!(after(0), Some(0));
        assert_eq!(lasting(None).renew_at(), None);
    }

    #[test]
    fn an_end_is_an_end_and_remembered_for_a_while() {
        let (one, end) = (lasting(Some(3600)), 1_003_600);
        assert!(one.is_fresh(end - 361) && !one.is_fresh(end - 360));
        assert!(one.is_alive(end - 1) && !one.is_alive(end));
        assert!(one.is_remembered(end + 86_399) && !one.is_remembered(end + 86_400));
        let beyond_all_times = Registration {
            expires: Some(u64::MAX),
            ..lasting(None)
        };
        assert!(beyond_all_times.is_remembered(end));
        let forever = lasting(None);
        assert!(forever.is_fresh(u64::MAX) && forever.is_alive(u64::MAX));
    }
}
