//! Which events `list_events` takes, by their own properties.

use super::super::shared::given;
use super::list_events::Arguments;
use crate::event::{self, Status};
use crate::ical::Component;

/// The conditions on an event's own properties.
#[derive(Debug)]
pub(super) struct Filter {
    title: Option<String>,
    location: Option<String>,
    categories: Vec<String>,
    status: Option<Status>,
    min_seconds: i64,
    min_attendees: usize,
}

impl Filter {
    pub(super) fn new(arguments: &Arguments) -> Self {
        let lower = |text: Option<&str>| given(text).map(str::to_lowercase);
        let categories = arguments.categories.as_deref().unwrap_or_default();
        Self {
            title: lower(arguments.title_contains.as_deref()),
            location: lower(arguments.location_contains.as_deref()),
            categories: categories
                .split(',')
                .map(|item| item.trim().to_lowercase())
                .filter(|item| !item.is_empty())
                .collect(),
            status: arguments.status,
            min_seconds: i64::from(arguments.min_duration_minutes.unwrap_or(0)) * 60,
            min_attendees: arguments
                .min_attendees
                .unwrap_or(0)
                .try_into()
                .unwrap_or(usize::MAX),
        }
    }

    pub(super) fn takes(&self, event: &Component, seconds: i64) -> bool {
        let contains = |name, part: &Option<String>| {
            part.as_ref().is_none_or(|part| {
                event::text(event, name).is_some_and(|text| text.to_lowercase().contains(part))
            })
        };
        let in_categories = || {
            event::categories(event)
                .iter()
                .any(|item| self.categories.contains(&item.to_lowercase()))
        };
        let status = || event::text(event, "STATUS").unwrap_or_else(|| "CONFIRMED".to_owned());
        contains("SUMMARY", &self.title)
            && contains("LOCATION", &self.location)
            && (self.categories.is_empty() || in_categories())
            && self
                .status
                .is_none_or(|wanted| status().trim().eq_ignore_ascii_case(wanted.word()))
            && seconds >= self.min_seconds
            && event.all("ATTENDEE").count() >= self.min_attendees
    }
}
