//! The name of a new calendar in its address.

use nextcloud_mcp_plugin::Failure;

use crate::dav::Listing;

/// As wide as Nextcloud's column for it.
const MOST_BYTES: usize = 255;
/// Long enough to be told apart; people see the display name.
const SLUG_CHARACTERS: usize = 50;
/// What a name becomes that has no Latin letter or digit.
const PLAIN: &str = "calendar";
/// Names in the calendar home that are no calendars of the user's making.
const RESERVED: [&str; 5] = [
    "inbox",
    "outbox",
    "notifications",
    "trashbin",
    "contact_birthdays",
];
/// Apps show calendars of theirs under such names.
const RESERVED_START: &str = "app-generated--";

/// A name that the caller chose. A name is one segment of a path, so what cannot be one is refused here.
pub(super) fn chosen(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    let refuse = |why: &str| Err(Failure::invalid(format!("calendar_name {why}")));
    if name.len() > MOST_BYTES {
        return refuse(&format!("is longer than {MOST_BYTES} bytes."));
    }
    if matches!(name, "." | "..")
        || name.contains(['/', '\\'])
        || name.chars().any(char::is_control)
    {
        return refuse(
            "is no name that an address can have: leave out slashes and control characters.",
        );
    }
    if RESERVED.contains(&name) || name.starts_with(RESERVED_START) {
        return refuse(&format!(
            "\"{name}\" is reserved by Nextcloud: choose another one."
        ));
    }
    Ok(name.to_owned())
}

/// A name made from the display name that nothing in the home has, the trash bin included.
pub(super) fn made(display_name: &str, listing: &Listing) -> String {
    let slug = slug(display_name);
    let taken = |name: &str| {
        RESERVED.contains(&name)
            || name.starts_with(RESERVED_START)
            || listing
                .calendars
                .iter()
                .any(|calendar| calendar.name == name)
            || listing.deleted.iter().any(|calendar| calendar.name == name)
    };
    if !taken(&slug) {
        return slug;
    }
    // Of the first n + 1 numbers one is free, where n names are taken.
    let most = listing.calendars.len() + listing.deleted.len() + RESERVED.len() + 2;
    (2..=most + 2)
        .map(|number| format!("{slug}-{number}"))
        .find(|name| !taken(name))
        .unwrap_or_else(|| format!("{PLAIN}-{slug}"))
}

/// Small Latin letters and digits, everything between them one hyphen.
fn slug(display_name: &str) -> String {
    let mut slug = String::new();
    for character in display_name.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(SLUG_CHARACTERS);
    match slug.trim_end_matches('-') {
        "" => PLAIN.to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_display_name_becomes_a_plain_name() {
        for (display_name, name) in [
            ("R&D", "r-d"),
            ("  Büro 2027!", "b-ro-2027"),
            ("日本語", "calendar"),
            ("]]>", "calendar"),
            ("../../etc", "etc"),
        ] {
            assert_eq!(slug(display_name), name);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in [
            ".",
            "..",
            "a/b",
            "a\\b",
            "a\nb",
            "inbox",
            "trashbin",
            "app-generated--deck",
        ] {
            assert!(chosen(name).is_err(), "{name:?}");
        }
        assert_eq!(chosen(" Büro & Co ").unwrap(), "Büro & Co");
    }

    proptest! {
        #[test]
        fn every_display_name_has_a_name_that_is_taken(display_name in any::<String>()) {
            prop_assert!(chosen(&slug(&display_name)).is_ok() || RESERVED.contains(&slug(&display_name).as_str()));
        }
    }
}
