//! Each kind of rule, the file's strictness, and the property that makes a policy safe to write: a rule never gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::nextcloud::{Grant, Rule as AllowLine};

fn policy(text: &str) -> Result<Policy, String> {
    let path = Path::new("policy.toml");
    let rules = file::parse(text, path).map_err(|error| error.to_string())?;
    Ok(Policy {
        path: path.to_owned(),
        rules,
    })
}

fn name(text: &str) -> PluginName {
    text.parse().unwrap()
}

/// What a policy with one rule says of the plugin `notes`.
fn of_notes(rule: &str) -> PluginPolicy {
    let text = format!("[[rule]]\nname = 'r'\nplugin = 'notes'\n{rule}");
    policy(&text).unwrap().of(&name("notes"))
}

fn refused(text: &str, because: &str) {
    let error = policy(text).expect_err(text);
    assert!(error.contains(because), "{error}");
}

#[test]
fn tools_are_taken_away_by_name_and_by_access() {
    let rules = of_notes("tools = { allow = ['get_*', 'delete_note'], deny = ['*_note'] }");
    assert_eq!(rules.denies_tool("get_settings", Access::Read), None);
    assert_eq!(rules.denies_tool("list_notes", Access::Read), Some("r"));
    assert_eq!(rules.denies_tool("delete_note", Access::Delete), Some("r"));
    let most = of_notes("access = 'create'");
    for (access, denied) in [
        (Access::Read, None),
        (Access::Create, None),
        (Access::Update, Some("r")),
        (Access::Delete, Some("r")),
    ] {
        assert_eq!(most.denies_tool("x", access), denied, "{access}");
    }
}

#[test]
fn a_rule_speaks_of_its_plugin_or_of_all() {
    let both = policy(
        "[[rule]]\nname = 'one'\nplugin = 'deck'\ntools = { allow = [] }\n\
         [[rule]]\nname = 'all'\nplugin = '*'\ntools = { deny = ['x'] }\n",
    )
    .unwrap();
    assert_eq!(both.len(), 2);
    let denies = |plugin, tool| {
        let rules = both.of(&name(plugin));
        rules.denies_tool(tool, Access::Read).map(str::to_owned)
    };
    assert_eq!(denies("notes", "y"), None);
    assert_eq!(denies("notes", "x").as_deref(), Some("all"));
    assert_eq!(denies("deck", "y").as_deref(), Some("one"));
}

#[test]
fn limits_are_lowered_and_never_raised() {
    let rules = of_notes("limits = { requests = 20, memory-mib = 100000 }");
    let host = Limits::default();
    let limits = rules.lower(host.clone());
    assert_eq!((limits.requests, limits.memory), (20, host.memory));
}

#[test]
fn a_setting_has_a_value_that_it_may_have_or_the_plugin_is_not_loaded() {
    let rules = of_notes("settings = { size = ['20', '50'] }");
    let check = |key: &str, value: &str| {
        let values = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        rules
            .check_settings(&values)
            .map_err(|error| error.to_string())
    };
    assert!(check("size", "50").is_ok());
    assert_eq!(
        check("size", "500").unwrap_err(),
        "the policy policy.toml, line 2, rule `r`: the setting `size` is \"500\", and may be only \"20\" or \"50\""
    );
    assert!(
        check("other", "x")
            .unwrap_err()
            .contains("no setting `size`")
    );
}

#[test]
fn a_tool_that_a_rule_names_is_there_or_the_plugin_is_not_loaded() {
    let rules = of_notes("tools = { deny = ['delte_note', 'delete_*'] }");
    let error = rules
        .check_tools(&BTreeSet::from(["delete_note"]))
        .unwrap_err();
    assert!(
        error.to_string().ends_with("no tool `delte_note`"),
        "{error}"
    );
    assert!(rules.check_tools(&BTreeSet::from(["delte_note"])).is_ok());
}

#[test]
fn a_rule_for_a_plugin_that_is_not_there_is_an_error_with_its_line() {
    let rules = policy("# a comment\n\n[[rule]]\nname = 'r'\nplugin = 'nots'\naccess = 'read'\n");
    let known = BTreeSet::from([name("notes"), name("deck")]);
    assert_eq!(
        rules
            .unwrap()
            .check_plugins(&known)
            .unwrap_err()
            .to_string(),
        "the policy policy.toml, line 4, rule `r`: no plugin is called `nots`. There: deck, notes"
    );
}

#[test]
fn what_is_not_understood_is_an_error_with_its_line() {
    let rule = "[[rule]]\nname = 'r'\nplugin = '*'\n";
    refused("rules = []", "line 1: unknown field `rules`");
    refused(
        &format!("{rule}\ndenie = []"),
        "line 5: unknown field `denie`",
    );
    refused(
        &format!("{rule}access = 'all'"),
        "line 4: unknown variant `all`",
    );
    refused(rule, "line 2, rule `r`: says nothing");
    refused(
        &format!("{rule}deny = [\n{{ methods = ['get'] }},\n]"),
        "line 5, rule `r`: names the method `get`",
    );
    refused(
        &format!("{rule}allow = [{{ path = 'x' }}]"),
        "line 4, rule `r`: names the path `x`",
    );
    refused(
        &format!("{rule}allow = [{{ }}]"),
        "neither methods nor a path",
    );
    refused(
        &format!("{rule}deny = [{{ paths = ['/x'] }}]"),
        "unknown field `paths`",
    );
    refused(
        &format!("{rule}tools = {{ deny = ['nc-x'] }}"),
        "is no tool's name",
    );
    refused(
        &format!("{rule}limits = {{ requests = 0 }}"),
        "line 4, rule `r`: the limit `requests` must be at least 1",
    );
    refused(
        &format!("{rule}limits = {{ request = 1 }}"),
        "unknown field `request`",
    );
    refused(
        &format!("{rule}access = 'read'\n{rule}access = 'read'"),
        "line 6, rule `r`: another rule",
    );
    refused(
        "[[rule]]\nname = ''\nplugin = '*'\naccess = 'read'",
        "a rule's name",
    );
    refused(
        "[[rule]]\nname = 'r'\nplugin = 'No'\naccess = 'read'",
        "line 3, rule `r`: `No` cannot be",
    );
    refused(
        "[[rule]]\nplugin = '*'\naccess = 'read'",
        "missing field `name`",
    );
}

#[test]
fn a_policy_that_is_not_there_is_an_error() {
    let error = Policy::read(Path::new("none/policy.toml")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the policy none/policy.toml cannot be read")
    );
}

const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "MOVE", "SEARCH"];
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
        1 => (1..900u32).prop_map(|most| format!("limits = {{ requests = {most} }}")),
        1 => some(&["1", "2", "3"], 0).prop_map(|all| format!("settings = {{ size = {} }}", quoted(&all))),
    ];
    let plugin = proptest::sample::select(&["notes", "notes", "*", "deck"][..]);
    (plugin, part).prop_map(|(plugin, part)| format!("plugin = '{plugin}'\n{part}\n"))
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
        let (before, after) = (before.lower(Limits::default()), after.lower(Limits::default()));
        prop_assert!(after.requests <= before.requests);
    }
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

/// An operator copies it.
#[test]
fn the_policy_in_the_documents_is_one() {
    let page = include_str!("../../../../docs/operating-plugins.md");
    let (_, after) = page.split_once("```toml\n").expect("an example");
    let (example, _) = after.split_once("```").expect("its end");
    let rules = policy(example).unwrap();
    assert_eq!(rules.len(), 3);
    let known = ["notes", "calendar", "capabilities"].map(name);
    rules.check_plugins(&known.into_iter().collect()).unwrap();
}
