//! A kind of resource, as a plugin described it at load: its address with gaps, and what is said about it.

use std::collections::BTreeSet;

use super::address;
use super::describe::{DescribeError, Mistakes, check_said};

/// Most templates of one plugin: half as many as tools, since a kind of thing has several tools.
const TEMPLATES: usize = 64;

/// Longest media type in bytes (RFC 4288, 4.2: 127 for each of its two names).
const MIME_TYPE_BYTES: usize = 255;

/// Resources of one kind, or a single one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// RFC 6570, level 1. Without a variable it is the address of a single resource.
    pub uri_template: String,
    /// Its name within the plugin.
    pub name: String,
    /// For people.
    pub title: String,
    /// For people and models. Data, never an instruction to the host.
    pub description: String,
    /// Of all that it leads to, where that is known.
    pub mime_type: Option<String>,
    /// The names of its variables.
    pub variables: Vec<String>,
}

impl Template {
    /// Whether it is the address of one resource.
    pub fn is_single(&self) -> bool {
        self.variables.is_empty()
    }

    /// Whose addresses these are: see `nc://<shelf>/...`.
    pub fn shelf(&self) -> &str {
        address::shelf(&self.uri_template).unwrap_or_default()
    }
}

/// Checks all templates of one plugin, in which nothing is filled in about variables yet.
pub(super) fn check(raw: Vec<Template>, mistakes: &mut Mistakes) -> Vec<Template> {
    if raw.len() > TEMPLATES {
        mistakes.note(DescribeError::TooMany(raw.len(), "resources", TEMPLATES));
    }
    let mut names = BTreeSet::new();
    let mut addresses = BTreeSet::new();
    let mut templates = Vec::with_capacity(raw.len());
    for mut template in raw {
        check_said(
            "resource",
            &template.name,
            &template.title,
            &template.description,
            mistakes,
        );
        let wrong = |problem: &str| DescribeError::Text {
            kind: "resource",
            name: template.name.clone(),
            what: "address",
            problem: problem.to_owned(),
        };
        let variables = address::variables(&template.uri_template).map_err(wrong);
        let variables = mistakes.sift(variables).unwrap_or_default();
        let variables = variables.into_iter().map(str::to_owned).collect();
        if let Some(mime_type) = &template.mime_type
            && !is_mime_type(mime_type)
        {
            mistakes.note(DescribeError::Text {
                kind: "resource",
                name: template.name.clone(),
                what: "media type",
                problem: "is none, such as text/markdown".to_owned(),
            });
        }
        template.variables = variables;
        let is_new =
            names.insert(template.name.clone()) && addresses.insert(template.uri_template.clone());
        if !is_new {
            mistakes.note(DescribeError::Twice("resource", template.name.clone()));
        }
        templates.push(template);
    }
    templates
}

/// Two names with a slash between them and perhaps parameters behind, on one line of ASCII.
pub(super) fn is_mime_type(text: &str) -> bool {
    text.len() <= MIME_TYPE_BYTES
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && text
            .split_once('/')
            .is_some_and(|(first, second)| !first.is_empty() && !second.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn template(uri_template: &str, name: &str) -> Template {
        Template {
            uri_template: uri_template.to_owned(),
            name: name.to_owned(),
            title: "Note".to_owned(),
            description: "One note.".to_owned(),
            mime_type: Some("text/markdown; charset=utf-8".to_owned()),
            variables: Vec::new(),
        }
    }

    fn refused(change: impl FnOnce(&mut Template), because: &str) {
        let mut one = template("nc://notes/{id}", "note");
        change(&mut one);
        let (_, error) = checked(vec![one]);
        assert!(error.contains(because), "{error}");
    }

    /// The second value is all that is wrong.
    fn checked(raw: Vec<Template>) -> (Vec<Template>, String) {
        let mut mistakes = Mistakes::default();
        let templates = check(raw, &mut mistakes);
        (templates, mistakes.to_string())
    }

    #[test]
    fn a_proper_template_is_taken_with_its_variables() {
        let (taken, wrong) = checked(vec![
            template("nc://notes/{id}", "note"),
            template("nc://notes/newest", "newest"),
        ]);
        assert_eq!(wrong, "");
        assert_eq!(taken[0].variables, ["id"]);
        assert_eq!((taken[0].shelf(), taken[0].is_single()), ("notes", false));
        assert!(taken[1].is_single());
    }

    #[test]
    fn whatever_a_client_would_be_told_is_checked() {
        refused(
            |one| one.name = "Note".to_owned(),
            "the resource name `Note` is not allowed",
        );
        refused(
            |one| one.title.clear(),
            "title of the resource `note` is empty",
        );
        refused(|one| one.description.push('\u{202e}'), "invisible");
        refused(
            |one| one.uri_template = "file:///etc/passwd".to_owned(),
            "address of the resource `note` does not begin with `nc://`",
        );
        refused(
            |one| one.mime_type = Some("markdown".to_owned()),
            "media type",
        );
        refused(
            |one| one.mime_type = Some("a/b\r\nc".to_owned()),
            "media type",
        );
    }

    #[test]
    fn two_of_one_name_or_address_and_too_many_are_refused() {
        for other in [
            template("nc://notes/{id}", "other"),
            template("nc://notes/{number}", "note"),
        ] {
            let (_, error) = checked(vec![template("nc://notes/{id}", "note"), other]);
            assert!(error.contains("twice"), "{error}");
        }
        let many = (0..=TEMPLATES)
            .map(|n| template(&format!("nc://notes/{n}"), &format!("n{n}")))
            .collect();
        let (_, error) = checked(many);
        assert!(error.contains("65 resources; at most 64"), "{error}");
    }
}
