//! Which notes a list or a search is about.

use nextcloud_mcp_plugin::{Failure, nextcloud::Request};
use serde::{Deserialize, Serialize};

use crate::{api, time};

/// What is absent does not filter. Part of cursors, so its names are short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filter {
    /// Empty means the notes without one.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<String>,
    #[serde(rename = "s", default, skip_serializing_if = "is_false")]
    pub(crate) subcategories: bool,
    #[serde(rename = "f", default, skip_serializing_if = "is_false")]
    pub(crate) favorites: bool,
    /// Unix seconds.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<i64>,
}

impl Filter {
    /// As a tool's arguments give it.
    pub(crate) fn new(
        category: Option<String>,
        subcategories: bool,
        favorites: bool,
        since: Option<&str>,
    ) -> Result<Self, Failure> {
        if subcategories && category.is_none() {
            return Err(Failure::invalid(
                "include_subcategories needs a category. Leave both out for all notes.",
            ));
        }
        Ok(Self {
            // What a person writes around it is no part of a folder's name.
            category: category.map(|name| name.trim().trim_matches('/').to_owned()),
            subcategories,
            favorites,
            since: since.map(time::parse).transpose()?,
        })
    }

    /// The category that Nextcloud itself can filter by: it knows exact names only (recording `notes/024`).
    pub(crate) fn exact_category(&self) -> Option<&str> {
        self.category.as_deref().filter(|_| !self.subcategories)
    }

    /// The notes without their contents, as far as Nextcloud can filter them; [`Filter::admits`] does the rest.
    pub(crate) fn heads(&self) -> Request {
        api::list(self.exact_category())
    }

    /// Whether a note lies in the category.
    pub(crate) fn contains(&self, note: &api::Note) -> bool {
        match self.category.as_deref() {
            None => true,
            Some("") if self.subcategories => true,
            Some(name) => {
                note.category == name
                    || self.subcategories
                        && note
                            .category
                            .strip_prefix(name)
                            .is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }

    /// Whether a note passes the whole filter.
    pub(crate) fn admits(&self, note: &api::Note) -> bool {
        self.contains(note)
            && (!self.favorites || note.favorite)
            && self.since.is_none_or(|since| note.modified >= since)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}
