//! A large account, for tests and benches: thousands of notes as people have them, the same ones each time.

use super::store::Draft;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Categories that the notes lie in, one of them below another.
const CATEGORIES: [&str; 5] = ["", "Work", "Work/Meetings", "Home", "Recipes"];

const WORDS: [&str; 16] = [
    "project",
    "meeting",
    "notes",
    "agenda",
    "budget",
    "review",
    "decision",
    "garden",
    "flour",
    "Änderung",
    "Gespräch",
    "café",
    "schedule",
    "travel",
    "invoice",
    "idea",
];

/// Bytes of the shortest and of the longest note; on average 2 kB.
const SHORTEST: usize = 200;
const LONGEST: usize = 3_800;

/// Every so many-th note has the word that few have.
const RARE_EVERY: usize = 500;

/// The word that few notes have; in half of them it is written with its accents.
const RARE: [&str; 2] = ["Reykjavik", "Reykjavík"];

impl State {
    /// Gives an account this many notes more, one changed a minute after the other.
    pub fn add_many_notes(&mut self, user: &str, count: usize) {
        let begun = time::now() - i64::try_from(count).unwrap_or_default() * 60;
        for number in 0..count {
            let id = self.ids.next();
            let draft = Draft {
                title: format!("{} {} {number}", word(number), word(number / 7)),
                category: CATEGORIES[number % CATEGORIES.len()].to_owned(),
                content: content(number),
                modified: Some(begun + i64::try_from(number).unwrap_or_default() * 60),
                favorite: number.is_multiple_of(50),
            };
            self.notes_of(user).add(id, draft);
        }
    }
}

fn content(number: usize) -> String {
    let length = SHORTEST + number * 997 % (LONGEST - SHORTEST);
    let mut text = format!("# {}\n\n", word(number));
    let mut place = number;
    while text.len() < length {
        text.push_str(word(place));
        text.push(if place.is_multiple_of(12) { '\n' } else { ' ' });
        place = (place * 31 + 7) % 65_521;
    }
    if number.is_multiple_of(RARE_EVERY) {
        text.push_str(RARE[number / RARE_EVERY % RARE.len()]);
    }
    text
}

fn word(place: usize) -> &'static str {
    WORDS[place % 1009 % WORDS.len()]
}
