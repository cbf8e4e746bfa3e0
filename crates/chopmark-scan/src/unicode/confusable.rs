//! Letters of other scripts that look like Latin ones.

/// The Latin letter that `character` imitates.
pub(crate) fn latin_of(character: char) -> Option<char> {
    if character.is_ascii() {
        return None;
    }
    PAIRS
        .iter()
        .find(|(alike, _)| alike.contains(character))
        .map(|(_, latin)| *latin)
}

/// Cyrillic, Greek, Armenian and Latin-extended look-alikes, by the letter that they imitate.
const PAIRS: &[(&str, char)] = &[
    ("аαɑ", 'a'),
    ("ЬƄ", 'b'),
    ("сϲᴄ", 'c'),
    ("ԁɗ", 'd'),
    ("еҽє", 'e'),
    ("ƒ", 'f'),
    ("ɡց", 'g'),
    ("һհ", 'h'),
    ("іιɩı", 'i'),
    ("јϳ", 'j'),
    ("κк", 'k'),
    ("ⅼӏ", 'l'),
    ("м", 'm'),
    ("ոп", 'n'),
    ("оοօᴏ", 'o'),
    ("рρ", 'p'),
    ("ԛզ", 'q'),
    ("гᴦ", 'r'),
    ("ѕ", 's'),
    ("тτ", 't'),
    ("υսᴜ", 'u'),
    ("νѵᴠ", 'v'),
    ("ѡԝ", 'w'),
    ("хχ", 'x'),
    ("уγү", 'y'),
    ("ᴢ", 'z'),
    ("АΑ", 'A'),
    ("ВΒ", 'B'),
    ("СϹ", 'C'),
    ("ЕΕ", 'E'),
    ("НΗ", 'H'),
    ("ІΙ", 'I'),
    ("Ј", 'J'),
    ("КΚ", 'K'),
    ("МΜ", 'M'),
    ("Ν", 'N'),
    ("ОΟ", 'O'),
    ("РΡ", 'P'),
    ("Ѕ", 'S'),
    ("ТΤ", 'T'),
    ("ХΧ", 'X'),
    ("УΥ", 'Y'),
    ("Ζ", 'Z'),
];
