//! Standard output, seldom standard error: the one place through which a command prints.

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

    /// The process's standard error, for what a person has to do while a command runs, and for a command whose standard output
    /// may be MCP's.
    pub fn stderr() -> Self {
        Self {
            to: Box::new(io::stderr()),
        }
    }

    /// One line, or several.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// A question, to be answered on the same line.
    pub(super) fn question(&mut self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// A table under its headings.
    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        self.bytes(table.to_string().as_bytes())
    }

    /// A value for programs.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.line(&text)
    }

    /// Everything as it is. A reader that has seen enough (`| head`) is no failure.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.to.write_all(bytes).and_then(|()| self.to.flush()) {
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What a command printed.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Paper {
        pub(in crate::cli) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }
}
