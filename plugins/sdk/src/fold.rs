//! Letters without case and accents, so that what people type finds what people wrote: `Muller` and `MÜLLER` are one.
//!
//! The letters of Latin, Greek and Cyrillic that carry a mark are listed here, 1.5 kB; Unicode's tables of decomposition
//! would add some 60 kB to each plugin. Other scripts only lose their case.

/// `text` in lower case, its letters without their marks: `Ärger` is `arger`, `Straße` is `strasse`. Marks that stand by
/// themselves, as macOS writes them, go too.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            _ if letter.is_ascii() => folded.push(letter),
            '\u{300}'..='\u{36f}' => {}
            'ß' => folded.push_str("ss"),
            'æ' | 'ǣ' | 'ǽ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            _ => folded.push(plain(letter)),
        }
    }
    folded
}

/// The letter that carries the mark.
fn plain(letter: char) -> char {
    let table = match letter {
        '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => LATIN,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => GREEK,
        '\u{400}'..='\u{52f}' => CYRILLIC,
        _ => return letter,
    };
    let found = table.iter().find(|(_, marked)| marked.contains(letter));
    found.map_or(letter, |(plain, _)| *plain)
}

/// By Unicode's canonical decomposition, and the strokes that people leave out.
const LATIN: &[(char, &str)] = &[
    ('a', "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ('b', "ḃḅḇ"),
    ('c', "çćĉċčḉ"),
    ('d', "ďđḋḍḏḑḓ"),
    ('e', "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ('f', "ḟ"),
    ('g', "ĝğġģǧǵḡ"),
    ('h', "ĥħȟḣḥḧḩḫẖ"),
    ('i', "ìíîïĩīĭįıǐȉȋḭḯỉị"),
    ('j', "ĵǰ"),
    ('k', "ķǩḱḳḵ"),
    ('l', "ĺļľłḷḹḻḽ"),
    ('m', "ḿṁṃ"),
    ('n', "ñńņňǹṅṇṉṋ"),
    ('o', "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ('p', "ṕṗ"),
    ('r', "ŕŗřȑȓṙṛṝṟ"),
    ('s', "śŝşšſșṡṣṥṧṩẛ"),
    ('t', "ţťŧțṫṭṯṱẗ"),
    ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ('v', "ṽṿ"),
    ('w', "ŵẁẃẅẇẉẘ"),
    ('x', "ẋẍ"),
    ('y', "ýÿŷȳẏẙỳỵỷỹ"),
    ('z', "źżžẑẓẕ"),
];

/// With the sigma that ends words.
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

/// As [`LATIN`].
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_make_no_difference() {
        for (one, other) in [
            ("MÜLLER", "muller"),
            ("Café", "CAFE"),
            ("Cafe\u{301}", "café"),
            ("Straße", "STRASSE"),
            ("Łódź", "lodz"),
            ("Điện Biên Phủ", "dien bien phu"),
            ("İstanbul", "istanbul"),
            ("Άθήνας", "αθηνασ"),
            ("Ёлка", "елка"),
            ("Œuvre", "oeuvre"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn other_letters_stay_what_they_are() {
        assert_eq!(fold("日本語 שלום 🎉 a-1"), "日本語 שלום 🎉 a-1");
        assert_ne!(fold("bar"), fold("ber"));
    }
}
