//! Answers requests from a recording: the first answer that was not given yet to the same method, path and body.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::recording::{self, Call, RecordingError};
use crate::nextcloud::{Answered, Asked, Tape};

pub(super) struct Player {
    folder: PathBuf,
    reel: Mutex<Reel>,
}

#[derive(Default)]
struct Reel {
    /// In their order; each is taken out when it is played.
    left: Vec<(Asked, Answered)>,
    /// What was asked for in vain, in sentences.
    missing: Vec<String>,
}

impl Player {
    /// The recording in `folder`.
    pub(super) fn open(folder: &Path) -> Result<(Call, Self), RecordingError> {
        let (call, left) = recording::read(folder)?;
        let reel = Mutex::new(Reel {
            left,
            missing: Vec::new(),
        });
        let folder = folder.to_owned();
        Ok((call, Self { folder, reel }))
    }

    /// Whether it went as it was recorded, in a sentence. `answers` are the one that came and the one that was recorded,
    /// if it was the recorded call.
    pub(super) fn verdict(
        &self,
        answers: Option<(&Value, &Value)>,
    ) -> Result<String, RecordingError> {
        let reel = self.reel.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(missing) = reel.missing.first() {
            return Err(RecordingError::Differs(missing.clone()));
        }
        let folder = self.folder.display();
        let left = reel.left.iter().map(|(asked, _)| name(asked));
        let left: Vec<_> = left.collect();
        let unused = if left.is_empty() {
            String::new()
        } else {
            format!(" Not asked for again: {}.", left.join(", "))
        };
        match answers {
            None => Ok(format!("Answered from the recording in {folder}.{unused}")),
            Some((now, then)) if now == then => Ok(format!(
                "The answer is the one recorded in {folder}.{unused}"
            )),
            Some(_) => Err(RecordingError::Differs(format!(
                "the answer is not the one recorded in {folder} (call.json, `answer`).{unused} Record the call again if this \
                 one is right"
            ))),
        }
    }
}

impl Tape for Player {
    fn answer(&self, asked: &Asked) -> Result<Option<Answered>, String> {
        let mut reel = self.reel.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(other, _): &(Asked, Answered)| {
            other.method == asked.method && other.path == asked.path && other.body == asked.body
        };
        if let Some(place) = reel.left.iter().position(same) {
            return Ok(Some(reel.left.remove(place).1));
        }
        let with_body = asked.body.as_ref().map_or(String::new(), |body| {
            format!(" with this body of {} bytes", body.len())
        });
        let missing = format!(
            "the recording in {} has no answer (left) to `{}`{with_body}; record the call again",
            self.folder.display(),
            name(asked)
        );
        reel.missing.push(missing.clone());
        Err(missing)
    }

    fn keep(&self, _: &Asked, _: &Answered) -> Result<(), String> {
        Ok(())
    }
}

fn name(asked: &Asked) -> String {
    format!("{} {}", asked.method, asked.path)
}
