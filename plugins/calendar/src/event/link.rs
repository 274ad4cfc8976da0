//! The address that opens an event in the Calendar app: the one that Nextcloud's own search links to, with the
//! event's DAV path in base64.

use crate::dav::{Home, Object};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn link(home: &Home, object: &Object) -> String {
    let root = &home.server.web_root;
    let path = format!(
        "{root}/remote.php/dav/calendars/{}/{}/{}",
        home.account.id, object.calendar, object.name
    );
    format!(
        "{}/index.php/apps/calendar/edit/{}",
        home.server.url,
        base64(path.as_bytes())
    )
}

/// The address of any day in the Calendar app (its `router.js`: a view, then its first day); `{date}` stands for it.
pub(crate) fn day_link(home: &Home) -> String {
    format!(
        "{}/index.php/apps/calendar/timeGridDay/{{date}}",
        home.server.url
    )
}

/// RFC 4648, 4; what a URL would misread is percent-encoded.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for index in 0..4 {
            match ALPHABET[bits >> (18 - 6 * index) & 63] {
                _ if index > chunk.len() => out.push('='),
                b'+' => out.push_str("%2B"),
                b'/' => out.push_str("%2F"),
                letter => out.push(char::from(letter)),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_what_rfc_4648_says() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("ab?", "YWI%2F"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
