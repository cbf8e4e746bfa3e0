//! Which line of a Markdown file is prose, code, quote or hidden, and the code inside it.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::role::{Role, Roles};

/// A piece of code in a Markdown file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snippet {
    /// The fence's first word in lower case; empty without one; `inline` for a code span.
    pub(crate) language: String,
    /// Line of the file on which the code starts.
    pub(crate) line: u32,
    pub(crate) code: String,
}

/// What the Markdown stage learned of a file.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) roles: Roles,
    pub(crate) snippets: Vec<Snippet>,
    /// Targets of links and images, with their lines.
    pub(crate) links: Vec<(String, u32)>,
    pub(crate) blocks: usize,
}

/// Reads `text` as Markdown with optional front matter.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign enum; the rest has no role"
)]
pub(crate) fn read(text: &str) -> Document {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at.saturating_add(1)))
        .collect();
    let line_at = |offset: usize| {
        u32::try_from(starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    };
    let mut document = Document {
        roles: Roles::all(Role::Prose),
        snippets: Vec::new(),
        links: Vec::new(),
        blocks: 0,
    };
    let (options, mut open): (Options, Option<Snippet>) = (
        Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_TABLES,
        None,
    );
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let first = line_at(range.start);
        let last = line_at(range.end.saturating_sub(1).max(range.start));
        match event {
            Event::Start(Tag::MetadataBlock(_)) => document.mark(first, last, Role::FrontMatter),
            Event::Start(Tag::BlockQuote(_)) => document.mark(first, last, Role::Quote),
            Event::Start(Tag::CodeBlock(kind)) => {
                document.mark(first, last, Role::Fence);
                open = Some(Snippet {
                    language: language(&kind),
                    line: 0,
                    code: String::new(),
                });
            }
            Event::End(TagEnd::CodeBlock) => document.snippets.extend(open.take()),
            Event::Text(code) => {
                if let Some(snippet) = &mut open {
                    if snippet.line == 0 {
                        snippet.line = first;
                    }
                    snippet.code.push_str(&code);
                }
            }
            Event::Code(code) => document.snippets.push(Snippet {
                language: "inline".to_owned(),
                line: first,
                code: code.into_string(),
            }),
            Event::Html(html) | Event::InlineHtml(html)
                if html.trim_start().starts_with("<!--") =>
            {
                document.mark(first, last, Role::Hidden);
            }
            Event::Start(Tag::HtmlBlock) => {
                let block = text.get(range).unwrap_or_default();
                if block.trim_start().starts_with("<!--") {
                    document.mark(first, last, Role::Hidden);
                }
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push((dest_url.into_string(), first));
            }
            _ => {}
        }
    }
    document
}

impl Document {
    fn mark(&mut self, first: u32, last: u32, role: Role) {
        self.blocks = self.blocks.saturating_add(1);
        self.roles.mark(first, last, role);
    }
}

fn language(kind: &CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Indented => String::new(),
        CodeBlockKind::Fenced(info) => info
            .split([' ', ',', '{', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests;
