//! The policy's file: TOML, read as strictly as a manifest. A misspelt key or a rule that says nothing is an error, because
//! it would look like a protection.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::pattern::NamePattern;
use super::{PolicyError, Rule};
use crate::nextcloud::{Access, RequestPattern, Restriction};
use crate::plugin::lower_limits::LowerLimits;
use crate::plugin::name::PluginName;
use crate::plugin::text::visible;

/// Largest file in bytes: a rule has some hundred, and nobody reviews a thousand of them.
const POLICY_BYTES: u64 = 256 * 1024;

/// Longest name of a rule in bytes: it stands in log lines and refusals.
const NAME_BYTES: usize = 64;

/// What is written for all plugins.
const ALL: &str = "*";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<RawRule>,
}

/// One `[[rule]]` table, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: Spanned<String>,
    plugin: Spanned<String>,
    access: Option<Access>,
    allow: Option<Vec<Spanned<RawLine>>>,
    #[serde(default)]
    deny: Vec<Spanned<RawLine>>,
    tools: Option<Spanned<RawTools>>,
    limits: Option<Spanned<LowerLimits>>,
    #[serde(default)]
    settings: BTreeMap<String, Vec<String>>,
}

/// A line of `allow` or `deny`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    #[serde(default)]
    methods: Vec<String>,
    path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTools {
    allow: Option<Vec<String>>,
    #[serde(default)]
    deny: Vec<String>,
}

/// All rules of a file, in its order.
pub(super) fn read(path: &Path) -> Result<Vec<Arc<Rule>>, PolicyError> {
    let unreadable = |error| PolicyError::Unreadable {
        path: path.to_owned(),
        error,
    };
    if std::fs::metadata(path).map_err(unreadable)?.len() > POLICY_BYTES {
        return Err(PolicyError::TooLarge {
            path: path.to_owned(),
            limit: POLICY_BYTES,
        });
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(&text, path)
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Vec<Arc<Rule>>, PolicyError> {
    let place = Place { text, path };
    let file: File = toml::from_str(text).map_err(|error| PolicyError::Format {
        path: path.to_owned(),
        line: place.line(error.span().unwrap_or_default().start),
        problem: error.message().to_owned(),
    })?;
    let mut names = BTreeSet::new();
    let mut rules = Vec::with_capacity(file.rule.len());
    for raw in file.rule {
        let (name, at) = (raw.name.get_ref().clone(), raw.name.span().start);
        if !names.insert(name.clone()) {
            let problem = "another rule has the same name".to_owned();
            return Err(place.wrong(&name, at, problem));
        }
        rules.push(Arc::new(rule(raw, &place)?));
    }
    Ok(rules)
}

/// Where a problem is told to be.
struct Place<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Place<'_> {
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        1 + before.matches('\n').count()
    }

    fn wrong(&self, rule: &str, at: usize, problem: String) -> PolicyError {
        PolicyError::Rule {
            path: self.path.to_owned(),
            line: self.line(at),
            rule: visible(rule, NAME_BYTES),
            problem,
        }
    }
}

fn rule(raw: RawRule, place: &Place<'_>) -> Result<Rule, PolicyError> {
    let at = raw.name.span().start;
    let name = raw.name.get_ref();
    let wrong = |at, problem: String| place.wrong(name, at, problem);
    if name.is_empty() || visible(name, NAME_BYTES) != *name {
        let problem = format!("a rule's name is one line of 1 to {NAME_BYTES} bytes");
        return Err(wrong(at, problem));
    }
    let plugin = match raw.plugin.get_ref().as_str() {
        ALL => None,
        text => {
            let named = text.parse::<PluginName>();
            Some(named.map_err(|error| wrong(raw.plugin.span().start, error.to_string()))?)
        }
    };
    let requests = requests(name, raw.allow, raw.deny, |at, problem| {
        wrong(at.unwrap_or(raw.name.span().start), problem)
    })?;
    let (only, never) = tools(raw.tools, wrong)?;
    let limits = limits(raw.limits, wrong)?;
    let rule = Rule {
        name: name.clone(),
        line: place.line(at),
        plugin,
        access: raw.access,
        only,
        never,
        requests,
        limits,
        settings: raw.settings,
    };
    if rule.says_nothing() {
        let problem =
            "says nothing: it has none of access, allow, deny, tools, limits and settings";
        return Err(wrong(at, problem.to_owned()));
    }
    Ok(rule)
}

fn requests(
    name: &str,
    allow: Option<Vec<Spanned<RawLine>>>,
    deny: Vec<Spanned<RawLine>>,
    wrong: impl Fn(Option<usize>, String) -> PolicyError,
) -> Result<Option<Arc<Restriction>>, PolicyError> {
    if allow.is_none() && deny.is_empty() {
        return Ok(None);
    }
    let parse = |line: Spanned<RawLine>| {
        let RawLine { methods, path } = line.get_ref();
        RequestPattern::parse(methods, path.as_deref())
            .map_err(|error| wrong(Some(line.span().start), error.to_string()))
    };
    let lines = |raw: Vec<Spanned<RawLine>>| raw.into_iter().map(parse).collect();
    let restriction =
        Restriction::new(name.to_owned(), allow.map(lines).transpose()?, lines(deny)?);
    let restriction = restriction.map_err(|error| wrong(None, error.to_string()))?;
    Ok(Some(Arc::new(restriction)))
}

/// The only ones that are served, if it says so, and those that are not.
type Tools = (Option<Vec<NamePattern>>, Vec<NamePattern>);

fn tools(
    raw: Option<Spanned<RawTools>>,
    wrong: impl Fn(usize, String) -> PolicyError,
) -> Result<Tools, PolicyError> {
    let Some(raw) = raw else {
        return Ok((None, Vec::new()));
    };
    let at = raw.span().start;
    let RawTools { allow, deny } = raw.into_inner();
    let parse = |names: Vec<String>| {
        let names: Result<Vec<_>, _> = names.iter().map(|name| NamePattern::parse(name)).collect();
        names.map_err(|problem| wrong(at, problem))
    };
    Ok((allow.map(parse).transpose()?, parse(deny)?))
}

fn limits(
    raw: Option<Spanned<LowerLimits>>,
    wrong: impl Fn(usize, String) -> PolicyError,
) -> Result<LowerLimits, PolicyError> {
    let Some(raw) = raw else {
        return Ok(LowerLimits::default());
    };
    let at = raw.span().start;
    let limits = raw.into_inner();
    if let Some(key) = limits.zeros().next() {
        return Err(wrong(at, format!("the limit `{key}` must be at least 1")));
    }
    Ok(limits)
}

impl Rule {
    fn says_nothing(&self) -> bool {
        self.access.is_none()
            && self.only.is_none()
            && self.never.is_empty()
            && self.requests.is_none()
            && self.limits == LowerLimits::default()
            && self.settings.is_empty()
    }
}
