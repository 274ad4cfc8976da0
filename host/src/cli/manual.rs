//! Completions for shells and pages for `man`, made from the same definitions that parse the command line.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::output::Output;
use super::{Cli, CommandError};

/// Writes what `shell` needs to complete our command line.
pub(super) fn completions(shell: Shell, out: &mut Output) -> Result<(), CommandError> {
    let mut command = offered(&Cli::command());
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    Ok(out.bytes(&script)?)
}

/// Writes the page of the whole program to `out`, or the pages of the program and of each of its commands into `folder`.
pub(super) fn man(folder: Option<&Path>, out: &mut Output) -> Result<(), CommandError> {
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
        return Ok(clap_mangen::generate_to(Cli::command(), folder)?);
    }
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    Ok(out.bytes(&page)?)
}

/// `command` without its hidden arguments. Those are secrets, which no command line takes; completions would offer them.
fn offered(command: &Command) -> Command {
    let arguments = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let mut offered = Command::new(command.get_name().to_owned())
        .args(arguments.cloned())
        .subcommands(command.get_subcommands().map(offered));
    if let Some(about) = command.get_about() {
        offered = offered.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        offered = offered.version(version.to_owned());
    }
    offered
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use clap::ValueEnum as _;

    use super::*;
    use crate::cli::output::tests::Paper;

    fn script(shell: Shell) -> String {
        let paper = Paper::default();
        completions(shell, &mut Output::to(paper.clone())).unwrap();
        paper.text()
    }

    #[test]
    fn every_shell_completes_commands_and_options_and_offers_no_secret() {
        assert!(
            script(Shell::Bash).contains("streamable-http stdio"),
            "values, too"
        );
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for offered in ["inspect", "healthcheck", "plugin-dir"] {
                assert!(script.contains(offered), "{shell} does not offer {offered}");
            }
            for secret in ["nextcloud-password", "static-token", "secret-key"] {
                assert!(!script.contains(secret), "{shell} offers {secret}");
            }
        }
    }

    #[test]
    fn the_page_tells_every_option_with_its_variable_and_no_secret_option() {
        let paper = Paper::default();
        man(None, &mut Output::to(paper.clone())).unwrap();
        let page = paper.text();
        assert!(page.contains(".TH nextcloud-mcp-server 1"), "{page}");
        let command = Cli::command();
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let Some(long) = arg.get_long() else { continue };
            // In roff a hyphen is written so that it stays one.
            assert!(page.contains(&long.replace('-', "\\-")), "{long}");
            if let Some(variable) = arg.get_env() {
                assert!(page.contains(variable.to_str().unwrap()), "{long}");
            }
        }
        assert!(!page.contains("\\-\\-static\\-token"), "{page}");
    }

    #[test]
    fn each_command_has_a_page_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("man1");
        man(Some(&into), &mut Output::to(Paper::default())).unwrap();
        for name in ["", "-plugins", "-plugins-inspect", "-completions"] {
            let page = into.join(format!("nextcloud-mcp-server{name}.1"));
            assert!(page.is_file(), "{}", page.display());
        }
    }
}
