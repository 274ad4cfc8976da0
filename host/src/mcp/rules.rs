//! What the protocol is served by, besides the catalogue: the operator's switches, and what only other parts have.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::listen::Streams;

/// See the module's documentation. Cheap to clone.
#[derive(Clone)]
pub struct Rules {
    /// Keeps what clients carry from one request to the next.
    pub seal: Arc<dyn Seal>,
    /// Tools that delete run only after the person agreed.
    pub confirm_delete: bool,
    /// Ends what would go on without end.
    pub stop: CancellationToken,
    /// For those who listen for changes.
    pub streams: Streams,
}

impl Rules {
    /// No switch is set, and nothing ends before its time.
    pub fn new(seal: impl Seal + 'static) -> Self {
        Self {
            seal: Arc::new(seal),
            confirm_delete: false,
            stop: CancellationToken::new(),
            streams: Streams::default(),
        }
    }
}

/// Keeps what clients carry from one request to the next from being read, changed or made up. All replicas that can be
/// reached under one address must understand each other.
pub trait Seal: Send + Sync {
    /// `content`, unreadable and unchangeable. `None` if that cannot be done now.
    fn seal(&self, content: &str) -> Option<String>;
    /// What was sealed; `None` for everything else.
    fn open(&self, text: &str) -> Option<String>;
    /// A short text, for a model to repeat, that nobody else can make for `content`.
    fn mark(&self, content: &str) -> String;
    /// Whether `mark` is the one for `content`.
    fn is_mark(&self, content: &str, mark: &str) -> bool;
}
