//! `create_note`.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use crate::api::{self, Fields};
use crate::input;
use crate::note::{self, Saved};

pub(crate) const DESCRIPTION: &str = "Creates a note. Nextcloud may clean the title (no / \\ : * ? \" < > |, at most 100 \
characters) or number it if it is taken; the answer says what it became. Example: title \"Shopping\", content \"- milk\", \
category \"Home/Groceries\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// One line.
    #[schemars(length(min = 1))]
    title: String,
    /// Markdown.
    #[serde(default)]
    content: String,
    /// `Work` or `Work/Plans`; made if new.
    #[serde(default)]
    category: String,
    favorite: Option<bool>,
}

pub(crate) fn create_note(arguments: Arguments) -> Result<Reply<Saved>, Failure> {
    let Arguments {
        title,
        content,
        category,
        favorite,
    } = arguments;
    input::title(&title)?;
    input::content(&content)?;
    input::category(&category)?;
    let fields = Fields {
        title: Some(title),
        content: Some(content),
        category: Some(category),
        favorite,
    };
    let pages = note::pages()?;
    let created = api::create(&fields)?;
    let text = format!(
        "{} was created.{}",
        note::name(&created),
        note::differences(&fields, &created)
    );
    Ok(Reply::new(text, Saved::new(&created, &pages)))
}
