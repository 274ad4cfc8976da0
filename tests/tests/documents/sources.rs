//! Source files that pages send readers to.

use std::fs;
use std::path::Path;

use regex::Regex;

use super::on_every_page;
use super::page::root;

/// Where sources lie.
const FOLDERS: &[&str] = &["host", "plugins", "tests", "wit"];

/// A page may name the end of a path (`mcp/gate.rs`), as long as one file has it.
#[test]
fn every_source_file_that_a_page_names_is_there() {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root().join(folder), &mut files);
    }
    let source = Regex::new(r"^[\w/-]+\.(?:rs|wit)$").unwrap();
    on_every_page(|page, wrong| {
        for span in page.spans.iter().filter(|span| source.is_match(&span.it)) {
            let end = format!("/{}", span.it);
            if !files.iter().any(|file| file.ends_with(&end)) {
                wrong.push(format!("{}: there is no {}", page.at(span.line), span.it));
            }
        }
    });
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            // What packagers put beside sources is none.
            if !path.ends_with("target") && !path.ends_with("node_modules") {
                collect(&path, files);
            }
        } else {
            files.extend(path.to_str().map(str::to_owned));
        }
    }
}
