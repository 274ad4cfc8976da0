//! Media types: of a file by its name, as Nextcloud tells them too, and what a model can take of them.

/// Suffixes of what people keep with notes.
const TYPES: [(&str, &str); 27] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("svg", "image/svg+xml"),
    ("heic", "image/heic"),
    ("bmp", "image/bmp"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("m4a", "audio/mp4"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
];

/// What a file of any other name is.
const UNKNOWN: &str = "application/octet-stream";

/// What becomes of a file in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An image that models take.
    Image,
    /// A sound.
    Audio,
    /// Text, if it is UTF-8.
    Text,
    /// The file itself.
    Other,
}

/// The type of a file by its name.
pub(super) fn by_name(name: &str) -> &'static str {
    let suffix = name
        .rsplit_once('.')
        .map(|(_, suffix)| suffix.to_lowercase());
    TYPES
        .iter()
        .find(|(own, _)| suffix.as_deref() == Some(own))
        .map_or(UNKNOWN, |(_, media_type)| media_type)
}

/// What becomes of a file of this type.
pub(super) fn kind(media_type: &str) -> Kind {
    match media_type {
        // Those that every provider of models takes.
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Kind::Image,
        "application/json" | "application/xml" | "image/svg+xml" => Kind::Text,
        other if other.starts_with("audio/") => Kind::Audio,
        other if other.starts_with("text/") => Kind::Text,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_types_and_types_tell_what_a_model_takes() {
        for (name, media_type, becomes) in [
            ("a.PNG", "image/png", Kind::Image),
            ("a.b.jpeg", "image/jpeg", Kind::Image),
            ("drawing.svg", "image/svg+xml", Kind::Text),
            ("table.csv", "text/csv", Kind::Text),
            ("memo.mp3", "audio/mpeg", Kind::Audio),
            ("scan.heic", "image/heic", Kind::Other),
            ("report.pdf", "application/pdf", Kind::Other),
            ("png", UNKNOWN, Kind::Other),
        ] {
            assert_eq!((by_name(name), kind(by_name(name))), (media_type, becomes));
        }
    }
}
