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
    #[error("{missing} is not set, but {set} is. Set both for Basic mode, or neither for OAuth mode")]
    Half {
        /// The one that is there.
        set: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// `--no-oauth` without a sign-in.
    #[error("--no-oauth asks for Basic mode, which needs NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD; neither is set")]
    NoSignIn,
}

impl NextcloudSettings {
    /// OAuth unless a user name and a password are set; `--oauth` and `--no-oauth` decide instead.
    pub fn mode(&self) -> Result<Mode, ModeError> {
        const USERNAME: &str = "NEXTCLOUD_USERNAME";
        const PASSWORD: &str = "NEXTCLOUD_PASSWORD";
        let forced = if self.no_oauth { Some(false) } else { self.oauth };
        if forced == Some(true) {
            return Ok(Mode::OAuth { forced: true });
        }
        match (&self.nextcloud_username, &self.nextcloud_password) {
            (Some(username), Some(password)) => Ok(Mode::Basic(BasicSignIn { username: username.clone(), password: password.clone() })),
            (Some(_), None) => Err(ModeError::Half { set: USERNAME, missing: PASSWORD }),
            (None, Some(_)) => Err(ModeError::Half { set: PASSWORD, missing: USERNAME }),
            (None, None) if forced == Some(false) => Err(ModeError::NoSignIn),
            (None, None) => Ok(Mode::OAuth { forced: false }),
        }
    }
}
