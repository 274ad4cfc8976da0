//! Pages of a sorted list of events. The cursor says after which event to go on, so nothing is kept between calls and
//! an event that comes or goes meanwhile shifts nothing.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;

/// What events are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) start: Timestamp,
    pub(super) calendar: String,
    pub(super) uid: String,
    /// Which occurrence of the series it is; two may have been moved to the same time.
    pub(super) id: Timestamp,
}

impl Key {
    /// `1795543200/1795543200/personal/uid`. A calendar's name is one segment of a path, so it has no slash.
    pub(super) fn cursor(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.start.as_second(),
            self.id.as_second(),
            self.calendar,
            self.uid
        )
    }

    pub(super) fn of_cursor(cursor: &str) -> Result<Self, Failure> {
        let invalid = || {
            Failure::invalid("cursor is what next_cursor of the page before said; this is none.")
        };
        let instant = |text: &str| Timestamp::from_second(text.parse().ok()?).ok();
        let parts: Vec<&str> = cursor.splitn(4, '/').collect();
        let [start, id, calendar, uid] = parts.as_slice() else {
            return Err(invalid());
        };
        Ok(Self {
            start: instant(start).ok_or_else(invalid)?,
            calendar: (*calendar).to_owned(),
            uid: (*uid).to_owned(),
            id: instant(id).ok_or_else(invalid)?,
        })
    }
}
