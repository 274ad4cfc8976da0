//! What creating and changing an event have in common: its texts and words, from arguments to content lines.

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::ical::{ContentLine, escape};

#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Confirmed,
    Tentative,
    Cancelled,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Privacy {
    Public,
    Private,
    Confidential,
}

impl Status {
    /// As iCalendar writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::Tentative => "TENTATIVE",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl Privacy {
    fn word(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Private => "PRIVATE",
            Self::Confidential => "CONFIDENTIAL",
        }
    }
}

/// The same arguments in both tools. Absent: left as it is. Empty: taken out.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Details {
    pub(crate) description: Option<String>,
    pub(crate) location: Option<String>,
    /// Comma-separated.
    pub(crate) categories: Option<String>,
    /// CANCELLED stays visible.
    pub(crate) status: Option<Status>,
    /// For those it is shared with.
    pub(crate) privacy: Option<Privacy>,
    /// 1 highest, 0 none.
    #[schemars(range(min = 0, max = 9))]
    pub(crate) priority: Option<u8>,
    pub(crate) url: Option<String>,
    /// CSS name such as tomato.
    pub(crate) color: Option<String>,
}

/// One property: its new line, or that it goes.
pub(crate) enum Property {
    Set(ContentLine),
    Remove(&'static str),
}

impl Property {
    /// The line of one that is set; a new item has nothing to remove.
    pub(crate) fn set(self) -> Option<ContentLine> {
        match self {
            Self::Set(line) => Some(line),
            Self::Remove(_) => None,
        }
    }
}

impl Details {
    /// `title` comes separately: it is compulsory in one of the tools.
    pub(crate) fn properties(&self, title: Option<&str>) -> Result<Vec<Property>, Failure> {
        let mut properties = Vec::new();
        let mut text = |name, value: Option<&str>| {
            properties.extend(value.map(|value| {
                if value.trim().is_empty() {
                    Property::Remove(name)
                } else {
                    Property::Set(ContentLine::new(name, escape(value)))
                }
            }));
        };
        text("SUMMARY", title);
        text("DESCRIPTION", self.description.as_deref());
        text("LOCATION", self.location.as_deref());
        properties.extend(self.categories.as_deref().map(categories));
        properties.extend(self.status.map(|status| word("STATUS", status.word())));
        properties.extend(self.privacy.map(|privacy| word("CLASS", privacy.word())));
        properties.extend(
            self.priority
                .map(|priority| word("PRIORITY", &priority.to_string())),
        );
        properties.extend(self.url.as_deref().map(url).transpose()?);
        properties.extend(self.color.as_deref().map(color).transpose()?);
        Ok(properties)
    }
}

fn word(name: &str, value: &str) -> Property {
    Property::Set(ContentLine::new(name, value))
}

fn categories(list: &str) -> Property {
    let items: Vec<String> = list
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(escape)
        .collect();
    if items.is_empty() {
        return Property::Remove("CATEGORIES");
    }
    Property::Set(ContentLine::new("CATEGORIES", items.join(",")))
}

/// URL has the value type URI, which is not escaped: what is no URI must not get in.
fn url(text: &str) -> Result<Property, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Property::Remove("URL"));
    }
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    if !is_scheme
        || text
            .chars()
            .any(|character| character.is_whitespace() || character.is_control())
    {
        return Err(Failure::invalid(format!(
            "`{text}` is no web address such as https://example.org/agenda."
        )));
    }
    Ok(Property::Set(ContentLine::new("URL", text)))
}

/// RFC 7986, 5.9 takes names only.
fn color(text: &str) -> Result<Property, Failure> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() {
        return Ok(Property::Remove("COLOR"));
    }
    if !text.chars().all(|letter| letter.is_ascii_lowercase()) {
        return Err(Failure::invalid(format!(
            "An event's color is a CSS colour name such as tomato or teal, not `{text}`."
        )));
    }
    Ok(Property::Set(ContentLine::new("COLOR", text)))
}
