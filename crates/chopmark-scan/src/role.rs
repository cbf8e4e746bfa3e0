//! What a line of a file is for: the same words weigh differently in prose, in code and in a quote.

use serde::{Deserialize, Serialize};

/// The role of a match's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Front matter of a Markdown file.
    FrontMatter,
    /// Running text that steers a reader.
    Prose,
    /// A fenced or indented block of code in Markdown.
    Fence,
    /// A script.
    Code,
    /// A comment in a script.
    Comment,
    /// A block quote.
    Quote,
    /// A comment that a rendered page does not show.
    Hidden,
    /// A file that is neither text for a reader nor a script.
    Data,
}

impl Role {
    /// The role's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::FrontMatter => "front-matter",
            Self::Prose => "prose",
            Self::Fence => "fence",
            Self::Code => "code",
            Self::Comment => "comment",
            Self::Quote => "quote",
            Self::Hidden => "hidden",
            Self::Data => "data",
        }
    }
}

/// The role of each line of one file.
#[derive(Debug, Clone)]
pub(crate) struct Roles {
    base: Role,
    // INVARIANT: sorted by first line; later entries lie inside or after earlier ones.
    spans: Vec<(u32, u32, Role)>,
}

impl Roles {
    pub(crate) fn all(base: Role) -> Self {
        Self {
            base,
            spans: Vec::new(),
        }
    }

    /// Marks lines `first..=last`; of two marks on one line the later call wins.
    pub(crate) fn mark(&mut self, first: u32, last: u32, role: Role) {
        self.spans.push((first, last, role));
    }

    pub(crate) fn at(&self, line: u32) -> Role {
        self.spans
            .iter()
            .rev()
            .find(|(first, last, _)| (*first..=*last).contains(&line))
            .map_or(self.base, |(_, _, role)| *role)
    }
}
