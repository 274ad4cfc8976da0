//! Each kind of rule, the file's strictness; `property` holds what makes a policy safe to write: a rule never gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use super::*;

mod property;

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

/// An operator copies it.
#[test]
fn the_policy_in_the_documents_is_one() {
    let page = include_str!("../../../../docs/operating-plugins.md");
    let (_, after) = page
        .split_once("```toml policy.toml\n")
        .expect("an example");
    let (example, _) = after.split_once("```").expect("its end");
    let rules = policy(example).unwrap();
    assert_eq!(rules.len(), 3);
    let known = ["notes", "calendar", "capabilities"].map(name);
    rules.check_plugins(&known.into_iter().collect()).unwrap();
}
