//! Which way of signing in to Nextcloud the settings ask for.

use secrecy::SecretString;
use thiserror::Error;

use super::settings::NextcloudSettings;

/// How calls become requests of a Nextcloud user.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Each client signs in as a user of its own.
    OAuth {
        /// `--oauth` was given; what it overrides has no effect.
        forced: bool,
    },
    /// One user for everybody who reaches this server.
    Basic(BasicSignIn),
}

/// The user of Basic mode.
#[derive(Debug, Clone)]
pub struct BasicSignIn {
    /// Login name.
    pub username: String,
    /// App password, or the login password.
    pub password: SecretString,
}

/// Settings that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModeError {
    /// Half of a sign-in.
    #[error(
        "{missing} is not set, but {set} is. Set both for Basic mode, or neither for OAuth mode"
    )]
    Half {
        /// The one that is there.
        set: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// `--no-oauth` without a sign-in.
    #[error(
        "Basic mode is forced (--no-oauth), but needs NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD; neither is set"
    )]
    NoSignIn,
}

impl NextcloudSettings {
    /// OAuth unless a user name and a password are set; `--oauth` and `--no-oauth` decide instead.
    pub fn mode(&self) -> Result<Mode, ModeError> {
        const USERNAME: &str = "NEXTCLOUD_USERNAME";
        const PASSWORD: &str = "NEXTCLOUD_PASSWORD";
        let forced = if self.no_oauth {
            Some(false)
        } else {
            self.oauth
        };
        if forced == Some(true) {
            return Ok(Mode::OAuth { forced: true });
        }
        match (&self.nextcloud_username, &self.nextcloud_password) {
            (Some(username), Some(password)) => Ok(Mode::Basic(BasicSignIn {
                username: username.clone(),
                password: password.clone(),
            })),
            (Some(_), None) => Err(ModeError::Half {
                set: USERNAME,
                missing: PASSWORD,
            }),
            (None, Some(_)) => Err(ModeError::Half {
                set: PASSWORD,
                missing: USERNAME,
            }),
            (None, None) if forced == Some(false) => Err(ModeError::NoSignIn),
            (None, None) => Ok(Mode::OAuth { forced: false }),
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::Cli;
    use crate::config::{Sources, load};

    const USERNAME: (&str, &str) = ("NEXTCLOUD_USERNAME", "alice");
    const PASSWORD: (&str, &str) = ("NEXTCLOUD_PASSWORD", "tiger");

    /// `basic`, `oauth`, `forced oauth` or the refusal.
    fn mode(arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let sources = Sources::new(environment, folder.path().to_owned()).unwrap();
        let loaded =
            load::<Cli>(["x"].iter().chain(arguments).map(OsString::from), &sources).unwrap();
        match loaded.parsed.settings.nextcloud.mode() {
            Ok(Mode::Basic(_)) => "basic".to_owned(),
            Ok(Mode::OAuth { forced: true }) => "forced oauth".to_owned(),
            Ok(Mode::OAuth { forced: false }) => "oauth".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn both_mean_basic_neither_means_oauth() {
        assert_eq!(mode(&[], &[USERNAME, PASSWORD]), "basic");
        assert_eq!(mode(&[], &[]), "oauth");
        assert_eq!(
            mode(
                &[],
                &[("NEXTCLOUD_USERNAME", ""), ("NEXTCLOUD_PASSWORD", "")]
            ),
            "oauth"
        );
    }

    #[test]
    fn one_alone_is_an_error_that_names_the_other() {
        assert!(mode(&[], &[USERNAME]).starts_with("NEXTCLOUD_PASSWORD is not set"));
        assert!(mode(&[], &[PASSWORD]).starts_with("NEXTCLOUD_USERNAME is not set"));
        assert!(mode(&["--no-oauth"], &[USERNAME]).starts_with("NEXTCLOUD_PASSWORD is not set"));
    }

    #[test]
    fn a_flag_or_a_variable_forces_one() {
        assert_eq!(mode(&["--oauth"], &[USERNAME, PASSWORD]), "forced oauth");
        assert_eq!(mode(&["--oauth"], &[USERNAME]), "forced oauth");
        assert_eq!(
            mode(&[], &[("NEXTCLOUD_MCP_OAUTH", "true"), USERNAME, PASSWORD]),
            "forced oauth"
        );
        assert_eq!(mode(&["--no-oauth"], &[USERNAME, PASSWORD]), "basic");
        assert!(mode(&["--no-oauth"], &[]).contains("neither is set"));
        assert!(mode(&[], &[("NEXTCLOUD_MCP_OAUTH", "false")]).contains("neither is set"));
        assert_eq!(
            mode(
                &["--no-oauth"],
                &[("NEXTCLOUD_MCP_OAUTH", "true"), USERNAME, PASSWORD]
            ),
            "basic",
            "a flag wins"
        );
        assert_eq!(
            mode(&["--oauth"], &[("NEXTCLOUD_MCP_OAUTH", "false")]),
            "forced oauth",
            "a flag wins"
        );
    }
}
