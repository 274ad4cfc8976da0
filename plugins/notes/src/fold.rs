//! Text as a search compares it: in lower case and without accents.
//!
//! Letters fold as Unicode takes them apart (`é` to `e`, `й` to `и`), and those that it leaves whole as people write them
//! without a key for them (`ß` to `ss`, `ø` to `o`, `ł` to `l`). Tables of the blocks that people write in are a kilobyte;
//! a whole Unicode normalizer would be more than the rest of the search.

/// The base letters of U+00C0 to U+024F. `.` stays as it is; a capital stands for two letters, see [`PAIRS`].
const LATIN: &str = "\
    aaaaaaAceeeeiiiidnooooo.ouuuuyTSaaaaaaAceeeeiiiidnooooo.ouuuuyTyaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiii\
    iiIIjjkkkllllllllllnnnnnnnnnooooooOOrrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs................................\
    oo.............uu...................DDDLLLNNNaaiioouuuuuuuuuu.aaaaAA..ggkkoooo..jDDDgg..nnaaAAooaaaaeeeeiiiioooo\
    rrrruuuusstt..hh......aaeeooooooooyy............................";

/// Those of U+1E00 to U+1EFF: Vietnamese, Welsh and transcriptions.
const LATIN_ADDITIONAL: &str = "\
    aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrsssssssssstttttt\
    ttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy.s..S.aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooo\
    oooouuuuuuuuuuuuuuyyyyyyyy......";

/// What a capital in the tables stands for.
const PAIRS: [(u8, &str); 8] = [
    (b'A', "ae"),
    (b'D', "dz"),
    (b'I', "ij"),
    (b'L', "lj"),
    (b'N', "nj"),
    (b'O', "oe"),
    (b'S', "ss"),
    (b'T', "th"),
];

/// Accented letters of Greek and Cyrillic, in lower case, and a sigma at the end of a word.
const OTHERS: [(char, char); 18] = [
    ('ΐ', 'ι'),
    ('ά', 'α'),
    ('έ', 'ε'),
    ('ή', 'η'),
    ('ί', 'ι'),
    ('ΰ', 'υ'),
    ('ς', 'σ'),
    ('ϊ', 'ι'),
    ('ϋ', 'υ'),
    ('ό', 'ο'),
    ('ύ', 'υ'),
    ('ώ', 'ω'),
    ('й', 'и'),
    ('ѐ', 'е'),
    ('ё', 'е'),
    ('ї', 'і'),
    ('ќ', 'к'),
    ('ў', 'у'),
];

/// `text` as it is compared.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        push(&mut folded, letter);
    }
    folded
}

/// Where in `text` the letter begins that became the byte at `at` of its folding.
pub(crate) fn unfold(text: &str, at: usize) -> usize {
    let mut folded = String::new();
    let mut done = 0;
    for (place, letter) in text.char_indices() {
        folded.clear();
        push(&mut folded, letter);
        done += folded.len();
        if done > at {
            return place;
        }
    }
    text.len()
}

/// Whether a letter has no other case and no accent: written in one way only.
pub(crate) fn is_plain(letter: char) -> bool {
    !letter.is_alphabetic() || !(letter.is_lowercase() || letter.is_uppercase())
}

/// Accents that follow their letter as characters of their own (NFD, as macOS writes names).
pub(crate) fn is_combining(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

fn push(folded: &mut String, letter: char) {
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
    } else if !is_combining(letter) {
        match base(letter) {
            Some(base) => push_base(folded, base),
            None => letter
                .to_lowercase()
                .filter(|lower| !is_combining(*lower))
                .for_each(|lower| folded.push(other(lower))),
        }
    }
}

fn push_base(folded: &mut String, base: u8) {
    match PAIRS.iter().find(|(capital, _)| *capital == base) {
        Some((_, pair)) => folded.push_str(pair),
        None => folded.push(char::from(base)),
    }
}

/// The table's entry for a letter.
fn base(letter: char) -> Option<u8> {
    let (table, first) = match letter {
        '\u{c0}'..='\u{24f}' => (LATIN, 0xc0),
        '\u{1e00}'..='\u{1eff}' => (LATIN_ADDITIONAL, 0x1e00),
        _ => return None,
    };
    let place = usize::try_from(u32::from(letter) - first).ok()?;
    table
        .as_bytes()
        .get(place)
        .copied()
        .filter(|base| *base != b'.')
}

fn other(letter: char) -> char {
    OTHERS
        .iter()
        .find(|(accented, _)| *accented == letter)
        .map_or(letter, |(_, base)| *base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_fold_in_every_script_that_has_them() {
        for (text, folded) in [
            ("Café", "cafe"),
            ("ZÜRICH", "zurich"),
            ("Straße STRAẞE", "strasse strasse"),
            ("Łódź Ærø œuvre", "lodz aero oeuvre"),
            ("čeština, Ñandú, ĐÌNH", "cestina, nandu, dinh"),
            ("Tiếng Việt", "tieng viet"),
            ("İstanbul Iğdır", "istanbul igdir"),
            ("ΆΝΘΡΩΠΟΣ άνθρωπος", "ανθρωποσ ανθρωποσ"),
            ("Ёлка й", "елка и"),
            ("cafe\u{301}", "cafe"),
            ("3 × 4 ÷ 2", "3 × 4 ÷ 2"),
            ("日本語 ガ", "日本語 ガ"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    /// The tables against what Rust knows of case: a letter and its capital fold to the same.
    #[test]
    fn a_letter_and_its_other_case_fold_to_the_same() {
        for letter in ('\u{c0}'..='\u{24f}').chain('\u{1e00}'..='\u{1eff}') {
            let lower: String = letter.to_lowercase().collect();
            assert_eq!(fold(&letter.to_string()), fold(&lower), "{letter}");
        }
    }

    #[test]
    fn a_place_in_the_folding_leads_back_to_its_letter() {
        let text = "ßÆ é!";
        let folded = fold(text);
        assert_eq!(folded, "ssae e!");
        let places: Vec<_> = (0..folded.len())
            .map(|at| &text[unfold(text, at)..])
            .collect();
        assert_eq!(places, ["ßÆ é!", "ßÆ é!", "Æ é!", "Æ é!", " é!", "é!", "!"]);
        assert_eq!(unfold(text, 100), text.len());
    }
}
