//! That a reader finds every page from the README, and the version that they have in the changelog.

use super::assert_none;
use super::page::Page;

#[test]
fn the_readme_leads_to_every_page() {
    let readme = Page::read("README.md");
    let mut wrong = Vec::new();
    for page in Page::all().iter().filter(|page| page.name != readme.name) {
        let linked = readme
            .links
            .iter()
            .any(|link| link.it.split('#').next() == Some(&page.name));
        if !linked {
            wrong.push(format!("README.md does not lead to {}", page.name));
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_changelog_begins_with_the_version_that_is_built() {
    let page = Page::read("docs/changelog.md");
    let mut versions = page.headings.iter().filter(|heading| heading.it.0 == 2);
    let newest = &versions.next().expect("a version").it.1;
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        newest.starts_with(&format!("{version} - ")),
        "docs/changelog.md begins with `{newest}`, and the version is {version}"
    );
}
