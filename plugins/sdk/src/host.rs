//! Where the host's functions come from: the component's imports, or on a native target the test's stand-in.
//! Both have the same signatures, so nothing above this module knows which it is.

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::bindings::nextcloud_mcp::plugin::{ask, log, nextcloud, progress, settings};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::host::{ask, log, nextcloud, progress, settings};
