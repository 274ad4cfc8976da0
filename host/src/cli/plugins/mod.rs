//! `plugins list` and `plugins inspect`: what an operator wants to know before serving a plugin.
//!
//! Everything that a plugin says about itself is shown in full, and as data: what a terminal would obey, or only a model
//! would see, is made visible.

mod inspect;
mod list;

use std::sync::Arc;

use super::CommandError;
use crate::config::Settings;
use crate::plugin::{Plugins, visible};

pub(super) use inspect::inspect;
pub(super) use list::list;

fn sandbox(settings: &Settings) -> Result<Arc<Plugins>, CommandError> {
    Ok(Plugins::new(
        settings.limits.sandbox(settings.plugins.data_dir.clone()),
    )?)
}

/// A plugin's own words, without anything that a terminal would obey or that only a model would see.
fn shown(text: &str) -> String {
    visible(text, usize::MAX)
}
