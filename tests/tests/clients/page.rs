//! `docs/clients.md`: the blocks that it says are tried.

/// The page.
const PAGE: &str = include_str!("../../../docs/clients.md");

/// What stands in front of each.
const MARK: &str = "<!-- tried: ";

/// Their names.
pub(crate) fn tried() -> impl Iterator<Item = &'static str> {
    PAGE.split(MARK)
        .skip(1)
        .map(|rest| rest.split(" -->").next().unwrap())
}

/// One block, as it stands there.
pub(crate) fn block(name: &str) -> &'static str {
    let rest = PAGE.split(&format!("{MARK}{name} -->\n```")).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("docs/clients.md has no block `{name}`"));
    let (_language, rest) = rest.split_once('\n').unwrap();
    rest.split("```").next().unwrap()
}
