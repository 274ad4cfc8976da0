//! What a plugin may say about itself, and what it is told when it may not.

use super::*;

fn tool(name: &str) -> RawTool {
    RawTool {
        name: name.to_owned(),
        title: "Get a note".to_owned(),
        description: "Reads one note.\nGives title and content.".to_owned(),
        input_schema: r#"{"type": "object"}"#.to_owned(),
        output_schema: None,
        access: Access::Read,
        idempotent: true,
    }
}

fn prefix() -> Prefix {
    Prefix::of(&"notes".parse().unwrap())
}

fn checked(tools: Vec<RawTool>) -> Result<Checked, Vec<DescribeError>> {
    let raw = Raw {
        tools,
        ..Raw::default()
    };
    check(raw, &prefix())
}

fn refused(change: impl FnOnce(&mut RawTool), because: &str) {
    let mut one = tool("get");
    change(&mut one);
    let errors = checked(vec![one]).unwrap_err();
    assert!(errors[0].to_string().contains(because), "{errors:?}");
}

#[test]
fn a_proper_description_is_taken_as_it_is() {
    let good = checked(vec![tool("get"), tool("list")]).unwrap();
    assert_eq!(
        good.tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect::<Vec<_>>(),
        ["get", "list"]
    );
    assert!(good.warnings.is_empty());
}

#[test]
fn names_must_be_good_and_unique() {
    refused(|tool| tool.name = "getNote".to_owned(), "getNote");
    assert_eq!(
        checked(vec![tool("a"), tool("a")]).unwrap_err(),
        [DescribeError::Twice("tool", "a".to_owned())]
    );
    let long = "x".repeat(24).parse().unwrap();
    assert_eq!(check_full_name("tool", &long, &"a".repeat(40)), Ok(()));
    assert!(check_full_name("tool", &long, &"a".repeat(41)).is_err());
}

#[test]
fn a_model_is_told_something_and_nothing_hidden() {
    refused(|tool| tool.title.clear(), "title");
    refused(|tool| tool.description = " \n".to_owned(), "is empty");
    refused(
        |tool| tool.description = "x".repeat(DESCRIPTION_BYTES + 1),
        "longer",
    );
    refused(|tool| tool.title = "two\nlines".to_owned(), "control");
    refused(|tool| tool.description.push('\u{e0041}'), "invisible");
    refused(|tool| tool.description.push('\u{202e}'), "invisible");
}

#[test]
fn every_schema_is_checked() {
    refused(|tool| tool.input_schema = "[]".to_owned(), "input schema");
    refused(
        |tool| tool.output_schema = Some(r#"{"type": "array"}"#.to_owned()),
        "output schema",
    );
}

#[test]
fn too_many_tools_or_none_are_refused() {
    assert_eq!(checked(Vec::new()).unwrap_err(), [DescribeError::None]);
    let many = (0..=TOOLS).map(|n| tool(&format!("t{n}"))).collect();
    assert_eq!(
        checked(many).unwrap_err(),
        [DescribeError::TooMany(TOOLS + 1, "tools", TOOLS)]
    );
}

#[test]
fn a_root_form_that_some_providers_refuse_is_a_warning() {
    let mut one = tool("get");
    one.input_schema = r#"{"type": "object", "anyOf": [{"required": ["a"]}]}"#.to_owned();
    let warnings = checked(vec![one]).unwrap().warnings;
    assert!(warnings[0].contains("anyOf"), "{warnings:?}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut bad = tool("getNote");
    bad.title.clear();
    bad.input_schema = "[]".to_owned();
    bad.output_schema = Some("{".to_owned());
    let mut other = tool("other");
    other.description.clear();
    let errors = checked(vec![bad, other, tool("fine")]).unwrap_err();
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let expected = [
        "tool name",
        "title",
        "input schema",
        "output schema",
        "description",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told}");
    }
}
