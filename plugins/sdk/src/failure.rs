//! Why a call failed, in words that a model can act on: what is wrong, what is there, what to do next.

use serde::Serialize;

use crate::{Failure, FailureKind};

impl Failure {
    /// A failure of this kind; `message` is a whole sentence.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            structured: None,
            retry_after_s: None,
        }
    }

    /// The arguments do not fit; say what to change.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, message)
    }

    /// What was named is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotFound, message)
    }

    /// The item changed meanwhile; add what is there now with [`Failure::with`].
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Conflict, message)
    }

    /// The user may not do this. The host adds that the same call will be refused again; the message does not.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Denied, message)
    }

    /// The app or feature is not on this Nextcloud.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, message)
    }

    /// A quota, rate or size limit is reached. The message says what to do about it; where that is only to wait, say
    /// how long with [`Failure::retry_after`].
    pub fn limited(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Limited, message)
    }

    /// Nextcloud is not there now. The host adds that waiting helps; the message does not.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unavailable, message)
    }

    /// Nothing was done yet; `handle` goes into the second call, which goes through with it.
    pub fn needs_confirmation(message: impl Into<String>, handle: &impl Serialize) -> Self {
        Self::new(FailureKind::NeedsConfirmation, message).with(handle)
    }

    /// A mistake in the plugin: the operator's log gets the message, the model does not.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Internal, message)
    }

    /// None of the others.
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Other, message)
    }

    /// Adds data: what is there now, a confirmation handle.
    #[must_use]
    pub fn with(mut self, data: &impl Serialize) -> Self {
        // A type that cannot be written as JSON loses the data, not the failure.
        self.structured = serde_json::to_string(data).ok();
        self
    }

    /// Says after how many seconds trying again makes sense; the host puts it into words.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}
