//! Standard output: the one place through which a command prints.

use std::io::{self, Write};

use serde::Serialize;

use super::table::Table;

/// Where a command's answer goes.
pub struct Output {
    to: Box<dyn Write + Send>,
}

impl Output {
    /// The process's standard output.
    pub fn stdout() -> Self {
        Self {
            to: Box::new(io::stdout()),
        }
    }

    /// The process's standard error, for what a person has to do while a command runs.
    pub(super) fn stderr() -> Self {
        Self {
            to: Box::new(io::stderr()),
        }
    }

    /// One line, or several.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.write(&format!("{text}\n"))
    }

    /// A table under its headings.
    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        self.write(&table.to_string())
    }

    /// A value for programs.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.line(&text)
    }

    /// A reader that has seen enough (`| head`) is no failure.
    fn write(&mut self, text: &str) -> io::Result<()> {
        match self
            .to
            .write_all(text.as_bytes())
            .and_then(|()| self.to.flush())
        {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }
}

#[cfg(test)]
impl Output {
    /// Somewhere that a test can look into.
    pub(super) fn to(to: impl Write + Send + 'static) -> Self {
        Self { to: Box::new(to) }
    }
}
