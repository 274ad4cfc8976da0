//! The scopes that clients can ask for: `<plugin>.read` and `<plugin>.write` of each loaded plugin, in words.

use std::sync::Arc;

use crate::auth::{KnownScopes, Scope};
use crate::nextcloud::Access;
use crate::plugin::{Catalogue, Plugins};

/// Of what `plugins` serves at the moment of asking.
pub(super) fn of(plugins: Arc<Plugins>) -> KnownScopes {
    Arc::new(move || in_catalogue(&plugins.catalogue()))
}

fn in_catalogue(catalogue: &Catalogue) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for plugin in catalogue.plugins() {
        let name = plugin.name.as_str();
        let tools = catalogue.tools().filter(|tool| tool.plugin == plugin.name);
        let accesses: Vec<Access> = tools.map(|tool| tool.access).collect();
        scopes.push(Scope {
            name: format!("{name}.read"),
            title: format!("Read {name}"),
            writes: false,
        });
        // In read-only mode no tool that writes is in the catalogue.
        scopes.extend(deeds(&accesses).map(|deeds| Scope {
            name: format!("{name}.write"),
            title: format!("{deeds} {name}"),
            writes: true,
        }));
    }
    scopes
}

/// What tools with these accesses can do besides reading: `Create, change and delete`. `None` if nothing.
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
    let text = if first.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", first.join(", "))
    };
    Some(text[..1].to_ascii_uppercase() + &text[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_says_what_its_tools_can_do_and_no_more() {
        for (most, words) in [
            (Access::Create, "Create"),
            (Access::Update, "Create and change"),
            (Access::Delete, "Create, change and delete"),
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
