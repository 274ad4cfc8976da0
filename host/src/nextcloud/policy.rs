//! What a plugin may ask of Nextcloud: the allow lines of its manifest that the operator granted, and nothing else.
//!
//! A request passes when a rule names its method and its path, the running tool's [`Access`] is enough for what the
//! method does there, and the path is not closed to everybody (see [`super::closed`]). `Destination`, every redirect
//! hop and every href in a REPORT or SEARCH body pass the same gate. Never here: headers and bodies themselves.

use std::fmt;

use thiserror::Error;

use super::closed;
use super::path::OriginPath;
use super::pattern::{PathPattern, PatternError};
use super::{Access, FetchError};

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
    methods: Vec<&'static str>,
    pattern: PathPattern,
    access: Option<Access>,
}

impl Rule {
    /// Parses one allow line. `access` replaces what [`METHODS`] says, for these methods on this path.
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

    fn access_for(&self, method: &str, creates_only: bool) -> Access {
        self.access
            .unwrap_or_else(|| default_access(method, creates_only))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.methods.join(", "), self.pattern)?;
        match self.access {
            Some(access) => write!(f, " (counted as {access}, whatever the method)"),
            None => Ok(()),
        }
    }
}

/// What one plugin may ask for: its manifest's rules, as far as the operator granted them. Empty allows nothing.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    rules: Vec<Rule>,
}

impl Grant {
    /// The rules that hold side by side: a request needs one of them.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// The rules, for showing them.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether a decision about a path may need the user's id.
    pub(super) fn names_user(&self) -> bool {
        self.rules.iter().any(|rule| rule.pattern.names_user())
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
    /// Decides about one path. The refusal names what refused: the closed list, the manifest or the tool's access.
    pub(super) fn check(&self, path: &OriginPath) -> Result<(), FetchError> {
        let shown = path.without_query();
        let method = self.method;
        if let Some(why) = closed::reason(method, path) {
            return Err(FetchError::Forbidden(format!(
                "{method} {shown} is closed to every plugin: {why}"
            )));
        }
        let matching =
            self.grant.rules.iter().filter(|rule| {
                rule.methods.contains(&method) && rule.pattern.matches(path, self.user)
            });
        // Of several rules the narrowest speaks, and of equally narrow ones the strictest.
        let speaks = matching
            .map(|rule| {
                (
                    rule.pattern.specificity(),
                    rule.access_for(method, self.creates_only),
                )
            })
            .max();
        match speaks {
            None => Err(FetchError::Forbidden(format!(
                "no allow line of the plugin's manifest covers {method} {shown}"
            ))),
            Some((_, needed)) if needed > self.access => Err(FetchError::Forbidden(format!(
                "{method} {shown} needs access `{needed}`, and the running tool declares `{}`",
                self.access
            ))),
            Some(_) => Ok(()),
        }
    }
}

/// The method as a constant, if it is one that exists here.
pub(super) fn known_method(method: &str) -> Option<&'static str> {
    METHODS
        .iter()
        .find(|(name, _)| *name == method)
        .map(|(name, _)| *name)
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
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;

    fn rule(methods: &str, path: &str, access: Option<Access>) -> Rule {
        Rule::parse(
            &methods.split(' ').map(str::to_owned).collect::<Vec<_>>(),
            path,
            access,
        )
        .unwrap()
    }

    fn check(
        grant: &Grant,
        access: Access,
        request: (&str, bool),
        path: &str,
    ) -> Result<(), String> {
        let gate = Gate {
            grant,
            access,
            user: Some("alice"),
            method: known_method(request.0).unwrap(),
            creates_only: request.1,
        };
        gate.check(&OriginPath::parse(path).unwrap())
            .map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn each_method_needs_its_access_and_each_access_includes_the_ones_before() {
        const ALL: [Access; 4] = [Access::Read, Access::Create, Access::Update, Access::Delete];
        let grant = Grant::new(
            METHODS
                .iter()
                .map(|(method, _)| rule(method, "/apps/x/api/**", None))
                .collect(),
        );
        for (method, needed) in METHODS {
            for access in ALL {
                let allowed = check(&grant, access, (method, false), "/apps/x/api/1").is_ok();
                assert_eq!(allowed, access >= *needed, "{method} with {access}");
            }
        }
        assert!(check(&grant, Access::Create, ("PUT", true), "/apps/x/api/1").is_ok());
        assert!(check(&grant, Access::Read, ("PUT", true), "/apps/x/api/1").is_err());
        assert!(check(&grant, Access::Create, ("PATCH", true), "/apps/x/api/1").is_err());
    }

    #[test]
    fn refusals_say_what_refused() {
        let grant = Grant::new(vec![rule("GET PUT", "/apps/notes/api/**", None)]);
        let refused =
            |method, path| check(&grant, Access::Read, (method, false), path).unwrap_err();
        assert!(refused("GET", "/apps/deck/api/v1").contains("manifest"));
        assert!(refused("DELETE", "/apps/notes/api/v1").contains("manifest"));
        assert!(
            refused("PUT", "/apps/notes/api/v1")
                .contains("needs access `update`, and the running tool declares `read`")
        );
        assert!(
            refused("GET", "/ocs/v2.php/core/getapppassword").contains("closed to every plugin")
        );
    }

    #[test]
    fn closed_paths_stay_closed_under_a_rule_that_reaches_them() {
        let grant = Grant::new(vec![rule(
            "GET POST",
            "/ocs/v2.php/apps/files/api/**",
            None,
        )]);
        assert!(
            check(
                &grant,
                Access::Delete,
                ("POST", false),
                "/ocs/v2.php/apps/files/api/v1/directEditing/open"
            )
            .is_err()
        );
        assert!(
            check(
                &grant,
                Access::Delete,
                ("POST", false),
                "/ocs/v2.php/apps/files/api/v1/other"
            )
            .is_ok()
        );
    }

    #[test]
    fn an_override_counts_for_its_own_path_only_and_the_narrowest_rule_speaks() {
        let outbox = "/remote.php/dav/calendars/{user}/outbox";
        let grant = Grant::new(vec![
            rule("POST GET", "/remote.php/dav/calendars/{user}/**", None),
            rule("POST", outbox, Some(Access::Read)),
            rule(
                "GET",
                "/remote.php/dav/calendars/{user}/purge",
                Some(Access::Delete),
            ),
        ]);
        assert!(
            check(
                &grant,
                Access::Read,
                ("POST", false),
                "/remote.php/dav/calendars/alice/outbox/"
            )
            .is_ok()
        );
        assert!(
            check(
                &grant,
                Access::Read,
                ("POST", false),
                "/remote.php/dav/calendars/alice/work/"
            )
            .is_err()
        );
        assert!(
            check(
                &grant,
                Access::Read,
                ("GET", false),
                "/remote.php/dav/calendars/alice/purge"
            )
            .is_err()
        );
        assert!(
            check(
                &grant,
                Access::Read,
                ("POST", false),
                "/remote.php/dav/calendars/bob/outbox/"
            )
            .is_err()
        );
    }

    #[test]
    fn a_grant_without_rules_allows_nothing() {
        assert!(
            check(
                &Grant::default(),
                Access::Delete,
                ("GET", false),
                "/status.php"
            )
            .is_err()
        );
    }

    #[test]
    fn allow_lines_that_cannot_hold_do_not_load() {
        let parse = |methods: &[&str], path| {
            Rule::parse(
                &methods.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>(),
                path,
                None,
            )
        };
        assert!(matches!(
            parse(&[], "/status.php"),
            Err(RuleError::NoMethods(_))
        ));
        for method in ["get", "TRACE", "CONNECT", "GET ", "", "*"] {
            assert!(
                matches!(
                    parse(&["GET", method], "/status.php"),
                    Err(RuleError::Method { .. })
                ),
                "{method}"
            );
        }
        assert!(matches!(
            parse(&["GET"], "/apps/**"),
            Err(RuleError::Pattern { .. })
        ));
        assert!(matches!(
            parse(&["GET"], "/index.php/login/v2"),
            Err(RuleError::Closed { .. })
        ));
        assert!(matches!(
            parse(&["GET", "PUT"], "/ocs/v2.php/cloud/user"),
            Err(RuleError::Closed { .. })
        ));
        assert!(parse(&["GET"], "/ocs/v2.php/cloud/user").is_ok());
    }

    #[test]
    fn a_rule_reads_as_a_sentence() {
        assert_eq!(
            rule("GET PUT", "/apps/notes/api/**", None).to_string(),
            "GET, PUT on /apps/notes/api/**"
        );
        assert_eq!(
            rule(
                "POST",
                "/remote.php/dav/calendars/{user}/outbox",
                Some(Access::Read)
            )
            .to_string(),
            "POST on /remote.php/dav/calendars/{user}/outbox (counted as read, whatever the method)"
        );
    }
}
