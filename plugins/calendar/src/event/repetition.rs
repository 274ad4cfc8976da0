//! How an event or a task repeats, as a tool's arguments say it: in plain words, or as a rule of RFC 5545.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

/// The same arguments wherever something is created or changed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Repetition {
    repeat: Option<Repeat>,
    /// Instead of repeat: FREQ=MONTHLY;BYMONTHDAY=-1.
    recurrence_rule: Option<String>,
    /// Last day of a `recurrence_rule`.
    recurrence_end_date: Option<String>,
    recurring: Option<bool>,
}

// Every other Tuesday, ten times: every week, interval 2, on TU, count 10.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Repeat {
    every: Every,
    #[schemars(range(min = 1, max = 1000))]
    interval: Option<u32>,
    /// MO to SU; by month also 1MO, -1FR (last).
    #[serde(default)]
    on: Vec<String>,
    #[schemars(range(min = 1))]
    count: Option<u32>,
    /// Last day.
    until: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Every {
    Day,
    Week,
    Month,
    Year,
}

/// A rule and its last day. An empty rule: it does not repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) rule: Option<String>,
    pub(crate) end: Option<String>,
}

impl Repetition {
    /// What the arguments ask for together.
    pub(crate) fn wish(&self) -> Result<Wish, Failure> {
        let end = self
            .recurrence_end_date
            .as_deref()
            .map(str::trim)
            .filter(|end| !end.is_empty());
        let wish = match (&self.repeat, &self.recurrence_rule) {
            (Some(_), Some(rule)) if !rule.trim().is_empty() => {
                return Err(Failure::invalid(
                    "repeat and recurrence_rule say the same thing in two ways: leave one of them out.",
                ));
            }
            (Some(repeat), _) => repeat.wish(end)?,
            (None, rule) => Wish {
                rule: rule.as_deref().map(|rule| rule.trim().to_owned()),
                end: end.map(str::to_owned),
            },
        };
        match self.recurring {
            Some(false) if wish.rule.as_deref().is_some_and(|rule| !rule.is_empty()) => Err(
                Failure::invalid("recurring is false, but a rule is given: leave one of them out."),
            ),
            Some(false) => Ok(Wish {
                rule: Some(String::new()),
                end: wish.end,
            }),
            Some(true) if wish.rule.as_deref().is_none_or(str::is_empty) && wish.end.is_none() => {
                Err(Failure::invalid(
                    "Say how it repeats, as in repeat {\"every\": \"week\", \"on\": [\"MO\"]}.",
                ))
            }
            Some(true) | None => Ok(wish),
        }
    }
}

impl Repeat {
    fn wish(&self, end: Option<&str>) -> Result<Wish, Failure> {
        let until = self
            .until
            .as_deref()
            .map(str::trim)
            .filter(|day| !day.is_empty());
        if self.count.is_some() && (until.is_some() || end.is_some()) {
            return Err(Failure::invalid(
                "repeat ends after count times or on the day until: leave one of them out.",
            ));
        }
        if let (Some(_), Some(_)) = (until, end) {
            return Err(Failure::invalid(
                "repeat says its last day in until, so leave recurrence_end_date out.",
            ));
        }
        let frequency = match self.every {
            Every::Day => "DAILY",
            Every::Week => "WEEKLY",
            Every::Month => "MONTHLY",
            Every::Year => "YEARLY",
        };
        let mut rule = format!("FREQ={frequency}");
        if let Some(interval) = self.interval {
            let _ = write!(rule, ";INTERVAL={interval}");
        }
        if !self.on.is_empty() {
            let _ = write!(rule, ";BYDAY={}", self.on.join(","));
        }
        if let Some(count) = self.count {
            let _ = write!(rule, ";COUNT={count}");
        }
        Ok(Wish {
            rule: Some(rule),
            end: until.or(end).map(str::to_owned),
        })
    }
}
