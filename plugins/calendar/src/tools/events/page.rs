//! Pages of a sorted list of events. The cursor says after which event to go on, so nothing is kept between calls and
//! an event that comes or goes meanwhile shifts nothing.

use std::cmp::Ordering;

use jiff::Timestamp;
use nextcloud_mcp_plugin::fold::fold;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

/// Characters of a title that events are sorted by; a cursor carries them.
const TITLE_LENGTH: usize = 60;

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sort {
    #[default]
    Start,
    // The last start first.
    Latest,
    Title,
}

/// What events are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Empty unless titles are sorted by.
    title: String,
    pub(super) start: Timestamp,
    pub(super) calendar: String,
    pub(super) uid: String,
    /// Which occurrence of the series it is; two may have been moved to the same time.
    pub(super) id: Timestamp,
}

impl Key {
    pub(super) fn new(start: Timestamp, calendar: &str, uid: String, id: Timestamp) -> Self {
        Self {
            title: String::new(),
            start,
            calendar: calendar.to_owned(),
            uid,
            id,
        }
    }
}

impl Sort {
    /// The key of an event with this title.
    pub(super) fn key(self, key: Key, title: impl FnOnce() -> String) -> Key {
        if self != Self::Title {
            return key;
        }
        // A cursor's parts are separated by slashes.
        let title = fold(&title()).replace('/', " ");
        Key {
            title: title.chars().take(TITLE_LENGTH).collect(),
            ..key
        }
    }

    pub(super) fn compare(self, one: &Key, other: &Key) -> Ordering {
        match self {
            Self::Start | Self::Title => one.cmp(other),
            Self::Latest => other.cmp(one),
        }
    }

    fn letter(self) -> &'static str {
        match self {
            Self::Start => "s",
            Self::Latest => "l",
            Self::Title => "t",
        }
    }

    /// `s/1795543200/1795543200/personal/title/uid`. A calendar's name is one segment of a path, so it has no slash.
    pub(super) fn cursor(self, key: &Key) -> String {
        format!(
            "{}/{}/{}/{}/{}/{}",
            self.letter(),
            key.start.as_second(),
            key.id.as_second(),
            key.calendar,
            key.title,
            key.uid
        )
    }

    pub(super) fn of_cursor(self, cursor: &str) -> Result<Key, Failure> {
        let invalid = || {
            Failure::invalid("cursor is what next_cursor of the page before said; this is none.")
        };
        let instant = |text: &str| Timestamp::from_second(text.parse().ok()?).ok();
        let parts: Vec<&str> = cursor.splitn(6, '/').collect();
        let [letter, start, id, calendar, title, uid] = parts.as_slice() else {
            return Err(invalid());
        };
        if *letter != self.letter() {
            return Err(Failure::invalid(
                "cursor belongs to a list in another order: repeat the arguments of the page before, sort too.",
            ));
        }
        Ok(Key {
            title: (*title).to_owned(),
            start: instant(start).ok_or_else(invalid)?,
            calendar: (*calendar).to_owned(),
            uid: (*uid).to_owned(),
            id: instant(id).ok_or_else(invalid)?,
        })
    }
}
