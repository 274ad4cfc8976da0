//! Pages of a sorted list of tasks. The cursor says after which task to go on and at what time the first page was made,
//! so nothing is kept between calls, and a task that is completed meanwhile shifts nothing.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;

/// What tasks are sorted by: what is late, what is due, what has no date, what is done; then by due time, priority and
/// the order that people gave them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) group: i64,
    /// Seconds; of what is done, the last first.
    pub(super) due: i64,
    /// None comes last.
    pub(super) priority: i64,
    pub(super) order: i64,
    pub(super) calendar: String,
    pub(super) uid: String,
}

/// Where a page begins.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    /// Of the first page.
    pub(super) now: Timestamp,
    pub(super) after: Key,
}

impl Cursor {
    /// `now/group/due/priority/order/calendar/uid`. A calendar's name is one segment of a path, so it has no slash.
    pub(super) fn text(now: Timestamp, after: &Key) -> String {
        let Key {
            group,
            due,
            priority,
            order,
            calendar,
            uid,
        } = after;
        let now = now.as_second();
        format!("{now}/{group}/{due}/{priority}/{order}/{calendar}/{uid}")
    }

    pub(super) fn parse(cursor: &str) -> Result<Self, Failure> {
        let invalid = || {
            Failure::invalid("cursor is what next_cursor of the page before said; this is none.")
        };
        let parts: Vec<&str> = cursor.splitn(7, '/').collect();
        let [now, group, due, priority, order, calendar, uid] = parts.as_slice() else {
            return Err(invalid());
        };
        let number = |text: &str| text.parse::<i64>().map_err(|_| invalid());
        Ok(Self {
            now: Timestamp::from_second(number(now)?).map_err(|_| invalid())?,
            after: Key {
                group: number(group)?,
                due: number(due)?,
                priority: number(priority)?,
                order: number(order)?,
                calendar: (*calendar).to_owned(),
                uid: (*uid).to_owned(),
            },
        })
    }
}
