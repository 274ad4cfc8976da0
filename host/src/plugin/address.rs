//! Addresses of resources: `nc://<shelf>/...`. The shelf says whose an address is; what follows is the plugin's own.

/// What every address begins with.
const SCHEME: &str = "nc://";

/// Longest shelf, in characters: as a tool's name.
const SHELF_MAX: usize = 40;

/// Longest template, in bytes.
const TEMPLATE_BYTES: usize = 512;

/// Longest address, in bytes: what browsers and proxies have always taken, and room for two encoded titles.
pub(super) const URI_BYTES: usize = 2048;

/// The shelf that `uri` is on, if it is an address at all.
pub(super) fn shelf(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix(SCHEME)?;
    let shelf = rest.split(['/', '?', '#']).next()?;
    is_shelf(shelf).then_some(shelf)
}

/// Whether `uri` may be told to clients: on a shelf, of a bounded length, and in characters that need no encoding any more
/// (RFC 3986, section 2).
pub(super) fn is_address(uri: &str) -> bool {
    uri.len() <= URI_BYTES
        && shelf(uri).is_some()
        && uri
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

/// The names of a template's variables. `Err` says what is wrong with it: it must be RFC 6570, level 1, its literal part in
/// unreserved characters, and no two variables side by side, since then nobody could tell where one ends.
pub(super) fn variables(template: &str) -> Result<Vec<&str>, &'static str> {
    if template.len() > TEMPLATE_BYTES {
        return Err("is longer than 512 bytes");
    }
    if shelf(template).is_none() {
        return Err(
            "does not begin with `nc://` and a shelf: at most 40 of a-z, 0-9 and -, a letter first",
        );
    }
    let mut rest = &template[SCHEME.len()..];
    let mut names: Vec<&str> = Vec::new();
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or("has an opening brace without a closing one")?;
        if literal.is_empty() && !names.is_empty() {
            return Err("has two variables side by side");
        }
        if !is_literal(literal) {
            return Err(LITERAL);
        }
        if !is_variable(name) || names.contains(&name) {
            return Err(
                "has a variable that is not a name of its own: at most 40 of a-z, 0-9 and _, a letter first",
            );
        }
        names.push(name);
        rest = after;
    }
    if is_literal(rest) {
        Ok(names)
    } else {
        Err(LITERAL)
    }
}

const LITERAL: &str = "has a character outside of variables that is none of a-z, A-Z, 0-9, `-`, `.`, `_`, `~` and `/`";

fn is_shelf(text: &str) -> bool {
    (1..=SHELF_MAX).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_literal(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte))
}

fn is_variable(name: &str) -> bool {
    super::name::check_name("variable", name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shelf_is_all_that_stands_before_the_first_slash() {
        for (uri, expected) in [
            ("nc://capabilities", Some("capabilities")),
            ("nc://notes/118", Some("notes")),
            ("nc://notes?x", Some("notes")),
            ("nc://my-notes/a/b", Some("my-notes")),
            ("nc:///notes", None),
            ("nc://", None),
            ("nc://Notes/1", None),
            ("nc://notes@evil/1", None),
            ("nc://{shelf}/1", None),
            ("https://notes/1", None),
            ("notes/1", None),
        ] {
            assert_eq!(shelf(uri), expected, "{uri}");
        }
    }

    #[test]
    fn an_address_is_bounded_and_encoded() {
        assert!(is_address("nc://calendar/a%2Fb/x%40y~z"));
        for wrong in [
            "nc://notes/ü",
            "nc://notes/a b",
            "nc://notes/a\nb",
            "nc://notes/{id}",
            "nc://notes/<b>",
        ] {
            assert!(!is_address(wrong), "{wrong}");
        }
        assert!(!is_address(&format!(
            "nc://notes/{}",
            "x".repeat(URI_BYTES)
        )));
    }

    #[test]
    fn a_template_can_be_filled_in_and_read_back() {
        for (template, names) in [
            ("nc://capabilities", &[][..]),
            ("nc://notes/{id}", &["id"]),
            ("nc://calendar/{calendar}/{uid}", &["calendar", "uid"]),
            ("nc://files/{name}.{ending}", &["name", "ending"]),
        ] {
            assert_eq!(variables(template).as_deref(), Ok(names), "{template}");
        }
        for wrong in [
            "https://notes/{id}",
            "nc://{shelf}/a",
            "nc://notes/{+path}",
            "nc://notes/{?q}",
            "nc://notes/{a}{b}",
            "nc://notes/{a}/{a}",
            "nc://notes/{}",
            "nc://notes/{id",
            "nc://notes/id}",
            "nc://notes/a b",
            "nc://notes/%zz",
        ] {
            assert!(variables(wrong).is_err(), "{wrong}");
        }
        assert!(variables(&format!("nc://notes/{}", "x".repeat(TEMPLATE_BYTES))).is_err());
    }
}
