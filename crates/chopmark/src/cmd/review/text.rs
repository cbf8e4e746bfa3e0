//! Differences of text files, line by line.

use std::fs;
use std::path::Path;

use chopmark_client::review::{Change, Kind};
use similar::{ChangeTag, TextDiff};

use crate::error::CommandError;
use crate::ui::{DIM, GREEN, RED, Ui};

/// Shows how a file changed, where both sides are short text.
pub(super) fn difference(change: &Change, ui: &Ui) -> Result<(), CommandError> {
    let (before, after) = match change.kind {
        Kind::Added => (Some(String::new()), text(&change.content)),
        Kind::Changed => (text(&change.path), text(&change.content)),
        Kind::Removed | Kind::Folder | Kind::Link | Kind::Special => return Ok(()),
    };
    let (Some(before), Some(after)) = (before, after) else {
        return ui.out(ui.paint(DIM, "    not shown: large, or no text"));
    };
    let difference = TextDiff::configure()
        .timeout(std::time::Duration::from_secs(2))
        .diff_lines(&before, &after);
    let mut shown = 0_usize;
    for group in difference.grouped_ops(CONTEXT) {
        if shown > 0 {
            ui.out(ui.paint(DIM, "    …"))?;
        }
        for line in group.iter().flat_map(|step| difference.iter_changes(step)) {
            if shown >= MOST_LINES {
                return ui.out(ui.paint(DIM, "    … more lines are not shown"));
            }
            shown = shown.saturating_add(1);
            let words = printable(line.value().trim_end_matches(['\n', '\r']));
            ui.out(match line.tag() {
                ChangeTag::Delete => ui.paint(RED, &format!("    - {words}")),
                ChangeTag::Insert => ui.paint(GREEN, &format!("    + {words}")),
                ChangeTag::Equal => ui.paint(DIM, &format!("      {words}")),
            })?;
        }
    }
    Ok(())
}

/// A path without what a terminal would obey.
pub(super) fn plain(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

fn printable(text: &str) -> String {
    let plain = |c: char| {
        if c == '\t' {
            ' '
        } else if c.is_control() {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(plain).collect()
}

fn text(path: &Path) -> Option<String> {
    let found = path.symlink_metadata().ok()?;
    if !found.is_file() || found.len() > MOST_BYTES {
        return None;
    }
    String::from_utf8(fs::read(path).ok()?).ok()
}

const CONTEXT: usize = 2;
const MOST_LINES: usize = 60;
const MOST_BYTES: u64 = 256 * 1024;
