//! Entity tags: 32 hexadecimal digits over the content, so that equal content has an equal tag as in Nextcloud.

use sha2::{Digest, Sha256};

/// The tag of some content, without quotes.
pub(super) fn of(content: impl AsRef<[u8]>) -> String {
    Sha256::digest(content.as_ref())
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether an `If-Match` or `If-None-Match` value names this tag. Nextcloud compares whole strings: quotes are
/// compulsory, `W/` never matches (notes/032-034, caldav/033).
pub(super) fn named_by(header: &str, etag: &str) -> bool {
    header
        .split(',')
        .any(|one| one.trim() == format!("\"{etag}\""))
}
