//! Every limit by its code, and the stage that it cuts.
//!
//! Spec: docs/spec/scan.md §3.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::coverage::Stage;

/// A limit that a scan can hit. Each makes the outcome `incomplete`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limit {
    /// More files than are read.
    Files,
    /// More members of an archive than are opened.
    ArchiveMembers,
    /// An archive that unpacks to more than is read.
    ArchiveBytes,
    /// An archive whose parts are not where its headers say.
    ArchiveMalformed,
    /// A member packed by a method that is not read.
    ArchiveMethod,
    /// A member that needs a password.
    ArchiveEncrypted,
    /// An archive inside an archive, or of a format that is not read.
    ArchiveNotOpened,
    /// More layers of encoding than are opened.
    DecodeDepth,
    /// More decoded bytes than are read.
    DecodedBytes,
    /// A compressed stream that ends before its end.
    StreamBroken,
    /// A view larger than is scanned.
    ViewBytes,
    /// More matches of one pattern than are looked at.
    PatternMatches,
    /// The engine of patterns failed.
    PatternEngine,
    /// More blocks and spans of code in one text than are read.
    Snippets,
    /// A script larger than is parsed.
    SyntaxBytes,
    /// More nodes of a tree than are visited.
    SyntaxNodes,
    /// A parse of more steps than are taken.
    ParseSteps,
    /// A grammar that could not be loaded.
    Grammar,
    /// More imported names than are remembered, or longer ones.
    Names,
    /// A name or a value longer than is kept.
    Lengths,
    /// More names set at once than are followed.
    Targets,
    /// Strings joined to more than is kept.
    JoinedText,
    /// An expression of more parts than are followed to a sink.
    FlowTokens,
    /// Names that still gained something after the last round.
    FlowRounds,
    /// More addresses or secrets in one name than are kept.
    FlowValues,
    /// Names too short to be told apart in code on lines of great length.
    FlowNames,
    /// More facts than are kept.
    Facts,
    /// More findings than are kept.
    Findings,
}

impl Limit {
    /// The stable word by which results name it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::ArchiveMembers => "archive-members",
            Self::ArchiveBytes => "archive-bytes",
            Self::ArchiveMalformed => "archive-malformed",
            Self::ArchiveMethod => "archive-method",
            Self::ArchiveEncrypted => "archive-encrypted",
            Self::ArchiveNotOpened => "archive-not-opened",
            Self::DecodeDepth => "decode-depth",
            Self::DecodedBytes => "decoded-bytes",
            Self::StreamBroken => "stream-broken",
            Self::ViewBytes => "view-bytes",
            Self::PatternMatches => "pattern-matches",
            Self::PatternEngine => "pattern-engine",
            Self::Snippets => "snippets",
            Self::SyntaxBytes => "syntax-bytes",
            Self::SyntaxNodes => "syntax-nodes",
            Self::ParseSteps => "parse-steps",
            Self::Grammar => "grammar",
            Self::Names => "names",
            Self::Lengths => "lengths",
            Self::Targets => "targets",
            Self::JoinedText => "joined-text",
            Self::FlowTokens => "flow-tokens",
            Self::FlowRounds => "flow-rounds",
            Self::FlowValues => "flow-values",
            Self::FlowNames => "flow-names",
            Self::Facts => "facts",
            Self::Findings => "findings",
        }
    }

    /// The stage that did not read all.
    pub(crate) fn stage(self) -> Stage {
        match self {
            Self::Files
            | Self::ArchiveMembers
            | Self::ArchiveBytes
            | Self::ArchiveMalformed
            | Self::ArchiveMethod
            | Self::ArchiveEncrypted
            | Self::ArchiveNotOpened => Stage::Inventory,
            Self::DecodeDepth | Self::DecodedBytes | Self::StreamBroken => Stage::Decoding,
            Self::ViewBytes | Self::PatternMatches | Self::PatternEngine => Stage::Patterns,
            Self::Snippets => Stage::Markdown,
            Self::SyntaxBytes
            | Self::SyntaxNodes
            | Self::ParseSteps
            | Self::Grammar
            | Self::Names
            | Self::Lengths
            | Self::Targets
            | Self::JoinedText
            | Self::FlowTokens
            | Self::FlowRounds
            | Self::FlowValues
            | Self::FlowNames => Stage::Facts,
            Self::Facts | Self::Findings => Stage::Join,
        }
    }
}

/// The limits that one piece of work hit, taken down by whoever meets one.
#[derive(Debug, Default)]
pub(crate) struct Limits(RefCell<BTreeSet<Limit>>);

impl Limits {
    /// Takes down that `limit` was hit.
    pub(crate) fn hit(&self, limit: Limit) {
        self.extend([limit]);
    }

    /// Takes down every one of `limits`.
    pub(crate) fn extend(&self, limits: impl IntoIterator<Item = Limit>) {
        // Nobody holds the set for longer than this line.
        if let Ok(mut all) = self.0.try_borrow_mut() {
            all.extend(limits);
        }
    }

    /// The limits that were hit.
    pub(crate) fn into_set(self) -> BTreeSet<Limit> {
        self.0.into_inner()
    }
}
