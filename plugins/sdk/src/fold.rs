//! Text as a search compares it, so that what people type finds what people wrote: in lower case and without accents.
//!
//! Letters fold as Unicode takes them apart (`é` to `e`, `й` to `и`), and those that it leaves whole as people write them
//! without a key for them (`ß` to `ss`, `ø` to `o`, `ł` to `l`). The letters of Latin, Greek and Cyrillic that carry a mark
//! are listed here, 1.5 kB; Unicode's tables of decomposition would add some 60 kB to each plugin. Other scripts only lose
//! their case.

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

/// Marked letters of Greek in lower case, by the plain one, and the sigma that ends words.
const GREEK: &[(char, &str)] = &[
    ('α', "άἀἁἂἃἄἅἆἇὰᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ"),
    ('ε', "έἐἑἒἓἔἕὲ"),
    ('η', "ήἠἡἢἣἤἥἦἧὴᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ"),
    ('ι', "ΐίϊἰἱἲἳἴἵἶἷὶῐῑῒῖῗ"),
    ('ο', "όὀὁὂὃὄὅὸ"),
    ('ρ', "ῤῥ"),
    ('σ', "ς"),
    ('υ', "ΰϋύὐὑὒὓὔὕὖὗὺῠῡῢῦῧ"),
    ('ω', "ώὠὡὢὣὤὥὦὧὼᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ"),
];

/// Those of Russian and its neighbours.
const CYRILLIC: &[(char, &str)] = &[
    ('а', "ӑӓ"),
    ('г', "ѓ"),
    ('е', "ѐёӗ"),
    ('ж', "ӂӝ"),
    ('з', "ӟ"),
    ('и', "йѝӣӥ"),
    ('к', "ќ"),
    ('о', "ӧ"),
    ('у', "ўӯӱӳ"),
    ('ч', "ӵ"),
    ('ы', "ӹ"),
    ('э', "ӭ"),
    ('і', "ї"),
    ('ѵ', "ѷ"),
    ('ә', "ӛ"),
    ('ө', "ӫ"),
];

/// `text` in lower case, its letters without their marks: `Ärger` is `arger`, `Straße` is `strasse`. Marks that stand by
/// themselves go too.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        push(&mut folded, letter);
    }
    folded
}

/// Where in `text` the letter begins that became the byte at `at` of its folding.
pub fn unfold(text: &str, at: usize) -> usize {
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

/// Accents that follow their letter as characters of their own (NFD, as macOS writes names).
pub fn is_combining(letter: char) -> bool {
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
    let table = match letter {
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => GREEK,
        '\u{400}'..='\u{52f}' => CYRILLIC,
        _ => return letter,
    };
    let found = table.iter().find(|(_, marked)| marked.contains(letter));
    found.map_or(letter, |(plain, _)| *plain)
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
            ("Ὁδός Ἀθῆναι", "οδοσ αθηναι"),
            ("Ӑҫта ӗҫ", "аҫта еҫ"),
            ("3 × 4 ÷ 2", "3 × 4 ÷ 2"),
            ("日本語 ガ שלום 🎉 a-1", "日本語 ガ שלום 🎉 a-1"),
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
