//! Which events a list or a bulk operation takes, by their own properties. Case and accents make no difference.

use nextcloud_mcp_plugin::fold::fold;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::{Deserialize, Serialize};

use super::super::shared::given;
use crate::event::{self, Status};
use crate::ical::{Component, ContentLine};

/// The arguments. Absent or empty: everything fits.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Filters {
    title_contains: Option<String>,
    location_contains: Option<String>,
    /// Words in title, description, location, people.
    text: Option<String>,
    /// Part of a name or address; the organizer's too.
    attendee: Option<String>,
    /// Any of these, comma-separated.
    categories: Option<String>,
    status: Option<Status>,
    min_duration_minutes: Option<u32>,
    max_duration_minutes: Option<u32>,
    min_attendees: Option<u32>,
}

/// The conditions on an event's own properties, folded.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    title: Option<String>,
    location: Option<String>,
    words: Vec<String>,
    attendee: Option<String>,
    categories: Vec<String>,
    status: Option<Status>,
    min_minutes: Option<u32>,
    max_minutes: Option<u32>,
    min_attendees: Option<u32>,
}

impl Filter {
    pub(crate) fn new(filters: &Filters) -> Result<Self, Failure> {
        let folded = |text: &Option<String>| given(text.as_deref()).map(fold);
        let split = |text: &Option<String>, at: fn(char) -> bool| -> Vec<String> {
            let text = text.as_deref().unwrap_or_default();
            text.split(at)
                .map(|item| fold(item.trim()))
                .filter(|item| !item.is_empty())
                .collect()
        };
        let (min, max) = (filters.min_duration_minutes, filters.max_duration_minutes);
        if min.zip(max).is_some_and(|(min, max)| min > max) {
            return Err(Failure::invalid(
                "min_duration_minutes is more than max_duration_minutes: no event fits both.",
            ));
        }
        Ok(Self {
            title: folded(&filters.title_contains),
            location: folded(&filters.location_contains),
            words: split(&filters.text, char::is_whitespace),
            attendee: folded(&filters.attendee),
            categories: split(&filters.categories, |letter| letter == ','),
            status: filters.status,
            min_minutes: min.filter(|minutes| *minutes > 0),
            max_minutes: max,
            min_attendees: filters.min_attendees.filter(|count| *count > 0),
        })
    }

    /// What is asked for, as people read it; nothing where everything fits.
    pub(crate) fn conditions(&self) -> Vec<String> {
        let quoted = |name: &str, part: &Option<String>| {
            part.as_ref().map(|part| format!("\"{part}\" in {name}"))
        };
        let words =
            (!self.words.is_empty()).then(|| format!("\"{}\"", self.words.join("\" and \"")));
        let categories = (!self.categories.is_empty())
            .then(|| format!("a category of {}", self.categories.join(", ")));
        let minutes = |word: &str, minutes: Option<u32>| {
            minutes.map(|minutes| format!("{word} {minutes} minutes long"))
        };
        let all = [
            quoted("the title", &self.title),
            quoted("the location", &self.location),
            words,
            quoted("an attendee", &self.attendee),
            categories,
            self.status
                .map(|status| format!("status {}", status.word())),
            minutes("at least", self.min_minutes),
            minutes("at most", self.max_minutes),
            self.min_attendees
                .map(|count| format!("at least {count} attendees")),
        ];
        all.into_iter().flatten().collect()
    }

    /// Whether an event or occurrence of so many seconds fits.
    pub(crate) fn takes(&self, event: &Component, seconds: i64) -> bool {
        let contains = |name, part: &Option<String>| {
            part.as_ref().is_none_or(|part| {
                event::text(event, name).is_some_and(|text| fold(&text).contains(part))
            })
        };
        let attendees = || event.all("ATTENDEE").count();
        self.status.is_none_or(|status| has_status(event, status))
            && self
                .min_minutes
                .is_none_or(|min| seconds >= i64::from(min) * 60)
            && self
                .max_minutes
                .is_none_or(|max| seconds <= i64::from(max) * 60)
            && self
                .min_attendees
                .is_none_or(|min| u32::try_from(attendees()).is_ok_and(|count| count >= min))
            && contains("SUMMARY", &self.title)
            && contains("LOCATION", &self.location)
            && self.in_categories(event)
            && self
                .attendee
                .as_ref()
                .is_none_or(|part| people(event).any(|person| person.contains(part)))
            && self.has_words(event)
    }

    fn in_categories(&self, event: &Component) -> bool {
        self.categories.is_empty()
            || event::categories(event)
                .iter()
                .any(|item| self.categories.contains(&fold(item)))
    }

    fn has_words(&self, event: &Component) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let texts = ["SUMMARY", "DESCRIPTION", "LOCATION"]
            .into_iter()
            .filter_map(|name| event::text(event, name))
            .map(|text| fold(&text));
        let texts: Vec<String> = texts.chain(people(event)).collect();
        self.words
            .iter()
            .all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

fn has_status(event: &Component, wanted: Status) -> bool {
    let status = event::text(event, "STATUS");
    let status = status
        .as_deref()
        .map_or(Status::Confirmed.word(), str::trim);
    status.eq_ignore_ascii_case(wanted.word())
}

/// Names and addresses of everybody who takes part, folded.
fn people(event: &Component) -> impl Iterator<Item = String> {
    let lines = event.all("ATTENDEE").chain(event.all("ORGANIZER"));
    lines.map(|line: &ContentLine| {
        let address = line.value.trim();
        let address = address
            .get(..7)
            .filter(|head| head.eq_ignore_ascii_case("mailto:"))
            .map_or(address, |_| &address[7..]);
        fold(&format!(
            "{} {address}",
            line.param("CN").unwrap_or_default()
        ))
    })
}
