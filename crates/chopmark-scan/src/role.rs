//! What a line of a file is for: the same words weigh differently in prose, in code and in a quote.

use std::cell::OnceCell;

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
    /// First line, last line, role; of two on one line the later counts.
    spans: Vec<(u32, u32, Role)>,
    /// The role of each line from 1, once anybody asked.
    lines: OnceCell<Vec<Role>>,
}

impl Roles {
    pub(crate) fn all(base: Role) -> Self {
        Self {
            base,
            spans: Vec::new(),
            lines: OnceCell::new(),
        }
    }

    /// Marks lines `first..=last`; of two marks on one line the later call wins.
    pub(crate) fn mark(&mut self, first: u32, last: u32, role: Role) {
        self.spans.push((first, last, role));
        self.lines = OnceCell::new();
    }

    pub(crate) fn at(&self, line: u32) -> Role {
        if self.spans.is_empty() {
            return self.base;
        }
        let lines = self.lines.get_or_init(|| self.paint());
        let index = usize::try_from(line).unwrap_or(usize::MAX);
        lines.get(index).copied().unwrap_or(self.base)
    }

    /// Paints the latest marks first and each line once, so that deep nesting costs nothing.
    fn paint(&self) -> Vec<Role> {
        let last = self.spans.iter().map(|(_, last, _)| *last).max();
        let length = usize::try_from(last.unwrap_or_default()).unwrap_or_default();
        let length = length.saturating_add(1);
        let mut lines = vec![self.base; length];
        // `next[i]` leads to the first line from `i` on that is not painted.
        let mut next: Vec<usize> = (0..=length).collect();
        for (first, last, role) in self.spans.iter().rev() {
            let last = usize::try_from(*last).unwrap_or_default();
            let mut at = unpainted(&mut next, usize::try_from(*first).unwrap_or_default());
            while at <= last && at < length {
                if let Some(line) = lines.get_mut(at) {
                    *line = *role;
                }
                if let Some(step) = next.get_mut(at) {
                    *step = at.saturating_add(1);
                }
                at = unpainted(&mut next, at);
            }
        }
        lines
    }
}

/// Follows `next` from `at` and shortens the way for whoever comes after.
fn unpainted(next: &mut [usize], at: usize) -> usize {
    let mut end = at;
    while let Some(step) = next.get(end).copied().filter(|step| *step != end) {
        end = step;
    }
    let mut at = at;
    while let Some(step) = next
        .get_mut(at)
        .filter(|step| **step != end && **step != at)
    {
        at = std::mem::replace(step, end);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::Role::{Fence, Hidden, Prose, Quote};
    use super::Roles;

    #[test]
    fn the_later_mark_of_a_line_counts() {
        let mut roles = Roles::all(Prose);
        roles.mark(2, 6, Quote);
        roles.mark(3, 4, Fence);
        roles.mark(9, 9, Hidden);
        let found: Vec<_> = (1..=10).map(|line| roles.at(line)).collect();
        assert_eq!(
            found,
            [
                Prose, Quote, Fence, Fence, Quote, Quote, Prose, Prose, Hidden, Prose
            ]
        );
    }
}
