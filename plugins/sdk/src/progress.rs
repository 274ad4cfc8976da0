//! What the user sees while a long call runs. Costs nothing when nobody listens.

/// `done` of `total` steps; `message` is a short present-tense line such as `Reading 12 calendars`.
pub fn report(done: f64, total: Option<f64>, message: Option<&str>) {
    crate::host::progress::report(done, total, message);
}
