//! Keeps each exchange of a call as a file.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::recording::{self, Call, RecordingError};
use crate::nextcloud::{Answered, Asked, Tape};

pub(super) struct Recorder {
    folder: PathBuf,
    count: AtomicUsize,
}

impl Recorder {
    /// Into `folder`, which is not touched yet.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            count: AtomicUsize::new(0),
        }
    }

    /// Makes place; an earlier recording is removed.
    pub(super) fn begin(&self) -> Result<(), RecordingError> {
        recording::clear(&self.folder)
    }

    /// How many exchanges there were.
    pub(super) fn finish(&self, call: &Call) -> Result<usize, RecordingError> {
        recording::write_call(&self.folder, call)?;
        Ok(self.count.load(Ordering::Relaxed))
    }
}

impl Tape for Recorder {
    fn answer(&self, _: &Asked) -> Result<Option<Answered>, String> {
        Ok(None)
    }

    fn keep(&self, asked: &Asked, answered: &Answered) -> Result<(), String> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        recording::write_exchange(&self.folder, number, asked, answered)
            .map_err(|error| error.to_string())
    }
}
