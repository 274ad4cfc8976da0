//! What a plugin says about itself at load, checked before anybody sees it.

use std::collections::BTreeSet;

use thiserror::Error;

use super::name::{NameError, Prefix, check_name};
use super::prompt::{self, RawPrompt};
use super::schema::{Schema, SchemaError};
use super::template::{self, Template};
use super::text::visible;
use crate::nextcloud::Access;

/// Most tools of one plugin. Each one costs every model of every user some hundred tokens.
const TOOLS: usize = 128;

/// Longest full name: what model providers take.
const FULL_NAME_BYTES: usize = 64;

/// Longest title in bytes.
const TITLE_BYTES: usize = 120;

/// Longest description in bytes, about a thousand tokens.
const DESCRIPTION_BYTES: usize = 4 * 1024;

/// How much of a name a message repeats, in bytes: a good one is shorter.
const NAME_SHOWN: usize = 80;

/// Everything that a plugin says about itself: unchecked.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) tools: Vec<RawTool>,
    /// Nothing is filled in about their variables yet.
    pub(super) templates: Vec<Template>,
    pub(super) prompts: Vec<RawPrompt>,
}

/// The same, after every check.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) tools: Vec<Described>,
    pub(super) templates: Vec<Template>,
    pub(super) prompts: Vec<RawPrompt>,
    /// For the operator, in sentences.
    pub(super) warnings: Vec<String>,
}

/// A tool as the plugin described it: unchecked.
#[derive(Debug, Clone)]
pub(super) struct RawTool {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) input_schema: String,
    pub(super) output_schema: Option<String>,
    pub(super) access: Access,
    pub(super) idempotent: bool,
}

/// A tool that passed every check.
#[derive(Debug, Clone)]
pub(super) struct Described {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) input: Schema,
    pub(super) output: Option<Schema>,
    pub(super) access: Access,
    pub(super) idempotent: bool,
}

/// What is wrong with a plugin's description of itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DescribeError {
    /// How many, of what, and how many are taken.
    #[error("describes {0} {1}; at most {2} are taken")]
    TooMany(usize, &'static str, usize),
    /// No tools at all.
    #[error("describes no tools")]
    None,
    /// See [`NameError`].
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two of one name: what they are, and the name.
    #[error("describes the {0} `{1}` twice")]
    Twice(&'static str, String),
    /// With the prefix too long: what it is, and the full name.
    #[error("the {0}'s full name `{1}` is longer than {FULL_NAME_BYTES} characters")]
    FullName(&'static str, String),
    /// Title, description or the like is missing, too long or not plain text.
    #[error("the {what} of the {kind} `{name}` {problem}")]
    Text {
        /// Tool, resource, prompt or argument.
        kind: &'static str,
        /// Which one.
        name: String,
        /// Title, description or address.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A schema that is not taken.
    #[error("the {what} schema of the tool `{tool}` {error}")]
    Schema {
        /// Which tool.
        tool: String,
        /// Input or output.
        what: &'static str,
        /// Why.
        error: SchemaError,
    },
}

/// What is wrong, in the order of the description.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<DescribeError>);

impl Mistakes {
    /// Remembers what is wrong with something; gives it back if nothing is.
    pub(super) fn sift<T>(&mut self, result: Result<T, impl Into<DescribeError>>) -> Option<T> {
        result.map_err(|error| self.0.push(error.into())).ok()
    }

    pub(super) fn note(&mut self, error: DescribeError) {
        self.0.push(error);
    }
}

#[cfg(test)]
impl std::fmt::Display for Mistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|one| write!(f, "{one}; "))
    }
}

/// Checks everything of one plugin. `Err` is all that is wrong, never empty.
pub(super) fn check(raw: Raw, prefix: &Prefix) -> Result<Checked, Vec<DescribeError>> {
    let mut mistakes = Mistakes::default();
    let (tools, warnings) = check_tools(raw.tools, prefix, &mut mistakes);
    let checked = Checked {
        tools,
        templates: template::check(raw.templates, &mut mistakes),
        prompts: prompt::check(raw.prompts, prefix, &mut mistakes),
        warnings,
    };
    if mistakes.0.is_empty() {
        Ok(checked)
    } else {
        Err(mistakes.0)
    }
}

/// Checks all tools of one plugin. The second value holds warnings for the operator, in sentences.
fn check_tools(
    raw: Vec<RawTool>,
    prefix: &Prefix,
    mistakes: &mut Mistakes,
) -> (Vec<Described>, Vec<String>) {
    match raw.len() {
        0 => mistakes.note(DescribeError::None),
        count if count > TOOLS => mistakes.note(DescribeError::TooMany(count, "tools", TOOLS)),
        _ => {}
    }
    let mut names = BTreeSet::new();
    let mut warnings = Vec::new();
    let mut tools = Vec::with_capacity(raw.len());
    for tool in raw {
        if !names.insert(tool.name.clone()) {
            mistakes.note(DescribeError::Twice("tool", tool.name.clone()));
        }
        let Some(tool) = check_tool(tool, prefix, mistakes) else {
            continue;
        };
        for keyword in tool.input.unusual_at_root() {
            warnings.push(format!(
                "the input schema of the tool `{}` has `{keyword}` at its root, which some model providers refuse",
                tool.name
            ));
        }
        tools.push(tool);
    }
    (tools, warnings)
}

/// `None` only if a schema is none; what else is wrong is remembered.
fn check_tool(raw: RawTool, prefix: &Prefix, mistakes: &mut Mistakes) -> Option<Described> {
    check_said("tool", &raw.name, &raw.title, &raw.description, mistakes);
    mistakes.sift(check_full_name("tool", prefix, &raw.name));
    let schema = |what, text: &str| {
        Schema::parse(text).map_err(|error| DescribeError::Schema {
            tool: visible(&raw.name, NAME_SHOWN),
            what,
            error,
        })
    };
    let input = mistakes.sift(schema("input", &raw.input_schema));
    let output = raw
        .output_schema
        .as_deref()
        .map(|text| mistakes.sift(schema("output", text)));
    let output = match output {
        Some(None) => return None,
        Some(parsed) => parsed,
        None => None,
    };
    Some(Described {
        input: input?,
        output,
        name: raw.name,
        title: raw.title,
        description: raw.description,
        access: raw.access,
        idempotent: raw.idempotent,
    })
}

/// Name, title and description, which tools, resources and prompts all have.
pub(super) fn check_said(
    kind: &'static str,
    name: &str,
    title: &str,
    description: &str,
    mistakes: &mut Mistakes,
) {
    mistakes.sift(check_name(kind, name));
    mistakes.sift(check_text(kind, name, "title", title, TITLE_BYTES));
    let described = check_text(kind, name, "description", description, DESCRIPTION_BYTES);
    mistakes.sift(described);
}

/// What clients call a tool or a prompt.
pub(super) fn check_full_name(
    kind: &'static str,
    prefix: &Prefix,
    name: &str,
) -> Result<(), DescribeError> {
    let full_name = format!("{}{name}", prefix.as_str());
    if full_name.len() > FULL_NAME_BYTES {
        return Err(DescribeError::FullName(
            kind,
            visible(&full_name, NAME_SHOWN),
        ));
    }
    Ok(())
}

/// Text that an operator approves must read the same to a model: nothing hidden in it, nothing that moves a cursor. A
/// description may have several lines.
pub(super) fn check_text(
    kind: &'static str,
    name: &str,
    what: &'static str,
    text: &str,
    max: usize,
) -> Result<(), DescribeError> {
    let wrong = |problem| {
        Err(DescribeError::Text {
            kind,
            name: visible(name, NAME_SHOWN),
            what,
            problem,
        })
    };
    if text.trim().is_empty() {
        return wrong("is empty".to_owned());
    }
    if text.len() > max {
        return wrong(format!("is longer than {max} bytes"));
    }
    let breaks: &[char] = if what == "title" { &[] } else { &['\n', '\t'] };
    let plain: String = text
        .chars()
        .filter(|character| !breaks.contains(character))
        .collect();
    if visible(&plain, max) != plain {
        return wrong("holds control or invisible characters".to_owned());
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#[path = "describe_tests.rs"]
mod tests;
