//! Whatever the rules are: one more never gives a permission, and raises no limit.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::nextcloud::{Grant, Rule as AllowLine};

const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "MOVE", "SEARCH"];
/// All keys of `limits`.
const LIMITS: &[&str] = &[
    "wall-clock-s",
    "cpu-ms",
    "memory-mib",
    "requests",
    "answer-mib",
    "answers-mib",
    "log-lines",
];
/// The largest number that TOML has.
const MOST: u64 = i64::MAX.cast_unsigned();
const ACCESSES: &[Access] = &[Access::Read, Access::Create, Access::Update, Access::Delete];

fn some<T: Clone + std::fmt::Debug + 'static>(
    of: &'static [T],
    from: usize,
) -> impl Strategy<Value = Vec<T>> {
    proptest::sample::subsequence(of, from..=of.len())
}

/// Few names, so that patterns, paths and each other meet often.
fn path(begin: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(&["a", "b", "alice", "{user}", "*"][..]);
    let pieces = proptest::collection::vec(piece, 0..3);
    (proptest::sample::select(begin), pieces, any::<bool>()).prop_map(|(begin, pieces, rest)| {
        let mut path = begin.to_owned();
        for piece in pieces {
            path = format!("{path}/{piece}");
        }
        if rest || path.is_empty() {
            format!("{path}/**")
        } else {
            path
        }
    })
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    format!("[{}]", names.join(", "))
}

/// A line of `allow` or `deny`.
fn line() -> impl Strategy<Value = String> {
    let path = path(&["/apps/x/y", "/apps/X", "/apps", ""]);
    (some(METHODS, 0), path).prop_map(|(methods, path)| {
        format!("{{ methods = {}, path = '{path}' }}", quoted(&methods))
    })
}

/// The body of a rule, without its name.
fn body() -> impl Strategy<Value = String> {
    let lines = || proptest::collection::vec(line(), 0..3).prop_map(|all| all.join(", "));
    let names = || some(&["get_*", "*", "delete_note", "list"], 0).prop_map(|all| quoted(&all));
    let part = prop_oneof![
        3 => lines().prop_map(|all| format!("allow = [{all}]")),
        3 => lines().prop_map(|all| format!("deny = [{all}, {{ path = '/never/here' }}]").replace("[, ", "[")),
        1 => proptest::sample::select(ACCESSES).prop_map(|access| format!("access = '{access}'")),
        1 => names().prop_map(|all| format!("tools = {{ allow = {all} }}")),
        1 => names().prop_map(|all| format!("tools = {{ deny = {all}, allow = ['*'] }}")),
        2 => limits(),
        1 => some(&["1", "2", "3"], 0).prop_map(|all| format!("settings = {{ size = {} }}", quoted(&all))),
    ];
    let plugin = proptest::sample::select(&["notes", "notes", "*", "deck"][..]);
    (plugin, part).prop_map(|(plugin, part)| format!("plugin = '{plugin}'\n{part}\n"))
}

/// Any of the limits, below what the host allows, above it, and at both ends.
fn limits() -> impl Strategy<Value = String> {
    let most = prop_oneof![1..10u64, 10..1000u64, 1000..100_000u64, Just(MOST)];
    proptest::collection::btree_map(proptest::sample::select(LIMITS), most, 1..4).prop_map(|all| {
        let all: Vec<_> = all
            .iter()
            .map(|(key, most)| format!("{key} = {most}"))
            .collect();
        format!("limits = {{ {} }}", all.join(", "))
    })
}

/// What each of them comes to.
fn spends(limits: &Limits) -> [(&'static str, u128); 7] {
    [
        ("wall-clock-s", limits.wall_clock.as_millis()),
        ("cpu-ms", limits.cpu.as_millis()),
        ("memory-mib", limits.memory.into()),
        ("requests", limits.requests.into()),
        ("answer-mib", limits.answer_bytes.into()),
        ("answers-mib", limits.answers_bytes.into()),
        ("log-lines", limits.log_lines.into()),
    ]
}

fn manifest() -> impl Strategy<Value = Vec<AllowLine>> {
    let access = proptest::option::of(proptest::sample::select(ACCESSES));
    let line =
        (some(METHODS, 1), path(&["/apps/x/y"]), access).prop_map(|(methods, path, access)| {
            let methods: Vec<_> = methods.iter().map(|&method| method.to_owned()).collect();
            AllowLine::parse(&methods, &path, access).unwrap()
        });
    proptest::collection::vec(line, 1..4)
}

/// Something that a tool may or may not do.
#[derive(Debug, Clone)]
struct Deed {
    tool: &'static str,
    access: Access,
    method: &'static str,
    path: String,
    size: &'static str,
}

fn deed() -> impl Strategy<Value = Deed> {
    let tool = proptest::sample::select(&["get_note", "delete_note", "list"][..]);
    let access = proptest::sample::select(ACCESSES);
    let method = proptest::sample::select(METHODS);
    let size = proptest::sample::select(&["1", "2"][..]);
    (tool, access, method, path(&["/apps/x/y"]), size).prop_map(
        |(tool, access, method, path, size)| {
            let path = path
                .replace("{user}", "alice")
                .replace("**", "c/d")
                .replace('*', "c");
            Deed {
                tool,
                access,
                method,
                path,
                size,
            }
        },
    )
}

fn rules(bodies: &[String]) -> PluginPolicy {
    let texts = bodies.iter().enumerate();
    let texts = texts.map(|(number, body)| format!("[[rule]]\nname = 'r{number}'\n{body}"));
    let text: Vec<_> = texts.collect();
    policy(&text.join("\n")).unwrap().of(&name("notes"))
}

/// Everything that decides, for a plugin with this manifest under these rules.
fn permits(manifest: &[AllowLine], rules: &PluginPolicy, deed: &Deed) -> bool {
    let values = BTreeMap::from([("size".to_owned(), deed.size.to_owned())]);
    let grant = Grant::new(manifest.to_vec()).narrowed(rules.restrictions());
    rules.check_settings(&values).is_ok()
        && rules.denies_tool(deed.tool, deed.access).is_none()
        && grant.permits(deed.access, deed.method, &deed.path)
}

/// A manifest, a policy, one more rule with its place among the others, and a deed.
fn case() -> impl Strategy<Value = (Vec<AllowLine>, Vec<String>, String, usize, Deed)> {
    let bodies = proptest::collection::vec(body(), 0..4);
    (manifest(), bodies, body(), any::<usize>(), deed())
}

fn with(bodies: &[String], more: String, place: usize) -> Vec<String> {
    let mut all = bodies.to_vec();
    all.insert(place % (bodies.len() + 1), more);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_a_rule_never_adds_a_permission((manifest, bodies, more, place, deed) in case()) {
        let before = rules(&bodies);
        let after = rules(&with(&bodies, more, place));
        if permits(&manifest, &after, &deed) {
            prop_assert!(permits(&manifest, &before, &deed));
            prop_assert!(permits(&manifest, &PluginPolicy::default(), &deed), "nor does a policy add to no policy");
        }
        let host = spends(&Limits::default());
        let (before, after) = (before.lower(Limits::default()), after.lower(Limits::default()));
        for ((before, after), host) in spends(&before).into_iter().zip(spends(&after)).zip(host) {
            prop_assert!(after.1 <= before.1 && before.1 <= host.1, "{host:?}: {before:?}, then {after:?}");
        }
    }
}

#[test]
fn the_limits_of_that_property_are_all_that_there_are_and_each_is_lowered_by_some_rule() {
    let unknown = policy("[[rule]]\nname = 'r'\nplugin = '*'\nlimits = { turns = 1 }").unwrap_err();
    let (_, keys) = unknown.split_once("expected one of ").unwrap();
    let keys: Vec<_> = keys.split('`').skip(1).step_by(2).collect();
    assert_eq!(keys, LIMITS);
    assert_eq!(spends(&Limits::default()).map(|(key, _)| key), LIMITS);
    let mut runner = TestRunner::deterministic();
    let mut lowered = BTreeSet::new();
    for _ in 0..4_000 {
        let (_, bodies, more, place, _) = case().new_tree(&mut runner).unwrap().current();
        let before = spends(&rules(&bodies).lower(Limits::default()));
        let after = spends(&rules(&with(&bodies, more, place)).lower(Limits::default()));
        let both = before.into_iter().zip(after);
        lowered.extend(both.filter_map(|(before, after)| (after.1 < before.1).then_some(after.0)));
    }
    assert_eq!(lowered, LIMITS.iter().copied().collect());
}

/// The property above would hold of rules that do nothing, and of cases in which nothing is permitted.
#[test]
fn the_cases_of_that_property_hold_what_rules_take_away_and_what_they_leave() {
    let mut runner = TestRunner::deterministic();
    let (mut left, mut taken, mut never) = (0, 0, 0);
    for _ in 0..4_000 {
        let (manifest, bodies, more, place, deed) = case().new_tree(&mut runner).unwrap().current();
        let before = permits(&manifest, &rules(&bodies), &deed);
        let after = permits(&manifest, &rules(&with(&bodies, more, place)), &deed);
        match (before, after) {
            (true, true) => left += 1,
            (true, false) => taken += 1,
            _ => never += 1,
        }
    }
    assert!(
        left > 100 && taken > 100 && never > 100,
        "{left} left, {taken} taken, {never} never there"
    );
}
