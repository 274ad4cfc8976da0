//! Why a request of a plugin was refused before anything of it was sent: in words for the plugin, by rule for the
//! operator's log.
//!
//! What goes into a log is a method and a rule, both from closed lists or the operator's own files: a path that a plugin
//! named may hold what a note is called, so it is in the words for the plugin only.

use std::fmt;

/// What refused; each stands for itself, whatever the others say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A plugin describes itself: there is nobody on whose behalf it could ask.
    NoUser,
    /// What no manifest can open, see `closed`.
    Closed,
    /// The plugin's allow lines.
    Manifest,
    /// The running tool's access.
    Access,
    /// The operator's policy.
    Policy,
    /// The list of headers that pass.
    Headers,
    /// Plain http beyond this machine; never a plugin's doing.
    PlainHttp,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoUser => "no user",
            Self::Closed => "closed to all",
            Self::Manifest => "manifest",
            Self::Access => "access",
            Self::Policy => "policy",
            Self::Headers => "headers",
            Self::PlainHttp => "plain http",
        })
    }
}

/// See the module's documentation. Its [`Display`](fmt::Display) is for the plugin's author and the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What refused.
    pub layer: Layer,
    /// Of the request; empty where it does not matter.
    pub method: &'static str,
    /// Which rule: a policy's by its name, an allow line by its path pattern, a closed path by its reason. Nothing of the
    /// plugin's own words.
    pub rule: String,
    text: String,
}

impl Refusal {
    pub(crate) fn new(
        layer: Layer,
        method: &'static str,
        rule: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            layer,
            method,
            rule: rule.into(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
