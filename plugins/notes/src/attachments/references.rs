//! The files that a Markdown text names: the targets of its images and links that are relative paths.
//!
//! Not a Markdown parser: what looks like a link inside of code is taken for one too, and then names no file.

use std::collections::BTreeSet;

/// Files that are notes themselves (those the Notes app lists): a link to one is no attachment.
const NOTES: [&str; 5] = ["md", "txt", "org", "markdown", "note"];

/// Relative paths, decoded, each once, in the order of the text.
pub(super) fn relative_paths(markdown: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    markdown
        .match_indices("](")
        .filter_map(|(at, opening)| target(&markdown[at + opening.len()..]))
        .filter(|target| is_relative(target))
        .map(decoded)
        .filter(|path| !is_note(path))
        .filter(|path| seen.insert(path.clone()))
        .collect()
}

/// What stands between the parentheses, without a title: `<a b.png>`, `a(1).png "Title"`.
fn target(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('<') {
        return inside.split_once(['>', '\n']).map(|(target, _)| target);
    }
    let mut depth = 0_usize;
    for (at, letter) in rest.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(&rest[..at]),
            ')' => depth -= 1,
            _ if letter.is_whitespace() => return Some(&rest[..at]),
            _ => {}
        }
    }
    None
}

/// Neither an address (`https://`, `mailto:`), nor a place in the text, nor a path from the top of a server.
fn is_relative(target: &str) -> bool {
    let scheme = target
        .split(['/', '?', '#'])
        .next()
        .is_some_and(|first| first.contains(':'));
    !target.is_empty() && !target.starts_with(['#', '/', '?']) && !scheme
}

fn is_note(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, suffix)| NOTES.contains(&suffix.to_lowercase().as_str()))
}

/// Without a query, percent-decoded; what is not encoded properly stays as it is.
fn decoded(target: &str) -> String {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    decode(path).unwrap_or_else(|| path.to_owned())
}

/// Percent-decodes; nothing for what is not encoded properly or no UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        decoded.push(if byte == b'%' {
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::relative_paths;

    #[test]
    fn images_and_links_to_files_are_found_and_nothing_else() {
        let markdown = "![a](.attachments.118/a%20b.png) text [r](docs/report(1).pdf \"Title\") ![](<x y.gif>)\n\
            ![a](.attachments.118/a%20b.png?size=2) ![](100%.jpg) [up](../img/c.webp)";
        assert_eq!(
            relative_paths(markdown),
            [
                ".attachments.118/a b.png",
                "docs/report(1).pdf",
                "x y.gif",
                "100%.jpg",
                "../img/c.webp"
            ]
        );
        let none = "[w](https://x.example/a.png) [m](mailto:a@b) ![](data:image/png;base64,AA==) [s](#top) [r](/f/12) \
            [n](Other.md) [] (x.png) [e]()";
        assert_eq!(relative_paths(none), Vec::<String>::new());
    }
}
