//! What is deployed: the installed program with its plugins inside, the container image, the files in `deploy/`, and the
//! proxies in front.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod bundle;
mod commands;
mod files;
mod image;
mod installed;
mod proxies;
mod running;
mod unpacked;

use std::path::PathBuf;

/// A file in `deploy/`.
fn deploy(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
