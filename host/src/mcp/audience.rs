//! Who is shown what: the caller's scopes and what their Nextcloud has decide, for lists and calls alike. What is not shown
//! cannot be called.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::arrival::Arrival;
use crate::nextcloud::{CAPABILITIES_TTL, Caller, FetchError};
use crate::trace::Trace;

/// How long a client may believe a list. As long as this server believes a user's capabilities.
const TTL_MS: u64 = CAPABILITIES_TTL.as_secs() * 1000;

/// The same while Nextcloud cannot say what it has: the list is then too long, perhaps.
pub(super) const UNSURE_TTL_MS: u64 = 5_000;

/// How long to wait for Nextcloud to say what it has. A slow one must not keep a client from seeing its tools.
const CAPABILITIES_WITHIN: Duration = Duration::from_secs(5);

/// What one caller may see at one moment.
pub(super) struct Audience<'a> {
    caller: &'a Caller,
    /// What their Nextcloud has; `None` if it cannot say, or not soon.
    present: Option<Arc<BTreeSet<String>>>,
}

impl<'a> Audience<'a> {
    /// Asks the caller's Nextcloud what it has. A refused sign-in is told to the edge.
    pub(super) async fn of(caller: &'a Caller, arrival: &Arrival) -> Self {
        let trace = Trace::current().unwrap_or_else(|| Trace::new(arrival.request_id().clone()));
        let asked = trace.scope(caller.capabilities());
        let answer = tokio::time::timeout(CAPABILITIES_WITHIN, asked).await.ok();
        if matches!(answer, Some(Err(FetchError::Unauthorized))) {
            arrival.refuse_sign_in();
        }
        Self {
            caller,
            present: answer.and_then(Result::ok),
        }
    }

    /// Whether something that needs `scope`, and of Nextcloud `requires`, is shown. Everything that the scopes allow is
    /// while Nextcloud cannot say what it has.
    pub(super) fn sees(&self, scope: &str, requires: &[String]) -> bool {
        self.caller.has_scope(scope) && self.lacks(requires).is_none()
    }

    /// What of `requires` the caller's Nextcloud does not have; nothing while that is unknown.
    fn lacks<'b>(&self, requires: &'b [String]) -> Option<&'b str> {
        let present = self.present.as_deref()?;
        requires
            .iter()
            .find(|required| !present.contains(*required))
            .map(String::as_str)
    }

    /// How long a client may believe a list that was made for this audience.
    pub(super) fn ttl_ms(&self) -> u64 {
        if self.present.is_some() {
            TTL_MS
        } else {
            UNSURE_TTL_MS
        }
    }
}

/// What of `requires` the caller's Nextcloud does not have. Where nothing is required it is not asked.
pub(super) async fn lacks<'a>(
    requires: &'a [String],
    caller: &Caller,
    arrival: &Arrival,
) -> Option<&'a str> {
    if requires.is_empty() {
        return None;
    }
    Audience::of(caller, arrival).await.lacks(requires)
}
