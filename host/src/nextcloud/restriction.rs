//! What one rule of the operator's policy says about requests. It only takes away: a request that the manifest does not
//! allow is none of its business, and what it is silent about stays as it was.
//!
//! `deny` is read generously and `allow` to the letter, so that what Nextcloud might take for a denied path is denied too.
//! Never here: which plugin a rule is for, tools, limits (see `plugin/policy`).

use thiserror::Error;

use super::path::OriginPath;
use super::pattern::{PathPattern, PatternError};
use super::policy::known_method;

/// Methods that mean a folder with everything below it: a denied path is not to be reached from above either. `GET` of a folder
/// can be an archive or an export of it, and `REPORT` answers with what is in it.
const WHOLE_TREES: &[&str] = &["DELETE", "MOVE", "COPY", "LOCK", "SEARCH", "GET", "REPORT"];

/// Why a line of a policy does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RestrictionError {
    /// It would mean everything.
    #[error("names neither methods nor a path")]
    Empty,
    /// They are case-sensitive.
    #[error("names the method `{0}`, which is not known; methods are written in capitals")]
    Method(String),
    /// The path is malformed.
    #[error("names the path `{path}`: {why}")]
    Pattern {
        /// As the policy wrote it.
        path: String,
        /// What is wrong.
        why: PatternError,
    },
    /// Nextcloud takes several spellings of such a name for the same (Unicode's forms of composition).
    #[error(
        "denies the path `{0}`, which is not ASCII: Nextcloud takes several spellings of such a name for the same. Say with `allow` what may \
         be reached instead"
    )]
    NotAscii(String),
}

/// These methods on these paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPattern {
    /// Empty for all.
    methods: Vec<&'static str>,
    /// `None` for all.
    path: Option<PathPattern>,
}

impl RequestPattern {
    /// Parses one line. What is not named means all; one of the two must be. A path may be as wide as the operator likes.
    pub fn parse(methods: &[String], path: Option<&str>) -> Result<Self, RestrictionError> {
        if methods.is_empty() && path.is_none() {
            return Err(RestrictionError::Empty);
        }
        let methods = methods.iter().map(|method| {
            known_method(method).ok_or_else(|| RestrictionError::Method(method.clone()))
        });
        let path = path.map(|path| {
            PathPattern::parse_wide(path).map_err(|why| RestrictionError::Pattern {
                path: path.to_owned(),
                why,
            })
        });
        Ok(Self {
            methods: methods.collect::<Result<_, _>>()?,
            path: path.transpose()?,
        })
    }

    pub(super) fn names(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.contains(&method)
    }

    pub(super) fn path(&self) -> Option<&PathPattern> {
        self.path.as_ref()
    }

    fn allows(&self, method: &str, path: &OriginPath, user: Option<&str>) -> bool {
        self.names(method)
            && self
                .path
                .as_ref()
                .is_none_or(|pattern| pattern.matches(path, user))
    }

    fn denies(&self, method: &str, path: &OriginPath, user: Option<&str>) -> bool {
        self.names(method)
            && self.path.as_ref().is_none_or(|pattern| {
                pattern.matches_generously(path, user)
                    || (WHOLE_TREES.contains(&method) && pattern.lies_below(path, user))
            })
    }
}

/// See the module's documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    name: String,
    allow: Option<Vec<RequestPattern>>,
    deny: Vec<RequestPattern>,
}

impl Restriction {
    /// With `allow`, what none of its lines names is refused; what a line of `deny` names is refused in any case.
    pub fn new(
        name: String,
        allow: Option<Vec<RequestPattern>>,
        deny: Vec<RequestPattern>,
    ) -> Result<Self, RestrictionError> {
        let paths = deny.iter().filter_map(|line| line.path.as_ref());
        if let Some(path) = paths.map(ToString::to_string).find(|path| !path.is_ascii()) {
            return Err(RestrictionError::NotAscii(path));
        }
        Ok(Self { name, allow, deny })
    }

    /// The rule's name, for refusals.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a decision may need the user's id.
    pub(super) fn names_user(&self) -> bool {
        let lines = self.allow.iter().flatten().chain(&self.deny);
        lines
            .filter_map(|line| line.path.as_ref())
            .any(PathPattern::names_user)
    }

    pub(super) fn refuses(&self, method: &str, path: &OriginPath, user: Option<&str>) -> bool {
        let denied = self.deny.iter().any(|line| line.denies(method, path, user));
        let allowed = self
            .allow
            .as_ref()
            .is_none_or(|lines| lines.iter().any(|line| line.allows(method, path, user)));
        denied || !allowed
    }

    /// What becomes of `method` on the paths of an allow line.
    pub(super) fn leaves(&self, method: &str, line: &PathPattern) -> Left {
        let whole = |one: &&RequestPattern| one.path().is_none_or(|path| path.covers(line));
        let part = |one: &&RequestPattern| one.path().is_none_or(|path| path.overlaps(line));
        let above = |one: &&RequestPattern| {
            let below = |path: &PathPattern| path.may_lie_below(line);
            WHOLE_TREES.contains(&method) && one.path().is_some_and(below)
        };
        let named = |one: &&RequestPattern| one.names(method);
        let against: Vec<_> = self.deny.iter().filter(named).collect();
        if against.iter().any(whole) {
            return Left::Nothing;
        }
        let touched = against.iter().any(|one| part(one) || above(one));
        let left = if touched { Left::Some } else { Left::All };
        let Some(allow) = &self.allow else {
            return left;
        };
        let allowing: Vec<_> = allow.iter().filter(named).collect();
        if allowing.iter().any(whole) {
            left
        } else if allowing.iter().any(part) {
            Left::Some
        } else {
            Left::Nothing
        }
    }
}

/// How much of an allow line a restriction leaves, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Left {
    Nothing,
    Some,
    All,
}

#[cfg(test)]
#[path = "restriction_tests.rs"]
mod tests;
