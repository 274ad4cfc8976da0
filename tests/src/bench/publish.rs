//! Puts a report into `docs/`: the figures as they are, the pictures, and the tables between the marks of
//! `performance.md`. What stands around them is written by people and left alone; it names no figure.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::plots::plots;
use super::report::Report;
use super::tables::sections;

/// The page, below the folder of documents.
pub const DOCUMENT: &str = "performance.md";

/// The figures that it was made from, below the same folder.
pub const FIGURES: &str = "performance/figures.json";

/// Writes figures, pictures and page below `docs`. The page must be there.
pub fn publish(report: &Report, docs: &Path) -> Result<()> {
    let pictures = docs.join("performance");
    fs::create_dir_all(&pictures)?;
    let mut figures = serde_json::to_string_pretty(report)?;
    figures.push('\n');
    fs::write(docs.join(FIGURES), figures)?;
    for (name, plot) in plots(report) {
        fs::write(pictures.join(format!("{name}.svg")), plot.svg())?;
    }
    let page = docs.join(DOCUMENT);
    let text = fs::read_to_string(&page).with_context(|| page.display().to_string())?;
    Ok(fs::write(&page, document(&text, report)?)?)
}

/// The page with the report's tables at their marks, `<!-- figures: NAME -->` to `<!-- end -->`.
pub fn document(page: &str, report: &Report) -> Result<String> {
    let mut page = page.to_owned();
    for section in sections(report) {
        let (begin, end) = (
            format!("<!-- figures: {} -->\n", section.mark),
            "<!-- end -->",
        );
        let missing = || format!("{DOCUMENT} has no `{}` with an end", begin.trim());
        let from = page.find(&begin).with_context(missing)? + begin.len();
        let until = from + page[from..].find(end).with_context(missing)?;
        let shown = format!("*{}*\n\n{}", section.caption, section.table.markdown());
        page.replace_range(from..until, &shown);
    }
    Ok(page)
}
