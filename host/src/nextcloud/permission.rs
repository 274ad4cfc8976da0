//! What an allow line permits, in words for the person who decides about it, and what the operator's policy leaves of it.
//!
//! Nothing is decided here: `policy` decides each request. Where two patterns cannot be compared for certain, this says
//! "narrowed", never "open".

use super::Access;
use super::pattern::PathPattern;
use super::policy::{Grant, Rule, default_access};
use super::restriction::Left;

/// One allow line, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Such as `reads (GET) and deletes (DELETE) on /apps/x/api/**`.
    pub words: String,
    /// What to think about before granting it: the line counts a method as less than it usually is.
    pub caution: Option<String>,
}

impl Permission {
    /// Of one allow line.
    pub fn of(rule: &Rule) -> Self {
        let mut deeds: Vec<(Access, Vec<&str>)> = Vec::new();
        for method in &rule.methods {
            let access = counts_as(rule, method);
            match deeds.iter_mut().find(|(one, _)| *one == access) {
                Some((_, methods)) => methods.push(method),
                None => deeds.push((access, vec![method])),
            }
        }
        deeds.sort_by_key(|(access, _)| *access);
        let deeds = deeds
            .iter()
            .map(|(access, methods)| format!("{} ({})", verb(*access), methods.join(", ")));
        Self {
            words: format!("{} on {}", and(deeds.collect()), rule.pattern),
            caution: caution(rule),
        }
    }
}

/// What the policy leaves of one method of an allow line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remaining {
    /// Of the line.
    pub method: &'static str,
    /// The line's path.
    pub path: String,
    /// What a tool must at least be allowed to do to send it at all.
    pub least: Access,
    /// What it must be allowed to do to send it in every form.
    pub most: Access,
    /// The rule that leaves nothing of it.
    pub refused_by: Option<String>,
    /// The rules that leave some of its paths.
    pub narrowed_by: Vec<String>,
}

impl Grant {
    /// What the restrictions leave of each method of each allow line, in their order.
    pub fn remaining(&self) -> Vec<Remaining> {
        let lines = self.rules().iter().map(|rule| self.remaining_of(rule));
        lines.flatten().collect()
    }

    fn remaining_of(&self, rule: &Rule) -> impl Iterator<Item = Remaining> {
        rule.methods.iter().map(|&method| {
            let (refused_by, narrowed_by) = self.fate(method, &rule.pattern);
            Remaining {
                method,
                path: rule.pattern.to_string(),
                // A PUT that only makes what is not there yet.
                least: rule.access.unwrap_or_else(|| default_access(method, true)),
                most: counts_as(rule, method),
                refused_by,
                narrowed_by,
            }
        })
    }

    /// The first rule that leaves nothing, or else all that leave only some.
    fn fate(&self, method: &str, pattern: &PathPattern) -> (Option<String>, Vec<String>) {
        let mut narrowed = Vec::new();
        for restriction in self.restrictions() {
            match restriction.leaves(method, pattern) {
                Left::Nothing => return (Some(restriction.name().to_owned()), Vec::new()),
                Left::Some => narrowed.push(restriction.name().to_owned()),
                Left::All => {}
            }
        }
        (None, narrowed)
    }
}

fn counts_as(rule: &Rule, method: &str) -> Access {
    rule.access.unwrap_or_else(|| default_access(method, false))
}

fn caution(rule: &Rule) -> Option<String> {
    let access = rule.access?;
    // A PUT that counts as create is held to `If-None-Match: *`, so it is what it counts as.
    let usually = |method: &str| default_access(method, access == Access::Create);
    let weaker: Vec<&str> = rule
        .methods
        .iter()
        .filter(|method| usually(method) > access)
        .copied()
        .collect();
    let worst = weaker.iter().map(|method| usually(method)).max()?;
    Some(format!(
        "{} on {} counts as `{access}`, so tools that say they {} may send it; usually it {}. Grant it if you know why it does not do that there",
        weaker.join(", "),
        rule.pattern,
        match access {
            Access::Read => "only read",
            Access::Create => "only add",
            Access::Update | Access::Delete => "change things",
        },
        verb(worst),
    ))
}

fn verb(access: Access) -> &'static str {
    match access {
        Access::Read => "reads",
        Access::Create => "adds",
        Access::Update => "changes",
        Access::Delete => "deletes",
    }
}

fn and(mut parts: Vec<String>) -> String {
    match parts.pop() {
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::nextcloud::{RequestPattern, Restriction};

    fn rule(methods: &str, path: &str, access: Option<Access>) -> Rule {
        let methods: Vec<_> = methods.split(' ').map(str::to_owned).collect();
        Rule::parse(&methods, path, access).unwrap()
    }

    fn lines(lines: &[(&str, Option<&str>)]) -> Vec<RequestPattern> {
        let parse = |(methods, path): &(&str, Option<&str>)| {
            let methods: Vec<_> = methods.split_whitespace().map(str::to_owned).collect();
            RequestPattern::parse(&methods, *path).unwrap()
        };
        lines.iter().map(parse).collect()
    }

    #[test]
    fn a_line_says_what_is_done_with_which_methods() {
        let permission = Permission::of(&rule("DELETE GET POST PUT", "/apps/x/api/**", None));
        assert_eq!(
            permission.words,
            "reads (GET), adds (POST), changes (PUT) and deletes (DELETE) on /apps/x/api/**"
        );
        assert_eq!(permission.caution, None);
    }

    #[test]
    fn a_line_that_counts_a_method_as_less_is_pointed_out() {
        let outbox = Permission::of(&rule("POST GET", "/a/b/outbox", Some(Access::Read)));
        assert_eq!(outbox.words, "reads (POST, GET) on /a/b/outbox");
        let caution = outbox.caution.unwrap();
        assert!(
            caution.starts_with("POST on /a/b/outbox counts as `read`")
                && caution.contains("usually it adds"),
            "{caution}"
        );
        let only_adds = Permission::of(&rule("PUT", "/a/b/**", Some(Access::Create)));
        assert_eq!(only_adds.caution, None, "overwrites nothing");
        let stricter = Permission::of(&rule("GET", "/a/b/purge", Some(Access::Delete)));
        assert_eq!(stricter.caution, None);
    }

    #[test]
    fn what_is_left_is_told_by_method_and_rule() {
        let grant = Grant::new(vec![
            rule("GET PUT DELETE", "/apps/x/api/**", None),
            rule("GET", "/status.php", None),
        ]);
        let restrict = |name: &str, allow, deny| {
            Arc::new(Restriction::new(name.to_owned(), allow, deny).unwrap())
        };
        let grant = grant.narrowed([
            restrict("no deletes", None, lines(&[("DELETE", None)])),
            restrict(
                "not there",
                None,
                lines(&[("", Some("/apps/x/api/secret/**"))]),
            ),
            restrict(
                "only here",
                Some(lines(&[("PUT", Some("/apps/x/**")), ("GET", None)])),
                vec![],
            ),
        ]);
        let left = grant.remaining();
        let told: Vec<_> = left
            .iter()
            .map(|one| {
                (
                    (one.method, one.least, one.most),
                    one.refused_by.as_deref().unwrap_or_default(),
                    one.narrowed_by.join(", "),
                )
            })
            .collect();
        let get = ("GET", Access::Read, Access::Read);
        let expected = [
            (get, "", "not there".to_owned()),
            (
                ("PUT", Access::Create, Access::Update),
                "",
                "not there".to_owned(),
            ),
            (
                ("DELETE", Access::Delete, Access::Delete),
                "no deletes",
                String::new(),
            ),
            (get, "", String::new()),
        ];
        assert_eq!(told, expected);
    }

    fn pieces() -> impl Strategy<Value = String> {
        let piece = proptest::sample::select(vec!["a", "A", "alice", "{user}", "*"]);
        (proptest::collection::vec(piece, 0..3), any::<bool>()).prop_map(|(pieces, rest)| {
            let mut path = String::from("/apps/x/y");
            for piece in pieces {
                path.push('/');
                path.push_str(piece);
            }
            path.push_str(if rest { "/**" } else { "" });
            path
        })
    }

    fn restriction() -> impl Strategy<Value = Restriction> {
        let path = prop_oneof![
            pieces().prop_map(Some),
            Just(Some("/apps/**".to_owned())),
            Just(None)
        ];
        let line = (any::<bool>(), path).prop_map(|(all, path)| {
            let methods = if all && path.is_some() {
                ""
            } else {
                "GET DELETE"
            };
            lines(&[(methods, path.as_deref())])
        });
        let some = proptest::collection::vec(line, 0..3).prop_map(|lines| lines.concat());
        (proptest::option::of(some.clone()), some)
            .prop_map(|(allow, deny)| Restriction::new("r".to_owned(), allow, deny).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        /// An operator reads this instead of trying every path.
        #[test]
        fn what_is_told_of_a_line_is_true_of_every_path(
            line in pieces(),
            restrictions in proptest::collection::vec(restriction(), 0..3),
            star in proptest::sample::select(vec!["a", "A", "alice", "b"]),
            rest in proptest::sample::select(vec!["", "/a", "/alice/A", "/b/c"]),
            method in proptest::sample::select(vec!["GET", "DELETE"]),
        ) {
            let path = line.replace("{user}", "alice").replace("/**", rest).replace('*', star);
            let asked = Grant::new(vec![rule("GET DELETE", &line, None)]);
            prop_assert!(asked.permits(Access::Delete, method, &path));
            let grant = asked.narrowed(restrictions.into_iter().map(Arc::new));
            let permits = grant.permits(Access::Delete, method, &path);
            let told = grant.remaining();
            let told = told.iter().find(|one| one.method == method).unwrap();
            if told.refused_by.is_some() {
                prop_assert!(!permits, "{told:?}");
            } else if told.narrowed_by.is_empty() {
                prop_assert!(permits, "{told:?}");
            }
        }
    }
}
