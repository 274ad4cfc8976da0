//! What Notes makes of titles and categories before they become file and folder names (notes/005-009, 038).

/// Characters that no file name may hold.
const FORBIDDEN: &[char] = &['*', '|', '/', '\\', ':', '"', '<', '>', '?'];
/// Characters of a title that are kept.
const LONGEST: usize = 100;
/// Title of a note that was given none.
const DEFAULT: &str = "New note";

/// A title that can be a file name.
pub(super) fn safe(title: &str) -> String {
    let clean = clean(title);
    let cut: String = clean.chars().take(LONGEST).collect();
    let cut = cut.trim();
    if cut.is_empty() {
        DEFAULT.to_owned()
    } else {
        cut.to_owned()
    }
}

/// A category that can be a path of folders: `../` and empty names are dropped.
pub(super) fn safe_category(category: &str) -> String {
    let names = category
        .split('/')
        .map(clean)
        .filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join("/")
}

/// The next name to try: `Title (2)`, `Title (3)`...
pub(super) fn numbered(title: &str) -> String {
    let number = title
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("));
    match number.and_then(|(name, digits)| Some((name, digits.parse::<u32>().ok()?))) {
        Some((name, number)) => format!("{name} ({})", number + 1),
        None => format!("{title} (2)"),
    }
}

/// Title of a note of the old API: the first line of its content.
pub(super) fn of_content(content: &str) -> String {
    let first = content
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    safe(first.trim_start_matches(['#', '*', '-', ' ']))
}

fn clean(name: &str) -> String {
    let kept: String = name
        .chars()
        .filter(|letter| !FORBIDDEN.contains(letter))
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .collect();
    kept.trim_start_matches(['.', ' ']).trim_end().to_owned()
}
