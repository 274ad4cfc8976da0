//! Which log lines a client wants to hear, and sending them. Since 2026-07-28 each request says so for itself; before, a
//! client says it once (`logging/setLevel`), and what it said has to be remembered.
//!
//! Over HTTP there are no sessions here, so the level belongs to whoever signed in, in this process: another replica does
//! not know it, and says nothing. In Basic mode everybody is the same user, so what one client says holds for all of them.
//! Lines are only ever those of a client's own calls.
#![expect(
    deprecated,
    reason = "by SEP-2577, and still what clients that ask for lines know; here alone"
)]

use std::time::Duration;

use moka::future::Cache;
use rmcp::model::{
    LoggingLevel, LoggingMessageNotificationParam, RequestMetaObject, SetLevelRequestParams,
};
use rmcp::service::{Peer, RoleServer};
use serde_json::json;

use crate::plugin::Level;

/// Callers whose level is remembered; each takes some dozen bytes.
const CALLERS: u64 = 4096;

/// How long after a caller's last call. A client says it again when it connects.
const IDLE: Duration = Duration::from_hours(1);

/// What a client of before 2026-07-28 says once.
pub(super) type SetLevel = SetLevelRequestParams;

/// The least that each caller wants to hear.
pub(super) struct Levels(Cache<u64, Level>);

impl Levels {
    pub(super) fn new() -> Self {
        let cache = Cache::builder().max_capacity(CALLERS).time_to_idle(IDLE);
        Self(cache.build())
    }

    pub(super) async fn set(&self, caller: u64, asked: &SetLevel) {
        match least(asked.level) {
            Some(level) => self.0.insert(caller, level).await,
            None => self.0.invalidate(&caller).await,
        }
    }

    pub(super) async fn get(&self, caller: u64) -> Option<Level> {
        self.0.get(&caller).await
    }
}

/// The least that a client of 2026-07-28 wants to hear of one request.
pub(super) fn asked_for(meta: &RequestMetaObject) -> Option<Level> {
    least(meta.log_level()?)
}

/// Sends one line. A client that went away is noticed by the call itself.
pub(super) async fn send(client: &Peer<RoleServer>, level: Level, logger: &str, text: &str) {
    let level = match level {
        Level::Debug => LoggingLevel::Debug,
        Level::Info => LoggingLevel::Info,
        Level::Warn => LoggingLevel::Warning,
        Level::Error => LoggingLevel::Error,
    };
    let line = LoggingMessageNotificationParam::new(level, json!(text)).with_logger(logger);
    let _ = client.notify_logging_message(line).await;
}

/// The least level of a plugin's that is as bad as `asked` (RFC 5424, section 6.2.1) or worse. Nothing of a plugin's is worse
/// than an error.
fn least(asked: LoggingLevel) -> Option<Level> {
    match asked {
        LoggingLevel::Debug => Some(Level::Debug),
        LoggingLevel::Info => Some(Level::Info),
        LoggingLevel::Notice | LoggingLevel::Warning => Some(Level::Warn),
        LoggingLevel::Error => Some(Level::Error),
        LoggingLevel::Critical | LoggingLevel::Alert | LoggingLevel::Emergency => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_hears_what_is_as_bad_as_it_asked_for_or_worse() {
        assert_eq!(least(LoggingLevel::Debug), Some(Level::Debug));
        assert_eq!(least(LoggingLevel::Notice), Some(Level::Warn));
        assert_eq!(least(LoggingLevel::Error), Some(Level::Error));
        assert_eq!(least(LoggingLevel::Critical), None);
        assert!(
            Level::Debug < Level::Info && Level::Info < Level::Warn && Level::Warn < Level::Error
        );
    }

    #[tokio::test]
    async fn what_one_caller_wants_no_other_gets_and_it_can_be_taken_back() {
        let levels = Levels::new();
        let asked = SetLevelRequestParams::new(LoggingLevel::Debug);
        levels.set(1, &asked).await;
        assert_eq!(levels.get(1).await, Some(Level::Debug));
        assert_eq!(levels.get(2).await, None);
        let asked = SetLevelRequestParams::new(LoggingLevel::Emergency);
        levels.set(1, &asked).await;
        assert_eq!(levels.get(1).await, None);
    }
}
