//! What the tour is written on: standard output, in a form worth reading, with colours only where a terminal shows them.

use std::io::{IsTerminal as _, Result, Stdout, Write as _, stdout};

use serde_json::Value;

/// Longest argument text shown; the rest of a note says nothing new.
const ARGUMENTS: usize = 120;

/// Longest answer line shown.
const ANSWER: usize = 160;

/// Standard output, and the number of the stop.
#[derive(Debug)]
pub struct Paper {
    out: Stdout,
    colours: bool,
    stop: usize,
}

impl Default for Paper {
    fn default() -> Self {
        Self {
            out: stdout(),
            colours: stdout().is_terminal(),
            stop: 0,
        }
    }
}

impl Paper {
    /// What the whole is.
    pub fn title(&mut self, text: &str) -> Result<()> {
        let styled = self.styled("1", text);
        self.line(&styled)
    }

    /// The next stop of the tour.
    pub fn stop(&mut self, text: &str) -> Result<()> {
        self.stop += 1;
        let heading = self.styled("1", &format!("{}. {text}", self.stop));
        self.line(&format!("\n{heading}"))
    }

    /// A sentence or more.
    pub fn text(&mut self, text: &str) -> Result<()> {
        self.line(text)
    }

    /// What the client sends.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Result<()> {
        let arguments = shortened(&arguments.to_string(), ARGUMENTS);
        let tool = self.styled("36", tool);
        self.line(&format!("   {tool} {arguments}"))
    }

    /// What comes back: the first line of it.
    pub fn answer(&mut self, text: &str) -> Result<()> {
        let first = shortened(text.lines().next().unwrap_or_default(), ANSWER);
        let arrow = self.styled("32", "→");
        self.line(&format!("   {arrow} {first}"))
    }

    /// What comes back where something was refused, as it should be.
    pub fn refusal(&mut self, text: &str) -> Result<()> {
        let first = shortened(text.lines().next().unwrap_or_default(), ANSWER);
        let cross = self.styled("33", "✋");
        self.line(&format!("   {cross} {first}"))
    }

    /// One of several lines of an answer.
    pub fn item(&mut self, text: &str) -> Result<()> {
        self.line(&format!("     {text}"))
    }

    fn styled(&self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn line(&mut self, text: &str) -> Result<()> {
        let mut out = self.out.lock();
        writeln!(out, "{text}")?;
        out.flush()
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}
