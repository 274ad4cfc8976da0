//! The host, played by a test: tools run natively against answers that the test scripts.
//!
//! ```
//! use nextcloud_mcp_plugin::nextcloud::Request;
//! use nextcloud_mcp_plugin::testing::{Answer, Nextcloud};
//! use serde_json::json;
//!
//! let nextcloud = Nextcloud::start();
//! nextcloud.on("GET", "/index.php/apps/notes/api/v1/notes/118", Answer::json(200, &json!({"id": 118})));
//! let answer = Request::get("/index.php/apps/notes/api/v1/notes").segment(118).send().unwrap();
//! assert_eq!(answer.status(), 200);
//! assert_eq!(nextcloud.sent().len(), 1);
//! ```
//!
//! Strict on purpose: a request that no answer waits for panics, and so does an answer that nothing asked for.

mod calling;
mod problem;
mod recording;
mod stage;

pub(crate) use stage::host;

pub use calling::{call, complete_prompt, complete_resource, enumerate, read, render};
pub use problem::{problems, prompt_problems, resource_problems};
pub use recording::{Recording, recording, recordings};
pub use stage::{Answer, Nextcloud, Sent};
