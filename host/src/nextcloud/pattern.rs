//! Which paths an allow line of a manifest means: `/apps/notes/api/v1/**`, `/remote.php/dav/calendars/{user}/**`.
//!
//! A pattern is compared with the decoded segments of an [`OriginPath`], so escapes in a request change nothing. It
//! holds with and without `/index.php` in front. Never here: what is closed to every pattern (see [`super::closed`]).

use std::fmt;

use thiserror::Error;

use super::path::{OriginPath, PathError};

/// A pattern with a wildcard names at least this many literal segments below its front controller, so that nobody
/// grants "every app" or "all of DAV" by a short line.
const LITERALS_BEFORE_WILDCARD: usize = 2;

/// Why a pattern does not load.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    /// The literal parts follow the same rules as a request's path.
    #[error("{0}")]
    Path(#[from] PathError),
    /// `?` cannot be matched.
    #[error("a pattern has no query; what a rule allows, it allows with every query")]
    Query,
    /// `**` in the middle.
    #[error("`**` stands only at the end of a pattern")]
    RestNotLast,
    /// `note-*`, `{id}`, ...
    #[error(
        "`{0}` is not understood: a segment is literal, `*` (one segment), `**` (the rest) or `{{user}}`"
    )]
    Wildcard(String),
    /// See [`LITERALS_BEFORE_WILDCARD`].
    #[error(
        "too wide: at least two literal segments stand below `{0}` before the first wildcard, as in `/apps/notes/api/**`"
    )]
    TooWide(String),
}

/// One parsed pattern. A slash at its end means nothing: rules hold with and without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    parts: Vec<Part>,
    /// `**` at the end: the path so far and everything below it.
    rest: bool,
    /// As the manifest wrote it.
    source: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    User,
    One,
}

impl PathPattern {
    /// Parses and checks a pattern.
    pub(super) fn parse(source: &str) -> Result<Self, PatternError> {
        let pattern = Self::parse_wide(source)?;
        pattern.check_width()?;
        Ok(pattern)
    }

    /// The same for a pattern that takes away: it may be as wide as `/**`.
    pub(super) fn parse_wide(source: &str) -> Result<Self, PatternError> {
        if source.contains('?') {
            return Err(PatternError::Query);
        }
        // Braces and stars are ordinary characters to a path: the path's own rules hold for a pattern as a whole.
        let path = OriginPath::parse(source)?;
        let mut names = path.segments();
        let rest = names.last().is_some_and(|name| name == "**");
        if rest {
            names = &names[..names.len() - 1];
        }
        let parts = names
            .iter()
            .map(|name| Part::parse(name))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            parts,
            rest,
            source: source.to_owned(),
        })
    }

    /// Whether a path fits. `user` is `ocs.data.id`; a pattern with `{user}` fits nothing while it is not known.
    pub(super) fn matches(&self, path: &OriginPath, user: Option<&str>) -> bool {
        let segments = path.segments();
        let long_enough = if self.rest {
            segments.len() >= self.parts.len()
        } else {
            segments.len() == self.parts.len()
        };
        long_enough
            && self
                .parts
                .iter()
                .zip(segments)
                .all(|(part, segment)| part.matches(segment, user))
    }

    /// As [`PathPattern::matches`], for what is to be refused: letters count in either case, and `{user}` fits everybody
    /// while the user is not known.
    pub(super) fn matches_generously(&self, path: &OriginPath, user: Option<&str>) -> bool {
        let segments = path.segments();
        let long_enough = if self.rest {
            segments.len() >= self.parts.len()
        } else {
            segments.len() == self.parts.len()
        };
        long_enough && self.begins_generously(segments, user)
    }

    /// Whether a path is above one that fits, read as generously.
    pub(super) fn lies_below(&self, path: &OriginPath, user: Option<&str>) -> bool {
        let segments = path.segments();
        segments.len() < self.parts.len() && self.begins_generously(segments, user)
    }

    fn begins_generously(&self, segments: &[String], user: Option<&str>) -> bool {
        let mut pairs = self.parts.iter().zip(segments);
        pairs.all(|(part, segment)| part.matches_generously(segment, user))
    }

    /// Whether every path that fits `other` fits this, too. "No" where that is not certain.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let long_enough = if self.rest {
            other.parts.len() >= self.parts.len()
        } else {
            other.parts.len() == self.parts.len() && !other.rest
        };
        let mut pairs = self.parts.iter().zip(&other.parts);
        long_enough && pairs.all(|(own, part)| own == part || *own == Part::One)
    }

    /// Whether some path may fit both. "Yes" where that is not certain.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (own, others) = (self.parts.len(), other.parts.len());
        let lengths_meet = match (self.rest, other.rest) {
            (true, true) => true,
            (true, false) => others >= own,
            (false, true) => own >= others,
            (false, false) => own == others,
        };
        let mut pairs = self.parts.iter().zip(&other.parts);
        lengths_meet && pairs.all(|(own, part)| own.may_equal(part))
    }

    /// Whether some path that fits `other` may be above one that fits this.
    pub(super) fn may_lie_below(&self, other: &Self) -> bool {
        let mut pairs = self.parts.iter().zip(&other.parts);
        other.parts.len() < self.parts.len() && pairs.all(|(own, part)| own.may_equal(part))
    }

    /// Whether the pattern can be decided only with the user's id.
    pub(super) fn names_user(&self) -> bool {
        self.parts.contains(&Part::User)
    }

    /// The literal segments before the first wildcard: where everything that the pattern can match lies.
    pub(super) fn literal_prefix(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map_while(|part| match part {
            Part::Literal(name) => Some(name.as_str()),
            Part::User | Part::One => None,
        })
    }

    /// How narrow the pattern is; of two that match a path, the greater one speaks for it.
    pub(super) fn specificity(&self) -> (usize, usize, bool) {
        let literals = self
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Literal(_)))
            .count();
        (literals, self.parts.len(), !self.rest)
    }

    /// As the manifest wrote it.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    fn check_width(&self) -> Result<(), PatternError> {
        let wild = self.rest
            || self
                .parts
                .iter()
                .any(|part| !matches!(part, Part::Literal(_)));
        let literals: Vec<&str> = self.literal_prefix().collect();
        let front = front_controller(&literals);
        if wild && literals.len() < front + LITERALS_BEFORE_WILDCARD {
            return Err(PatternError::TooWide(format!(
                "/{}",
                literals[..front].join("/")
            )));
        }
        Ok(())
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl Part {
    fn parse(name: &str) -> Result<Self, PatternError> {
        match name {
            "{user}" => Ok(Self::User),
            "*" => Ok(Self::One),
            "**" => Err(PatternError::RestNotLast),
            other if other.contains(['*', '{', '}']) => {
                Err(PatternError::Wildcard(other.to_owned()))
            }
            literal => Ok(Self::Literal(literal.to_owned())),
        }
    }

    fn matches(&self, segment: &str, user: Option<&str>) -> bool {
        match self {
            Self::Literal(name) => name == segment,
            Self::User => user == Some(segment),
            Self::One => true,
        }
    }

    fn matches_generously(&self, segment: &str, user: Option<&str>) -> bool {
        let same = |one: &str| one.to_lowercase() == segment.to_lowercase();
        match self {
            Self::Literal(name) => same(name),
            Self::User => user.is_none_or(same),
            Self::One => true,
        }
    }

    fn may_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(one), Self::Literal(two)) => one.to_lowercase() == two.to_lowercase(),
            _ => true,
        }
    }
}

/// How many leading segments only say which entry of Nextcloud is meant: `/apps`, `/ocs/v2.php`, `/ocs/v2.php/apps`,
/// `/remote.php`, and `/index.php`, which is already gone.
fn front_controller(literals: &[&str]) -> usize {
    let entry = match literals {
        ["ocs", _, ..] => 2,
        ["ocs" | "remote.php", ..] => 1,
        _ => 0,
    };
    entry
        + usize::from(
            literals.first() != Some(&"remote.php") && literals.get(entry) == Some(&"apps"),
        )
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
