//! A prompt, as a plugin described it at load, and what a person may fill in.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::catalogue::Plugin;
use super::describe::{DescribeError, Mistakes, check_full_name, check_said, check_text};
use super::name::{Prefix, check_name};
use super::schema::JsonObject;
use super::text::visible;

/// Most prompts of one plugin: a person picks from the list of all.
const PROMPTS: usize = 64;

/// Most arguments of one prompt: a person fills them in one by one.
const ARGUMENTS: usize = 16;

/// Longest description of an argument, in bytes: a few lines beside a field.
const ARGUMENT_BYTES: usize = 1024;

/// How much of an unknown argument's name a message repeats, in bytes.
const NAME_SHOWN: usize = 64;

/// A prompt as the plugin described it: unchecked.
#[derive(Debug, Clone)]
pub(super) struct RawPrompt {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) arguments: Vec<Argument>,
}

/// Something that a person fills in, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its name within the prompt.
    pub name: String,
    /// For people; may be empty.
    pub description: String,
    /// Whether the prompt needs it.
    pub required: bool,
}

/// One prompt of one plugin.
#[derive(Debug)]
pub struct Prompt {
    /// What clients call it: `nc_<plugin>_<name>`, unless the operator set another prefix.
    pub full_name: String,
    /// Whose prompt it is.
    pub plugin: Arc<Plugin>,
    /// Its name within the plugin.
    pub name: String,
    /// For people.
    pub title: String,
    /// For people. Data, never an instruction to the host.
    pub description: String,
    /// In the plugin's order.
    pub arguments: Vec<Argument>,
}

impl Prompt {
    pub(super) fn new(plugin: &Arc<Plugin>, raw: RawPrompt) -> Self {
        let RawPrompt {
            name,
            title,
            description,
            arguments,
        } = raw;
        Self {
            full_name: format!("{}{name}", plugin.loaded.prefix.as_str()),
            plugin: plugin.clone(),
            name,
            title,
            description,
            arguments,
        }
    }
}

/// Checks all prompts of one plugin.
pub(super) fn check(
    raw: Vec<RawPrompt>,
    prefix: &Prefix,
    mistakes: &mut Mistakes,
) -> Vec<RawPrompt> {
    if raw.len() > PROMPTS {
        mistakes.note(DescribeError::TooMany(raw.len(), "prompts", PROMPTS));
    }
    let mut names = BTreeSet::new();
    for prompt in &raw {
        check_said(
            "prompt",
            &prompt.name,
            &prompt.title,
            &prompt.description,
            mistakes,
        );
        mistakes.sift(check_full_name("prompt", prefix, &prompt.name));
        if !names.insert(&prompt.name) {
            mistakes.note(DescribeError::Twice("prompt", prompt.name.clone()));
        }
        check_arguments(prompt, mistakes);
    }
    raw
}

fn check_arguments(prompt: &RawPrompt, mistakes: &mut Mistakes) {
    let mut names = BTreeSet::new();
    if prompt.arguments.len() > ARGUMENTS {
        let count = prompt.arguments.len();
        mistakes.note(DescribeError::TooMany(
            count,
            "arguments of a prompt",
            ARGUMENTS,
        ));
    }
    for argument in &prompt.arguments {
        mistakes.sift(check_name("argument", &argument.name));
        if !names.insert(&argument.name) {
            mistakes.note(DescribeError::Twice("argument", argument.name.clone()));
        }
        if !argument.description.is_empty() {
            let (name, text) = (&argument.name, &argument.description);
            let described = check_text("argument", name, "description", text, ARGUMENT_BYTES);
            mistakes.sift(described);
        }
    }
}

/// What a person filled in, held against the prompt's arguments. `Err` names every mistake.
pub(super) fn filled(
    declared: &[Argument],
    mut arguments: JsonObject,
) -> Result<JsonObject, String> {
    arguments.retain(|_, value| !value.is_null());
    let mut mistakes = String::new();
    let mut say = |mistake: String| {
        let separator = if mistakes.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(mistakes, "{separator}{mistake}");
    };
    for (name, value) in &arguments {
        if declared.iter().all(|argument| argument.name != *name) {
            let known: Vec<_> = declared
                .iter()
                .map(|one| format!("`{}`", one.name))
                .collect();
            let known = if known.is_empty() {
                "it takes none".to_owned()
            } else {
                format!("known: {}", known.join(", "))
            };
            say(format!(
                "`{}` is not known ({known})",
                visible(name, NAME_SHOWN)
            ));
        } else if !matches!(value, Value::String(_)) {
            say(format!("`{name}` must be a string"));
        }
    }
    for argument in declared {
        if argument.required && !arguments.contains_key(&argument.name) {
            say(format!("`{}` is required and missing", argument.name));
        }
    }
    if mistakes.is_empty() {
        Ok(arguments)
    } else {
        Err(format!("the arguments do not fit: {mistakes}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn argument(name: &str, required: bool) -> Argument {
        Argument {
            name: name.to_owned(),
            description: "The day.".to_owned(),
            required,
        }
    }

    fn prompt(name: &str) -> RawPrompt {
        RawPrompt {
            name: name.to_owned(),
            title: "Agenda".to_owned(),
            description: "The day's agenda.".to_owned(),
            arguments: vec![argument("date", true), argument("span", false)],
        }
    }

    fn checked(raw: Vec<RawPrompt>) -> Result<usize, String> {
        let mut mistakes = Mistakes::default();
        let prompts = check(
            raw,
            &Prefix::of(&"calendar".parse().unwrap()),
            &mut mistakes,
        );
        let wrong = mistakes.to_string();
        if wrong.is_empty() {
            Ok(prompts.len())
        } else {
            Err(wrong)
        }
    }

    #[test]
    fn whatever_a_person_would_be_told_is_checked() {
        assert_eq!(checked(vec![prompt("agenda"), prompt("review")]), Ok(2));
        let refused = |change: fn(&mut RawPrompt), because: &str| {
            let mut one = prompt("agenda");
            change(&mut one);
            let error = checked(vec![one]).unwrap_err();
            assert!(error.contains(because), "{error}");
        };
        refused(
            |one| one.name = "Agenda".to_owned(),
            "the prompt name `Agenda`",
        );
        refused(
            |one| one.description.clear(),
            "description of the prompt `agenda` is empty",
        );
        refused(
            |one| one.arguments[0].name = "the date".to_owned(),
            "the argument name `the date`",
        );
        refused(
            |one| one.arguments[1].name = "date".to_owned(),
            "argument `date` twice",
        );
        refused(
            |one| one.arguments[0].description.push('\u{200b}'),
            "invisible",
        );
        refused(
            |one| one.arguments = (0..17).map(|n| argument(&format!("a{n}"), false)).collect(),
            "17 arguments of a prompt; at most 16",
        );
    }

    #[test]
    fn two_of_one_name_and_too_many_are_refused() {
        let error = checked(vec![prompt("agenda"), prompt("agenda")]).unwrap_err();
        assert!(error.contains("the prompt `agenda` twice"), "{error}");
        let many = (0..=PROMPTS).map(|n| prompt(&format!("p{n}"))).collect();
        assert!(checked(many).is_err());
    }

    #[test]
    fn what_a_person_filled_in_is_held_against_what_the_prompt_takes() {
        let told = |arguments: Value| {
            filled(
                &prompt("agenda").arguments,
                arguments.as_object().unwrap().clone(),
            )
        };
        let good = json!({"date": "2026-11-22", "span": null});
        assert_eq!(
            Value::Object(told(good).unwrap()),
            json!({"date": "2026-11-22"})
        );
        assert_eq!(
            told(json!({"day": "x", "span": 7})).unwrap_err(),
            "the arguments do not fit: `day` is not known (known: `date`, `span`), `span` must be a string, `date` is \
             required and missing"
        );
        let nothing = filled(&[], json!({"x": "y"}).as_object().unwrap().clone());
        assert!(nothing.unwrap_err().contains("it takes none"));
    }
}
