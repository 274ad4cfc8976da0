//! Links between pages, and from pages into the repository.

use std::path::{Component, Path, PathBuf};

use super::on_every_page;
use super::page::{Page, is_page, root};

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    on_every_page(|page, wrong| {
        for link in &page.links {
            if let Some(why) = broken(page, &link.it) {
                wrong.push(format!("{}: {why}", page.at(link.line)));
            }
        }
    });
}

/// What is wrong with a link, if anything. Addresses on the web are not looked at: tests reach nothing outside.
fn broken(page: &Page, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        page.name.clone()
    } else {
        let Some(target) = beside(&page.name, path) else {
            return Some(format!("{link} leads out of the repository"));
        };
        if !root().join(&target).exists() {
            return Some(format!("{link} leads to {target}, which is not there"));
        }
        target
    };
    if anchor.is_empty() || !is_page(&target) {
        return None;
    }
    let anchors = Page::read(&target).anchors;
    (!anchors.iter().any(|one| one == anchor)).then(|| {
        format!(
            "{link}: {target} has no heading #{anchor}. There: {}",
            anchors.join(", ")
        )
    })
}

/// A relative link of a page, from the repository's root.
fn beside(page: &str, link: &str) -> Option<String> {
    let mut path = PathBuf::from(page);
    path.pop();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    path.to_str().map(str::to_owned)
}

#[test]
fn a_broken_link_is_told_from_a_good_one() {
    let page = Page::read("README.md");
    for good in [
        "docs/oauth.md",
        "docs/oauth.md#scopes",
        "LICENSE-MIT",
        "https://example.com/x.md",
        "#licence",
    ] {
        assert_eq!(broken(&page, good), None, "{good}");
    }
    for bad in [
        "docs/nowhere.md",
        "docs/oauth.md#nowhere",
        "../elsewhere.md",
        "#nowhere",
    ] {
        assert!(broken(&page, bad).is_some(), "{bad}");
    }
}
