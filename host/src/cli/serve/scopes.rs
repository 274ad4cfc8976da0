//! The scopes that clients can ask for: `<plugin>.read` and `<plugin>.write` of each loaded plugin, in words.

use std::sync::Arc;

use crate::auth::{KnownScopes, Scope};
use crate::nextcloud::Access;
use crate::plugin::{Catalogue, Plugins};

/// Of what `plugins` serves at the moment of asking.
pub(super) fn of(plugins: Arc<Plugins>) -> KnownScopes {
    Arc::new(move || in_catalogue(&plugins.catalogue()))
}

/// The same of `catalogue`.
pub(in crate::cli) fn in_catalogue(catalogue: &Catalogue) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for plugin in catalogue.plugins() {
        let name = plugin.name.as_str();
        let tools = catalogue.tools().filter(|tool| tool.plugin == plugin.name);
        let accesses: Vec<Access> = tools.map(|tool| tool.access).collect();
        let subject = capital(name);
        scopes.push(Scope {
            name: format!("{name}.read"),
            title: format!("{subject}: read"),
            writes: false,
        });
        // In read-only mode no tool that writes is in the catalogue.
        scopes.extend(deeds(&accesses).map(|deeds| Scope {
            name: format!("{name}.write"),
            title: format!("{subject}: {deeds}"),
            writes: true,
        }));
    }
    scopes
}

/// What tools with these accesses can do besides reading: `create, change and delete`. `None` if nothing.
fn deeds(accesses: &[Access]) -> Option<String> {
    let words = [
        (Access::Create, "create"),
        (Access::Update, "change"),
        (Access::Delete, "delete"),
    ];
    // Accesses are cumulative.
    let most = accesses.iter().max()?;
    let words: Vec<&str> = words
        .into_iter()
        .filter(|(access, _)| access <= most)
        .map(|(_, word)| word)
        .collect();
    let (last, first) = words.split_last()?;
    Some(if first.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", first.join(", "))
    })
}

/// A plugin's name as the first word of a line; it begins with a letter of ASCII.
fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_says_what_its_tools_can_do_and_no_more() {
        for (most, words) in [
            (Access::Create, "create"),
            (Access::Update, "create and change"),
            (Access::Delete, "create, change and delete"),
        ] {
            assert_eq!(
                deeds(&[Access::Read, most, Access::Read]).as_deref(),
                Some(words)
            );
        }
        assert_eq!(deeds(&[Access::Read]), None, "nothing to write with");
        assert_eq!(deeds(&[]), None);
    }
}
