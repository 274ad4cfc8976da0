//! SHA-256 in hexadecimal: for handles, and for names made from what no name can hold.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The first so many bytes (of 32) of the text's digest.
pub(super) fn hex(text: &str, bytes: usize) -> String {
    let mut hex = String::with_capacity(2 * bytes);
    for byte in Sha256::digest(text.as_bytes()).iter().take(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256() {
        // FIPS 180-2, B.1.
        assert_eq!(hex("abc", 4), "ba7816bf");
        assert_eq!(hex("abc", 32).len(), 64);
    }
}
