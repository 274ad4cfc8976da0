//! Asking the person at the terminal before something is done.

use std::io::{self, BufRead, BufReader, IsTerminal as _};

use super::CommandError;
use super::output::Output;

/// Who answers.
pub(super) struct Person {
    /// Said yes already, on the command line.
    yes: bool,
    terminal: bool,
    input: Box<dyn BufRead + Send>,
}

impl Person {
    /// Whoever started this process.
    pub(super) fn of_process(yes: bool) -> Self {
        Self {
            yes,
            terminal: io::stdin().is_terminal(),
            input: Box::new(BufReader::new(io::stdin())),
        }
    }

    /// Whether they want it. Nobody there to ask is an error, never a yes.
    pub(super) fn agrees(
        &mut self,
        question: &str,
        out: &mut Output,
    ) -> Result<bool, CommandError> {
        if self.yes {
            return Ok(true);
        }
        if !self.terminal {
            return Err(CommandError::NobodyToAsk);
        }
        out.question(&format!("{question} [y/N] "))?;
        let mut answer = String::new();
        self.input.read_line(&mut answer)?;
        let answer = answer.trim().to_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes"))
    }
}

#[cfg(test)]
impl Person {
    /// Somebody at a terminal who types this.
    pub(super) fn typing(answer: &'static str) -> Self {
        Self {
            yes: false,
            terminal: true,
            input: Box::new(answer.as_bytes()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for (answer, agrees) in [
            ("y\n", true),
            ("YES\n", true),
            (" yes \n", true),
            ("\n", false),
            ("n\n", false),
            ("yeah\n", false),
            ("", false),
        ] {
            let mut out = Output::to(io::sink());
            let said = Person::typing(answer).agrees("Install it?", &mut out);
            assert_eq!(said.unwrap(), agrees, "{answer:?}");
        }
    }

    #[test]
    fn where_nobody_can_be_asked_nobody_agrees() {
        let mut person = Person {
            terminal: false,
            ..Person::typing("y\n")
        };
        let said = person.agrees("Install it?", &mut Output::to(io::sink()));
        assert!(matches!(said, Err(CommandError::NobodyToAsk)));
    }
}
