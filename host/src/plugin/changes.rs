//! What clients see change when another catalogue is served: of which kinds the lists are not what they were.

use super::catalogue::{Catalogue, Plugin};
use super::prompt::Prompt;
use super::tool::Tool;

/// The lists that differ between two catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changed {
    /// Of tools.
    pub tools: bool,
    /// Of prompts.
    pub prompts: bool,
    /// Of resources, or of their templates. A plugin in another version may list others, so that counts.
    pub resources: bool,
}

impl Changed {
    /// What a client that knows `before` does not know of `after`.
    pub fn between(before: &Catalogue, after: &Catalogue) -> Self {
        let resources = |catalogue: &Catalogue| {
            let with = catalogue.plugins().iter();
            let with = with.filter(|plugin| !plugin.templates().is_empty());
            with.cloned().collect::<Vec<_>>()
        };
        Self {
            tools: !alike(before.tools(), after.tools(), |one, other| {
                is_same_tool(one, other)
            }),
            prompts: !alike(before.prompts(), after.prompts(), |one, other| {
                is_same_prompt(one, other)
            }),
            resources: !alike(
                resources(before).iter(),
                resources(after).iter(),
                |one, other| is_same_shelf(one, other),
            ),
        }
    }

    /// Whether anything did.
    pub fn any(self) -> bool {
        self.tools || self.prompts || self.resources
    }
}

fn alike<T>(
    before: impl Iterator<Item = T>,
    after: impl Iterator<Item = T>,
    same: impl Fn(&T, &T) -> bool,
) -> bool {
    let (before, after): (Vec<T>, Vec<T>) = (before.collect(), after.collect());
    before.len() == after.len()
        && before
            .iter()
            .zip(&after)
            .all(|(one, other)| same(one, other))
}

fn is_same_tool(one: &Tool, other: &Tool) -> bool {
    one.full_name == other.full_name
        && one.plugin == other.plugin
        && one.title == other.title
        && one.description == other.description
        && (one.access, one.idempotent) == (other.access, other.idempotent)
        && one.requires == other.requires
        && one.input_schema == other.input_schema
        && one.output_schema == other.output_schema
}

fn is_same_prompt(one: &Prompt, other: &Prompt) -> bool {
    one.full_name == other.full_name
        && one.plugin.name == other.plugin.name
        && one.plugin.requires() == other.plugin.requires()
        && one.title == other.title
        && one.description == other.description
        && one.arguments == other.arguments
}

fn is_same_shelf(one: &Plugin, other: &Plugin) -> bool {
    one.name == other.name && one.digest() == other.digest() && one.requires() == other.requires()
}
