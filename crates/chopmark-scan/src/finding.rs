//! What a rule says about a place.

use serde::{Deserialize, Serialize};

use crate::role::Role;

/// How much a finding weighs, set by its rule and never summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; does not count as a finding.
    Note,
    /// Seldom harmful.
    Low,
    /// A person should look.
    Medium,
    /// Seldom harmless.
    High,
}

impl Severity {
    /// The severity's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Why a finding weighs less than its rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Demotion {
    /// The text is quoted.
    Quoted,
    /// The text warns against what the rule looks for.
    Warned,
    /// The text is a comment in a script.
    Commented,
}

/// What a rule found in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// The id of the rule's pack.
    pub pack: String,
    /// How much it weighs here.
    pub severity: Severity,
    /// Whether the rule is a hard gate and was not demoted.
    pub gate: bool,
    /// The file.
    pub file: String,
    /// The first line, from 1.
    pub line: u32,
    /// The last line.
    pub end_line: u32,
    /// What the line is for.
    pub role: Role,
    /// The layers of encoding that were opened to see it, outermost first.
    pub via: Vec<String>,
    /// What was matched, shortened, with unprintable characters escaped.
    pub matched: String,
    /// Why it weighs less than its rule says.
    pub demoted: Option<Demotion>,
    /// Further lines of the same file where the rule matched and that are not listed.
    pub more: u64,
}

impl Finding {
    /// The order of findings in a result: by file, line, rule, then all else.
    pub(crate) fn key(&self) -> (&str, u32, &str, &str, u32, &[String], &str) {
        (
            &self.file,
            self.line,
            &self.pack,
            &self.rule,
            self.end_line,
            &self.via,
            &self.matched,
        )
    }
}

/// Shortens `text` to one printable line of at most [`MAX_MATCHED`] characters.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::new();
    let mut length = 0_usize;
    let mut space = false;
    for character in text.trim().chars() {
        if length >= MAX_MATCHED {
            out.push('…');
            break;
        }
        if character.is_whitespace() {
            if !space {
                out.push(' ');
                length = length.saturating_add(1);
            }
            space = true;
            continue;
        }
        space = false;
        let plain = !character.is_control() && !crate::unicode::is_invisible(character);
        if plain {
            out.push(character);
            length = length.saturating_add(1);
        } else {
            let escaped = format!("\\u{{{:x}}}", u32::from(character));
            length = length.saturating_add(escaped.len());
            out.push_str(&escaped);
        }
    }
    out
}

/// Most characters of [`Finding::matched`].
pub(crate) const MAX_MATCHED: usize = 160;
