//! What is wrong with a policy, and where.

use std::path::PathBuf;

use thiserror::Error;

/// A policy that cannot be followed to the letter is not followed at all: nothing is loaded under it.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// No file, or not readable.
    #[error("the policy {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Larger than any policy needs to be.
    #[error("the policy {} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is allowed.
        limit: u64,
    },
    /// Not TOML, or not these keys.
    #[error("the policy {}, line {line}: {problem}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A rule that cannot hold.
    #[error("the policy {}, line {line}, rule `{rule}`: {problem}", path.display())]
    Rule {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Its name.
        rule: String,
        /// What is wrong with it.
        problem: String,
    },
}
