//! Where the list of resources goes on: in each plugin that has more, at that plugin's own cursor. It carries all of that
//! itself, so that any replica can go on with it, and none has to remember.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The plugins that have more, by name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Cursor(BTreeMap<String, String>);

impl Cursor {
    /// What a client gave back; nothing if it is none of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let next: BTreeMap<String, String> = serde_json::from_slice(&json).ok()?;
        (!next.is_empty()).then_some(Self(next))
    }

    /// Where `plugin` goes on; nothing if it had been listed to its end.
    pub(super) fn of(&self, plugin: &str) -> Option<&str> {
        self.0.get(plugin).map(String::as_str)
    }

    pub(super) fn set(&mut self, plugin: &str, next: String) {
        self.0.insert(plugin.to_owned(), next);
    }

    /// As clients get it; nothing if no plugin has more.
    pub(super) fn into_text(self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        // Texts can always be written as JSON.
        let json = serde_json::to_vec(&self.0).ok()?;
        Some(URL_SAFE_NO_PAD.encode(json))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_on_where_each_plugin_stopped() {
        assert_eq!(Cursor::default().into_text(), None);
        let mut cursor = Cursor::default();
        cursor.set("notes", "note:\u{1f}ü\"".to_owned());
        cursor.set("calendar", String::new());
        let back = Cursor::parse(&cursor.into_text().unwrap()).unwrap();
        assert_eq!(back.of("notes"), Some("note:\u{1f}ü\""));
        assert_eq!(back.of("calendar"), Some(""));
        assert_eq!(back.of("capabilities"), None);
    }

    #[test]
    fn what_is_none_of_ours_is_refused() {
        let encoded = |json: &str| URL_SAFE_NO_PAD.encode(json);
        for wrong in [
            "",
            "x",
            "{}",
            &encoded("{}"),
            &encoded("[1]"),
            &encoded(r#"{"a":1}"#),
        ] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}
