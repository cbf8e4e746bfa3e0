//! Characters that hide, reorder or imitate, and the normalised view without them.

mod confusable;

use unicode_normalization::UnicodeNormalization as _;

pub(crate) use confusable::latin_of;

/// A mark that the Unicode stage found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    pub(crate) line: u32,
    pub(crate) text: String,
}

/// What kind of mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkKind {
    /// Tag characters (U+E0020 to U+E007E): invisible ASCII.
    Tags,
    /// Tag characters that spell words.
    TagText,
    /// Explicit directional overrides, embeddings and isolates.
    Bidi,
    /// Three or more zero-width characters on a line, or one inside a Latin word.
    ZeroWidth,
    /// Zero-width characters in a row, which could carry bits.
    ZeroWidthRun,
    /// A run of variation selectors that could carry bytes.
    Selectors,
    /// A word that mixes Latin letters with look-alikes of another script.
    Mixed,
}

impl MarkKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::TagText => "tag-text",
            Self::Bidi => "bidi",
            Self::ZeroWidth => "zero-width",
            Self::ZeroWidthRun => "zero-width-run",
            Self::Selectors => "selectors",
            Self::Mixed => "mixed-script",
        }
    }
}

/// Whether a reader does not see `character` at all.
pub(crate) fn is_invisible(character: char) -> bool {
    is_zero_width(character) || is_bidi(character) || is_selector(character) || is_tag(character)
}

/// Finds marks in `text`, line by line, at most one of each kind a line.
pub(crate) fn marks(text: &str) -> Vec<Mark> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut marks = Vec::new();
    for (line, number) in text.lines().zip(1_u32..) {
        if !line.is_ascii() {
            marks_of_line(line, number, &mut marks);
        }
    }
    marks
}

/// The view without tricks, with the same line breaks; `None` where it equals `text`.
pub(crate) fn normalise(text: &str) -> Option<String> {
    let plain = if text.is_ascii() {
        None
    } else {
        let mut plain = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            if line.is_ascii() {
                plain.push_str(line);
            } else {
                plain.push_str(&plain_line(line));
            }
        }
        Some(plain)
    };
    let unquoted = unquote(plain.as_deref().unwrap_or(text));
    let result = unquoted.or(plain)?;
    (result != text).then_some(result)
}

fn marks_of_line(line: &str, number: u32, marks: &mut Vec<Mark>) {
    let mut push = |kind, text: String| {
        marks.push(Mark {
            kind,
            line: number,
            text,
        });
    };
    let tags: String = line.chars().filter_map(untag).collect();
    // A flag of a region is a black flag followed by a few tag letters.
    if tags.len() > FLAG_TAGS || (!tags.is_empty() && !line.contains('\u{1f3f4}')) {
        if tags
            .split_whitespace()
            .filter(|word| word.len() > 1)
            .count()
            >= TAG_WORDS
        {
            push(MarkKind::TagText, tags.clone());
        }
        push(MarkKind::Tags, tags);
    }
    if line.chars().any(is_override) {
        push(MarkKind::Bidi, line.to_owned());
    }
    let zero = line.chars().filter(|c| is_zero_width(*c)).count();
    if zero >= MANY_ZERO_WIDTH || splits_word(line) {
        push(MarkKind::ZeroWidth, line.to_owned());
    }
    if longest_run(line, is_zero_width) >= MANY_ZERO_WIDTH {
        push(MarkKind::ZeroWidthRun, line.to_owned());
    }
    if longest_run(line, is_selector) >= MANY_SELECTORS {
        push(MarkKind::Selectors, line.to_owned());
    }
    // Phonetic letters are Latin letters of their own.
    let foreign = |word: &&str| is_mixed(word) && word.chars().any(|c| c > '\u{36F}');
    if let Some(word) = words(line).find(foreign) {
        push(MarkKind::Mixed, word.to_owned());
    }
}

fn splits_word(line: &str) -> bool {
    let mut before = ' ';
    let mut hidden = false;
    for character in line.chars() {
        // U+200C and U+200D join letters of other scripts and emoji; only Latin words count.
        if is_zero_width(character) {
            hidden = before.is_ascii_alphabetic();
            continue;
        }
        if hidden && character.is_ascii_alphabetic() && before.is_ascii_alphabetic() {
            return true;
        }
        hidden = false;
        before = character;
    }
    false
}

fn longest_run(line: &str, wanted: fn(char) -> bool) -> usize {
    line.split(|c| !wanted(c))
        .map(|run| run.chars().count())
        .max()
        .unwrap_or_default()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.is_ascii())
}

/// Latin letters together with look-alikes of them from another script.
fn is_mixed(word: &str) -> bool {
    let latin = word.chars().filter(char::is_ascii_alphabetic).count();
    let alike = word.chars().filter(|c| latin_of(*c).is_some()).count();
    // Formulas write `Δt` and `μm`; a word of two letters proves nothing.
    latin >= 2
        && alike >= 1
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || latin_of(c).is_some())
}

fn plain_line(line: &str) -> String {
    let visible: String = line
        .chars()
        .filter_map(|c| untag(c).or_else(|| (!is_invisible(c)).then_some(c)))
        .nfkc()
        // Some compatibility forms hold line breaks; the view must keep the file's lines.
        .filter(|c| !matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}'))
        .collect();
    visible
        .split_inclusive(|c: char| !c.is_alphanumeric())
        .flat_map(|word| {
            let mixed = is_mixed(word.trim_end_matches(|c: char| !c.is_alphanumeric()));
            word.chars().map(move |c| match latin_of(c) {
                Some(latin) if mixed => latin,
                Some(_) | None => c,
            })
        })
        .collect()
}

/// Removes what a shell removes and a pattern trips over: `c""url`, `ba''sh`, `c\url`, `${IFS}`.
fn unquote(text: &str) -> Option<String> {
    if !may_be_unquoted(text) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    for line in text.split_inclusive('\n') {
        if !may_be_unquoted(line) {
            out.push_str(line);
            continue;
        }
        let start = out.len();
        unquote_line(line, &mut out);
        changed |= out.get(start..) != Some(line);
    }
    changed.then_some(out)
}

/// Whether `text` holds anything that [`unquote_line`] changes.
fn may_be_unquoted(text: &str) -> bool {
    let mut before = 0_u8;
    text.bytes().any(|byte| {
        let pair = (std::mem::replace(&mut before, byte), byte);
        matches!(
            pair,
            (_, b'\\') | (b'\'', b'\'') | (b'"', b'"') | (b'$', b'@' | b'I' | b'{')
        )
    })
}

fn unquote_line(line: &str, out: &mut String) {
    let replaced;
    let line = if line.contains("IFS") {
        replaced = line.replace("${IFS}", " ").replace("$IFS", " ");
        &replaced
    } else {
        line
    };
    for (word, separator) in split_words(line) {
        let bare: String = if EMPTIES.iter().any(|empty| word.contains(empty)) {
            EMPTIES
                .iter()
                .fold(word.to_owned(), |word, empty| drop_inside(&word, empty))
        } else {
            word.to_owned()
        };
        if bare.contains('\\') && bare.len() < MAX_COMMAND {
            let without = bare.replace('\\', "");
            let out_word = if COMMANDS.contains(&without.as_str()) {
                &without
            } else {
                &bare
            };
            out.push_str(out_word);
        } else {
            out.push_str(&bare);
        }
        out.push_str(separator);
    }
}

/// Drops `empty` where it stands between two letters.
fn drop_inside(word: &str, empty: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut parts = word.split(empty).peekable();
    while let Some(part) = parts.next() {
        out.push_str(part);
        let Some(next) = parts.peek() else { break };
        let joined = out.ends_with(|c: char| c.is_ascii_alphanumeric())
            && next.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !joined {
            out.push_str(empty);
        }
    }
    out
}

fn split_words(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split_inclusive([' ', '\t', '\n', '|', ';', '(', '`'])
        .map(|piece| {
            let cut = piece
                .trim_end_matches([' ', '\t', '\n', '|', ';', '(', '`'])
                .len();
            piece.split_at_checked(cut).unwrap_or((piece, ""))
        })
}

fn untag(character: char) -> Option<char> {
    let code = u32::from(character).checked_sub(0xE0000)?;
    if !(0x20..=0x7E).contains(&code) {
        return None;
    }
    char::from_u32(code)
}

fn is_tag(c: char) -> bool {
    ('\u{E0000}'..='\u{E007F}').contains(&c)
}

fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}'
            | '\u{2060}'..='\u{2064}'
            | '\u{FEFF}'
            | '\u{00AD}'
            | '\u{180E}'
            | '\u{034F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}'
    )
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_override(c: char) -> bool {
    matches!(
        c,
        '\u{202D}' | '\u{202E}' | '\u{2066}' | '\u{2067}' | '\u{202A}' | '\u{202B}'
    )
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

const FLAG_TAGS: usize = 6;
const TAG_WORDS: usize = 3;
const MANY_ZERO_WIDTH: usize = 4;
const MANY_SELECTORS: usize = 4;
const MAX_COMMAND: usize = 24;
const EMPTIES: [&str; 3] = ["''", "\"\"", "$@"];
const COMMANDS: &[&str] = &[
    "curl",
    "wget",
    "bash",
    "sh",
    "zsh",
    "base64",
    "python",
    "python3",
    "eval",
    "nc",
    "ncat",
    "rm",
    "cat",
    "powershell",
    "pwsh",
    "node",
    "perl",
    "ruby",
    "source",
    "sudo",
    "chmod",
    "exec",
];

#[cfg(test)]
mod tests;
