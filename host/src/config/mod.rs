//! Every setting, read once: declared in [`Settings`] as a documented field with its default, flag and environment name.
//!
//! A flag wins over [`Sources`]: the environment, then `.env`; there `NAME_FILE` names a file that holds the value.
//! Nothing outside this folder reads the environment. Never here: what a setting does; and no value of a secret in any
//! message.

mod choices;
#[cfg(test)]
mod configuration_page;
mod data;
mod dotenv;
mod limits;
mod load;
mod mode;
mod names;
mod oauth;
mod parse;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod web;

pub use choices::{PluginPrefix, PluginSetting};
pub use data::default_data_dir;
pub use dotenv::DotenvError;
pub use limits::LimitSettings;
pub use load::{ConfigError, Loaded, load};
pub use mode::{BasicSignIn, Mode, ModeError};
pub use oauth::{AuthorizationServer, OAuthSettings, StaySignedIn, TokenAudience};
pub use parse::Seconds;
pub use settings::{
    LogFormat, LogLevel, LogSettings, NextcloudSettings, PluginSettings, PluginWatch,
    ServerSettings, Settings, Transport,
};
pub use sources::{SourceError, Sources};
pub use web::{Authority, Origin};
