//! Figures as people read them.

/// Two digits where it is short, none where it is long.
pub(super) fn time(millis: f64) -> String {
    match millis.abs() {
        below if below < 10.0 => format!("{millis:.2}"),
        below if below < 100.0 => format!("{millis:.1}"),
        _ => format!("{millis:.0}"),
    }
}

#[allow(clippy::cast_precision_loss, reason = "sizes below 2^52")]
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

#[allow(clippy::cast_precision_loss, reason = "sizes below 2^52")]
pub(super) fn kilobytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1e3)
}
