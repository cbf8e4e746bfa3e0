//! Views: the forms in which one file's bytes are read.

/// One form of a file: as it is, normalised, or decoded from a part of it.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// Layers that were opened, outermost first; empty for the file itself.
    pub(crate) steps: Vec<&'static str>,
    pub(crate) bytes: Vec<u8>,
    lines: Lines,
}

#[derive(Debug, Clone)]
enum Lines {
    /// Offsets at which each line of the view starts; the view has the file's lines.
    Own(Vec<usize>),
    /// Offset in the view and line of the file where each decoded piece begins.
    Pieces(Vec<(usize, u32)>),
}

impl View {
    /// A view whose lines are those of the file.
    pub(crate) fn whole(steps: Vec<&'static str>, bytes: Vec<u8>) -> Self {
        let starts = std::iter::once(0).chain(
            bytes
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte == b'\n')
                .map(|(at, _)| at.saturating_add(1)),
        );
        let starts = starts.collect();
        Self {
            steps,
            bytes,
            lines: Lines::Own(starts),
        }
    }

    /// A view made of decoded pieces, each given by its offset here and its line in the file.
    pub(crate) fn pieces(
        steps: Vec<&'static str>,
        bytes: Vec<u8>,
        pieces: Vec<(usize, u32)>,
    ) -> Self {
        Self {
            steps,
            bytes,
            lines: Lines::Pieces(pieces),
        }
    }

    /// The file's line, from 1, that the byte at `offset` comes from.
    pub(crate) fn line_of(&self, offset: usize) -> u32 {
        match &self.lines {
            Lines::Own(starts) => {
                let index = starts.partition_point(|start| *start <= offset);
                u32::try_from(index).unwrap_or(u32::MAX).max(1)
            }
            Lines::Pieces(pieces) => {
                let index = pieces.partition_point(|(start, _)| *start <= offset);
                index
                    .checked_sub(1)
                    .and_then(|index| pieces.get(index))
                    .map_or(1, |(_, line)| *line)
            }
        }
    }

    /// Whether the view is made of decoded pieces.
    pub(crate) fn is_decoded(&self) -> bool {
        matches!(self.lines, Lines::Pieces(_))
    }

    /// The text of the view's line that holds `offset`, up to `offset`.
    pub(crate) fn line_before(&self, offset: usize) -> &[u8] {
        let head = self.bytes.get(..offset).unwrap_or(&self.bytes);
        let start = head
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at.saturating_add(1));
        head.get(start..).unwrap_or_default()
    }
}
