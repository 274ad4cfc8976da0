//! Carries an operation out that was confirmed: a few events at a time, side by side, each only if it is what was shown.

use std::time::{Duration, Instant};

use nextcloud_mcp_plugin::progress;

use super::answer::Outcome;
use super::order::{Operation, Order, Places};
use super::prepare::{Step, prepare};
use crate::dav::{Home, Object, Write, Written, read_all, same_etag, write_all};

/// Events that are under way together: enough for the host's eight requests at a time never to wait, few enough to tell
/// how far it is.
const TOGETHER: usize = 16;
/// A call may take 30 s (`host/src/plugin/limits.rs`). One that is stopped there could not say what it did, so what has
/// not begun by now is left, and named.
const TIME: Duration = Duration::from_secs(20);

const CHANGED: &str = "it changed meanwhile, so nothing was written";
const NO_TIME: &str =
    "not begun: the call would have taken too long. Call again without confirm to see what is left";
const ALL_FAILED: &str = "not begun, because everything before failed";

/// Does what is planned, and says of each part how it ended. `began`: the call.
pub(super) fn carry_out(
    home: &Home,
    order: &Order<'_>,
    places: &Places<'_>,
    steps: &mut [Step],
    began: Instant,
) {
    let total = count(steps.len());
    let mut stopped = None;
    for (round, together) in steps.chunks_mut(TOGETHER).enumerate() {
        progress::report(
            count(round * TOGETHER),
            Some(total),
            Some(word(order.operation)),
        );
        if stopped.is_none() && began.elapsed() > TIME {
            stopped = Some(NO_TIME);
        }
        if let Some(reason) = stopped {
            for step in together {
                step.settle(Outcome::Failed, Some(reason));
            }
            continue;
        }
        read(home, together);
        write(home, order, places, together);
        if together.iter().all(|step| step.has(Outcome::Failed)) {
            stopped = Some(ALL_FAILED);
        }
    }
    progress::report(total, Some(total), None);
}

/// Reads what is about to be changed, to the byte.
fn read(home: &Home, steps: &mut [Step]) {
    let mut reading: Vec<&mut Step> = steps.iter_mut().filter(|step| step.reads).collect();
    let objects: Vec<&Object> = reading.iter().map(|step| &step.object).collect();
    let stored = read_all(home, &objects);
    for (step, stored) in reading.iter_mut().zip(stored) {
        match stored {
            Ok(stored) if same_etag(&stored.etag, &step.object.etag) => step.object = stored,
            Ok(_) => step.settle(Outcome::Failed, Some(CHANGED)),
            Err(failure) => step.settle(Outcome::Failed, Some(&failure.message)),
        }
    }
}

fn write(home: &Home, order: &Order<'_>, places: &Places<'_>, steps: &mut [Step]) {
    let mut writing: Vec<(&mut Step, Write<'_>)> = Vec::new();
    for step in steps.iter_mut().filter(|step| step.has(Outcome::Planned)) {
        match prepare(home, order, places, step) {
            Some(write) => writing.push((step, write)),
            None => step.settle(Outcome::Unchanged, None),
        }
    }
    let writes: Vec<(&Object, Write<'_>)> = writing
        .iter()
        .map(|(step, write)| (&step.object, write.clone()))
        .collect();
    let answers = write_all(home, &writes);
    for ((step, _), answer) in writing.iter_mut().zip(answers) {
        match answer {
            Ok(Written::Done) => step.settle(Outcome::Done, None),
            Ok(Written::NotAsBefore) => step.settle(Outcome::Failed, Some(CHANGED)),
            Err(failure) => step.settle(Outcome::Failed, Some(&failure.message)),
        }
    }
}

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Update => "Changing events",
        Operation::Delete => "Deleting events",
        Operation::Move => "Moving events",
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred")]
fn count(events: usize) -> f64 {
    events as f64
}
