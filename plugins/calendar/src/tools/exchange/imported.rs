//! What became of each item of an import.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::JsonSchema;
use serde::Serialize;

use super::split::{Invalid, Part};

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ImportReply {
    pub(super) calendar: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) dry_run: bool,
    pub(super) imported: Vec<Item>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) skipped: Vec<Skipped>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Item {
    pub(super) uid: String,
    pub(super) title: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Skipped {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    pub(super) why: Why,
    pub(super) reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Why {
    Duplicate,
    Invalid,
    Meeting,
    Refused,
}

impl ImportReply {
    pub(super) fn sentence(&self) -> String {
        let verb = if self.dry_run {
            "Would import"
        } else {
            "Imported"
        };
        let mut text = format!(
            "{verb} {} of {} items to \"{}\".",
            self.imported.len(),
            self.imported.len() + self.skipped.len(),
            self.calendar
        );
        for (why, words) in [
            (Why::Duplicate, "there already"),
            (Why::Invalid, "invalid"),
            (
                Why::Meeting,
                "meetings held back, because Nextcloud would write to their people",
            ),
            (Why::Refused, "not taken"),
        ] {
            let count = self.skipped.iter().filter(|one| one.why == why).count();
            if count > 0 {
                // Writing to a String cannot fail.
                let _ = write!(text, " {count} {words}.");
            }
        }
        text
    }
}

impl Skipped {
    pub(super) fn of(part: Part, why: Why, reason: String) -> Self {
        Self {
            uid: Some(part.uid),
            title: Some(part.title).filter(|title| !title.is_empty()),
            why,
            reason,
        }
    }

    pub(super) fn invalid(invalid: Invalid) -> Self {
        Self {
            uid: invalid.uid,
            title: invalid.title,
            why: Why::Invalid,
            reason: invalid.reason,
        }
    }
}
