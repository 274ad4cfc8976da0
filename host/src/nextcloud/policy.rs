//! What a plugin may ask of Nextcloud: the allow lines of its manifest that the operator granted, and nothing else.
//!
//! A request passes when a rule names its method and its path, the running tool's [`Access`] is enough for what the
//! method does there, no [`Restriction`] of the operator's refuses it, and the path is not closed to everybody (see
//! [`super::closed`]). `Destination`, every redirect
//! hop and every href in a REPORT or SEARCH body pass the same gate. Never here: headers and bodies themselves.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::closed;
use super::path::OriginPath;
use super::pattern::{PathPattern, PatternError};
use super::{Access, FetchError, Layer, Refusal, Restriction};

/// The methods that exist here, with what each does to the user's data unless a rule says otherwise. PUT counts as
/// create when it carries `If-None-Match: *`, which makes overwriting impossible (RFC 9110, section 13.1.2).
const METHODS: &[(&str, Access)] = &[
    ("GET", Access::Read),
    ("HEAD", Access::Read),
    ("OPTIONS", Access::Read),
    ("PROPFIND", Access::Read),
    ("REPORT", Access::Read),
    ("SEARCH", Access::Read),
    ("POST", Access::Create),
    ("MKCOL", Access::Create),
    ("MKCALENDAR", Access::Create),
    ("PUT", Access::Update),
    ("PATCH", Access::Update),
    ("PROPPATCH", Access::Update),
    ("MOVE", Access::Update),
    ("COPY", Access::Update),
    ("LOCK", Access::Update),
    ("UNLOCK", Access::Update),
    ("DELETE", Access::Delete),
];

/// Why an allow line of a manifest does not load.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// An empty list.
    #[error("`{0}`: no methods are named")]
    NoMethods(String),
    /// Not one of [`METHODS`]; they are case-sensitive.
    #[error("`{path}`: the method `{method}` is not known; methods are written in capitals")]
    Method {
        /// The rule's path.
        path: String,
        /// What the manifest says.
        method: String,
    },
    /// The path is malformed or too wide.
    #[error("`{path}`: {why}")]
    Pattern {
        /// The rule's path.
        path: String,
        /// What is wrong.
        why: PatternError,
    },
    /// Nothing can open it.
    #[error("`{path}` is closed to every plugin: {why}")]
    Closed {
        /// The rule's path.
        path: String,
        /// What is protected.
        why: &'static str,
    },
}

/// One allow line: these methods, on these paths, counted as this access. Its [`Display`](fmt::Display) is what an
/// operator reads before installing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub(super) methods: Vec<&'static str>,
    pub(super) pattern: PathPattern,
    pub(super) access: Option<Access>,
}

impl Rule {
    /// Parses one allow line. `access` replaces what [`METHODS`] says, for these methods on this path; with
    /// [`Access::Create`] a PUT there must carry `If-None-Match: *`, whatever the tool's own access.
    pub fn parse(
        methods: &[String],
        path: &str,
        access: Option<Access>,
    ) -> Result<Self, RuleError> {
        let pattern = PathPattern::parse(path).map_err(|why| RuleError::Pattern {
            path: path.to_owned(),
            why,
        })?;
        if methods.is_empty() {
            return Err(RuleError::NoMethods(path.to_owned()));
        }
        let known = |method: &String| {
            let method = known_method(method).ok_or_else(|| RuleError::Method {
                path: path.to_owned(),
                method: method.clone(),
            })?;
            match closed::reason_for_prefix(method, pattern.literal_prefix()) {
                Some(why) => Err(RuleError::Closed {
                    path: path.to_owned(),
                    why,
                }),
                None => Ok(method),
            }
        };
        let methods = methods.iter().map(known).collect::<Result<_, _>>()?;
        Ok(Self {
            methods,
            pattern,
            access,
        })
    }

    fn need_of(&self, method: &str, creates_only: bool) -> Need {
        match self.access {
            Some(Access::Create) if method == "PUT" && !creates_only => Need::IfNoneMatch,
            Some(access) => Need::Access(access),
            None => Need::Access(default_access(method, creates_only)),
        }
    }
}

/// What a request needs where a rule speaks, the strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// A tool with this access or one that includes it.
    Access(Access),
    /// `If-None-Match: *`, whatever the tool: the rule opens its paths for adding only, so a PUT that could overwrite
    /// is nobody's.
    IfNoneMatch,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.methods.join(", "), self.pattern)?;
        match self.access {
            Some(Access::Create) if self.methods.contains(&"PUT") => {
                f.write_str(" (adds what is not there; PUT overwrites nothing)")
            }
            Some(access) => write!(f, " (counted as {access}, whatever the method)"),
            None => Ok(()),
        }
    }
}

/// What one plugin may ask for: its manifest's rules, as far as the operator granted them. Empty allows nothing.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    rules: Vec<Rule>,
    restrictions: Vec<Arc<Restriction>>,
}

impl Grant {
    /// The rules that hold side by side: a request needs one of them.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self {
            rules,
            restrictions: Vec::new(),
        }
    }

    /// The same under the operator's policy: a request needs none of `restrictions` against it.
    #[must_use]
    pub fn narrowed(mut self, restrictions: impl IntoIterator<Item = Arc<Restriction>>) -> Self {
        self.restrictions.extend(restrictions);
        self
    }

    /// The rules, for showing them.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The restrictions, in the order in which they were added.
    pub fn restrictions(&self) -> &[Arc<Restriction>] {
        &self.restrictions
    }

    /// Whether a decision about a path may need the user's id.
    pub(super) fn names_user(&self) -> bool {
        self.rules.iter().any(|rule| rule.pattern.names_user())
            || self.restrictions.iter().any(|one| one.names_user())
    }
}

#[cfg(test)]
impl Grant {
    /// Whether alice's tool with this access may send it.
    pub(crate) fn permits(&self, access: Access, method: &str, path: &str) -> bool {
        let gate = Gate {
            grant: self,
            access,
            user: Some("alice"),
            method: known_method(method).unwrap_or("GET"),
            creates_only: false,
        };
        OriginPath::parse(path).is_ok_and(|path| gate.check(&path).is_ok())
    }
}

/// A grant as it applies to one request: whose, how and with which access.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate<'a> {
    pub(super) grant: &'a Grant,
    /// Of the running tool.
    pub(super) access: Access,
    /// `ocs.data.id`, where some rule needs it.
    pub(super) user: Option<&'a str>,
    pub(super) method: &'static str,
    /// The request carries `If-None-Match: *`.
    pub(super) creates_only: bool,
}

impl Gate<'_> {
    /// Decides about one path. The refusal names what refused: the closed list, the manifest, the tool's access or the
    /// operator's policy.
    pub(super) fn check(&self, path: &OriginPath) -> Result<(), FetchError> {
        let method = self.method;
        let (layer, rule, why) = if let Some(why) = closed::reason(method, path) {
            let text = format!("is closed to every plugin: {why}");
            (Layer::Closed, why.to_owned(), text)
        } else if let Some(refused) = self.manifest_refuses(path) {
            refused
        } else if let Some(rule) = self.policy_refuses(path) {
            let text = format!(
                "is refused by the operator's policy, rule `{}`",
                rule.name()
            );
            (Layer::Policy, rule.name().to_owned(), text)
        } else {
            return Ok(());
        };
        let text = format!("{method} {} {why}", path.without_query());
        Err(FetchError::Forbidden(Refusal::new(
            layer, method, rule, text,
        )))
    }

    /// What in the plugin itself is against it: the layer, the rule, and the end of a sentence.
    fn manifest_refuses(&self, path: &OriginPath) -> Option<(Layer, String, String)> {
        let method = self.method;
        let matching =
            self.grant.rules.iter().filter(|rule| {
                rule.methods.contains(&method) && rule.pattern.matches(path, self.user)
            });
        // Of several rules the narrowest speaks, and of equally narrow ones the strictest.
        let speaks = matching
            .map(|rule| (rule, rule.need_of(method, self.creates_only)))
            .max_by_key(|(rule, need)| (rule.pattern.specificity(), *need));
        match speaks {
            None => Some((
                Layer::Manifest,
                "no allow line".to_owned(),
                "is covered by no allow line of the plugin's manifest".to_owned(),
            )),
            Some((rule, Need::IfNoneMatch)) => Some((
                Layer::Manifest,
                rule.pattern.to_string(),
                "is open for adding only: it takes `If-None-Match: *`, which overwrites nothing"
                    .to_owned(),
            )),
            Some((rule, Need::Access(needed))) if needed > self.access => Some((
                Layer::Access,
                rule.pattern.to_string(),
                format!(
                    "needs access `{needed}`, and the running tool declares `{}`",
                    self.access
                ),
            )),
            Some(_) => None,
        }
    }

    /// The first restriction that is against it.
    fn policy_refuses(&self, path: &OriginPath) -> Option<&Restriction> {
        let mut restrictions = self.grant.restrictions.iter().map(Arc::as_ref);
        restrictions.find(|one| one.refuses(self.method, path, self.user))
    }
}

impl<'a> Gate<'a> {
    /// The narrowest allow line that opens a path, as its manifest wrote it: what a request is called in the log, where
    /// the path itself would name somebody's notes. Empty for a path that none opens.
    pub(super) fn pattern(&self, path: &OriginPath) -> &'a str {
        let rules = self.grant.rules.iter();
        let matching = rules.filter(|rule| {
            rule.methods.contains(&self.method) && rule.pattern.matches(path, self.user)
        });
        matching
            .max_by_key(|rule| rule.pattern.specificity())
            .map_or("", |rule| rule.pattern.source())
    }
}

/// The method as a constant, if it is one that exists here.
pub(super) fn known_method(method: &str) -> Option<&'static str> {
    METHODS
        .iter()
        .find(|(name, _)| *name == method)
        .map(|(name, _)| *name)
}

/// What a method does to the user's data unless a rule says otherwise; of an unknown one the most.
pub fn access_of(method: &str) -> Access {
    default_access(method, method == "PUT")
}

pub(super) fn default_access(method: &str, creates_only: bool) -> Access {
    if method == "PUT" && creates_only {
        return Access::Create;
    }
    // Methods were parsed; an unknown one would need the most.
    METHODS
        .iter()
        .find(|(name, _)| *name == method)
        .map_or(Access::Delete, |(_, access)| *access)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
