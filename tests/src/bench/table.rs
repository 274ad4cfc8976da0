//! A table, for a terminal and for a Markdown page.

use std::fmt::Write as _;

/// Rows of cells below a head. The first column is text, the others are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Without a row yet.
    pub(super) fn new(head: &[&str]) -> Self {
        Self {
            head: head.iter().map(|cell| (*cell).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, as wide as the head.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        assert_eq!(cells.len(), self.head.len(), "{cells:?}");
        self.rows.push(cells);
    }

    /// The cells of all rows.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Columns below one another.
    pub fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                let cells = self.rows.iter().chain([&self.head]);
                cells
                    .map(|row| row[column].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for row in [&self.head].into_iter().chain(&self.rows) {
            let mut line = String::from("  ");
            for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let _ = match place {
                    0 => write!(line, "{cell:<width$}"),
                    _ => write!(line, "  {cell:>width$}"),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// As GitHub reads it.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|---|{}\n", "---:|".repeat(self.head.len() - 1));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{rule}{rows}", line(&self.head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cells_for_a_terminal_and_for_a_page() {
        let mut table = Table::new(&["what", "ms"]);
        table.row(["a call".to_owned(), "0.9".to_owned()]);
        table.row(["start".to_owned(), "48.0".to_owned()]);
        assert_eq!(
            table.text(),
            "  what      ms\n  a call   0.9\n  start   48.0\n"
        );
        let markdown = "| what | ms |\n|---|---:|\n| a call | 0.9 |\n| start | 48.0 |\n";
        assert_eq!(table.markdown(), markdown);
    }
}
